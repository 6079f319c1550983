//go:build !encore_app

package redispubsub_test

import (
	"errors"
	"testing"
	"time"

	"encore.dev/internal/redistest"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

func TestMessagesOfOneKeyAreHandledInOrder(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.Concurrency, cfg.OrderingAttribute = 10, "key" // publish takes the first letter for it
		start(t, client, cfg)
		publish(t, client, "a1")
		publish(t, client, "a2")
		publish(t, client, "b1")

		first, second := box.next(t), box.next(t)
		if string(first.Data) != "a1" {
			first, second = second, first
		}
		require.Equal(t, "a1", string(first.Data))
		require.Equal(t, "b1", string(second.Data), "another key does not wait")
		second.reply <- nil

		first.reply <- errors.New("not yet")
		again := box.next(t)
		require.Equal(t, "a1", string(again.Data), "a failed message holds up those behind it")
		require.Equal(t, 2, again.Attempt)
		again.reply <- nil
		require.Equal(t, "a2", box.accept(t))
		settled(t, client, "mail")
	})
}

func TestOneProcessServesAnOrderedSubscription(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		owner, standby := newInbox(), newInbox()
		cfg := config(owner)
		cfg.OrderingAttribute = "key"
		sub := start(t, client, cfg)
		publish(t, client, "a1")
		require.Equal(t, "a1", owner.accept(t))

		cfg.Handler = standby.handle
		start(t, client, cfg)
		publish(t, client, "a2")
		publish(t, client, "a3")
		d := owner.next(t)
		require.Equal(t, "a2", string(d.Data))
		select {
		case d := <-standby.deliveries:
			require.FailNow(t, "both processes handle messages", string(d.Data))
		case <-time.After(50 * time.Millisecond):
		}

		// The owner leaves with a message that failed: the other one begins with it.
		d.reply <- errors.New("not here")
		require.NoError(t, sub.Stop(t.Context()))
		require.Equal(t, "a2", standby.accept(t))
		require.Equal(t, "a3", standby.accept(t))
		settled(t, client, "mail")
	})
}

func TestAnOrderedSubscriptionGoesOnAfterAnOutage(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.OrderingAttribute = "key"
		start(t, client, cfg)
		publish(t, client, "a1")
		publish(t, client, "a2")
		d := box.next(t)
		server.Stop()
		d.reply <- nil
		server.Start()
		require.Equal(t, "a2", box.accept(t))
		settled(t, client, "mail")
	})
}

func TestAnOrderedSubscriptionGoesOnAfterRedisLostItsLastSecond(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.OrderingAttribute = "key"
		start(t, client, cfg)
		first := publish(t, client, "a1")
		publish(t, client, "a2")
		d := box.next(t)
		require.Eventually(t, func() bool {
			pending, err := client.XPending(t.Context(), "app:pubsub:runs", "mail").Result()
			return err == nil && pending.Count == 2
		}, patience, 5*time.Millisecond)
		// The group as it was before the second message was read.
		_, err := client.TxPipelined(t.Context(), func(tx redis.Pipeliner) error {
			tx.XGroupDestroy(t.Context(), "app:pubsub:runs", "mail")
			tx.XGroupCreate(t.Context(), "app:pubsub:runs", "mail", first)
			return nil
		})
		require.NoError(t, err)
		d.reply <- nil
		require.Equal(t, "a2", box.accept(t))
		settled(t, client, "mail")
	})
}
