package et

import (
	"fmt"
	"reflect"

	"encore.dev/internal/message"
	"encore.dev/pubsub"
)

// TopicHelpers shows what a test did with a topic.
type TopicHelpers[T any] interface {
	// PublishedMessages returns the messages that the test has published so far, in order, as a subscription would get
	// them.
	PublishedMessages() []T
}

// Topic returns what the running test did with a topic: the test itself and the endpoints it called, not its subtests.
func Topic[T any](topic *pubsub.Topic[T]) TopicHelpers[T] {
	requireTest("Topic")
	return topicHelpers[T]{name: topic.Meta().Name, codec: message.NewCodec(reflect.TypeFor[T]())}
}

type topicHelpers[T any] struct {
	name  string
	codec *message.Codec
}

func (h topicHelpers[T]) PublishedMessages() []T {
	var published []T
	for _, recorded := range message.RecordedIn(h.name) {
		var msg T
		if err := h.codec.Decode(recorded.Data, recorded.Attributes, &msg); err != nil {
			panic(fmt.Sprintf("et.Topic: a message published to %s cannot be decoded: %v", h.name, err))
		}
		published = append(published, msg)
	}
	return published
}
