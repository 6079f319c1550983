//go:build !encore_app

package redispubsub_test

import (
	"testing"

	"encore.dev/internal/redistest"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

func TestAReplayedMessageGoesToItsSubscriptionAlone(t *testing.T) {
	t.Parallel()
	for _, ordering := range []string{"", "key"} {
		t.Run("ordered by "+ordering, func(t *testing.T) {
			t.Parallel()
			redistest.Each(t, func(t *testing.T, server *redistest.Server) {
				client := server.Client(t)
				mail, audit := newInbox(), newInbox()
				for name, box := range map[string]*inbox{"mail": mail, "audit": audit} {
					cfg := config(box)
					cfg.Subscription, cfg.OrderingAttribute = name, ordering
					start(t, client, cfg)
				}
				publish(t, client, "first")
				require.Equal(t, "first", mail.accept(t))
				require.Equal(t, "first", audit.accept(t))
				require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, Values: []string{
					"data", "once more", "attributes", `{"key":"o"}`, "replay", "mail",
				}}).Err())
				publish(t, client, "last")
				require.Equal(t, "once more", mail.accept(t))
				require.Equal(t, "last", mail.accept(t))
				require.Equal(t, "last", audit.accept(t))
				settled(t, client, "mail")
				settled(t, client, "audit")
			})
		})
	}
}
