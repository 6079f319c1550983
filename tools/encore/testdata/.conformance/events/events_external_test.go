package events_test

import (
	"fmt"
	"testing"

	"conformance.example/events"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/pubsub"
	"github.com/stretchr/testify/require"
)

func TestPublishedMessagesAreRecorded(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 2; n++ {
		published, err := events.Publish(t.Context(), &events.Event{Key: "k", Text: fmt.Sprint("recorded ", n)})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%s/things/%d", t.Name(), n), published.ID)
	}
	messages := et.Topic(events.Things).PublishedMessages()
	require.Len(t, messages, 2)
	require.Equal(t, &events.Event{Key: "k", Text: "recorded 1"}, messages[0], "a message has what travels")
	require.Equal(t, "recorded 2", messages[1].Text)

	t.Run("for each test", func(t *testing.T) {
		require.Empty(t, et.Topic(events.Things).PublishedMessages())
		_, err := events.Things.Publish(t.Context(), &events.Event{Key: "k"})
		require.NoError(t, err)
		require.Len(t, et.Topic(events.Things).PublishedMessages(), 1)
	})
	require.Len(t, et.Topic(events.Things).PublishedMessages(), 2)

	recorded, err := events.Deliveries(t.Context(), "recorded 1")
	require.NoError(t, err)
	require.Empty(t, recorded.Deliveries, "nothing is delivered in a test")
	require.False(t, recorded.Counted)
}

func TestTheOrderingAttributeIsNeededInTests(t *testing.T) {
	t.Parallel()
	_, err := events.Things.Publish(t.Context(), &events.Event{Text: "unordered"})
	require.Equal(t, errs.InvalidArgument, errs.Code(err))
}

func TestAReferencePublishesToo(t *testing.T) {
	t.Parallel()
	ref := pubsub.TopicRef[pubsub.Publisher[*events.Job]](events.Jobs)
	_, err := ref.Publish(t.Context(), &events.Job{Text: "by reference"})
	require.NoError(t, err)
	require.Equal(t, []*events.Job{{Text: "by reference"}}, et.Topic(events.Jobs).PublishedMessages())
}

func TestAServiceOfATestsOwn(t *testing.T) {
	t.Parallel()
	ticks := func(t *testing.T) int {
		t.Helper()
		recorded, err := events.Deliveries(t.Context(), "none")
		require.NoError(t, err)
		return recorded.Ticks
	}
	t.Run("one", func(t *testing.T) {
		et.EnableServiceInstanceIsolation()
		require.NoError(t, events.Tick(t.Context()))
		require.Equal(t, 1, ticks(t))
	})
	t.Run("another", func(t *testing.T) {
		et.EnableServiceInstanceIsolation()
		require.Zero(t, ticks(t))
	})
}
