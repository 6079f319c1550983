//go:build !encore_app

package redispubsub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"encore.dev/internal/redisconn"
	"encore.dev/internal/redispubsub"
	"encore.dev/internal/redistest"
	"github.com/stretchr/testify/require"
)

const patience = 20 * time.Second // how long a test waits for what must happen

// inbox is a handler that hands the messages over to the test, which decides what becomes of them.
type inbox struct {
	deliveries chan delivery
}

type delivery struct {
	*redispubsub.Message
	ctx   context.Context
	reply chan error
}

func newInbox() *inbox { return &inbox{deliveries: make(chan delivery)} }

func (b *inbox) handle(ctx context.Context, msg *redispubsub.Message) error {
	d := delivery{msg, ctx, make(chan error, 1)}
	select {
	case b.deliveries <- d:
	case <-ctx.Done():
		return ctx.Err()
	}
	return <-d.reply
}

// next returns the next delivery. The test must send a reply.
func (b *inbox) next(t *testing.T) delivery {
	t.Helper()
	select {
	case d := <-b.deliveries:
		return d
	case <-time.After(patience):
		require.FailNow(t, "no message was delivered")
		panic("unreachable")
	}
}

// accept receives the next message, lets the handler succeed and returns its text.
func (b *inbox) accept(t *testing.T) string {
	t.Helper()
	d := b.next(t)
	d.reply <- nil
	return string(d.Data)
}

// logs records what subscriptions report.
type logs struct {
	mu    sync.Mutex
	lines []string
}

func (l *logs) add(msg string, kv []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, msg+" "+fmt.Sprint(kv...))
}
func (l *logs) Warn(msg string, kv ...any)  { l.add(msg, kv) }
func (l *logs) Error(msg string, kv ...any) { l.add(msg, kv) }

func (l *logs) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

func config(box *inbox) redispubsub.Config {
	return redispubsub.Config{
		Topic: "runs", Subscription: "mail", Handler: box.handle, Concurrency: 1,
		AckDeadline: time.Minute, Retention: time.Hour,
		MinBackoff: time.Millisecond, MaxBackoff: 4 * time.Millisecond, MaxDeliveries: 4,
		Log: &logs{},
	}
}

func start(t *testing.T, client *redisconn.Client, cfg redispubsub.Config) *redispubsub.Subscription {
	t.Helper()
	sub := redispubsub.Start(context.Background(), client, cfg)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_ = sub.Stop(ctx) // tests that mind stop it themselves
	})
	return sub
}

func publish(t *testing.T, client *redisconn.Client, text string) string {
	t.Helper()
	id, err := redispubsub.Publish(t.Context(), client, "runs", []byte(text), map[string]string{"key": text[:1]})
	require.NoError(t, err)
	return id
}

// settled waits until no message is pending for the subscription.
func settled(t *testing.T, client *redisconn.Client, subscription string) {
	t.Helper()
	require.Eventually(t, func() bool {
		pending, err := client.XPending(t.Context(), "app:pubsub:runs", subscription).Result()
		return err == nil && pending.Count == 0
	}, patience, 5*time.Millisecond)
}

func TestEverySubscriptionGetsEveryMessage(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		id := publish(t, client, "published before there was a subscription")

		mail, audit := newInbox(), newInbox()
		start(t, client, config(mail))
		cfg := config(audit)
		cfg.Subscription = "audit"
		start(t, client, cfg)

		for _, box := range []*inbox{mail, audit} {
			d := box.next(t)
			require.Equal(t, id, d.ID)
			require.Equal(t, "published before there was a subscription", string(d.Data))
			require.Equal(t, map[string]string{"key": "p"}, d.Attributes)
			require.Equal(t, 1, d.Attempt)
			require.WithinDuration(t, time.Now(), d.Published, time.Minute)
			deadline, ok := d.ctx.Deadline()
			require.True(t, ok)
			require.WithinDuration(t, time.Now().Add(time.Minute), deadline, 10*time.Second)
			d.reply <- nil
		}
		settled(t, client, "mail")
		settled(t, client, "audit")

		publish(t, client, "later")
		require.Equal(t, "later", mail.accept(t))
		require.Equal(t, "later", audit.accept(t))
	})
}

func TestASubscriptionAddedLaterStartsWithNewMessages(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		mail := newInbox()
		first := redispubsub.Start(context.Background(), client, config(mail))
		publish(t, client, "old")
		require.Equal(t, "old", mail.accept(t))
		require.NoError(t, first.Stop(t.Context()))

		// As if by another process: this one knows that it made the topic.
		other := server.Config
		other.DatabaseIndex = 0
		elsewhere, err := redisconn.New(other)
		require.NoError(t, err)
		t.Cleanup(func() { elsewhere.Close() })
		redispubsub.Forget()

		audit := newInbox()
		cfg := config(audit)
		cfg.Subscription = "audit"
		start(t, elsewhere, cfg)
		require.Eventually(t, func() bool {
			groups, err := client.XInfoGroups(t.Context(), "app:pubsub:runs").Result()
			return err == nil && len(groups) == 2
		}, patience, 5*time.Millisecond)
		publish(t, client, "new")
		require.Equal(t, "new", audit.accept(t))
	})
}

func TestAFailedMessageIsDeliveredAgainAndThenGivenUp(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box, log := newInbox(), &logs{}
		cfg := config(box)
		cfg.Log = log
		start(t, client, cfg)

		id := publish(t, client, "bad")
		for attempt := 1; attempt <= 4; attempt++ { // MaxDeliveries
			d := box.next(t)
			require.Equal(t, id, d.ID)
			require.Equal(t, attempt, d.Attempt)
			d.reply <- errors.New("no way")
		}
		settled(t, client, "mail")

		dead, err := client.XRange(t.Context(), "app:pubsub:runs:mail:dead", "-", "+").Result()
		require.NoError(t, err)
		require.Len(t, dead, 1)
		require.Equal(t, map[string]any{"id": id, "attempts": "4", "error": "no way", "data": "bad", "attribute:key": "b"}, dead[0].Values)
		require.Eventually(t, func() bool { return len(log.all()) == 1 }, patience, 5*time.Millisecond)
		require.Contains(t, log.all()[0], "given up")

		publish(t, client, "good")
		require.Equal(t, "good", box.accept(t), "the subscription goes on")
	})
}

func TestAPanicIsAFailure(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		attempts := make(chan int, 10)
		cfg := config(nil)
		cfg.Handler = func(ctx context.Context, msg *redispubsub.Message) error {
			attempts <- msg.Attempt
			if msg.Attempt == 1 {
				panic("boom")
			}
			return nil
		}
		start(t, client, cfg)
		publish(t, client, "x")
		require.Equal(t, 1, <-attempts)
		require.Equal(t, 2, <-attempts)
		settled(t, client, "mail")
	})
}

func TestWithoutRetriesAFailureIsFinal(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.MaxDeliveries = 1
		start(t, client, cfg)
		publish(t, client, "bad")
		box.next(t).reply <- errors.New("no")
		publish(t, client, "good")
		require.Equal(t, "good", box.accept(t))
	})
}

func TestTheHandlersContextEndsAtTheAckDeadline(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.AckDeadline = 20 * time.Millisecond
		start(t, client, cfg)
		publish(t, client, "slow")
		d := box.next(t)
		<-d.ctx.Done()
		d.reply <- d.ctx.Err()
		again := box.next(t)
		require.Equal(t, 2, again.Attempt)
		again.reply <- nil
		settled(t, client, "mail")
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.Concurrency = 2
		start(t, client, cfg)
		for i := range 5 {
			publish(t, client, fmt.Sprint(i))
		}
		a, b := box.next(t), box.next(t)
		select {
		case d := <-box.deliveries:
			require.FailNow(t, "a third message is being handled", string(d.Data))
		case <-time.After(50 * time.Millisecond):
		}
		a.reply <- nil
		c := box.next(t)
		b.reply <- nil
		c.reply <- nil
		rest := []string{string(a.Data), string(b.Data), string(c.Data), box.accept(t), box.accept(t)}
		slices.Sort(rest)
		require.Equal(t, []string{"0", "1", "2", "3", "4"}, rest)
	})
}

func TestStopWaitsForHandlersAndTakesNothingNew(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		sub := start(t, client, config(box))
		publish(t, client, "one")
		publish(t, client, "two")
		d := box.next(t)

		stopped := make(chan error, 1)
		go func() { stopped <- sub.Stop(t.Context()) }()
		select {
		case err := <-stopped:
			require.FailNow(t, "stopped while a message was being handled", "%v", err)
		case <-time.After(50 * time.Millisecond):
		}
		require.NoError(t, d.ctx.Err(), "the handler may finish")
		d.reply <- nil
		require.NoError(t, <-stopped)
		settled(t, client, "mail")

		// The other message is there for the next process.
		start(t, client, config(box))
		require.Equal(t, "two", box.accept(t))
	})
}

func TestStopInterruptsHandlersWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		sub := start(t, client, config(box))
		publish(t, client, "long")
		d := box.next(t)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, sub.Stop(ctx), context.Canceled)
		<-d.ctx.Done()
		d.reply <- d.ctx.Err()

		start(t, client, config(box))
		again := box.next(t)
		require.Equal(t, "long", string(again.Data), "an interrupted message is delivered at once by the next process")
		require.Equal(t, 2, again.Attempt)
		again.reply <- nil
	})
}

func TestRetriesSurviveARestart(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.MinBackoff, cfg.MaxBackoff = 300*time.Millisecond, 300*time.Millisecond
		sub := start(t, client, cfg)
		publish(t, client, "flaky")
		failed := time.Now()
		box.next(t).reply <- errors.New("not now")
		require.NoError(t, sub.Stop(t.Context()))

		start(t, client, cfg)
		again := box.next(t)
		require.GreaterOrEqual(t, time.Since(failed), 300*time.Millisecond, "the delay still holds")
		require.Equal(t, 2, again.Attempt)
		again.reply <- nil
		settled(t, client, "mail")
	})
}

func TestMessagesOfADeadProcessAreTakenOver(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		cfg := config(box)
		cfg.AckDeadline, cfg.TakeOver = 50*time.Millisecond, 50*time.Millisecond
		dead := newInbox()
		deadCfg := cfg
		deadCfg.Handler = dead.handle
		start(t, client, deadCfg)
		id := publish(t, client, "orphan")
		d := dead.next(t) // and its handler never returns: the process is as good as dead
		t.Cleanup(func() { d.reply <- nil })

		start(t, client, cfg)
		again := box.next(t)
		require.Equal(t, id, again.ID)
		require.Equal(t, 2, again.Attempt)
		again.reply <- nil
		settled(t, client, "mail")
	})
}

func TestReceivingGoesOnAfterAnOutage(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		start(t, client, config(box))
		publish(t, client, "handled during the outage")
		d := box.next(t)

		server.Stop()
		_, err := redispubsub.Publish(t.Context(), client, "runs", []byte("lost"), nil)
		require.Error(t, err)
		d.reply <- nil // cannot be acknowledged yet
		server.Start()

		settled(t, client, "mail")
		publish(t, client, "after")
		require.Equal(t, "after", box.accept(t))
	})
}

func TestReceivingGoesOnAfterRedisLostItsData(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		box := newInbox()
		start(t, client, config(box))
		publish(t, client, "before")
		require.Equal(t, "before", box.accept(t))
		require.NoError(t, client.FlushAll(t.Context()).Err())
		publish(t, client, "after")
		require.Equal(t, "after", box.accept(t))
	})
}

func TestMessagesOlderThanTheRetentionAreDropped(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		publish(t, client, "old")
		published, err := client.Time(t.Context()).Result() // the server stamps messages with its own clock
		require.NoError(t, err)
		// Ids of messages count whole milliseconds: one more has to pass for the message to be older than the retention.
		require.Eventually(t, func() bool {
			now, err := client.Time(t.Context()).Result()
			return err == nil && now.Sub(published) > 12*time.Millisecond
		}, 10*time.Second, 5*time.Millisecond)
		box := newInbox()
		cfg := config(box)
		cfg.Retention = 10 * time.Millisecond
		start(t, client, cfg)
		require.Eventually(t, func() bool {
			count, err := client.XLen(t.Context(), "app:pubsub:runs").Result()
			groups, groupsErr := client.XInfoGroups(t.Context(), "app:pubsub:runs").Result()
			return err == nil && groupsErr == nil && count == 0 && len(groups) == 1
		}, patience, 5*time.Millisecond)
	})
}

func TestPublishFailsOnceTheContextHasEnded(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := redispubsub.Publish(ctx, client, "runs", []byte("x"), nil)
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, client.XLen(t.Context(), "app:pubsub:runs").Val())
	})
}
