package deadletter_test

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/deadletter"
)

func TestDeadLettersAreListedReplayedAndDeleted(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	ctx := t.Context()
	for _, text := range []string{"one", "two"} {
		require.NoError(t, client.XAdd(ctx, &redis.XAddArgs{Stream: "app:pubsub:runs:mail:dead", Values: []string{
			"id", "1-1", "attempts", "3", "error", "no way", "data", text, "attribute:key", "k",
		}}).Err())
	}
	require.NoError(t, client.Set(ctx, "app:other:dead", "x", 0).Err())
	require.NoError(t, client.XAdd(ctx, &redis.XAddArgs{Stream: "elsewhere:pubsub:runs:mail:dead", Values: []string{"id", "1"}}).Err())
	box := deadletter.Box{Redis: client, Prefix: "app:"}

	letters, err := box.List(ctx)
	require.NoError(t, err)
	require.Len(t, letters, 2)
	first := letters[0]
	require.Equal(t, "runs mail 3 no way one", first.Topic+" "+first.Subscription+" "+first.Attempts+" "+first.Error+" "+string(first.Data))
	require.Equal(t, map[string]string{"key": "k"}, first.Attributes)
	require.False(t, first.GivenUp.IsZero())

	id, err := box.Replay(ctx, first)
	require.NoError(t, err)
	entries, err := client.XRange(ctx, "app:pubsub:runs", "-", "+").Result()
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, id, entries[0].ID)
	require.Equal(t, map[string]any{"data": "one", "attributes": `{"key":"k"}`, "replay": "mail"}, entries[0].Values)
	_, err = box.Replay(ctx, first)
	require.ErrorContains(t, err, "gone", "not twice")

	require.NoError(t, box.Delete(ctx, letters[1]))
	letters, err = box.List(ctx)
	require.NoError(t, err)
	require.Empty(t, letters)
}
