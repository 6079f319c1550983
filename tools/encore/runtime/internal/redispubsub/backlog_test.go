//go:build !encore_app

package redispubsub_test

import (
	"errors"
	"testing"
	"time"

	"encore.dev/internal/redispubsub"
	"encore.dev/internal/redistest"
	"github.com/stretchr/testify/require"
)

func TestBacklog(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.MinBackoff, cfg.MaxBackoff = time.Hour, time.Hour
		sub := start(t, client, cfg)
		began := time.Now().Add(-time.Second)
		for _, text := range []string{"retried", "handling", "waiting", "waiting too"} {
			publish(t, client, text)
		}
		box.next(t).reply <- errors.New("not now")
		handling := box.next(t)

		backlog, err := sub.Backlog(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 4, backlog.Messages)
		require.WithinRange(t, backlog.Oldest, began, time.Now().Add(time.Second))

		handling.reply <- nil
		require.Equal(t, "waiting", box.accept(t))
		require.Equal(t, "waiting too", box.accept(t))
		require.Eventually(t, func() bool {
			backlog, err := sub.Backlog(t.Context())
			return err == nil && backlog.Messages == 1
		}, patience, 5*time.Millisecond)
		require.NoError(t, client.FlushAll(t.Context()).Err())
		require.Eventually(t, func() bool {
			backlog, err := sub.Backlog(t.Context())
			return err == nil && backlog.Messages == 0 && backlog.Oldest.IsZero()
		}, patience, 5*time.Millisecond, "the group is made again")
	})
}

func TestNoSubscriptionMissesWhatIsPublishedAfterALoss(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		early, late := newInbox(), newInbox()
		start(t, client, config(early))
		publish(t, client, "first")
		require.Equal(t, "first", early.accept(t))
		redispubsub.ForgetFirst(client, "runs") // the other subscription is in another process
		cfg := config(late)
		cfg.Subscription = "late"
		sub := start(t, client, cfg)
		require.Eventually(t, func() bool {
			_, err := sub.Backlog(t.Context())
			return err == nil
		}, patience, 5*time.Millisecond)

		// The other subscription is back, and a message there, before this one notices.
		stream := "app:pubsub:runs"
		require.NoError(t, client.Del(t.Context(), stream).Err())
		require.NoError(t, client.XGroupCreateMkStream(t.Context(), stream, "mail", "0").Err())
		publish(t, client, "second")
		require.Equal(t, "second", late.accept(t))
		require.Equal(t, "second", early.accept(t))
	})
}
