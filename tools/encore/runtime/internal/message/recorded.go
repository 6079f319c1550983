package message

import (
	"cmp"
	"fmt"
	"sync"

	"encore.dev/internal/reqtrack"
)

// Recorded is a message that was published in a test.
type Recorded struct {
	Data       []byte
	Attributes map[string]string
}

// recordKey is where the scope of a test keeps the messages of a topic.
type recordKey struct{ topic string }

type recording struct {
	mu   sync.Mutex
	list []Recorded
}

func recordingOf(topic string) *recording {
	return reqtrack.TestScope().Own(recordKey{topic}, func() any { return new(recording) }).(*recording)
}

// Record keeps a message for the running test, and returns an id for it.
func Record(topic string, msg Recorded) (id string) {
	test := cmp.Or(reqtrack.TestName(), "test")
	r := recordingOf(topic)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, msg)
	return fmt.Sprintf("%s/%s/%d", test, topic, len(r.list))
}

// RecordedIn returns what the running test has published to a topic so far, in order.
func RecordedIn(topic string) []Recorded {
	r := recordingOf(topic)
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Recorded(nil), r.list...)
}
