//go:build !encore_app

package redispubsub_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"encore.dev/internal/redisconn"
	"encore.dev/internal/redispubsub"
	"encore.dev/internal/redistest"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

const stream = "app:pubsub:runs"

// hook is called around every command of a client.
type hook struct {
	before, after func(ctx context.Context, name string)
}

func (h hook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if h.before != nil {
			h.before(ctx, cmd.FullName())
		}
		err := next(ctx, cmd)
		if h.after != nil {
			h.after(ctx, cmd.FullName())
		}
		return err
	}
}

func (h hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if h.before != nil {
			h.before(ctx, "pipeline")
		}
		err := next(ctx, cmds)
		if h.after != nil {
			h.after(ctx, "pipeline")
		}
		return err
	}
}

func length(t *testing.T, client *redisconn.Client) int64 {
	t.Helper()
	n, err := client.XLen(t.Context(), stream).Result()
	require.NoError(t, err)
	return n
}

func TestTrimmingKeepsWhatAnyGroupHasNotRead(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client, other := server.Client(t), server.Client(t)
		ctx := t.Context()
		var ids []string
		for i := range 5 {
			ids = append(ids, publish(t, client, fmt.Sprint(i)))
		}
		for _, group := range []string{"mail", "audit"} {
			require.NoError(t, client.XGroupCreate(ctx, stream, group, "0").Err())
		}
		read := func(group string, count int64) {
			require.NoError(t, client.XReadGroup(ctx, &redis.XReadGroupArgs{
				Group: group, Consumer: "c", Streams: []string{stream, ">"}, Count: count,
			}).Err())
		}
		read("mail", 1) // handled while the stream is trimmed; four are unread
		read("audit", 5)
		require.NoError(t, client.XAck(ctx, stream, "audit", ids...).Err())
		var once sync.Once
		client.AddHook(hook{after: func(_ context.Context, name string) {
			if strings.HasPrefix(name, "xinfo groups") {
				once.Do(func() { require.NoError(t, other.XAck(context.Background(), stream, "mail", ids[0]).Err()) })
			}
		}})
		require.NoError(t, redispubsub.Trim(ctx, client, "runs", time.Now()))
		unread, err := other.XRange(ctx, stream, "("+ids[0], "+").Result()
		require.NoError(t, err)
		require.Len(t, unread, 4)
	})
}

func TestATopicThatNobodySubscribesToStaysSmall(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, ID: "1-1", Values: []string{"data", "ancient"}}).Err())
		publish(t, client, "new")
		require.EqualValues(t, 1, length(t, client), "publishing trims")

		require.NoError(t, redispubsub.Trim(t.Context(), client, "runs", time.Now().Add(6*24*time.Hour)))
		require.EqualValues(t, 1, length(t, client), "the first subscription may want it")
		require.NoError(t, redispubsub.Trim(t.Context(), client, "runs", time.Now().Add(8*24*time.Hour)))
		require.Zero(t, length(t, client))
	})
}

func TestAMessageIsNotDeliveredTwiceAtATime(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		const messages = 20
		var mu sync.Mutex
		seen, handled := map[string]int{}, 0
		cfg := config(nil)
		cfg.Concurrency, cfg.AckDeadline, cfg.TakeOver = 4, 100*time.Millisecond, time.Millisecond
		cfg.MinBackoff, cfg.MaxBackoff = 150*time.Millisecond, 150*time.Millisecond // older than a dead process's
		cfg.Handler = func(_ context.Context, msg *redispubsub.Message) error {
			mu.Lock()
			defer mu.Unlock()
			seen[fmt.Sprint(msg.ID, " attempt ", msg.Attempt)]++
			if msg.Attempt < 3 {
				return errors.New("not yet")
			}
			handled++
			return nil
		}
		for range 2 { // processes whose commands take their time, so that others come in between
			client := server.Client(t)
			client.AddHook(hook{before: func(context.Context, string) { <-time.After(2 * time.Millisecond) }})
			start(t, client, cfg)
		}
		client := server.Client(t)
		for i := range messages {
			publish(t, client, fmt.Sprint(i))
		}
		require.Eventually(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return handled == messages
		}, patience, 5*time.Millisecond)
		settled(t, client, "mail")
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, seen, 3*messages)
		for delivery, times := range seen {
			require.Equal(t, 1, times, delivery)
		}
	})
}

func TestTwoProcessesShareTheAllowedDeliveries(t *testing.T) {
	t.Parallel()
	for _, ordering := range []string{"", "key"} {
		t.Run("ordered by "+ordering, func(t *testing.T) {
			t.Parallel()
			redistest.Each(t, func(t *testing.T, server *redistest.Server) {
				client := server.Client(t)
				box := newInbox()
				cfg := config(box) // four deliveries
				cfg.OrderingAttribute = ordering
				publish(t, client, "bad")
				for attempt := 1; attempt <= 4; attempt++ {
					sub := start(t, client, cfg) // another process for each
					d := box.next(t)
					require.Equal(t, attempt, d.Attempt)
					stopped := make(chan error, 1)
					go func() { stopped <- sub.Stop(context.Background()) }()
					d.reply <- errors.New("no way")
					select {
					case err := <-stopped:
						require.NoError(t, err)
					case d := <-box.deliveries: // it was quick: the same process goes on
						require.Equal(t, attempt+1, d.Attempt)
						attempt++
						d.reply <- errors.New("no way")
						require.NoError(t, <-stopped)
					}
				}
				start(t, client, cfg)
				publish(t, client, "good")
				require.Equal(t, "good", box.accept(t), "and no fifth delivery")
				settled(t, client, "mail")
				dead, err := client.XRange(t.Context(), stream+":mail:dead", "-", "+").Result()
				require.NoError(t, err)
				require.Len(t, dead, 1)
				require.Equal(t, "4", dead[0].Values["attempts"])
			})
		})
	}
}

func TestAMessageThatKillsItsProcessIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, ordering := range []string{"", "key"} {
		t.Run("ordered by "+ordering, func(t *testing.T) {
			t.Parallel()
			redistest.Each(t, func(t *testing.T, server *redistest.Server) {
				client := server.Client(t)
				box := newInbox()
				cfg := config(box)
				cfg.OrderingAttribute, cfg.MaxDeliveries = ordering, 2
				cfg.AckDeadline, cfg.TakeOver = 20*time.Millisecond, 20*time.Millisecond
				publish(t, client, "killer")
				for attempt := 1; attempt <= 2; attempt++ {
					sub := start(t, client, cfg)
					d := box.next(t)
					require.Equal(t, attempt, d.Attempt)
					t.Cleanup(func() { d.reply <- nil })
					sub.Kill()
				}
				start(t, client, cfg)
				publish(t, client, "good")
				require.Equal(t, "good", box.accept(t))
				settled(t, client, "mail")
				dead, err := client.XRange(t.Context(), stream+":mail:dead", "-", "+").Result()
				require.NoError(t, err)
				require.Len(t, dead, 1)
				require.Contains(t, dead[0].Values["error"], "the process ended")
			})
		})
	}
}

func TestWaitingInAnOrderedQueueIsNoDelivery(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.OrderingAttribute, cfg.MaxDeliveries = "key", 10
		publish(t, client, "a1")
		publish(t, client, "a2")
		for attempt := 1; attempt <= 3; attempt++ { // owners come and go
			sub := start(t, client, cfg)
			d := box.next(t)
			require.Equal(t, "a1", string(d.Data))
			require.Equal(t, attempt, d.Attempt)
			t.Cleanup(func() { d.reply <- nil })
			sub.Kill()
		}
		start(t, client, cfg)
		first := box.next(t)
		require.Equal(t, 4, first.Attempt)
		first.reply <- nil
		second := box.next(t)
		require.Equal(t, "a2", string(second.Data))
		require.Equal(t, 1, second.Attempt, "it never ran")
		second.reply <- nil
		settled(t, client, "mail")
	})
}

func TestAKeyThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.OrderingAttribute = "key"
		cfg.MinBackoff, cfg.MaxBackoff = time.Hour, time.Hour
		for i := range 1500 {
			publish(t, client, fmt.Sprint("a", i))
		}
		start(t, client, cfg)
		box.next(t).reply <- errors.New("for ever")
		publish(t, client, "b1")
		require.Equal(t, "b1", box.accept(t))
	})
}

func TestMessagesThatWaitCostNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Memory(t)
	const waiting, good = 1000, 20
	client := server.Client(t)
	failed := make(chan struct{}, waiting)
	box := newInbox()
	cfg := config(box)
	cfg.Concurrency, cfg.TakeOver = 10, 2*time.Millisecond // looks often for what others left
	cfg.MinBackoff, cfg.MaxBackoff = time.Hour, time.Hour
	cfg.Handler = func(ctx context.Context, msg *redispubsub.Message) error {
		if string(msg.Data) == "bad" {
			failed <- struct{}{}
			return errors.New("not now")
		}
		return box.handle(ctx, msg)
	}
	sub := start(t, client, cfg)
	for range waiting {
		publish(t, client, "bad")
	}
	for range waiting {
		<-failed
	}
	require.NoError(t, sub.Stop(t.Context()))

	counted := server.Client(t)
	var commands atomic.Int64
	counted.AddHook(hook{before: func(context.Context, string) { commands.Add(1) }})
	start(t, counted, cfg)
	for range good {
		publish(t, client, "good")
		require.Equal(t, "good", box.accept(t))
	}
	require.Less(t, commands.Load(), int64(waiting/2), "round trips for %d good messages", good)
}

func TestADeadOwnerIsReplacedWithinThreeSeconds(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		dead, standby := newInbox(), newInbox()
		cfg := config(dead)
		cfg.OrderingAttribute = "key"
		sub := start(t, client, cfg)
		publish(t, client, "a1")
		d := dead.next(t)
		t.Cleanup(func() { d.reply <- nil })
		cfg.Handler = standby.handle
		start(t, server.Client(t), cfg)
		publish(t, client, "a2")

		sub.Kill()
		killed := time.Now()
		again := standby.next(t)
		require.Less(t, time.Since(killed), 3*time.Second)
		require.Equal(t, "a1", string(again.Data))
		require.Equal(t, 2, again.Attempt)
		again.reply <- nil
		require.Equal(t, "a2", standby.accept(t))
		settled(t, client, "mail")
	})
}

func TestAnOwnerThatWasReplacedIsFencedOff(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.OrderingAttribute = "key"
		start(t, client, cfg)
		publish(t, client, "a1")
		d := box.next(t)

		// Another process has taken over; this one does not know yet.
		require.NoError(t, client.Set(t.Context(), stream+":mail:owner", "another", time.Hour).Err())
		publish(t, client, "b1")
		select {
		case d := <-box.deliveries:
			require.FailNow(t, "it goes on", string(d.Data))
		case <-d.ctx.Done(): // when it notices, the handlers are told
		case <-time.After(patience):
			require.FailNow(t, "it does not notice")
		}
		groups, err := client.XInfoGroups(t.Context(), stream).Result()
		require.NoError(t, err)
		require.Equal(t, d.ID, groups[0].LastDeliveredID, "it has not read on")
		d.reply <- nil

		require.NoError(t, client.Del(t.Context(), stream+":mail:owner").Err())
		require.Equal(t, "b1", box.accept(t), "the owner again")
		settled(t, client, "mail")
	})
}
