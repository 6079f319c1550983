package redispubsub

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"encore.dev/internal/redisconn"
	"github.com/redis/go-redis/v9"
)

// Config describes a subscription. Names are those at the broker.
type Config struct {
	Topic, Subscription string

	// Handler handles a message. A returned error or a panic makes it be delivered again.
	Handler func(ctx context.Context, msg *Message) error
	// Concurrency is the largest number of messages handled at a time by this process.
	Concurrency int
	// AckDeadline is the time a handler has; its context ends then.
	AckDeadline time.Duration
	// Retention is the age at which a message is dropped, handled or not.
	Retention time.Duration
	// The n-th retry is MinBackoff·2^(n-1) after the failure, and at most MaxBackoff.
	MinBackoff, MaxBackoff time.Duration
	// MaxDeliveries is the number of deliveries after which a message is given up, the first included; 0 = no limit.
	MaxDeliveries int
	// OrderingAttribute names the attribute whose equal values mean: one after the other, in the order of
	// publication. Such a subscription is served by one process at a time.
	OrderingAttribute string

	Log Logger
	// Metrics counts the deliveries; nil = nobody does.
	Metrics Metrics

	// TakeOver is how long a message may be with a process beyond AckDeadline before another one takes it;
	// 0 = 5 s.
	TakeOver time.Duration
}

// Logger is where a subscription reports what nobody else gets to know.
type Logger interface {
	Warn(msg string, keysAndValues ...any)
	Error(msg string, keysAndValues ...any)
}

// Metrics is told what becomes of each delivery.
type Metrics interface {
	Handled() // the handler succeeded
	Failed()  // it failed; the message will be delivered again
	Dropped() // the message was given up
}

type noMetrics struct{}

func (noMetrics) Handled() {}
func (noMetrics) Failed()  {}
func (noMetrics) Dropped() {}

const (
	deadLetters     = 1000 // kept per subscription
	maxBatch        = 32   // messages asked for at once
	readBatch       = 100  // likewise, of an ordered subscription
	maxBlock        = time.Second
	maxPause        = time.Second // between attempts to reach Redis
	maintainEvery   = time.Minute
	forgetConsumers = 24 * time.Hour
)

// Subscription is a subscription being served.
type Subscription struct {
	cfg      Config
	client   *redisconn.Client
	stream   string
	consumer string

	slots chan struct{} // one element for each message being handled

	stop      context.CancelFunc // ends receiving
	handling  context.Context    // of the handlers
	interrupt context.CancelFunc
	received  chan struct{} // closed when receiving has ended
	handlers  sync.WaitGroup

	mu       sync.Mutex
	inflight map[string]struct{} // ids of the messages this process has

	beats sync.WaitGroup // what keeps the ownership of an ordered subscription

	nextRecovery, nextMaintenance time.Time
}

// Start serves a subscription until Stop. It does not wait for Redis to be reachable. When ctx is canceled, so are the
// contexts of the handlers.
func Start(ctx context.Context, client *redisconn.Client, cfg Config) *Subscription {
	cfg.TakeOver = cmp.Or(cfg.TakeOver, 5*time.Second)
	if cfg.Metrics == nil {
		cfg.Metrics = noMetrics{}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown" // only for people who look into Redis
	}
	receiving, stop := context.WithCancel(context.Background())
	s := &Subscription{
		cfg: cfg, client: client, stream: streamKey(client, cfg.Topic),
		consumer: fmt.Sprintf("%s-%d-%s", host, os.Getpid(), rand.Text()[:8]),
		slots:    make(chan struct{}, cfg.Concurrency),
		stop:     stop,
		received: make(chan struct{}),
		inflight: map[string]struct{}{},
	}
	s.handling, s.interrupt = context.WithCancel(ctx)
	receive := s.receive
	if cfg.OrderingAttribute != "" {
		receive = newOrdered(s).receive
	}
	go s.run(receiving, receive)
	return s
}

// Stop ends receiving and waits for the handlers. When ctx ends first, it cancels the handlers' contexts and returns
// an error without waiting further; their messages are delivered again.
func (s *Subscription) Stop(ctx context.Context) error {
	s.stop()
	done := make(chan struct{})
	go func() {
		<-s.received
		s.handlers.Wait()
		close(done)
	}()
	select {
	case <-done:
		s.leave(ctx)
		return nil
	case <-ctx.Done():
		s.interrupt()
		return fmt.Errorf("subscription %s of topic %s: messages are still being handled: %w",
			s.cfg.Subscription, s.cfg.Topic, ctx.Err())
	}
}

// leave removes this process from the group, unless messages that wait for a retry still stand under its name.
func (s *Subscription) leave(ctx context.Context) {
	s.interrupt()
	s.beats.Wait()
	if s.cfg.OrderingAttribute != "" {
		// Otherwise the next owner waits for it to expire.
		_ = disown.Run(ctx, s.client, []string{s.key("owner")}, s.consumer).Err()
	}
	pending, err := s.client.XPendingExt(ctx, &redis.XPendingExtArgs{
		Stream: s.stream, Group: s.cfg.Subscription, Consumer: s.consumer, Start: "-", End: "+", Count: 1,
	}).Result()
	if err == nil && len(pending) == 0 {
		// Otherwise another process forgets it in a day.
		_ = s.client.XGroupDelConsumer(ctx, s.stream, s.cfg.Subscription, s.consumer).Err()
	}
}

func (s *Subscription) key(name string) string {
	return s.client.Key("pubsub", s.cfg.Topic, s.cfg.Subscription, name)
}

// run calls receive until ctx ends. While Redis cannot be used it tries again, at growing intervals.
func (s *Subscription) run(ctx context.Context, receive func(context.Context) error) {
	defer close(s.received)
	joined, lost, pause := false, false, time.Duration(0)
	for ctx.Err() == nil {
		err := error(nil)
		if !joined {
			err = s.join(ctx, lost)
		}
		if err == nil {
			joined = true
			if err = receive(ctx); err != nil {
				s.nextRecovery = time.Time{}
			}
		}
		switch {
		case err == nil:
			pause = 0
			continue
		case ctx.Err() != nil:
			return
		case strings.Contains(err.Error(), "NOGROUP"):
			joined, lost = false, true // Redis lost its data
		}
		if pause == 0 {
			s.cfg.Log.Warn("receiving messages failed, trying again", "error", err)
		}
		pause = min(max(2*pause, 50*time.Millisecond), maxPause)
		sleep(ctx, pause)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// join makes the consumer group. The first subscription of a topic also gets the messages that were published
// before there was any; a later one starts with those published from now on. After Redis lost its data, all that is
// there was published since.
func (s *Subscription) join(ctx context.Context, lost bool) error {
	first, err := s.first(ctx)
	if err != nil {
		return err
	}
	first = first || lost
	start := "$"
	if first {
		start = "0"
	}
	err = s.client.XGroupCreateMkStream(ctx, s.stream, s.cfg.Subscription, start).Err()
	if err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
		return err
	}
	return s.client.HSet(ctx, s.client.Key("pubsub", s.cfg.Topic, "retention"),
		s.cfg.Subscription, s.cfg.Retention.Milliseconds()).Err()
}

// firsts holds the streams that had no group when this process came to them.
var firsts struct {
	sync.Mutex
	streams map[string]bool
}

// first reports whether the topic has no subscription yet, apart from others that this process is adding as well.
func (s *Subscription) first(ctx context.Context) (bool, error) {
	firsts.Lock()
	defer firsts.Unlock()
	name := s.client.String() + s.stream
	if firsts.streams[name] {
		return true, nil
	}
	groups, err := s.client.XInfoGroups(ctx, s.stream).Result()
	if err != nil && !strings.Contains(err.Error(), "no such key") {
		return false, err
	}
	if len(groups) > 0 {
		return false, nil
	}
	if firsts.streams == nil {
		firsts.streams = map[string]bool{}
	}
	firsts.streams[name] = true
	return true, nil
}

// receive starts handling what is there to handle, as far as there are slots, or waits a moment for it.
func (s *Subscription) receive(ctx context.Context) error {
	if err := s.maintain(ctx); err != nil {
		return err
	}
	slots := s.acquire(ctx)
	if slots == 0 {
		return nil
	}
	msgs, err := s.next(ctx, slots)
	for _, msg := range msgs {
		s.begin(msg.ID)
		s.handlers.Go(func() {
			defer s.release()
			s.handle(s.handling, msg)
			s.end(msg.ID)
		})
	}
	for range slots - len(msgs) {
		s.release()
	}
	return err
}

// acquire waits for a slot, takes it and as many others as are free. It returns 0 when ctx ends.
func (s *Subscription) acquire(ctx context.Context) int {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	count := 1
	for count < maxBatch {
		select {
		case s.slots <- struct{}{}:
			count++
		default:
			return count
		}
	}
	return count
}

func (s *Subscription) release() { <-s.slots }

func (s *Subscription) begin(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inflight[id] = struct{}{}
}

func (s *Subscription) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inflight, id)
}

func (s *Subscription) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.inflight[id]
	return ok
}

// next returns up to count messages: those due for a retry, those that another process left behind, or new ones.
func (s *Subscription) next(ctx context.Context, count int) ([]*Message, error) {
	now := time.Now()
	msgs, due, err := s.take(ctx, takeDue, now.UnixMilli(), count)
	if err != nil || len(msgs) > 0 {
		return msgs, err
	}
	if now.After(s.nextRecovery) {
		left, err := s.lost(ctx, count)
		if err == nil && len(left) == 0 {
			left, err = s.left(ctx, count)
		}
		if err != nil || len(left) > 0 {
			return left, err
		}
		s.nextRecovery = now.Add(min(max(s.cfg.TakeOver/2, 10*time.Millisecond), 10*time.Second))
	}
	wait := maxBlock
	if !due.IsZero() {
		wait = min(wait, max(time.Until(due), 0))
	}
	return s.readNew(ctx, count, wait)
}

// lost takes the messages that were given to this process and did not reach it: the connection broke while Redis
// answered.
func (s *Subscription) lost(ctx context.Context, count int) ([]*Message, error) {
	mine, err := s.client.XPendingExt(ctx, &redis.XPendingExtArgs{
		Stream: s.stream, Group: s.cfg.Subscription, Consumer: s.consumer, Start: "-", End: "+",
		Count: int64(s.cfg.Concurrency + count),
	}).Result()
	if err != nil {
		return nil, err
	}
	var ids []any
	for _, entry := range mine {
		if len(ids) < count && !s.has(entry.ID) {
			ids = append(ids, entry.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	msgs, _, err := s.take(ctx, takeLost, ids...)
	return msgs, err
}

// left takes messages that another process has had for so long that it must be dead.
func (s *Subscription) left(ctx context.Context, count int) ([]*Message, error) {
	consumers, err := s.client.XInfoConsumers(ctx, s.stream, s.cfg.Subscription).Result()
	if err != nil {
		return nil, err
	}
	args := []any{(s.cfg.AckDeadline + s.cfg.TakeOver).Milliseconds(), count}
	for _, consumer := range consumers {
		if consumer.Pending > 0 && consumer.Name != s.consumer && consumer.Name != retryConsumer {
			args = append(args, consumer.Name)
		}
	}
	if len(args) == 2 {
		return nil, nil
	}
	msgs, _, err := s.take(ctx, takeLeft, args...)
	return msgs, err
}

// readNew reads messages that no process has had yet, waiting up to block for one.
func (s *Subscription) readNew(ctx context.Context, count int, block time.Duration) ([]*Message, error) {
	// A deadline of its own notices a dead connection; ending it earlier would lose the answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), block+3*time.Second)
	defer cancel()
	streams, err := s.client.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: s.cfg.Subscription, Consumer: s.consumer, Streams: []string{s.stream, ">"},
		Count: int64(count), Block: max(block, time.Millisecond),
	}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var msgs []*Message
	for _, stream := range streams {
		for _, entry := range stream.Messages {
			msgs = s.appendParsed(msgs, entry, 1)
		}
	}
	return msgs, nil
}

// appendParsed adds the message in entry to msgs; one that cannot be parsed goes to the dead letters.
func (s *Subscription) appendParsed(msgs []*Message, entry redis.XMessage, attempt int) []*Message {
	if only, _ := entry.Values[replayField].(string); only != "" && only != s.cfg.Subscription {
		s.settle(func(ctx context.Context) error { return s.ack(ctx, entry.ID) })
		return msgs
	}
	msg, err := parse(entry, attempt)
	if err != nil {
		s.cfg.Metrics.Dropped()
		s.settle(func(ctx context.Context) error { return s.bury(ctx, msg, err) })
		return msgs
	}
	return append(msgs, msg)
}

// errDied is why a message is given up whose last delivery ended with its process.
var errDied = errors.New("the process ended during the last delivery")

// handle runs the handler and settles the message. It returns the time at which the message is due again, zero when it
// is done with. ctx is the base of the handler's context.
func (s *Subscription) handle(ctx context.Context, msg *Message) (retry time.Time) {
	switch {
	case time.Since(msg.Published) > s.cfg.Retention:
		s.cfg.Log.Warn("message dropped: it is older than the retention", "message_id", msg.ID)
		s.cfg.Metrics.Dropped()
		s.settle(func(ctx context.Context) error { return s.ack(ctx, msg.ID) })
		return time.Time{}
	case s.cfg.MaxDeliveries > 0 && msg.Attempt > s.cfg.MaxDeliveries:
		msg.Attempt--
		s.giveUp(msg, errDied)
		return time.Time{}
	}
	err := s.call(ctx, msg)
	switch {
	case err == nil:
		s.cfg.Metrics.Handled()
		s.settle(func(ctx context.Context) error { return s.ack(ctx, msg.ID) })
	case isPermanent(err), s.cfg.MaxDeliveries > 0 && msg.Attempt >= s.cfg.MaxDeliveries:
		s.giveUp(msg, err)
	default:
		s.cfg.Metrics.Failed()
		delay := backoff(s.cfg.MinBackoff, s.cfg.MaxBackoff, msg.Attempt)
		if ctx.Err() != nil {
			delay = 0 // interrupted by the shutdown, which is not the message's fault
		}
		retry = time.Now().Add(delay)
		s.settle(func(ctx context.Context) error {
			return postpone.Run(ctx, s.client, []string{s.stream, s.key("retry")},
				s.cfg.Subscription, s.consumer, msg.ID, retry.UnixMilli()+1, msg.Attempt+1).Err()
		})
	}
	return retry
}

func (s *Subscription) giveUp(msg *Message, reason error) {
	s.cfg.Metrics.Dropped()
	s.settle(func(ctx context.Context) error { return s.bury(ctx, msg, reason) })
}

func (s *Subscription) call(ctx context.Context, msg *Message) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.AckDeadline)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic handling message: %v\n%s", value, debug.Stack())
		}
	}()
	return s.cfg.Handler(ctx, msg)
}

// permanentError is an error that another delivery cannot mend.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent makes a handler's error one after which the message is given up at once.
func Permanent(err error) error { return permanentError{err} }

func isPermanent(err error) bool {
	_, ok := errors.AsType[permanentError](err)
	return ok
}

func backoff(lowest, highest time.Duration, failures int) time.Duration {
	delay := lowest
	for range failures - 1 {
		if delay >= highest/2 {
			return highest
		}
		delay *= 2
	}
	return min(delay, highest)
}

// settle tells Redis what became of a message. While Redis cannot be reached it tries again until the process is told
// to give up; the message is then delivered once more.
func (s *Subscription) settle(tell func(ctx context.Context) error) {
	// Interrupting handlers must not keep those that finish from being heard.
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, maxPause) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := tell(ctx)
		cancel()
		if err == nil {
			return
		}
		if s.handling.Err() != nil {
			s.cfg.Log.Error("a handled message could not be settled, it will be delivered again", "error", err)
			return
		}
		sleep(s.handling, pause)
	}
}

func (s *Subscription) ack(ctx context.Context, id string) error {
	_, err := s.client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		tx.XAck(ctx, s.stream, s.cfg.Subscription, id)
		tx.ZRem(ctx, s.key("retry"), id)
		return nil
	})
	return err
}

// bury moves a message to the dead letters.
func (s *Subscription) bury(ctx context.Context, msg *Message, reason error) error {
	args := []any{
		s.cfg.Subscription, msg.ID, deadLetters,
		"id", msg.ID, "attempts", strconv.Itoa(msg.Attempt), "error", reason.Error(), dataField, msg.Data,
	}
	for name, value := range msg.Attributes {
		args = append(args, attributePrefix+name, value)
	}
	buried, err := bury.Run(ctx, s.client, []string{s.stream, s.key("retry"), s.key("dead")}, args...).Bool()
	if err == nil && buried {
		s.cfg.Log.Error("message given up, it is kept with the dead letters",
			"message_id", msg.ID, "attempts", msg.Attempt, "error", reason)
	}
	return err
}
