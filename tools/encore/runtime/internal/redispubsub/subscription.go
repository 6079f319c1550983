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
		case strings.HasPrefix(err.Error(), "NOGROUP"):
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
			s.handle(msg)
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
	due, wait, err := s.due(ctx, count)
	if err != nil || len(due) > 0 {
		return due, err
	}
	if now := time.Now(); now.After(s.nextRecovery) {
		left, err := s.abandoned(ctx, count, s.consumer, 0)
		if err == nil && len(left) == 0 {
			left, err = s.abandoned(ctx, count, "", s.cfg.AckDeadline+s.cfg.TakeOver)
		}
		if err != nil || len(left) > 0 {
			return left, err
		}
		s.nextRecovery = now.Add(min(max(s.cfg.TakeOver/2, 10*time.Millisecond), 10*time.Second))
	}
	return s.readNew(ctx, count, min(wait, maxBlock))
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
	msg, err := parse(entry, attempt)
	if err != nil {
		s.cfg.Metrics.Dropped()
		s.settle(func(ctx context.Context) error { return s.bury(ctx, msg, err) })
		return msgs
	}
	return append(msgs, msg)
}

// due takes up to count messages whose retry is due, and tells how long until the next one is (maxBlock if none).
func (s *Subscription) due(ctx context.Context, count int) (msgs []*Message, wait time.Duration, err error) {
	waiting, err := s.client.ZRangeWithScores(ctx, s.key("retry"), 0, int64(count)-1).Result()
	if err != nil {
		return nil, 0, err
	}
	var ids []string
	for _, entry := range waiting {
		wait = time.Until(time.UnixMilli(int64(entry.Score)))
		if wait > 0 {
			break
		}
		id := entry.Member.(string)
		removed, err := s.client.ZRem(ctx, s.key("retry"), id).Result()
		if err != nil {
			return nil, 0, err
		}
		if removed == 1 { // else another process was faster
			ids = append(ids, id)
		}
	}
	if len(waiting) == 0 {
		wait = maxBlock
	}
	msgs, err = s.claim(ctx, ids, 0)
	return msgs, wait, err
}

// abandoned takes up to count messages that were given to a consumer (any if it is "") at least idle ago and are
// neither acknowledged, nor up for a retry, nor being handled here. For the consumer of this process no time need
// pass: it has such a message when the connection broke while Redis answered.
func (s *Subscription) abandoned(ctx context.Context, count int, consumer string, idle time.Duration) ([]*Message, error) {
	var ids []string
	for start := "-"; len(ids) < count; {
		page, err := s.client.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: s.stream, Group: s.cfg.Subscription, Consumer: consumer, Idle: idle, Start: start, End: "+", Count: 100,
		}).Result()
		if err != nil {
			return nil, err
		}
		for _, entry := range page {
			start = "(" + entry.ID
			if len(ids) == count || s.has(entry.ID) {
				continue
			}
			err := s.client.ZScore(ctx, s.key("retry"), entry.ID).Err()
			if errors.Is(err, redis.Nil) {
				ids = append(ids, entry.ID)
			} else if err != nil {
				return nil, err
			}
		}
		if len(page) < 100 {
			break
		}
	}
	return s.claim(ctx, ids, idle)
}

// claim makes messages this process's own unless they were claimed within idle.
func (s *Subscription) claim(ctx context.Context, ids []string, idle time.Duration) ([]*Message, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	entries, err := s.client.XClaim(ctx, &redis.XClaimArgs{
		Stream: s.stream, Group: s.cfg.Subscription, Consumer: s.consumer, MinIdle: idle, Messages: ids,
	}).Result()
	if err != nil {
		return nil, err
	}
	var msgs []*Message
	for _, entry := range entries {
		pending, err := s.client.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: s.stream, Group: s.cfg.Subscription, Start: entry.ID, End: entry.ID, Count: 1,
		}).Result()
		if err != nil {
			return msgs, err // the others are found as abandoned
		}
		if len(pending) == 1 {
			msgs = s.appendParsed(msgs, entry, int(pending[0].RetryCount))
		}
	}
	return msgs, nil
}

// handle runs the handler and settles the message, except that an ordered subscription waits for the retry itself:
// it gets the time at which the message is due again, zero when it is done with.
func (s *Subscription) handle(msg *Message) (retry time.Time) {
	if time.Since(msg.Published) > s.cfg.Retention {
		s.cfg.Log.Warn("message dropped: it is older than the retention", "message_id", msg.ID)
		s.cfg.Metrics.Dropped()
		s.settle(func(ctx context.Context) error { return s.ack(ctx, msg.ID) })
		return time.Time{}
	}
	err := s.call(msg)
	switch {
	case err == nil:
		s.cfg.Metrics.Handled()
		s.settle(func(ctx context.Context) error { return s.ack(ctx, msg.ID) })
	case isPermanent(err), s.cfg.MaxDeliveries > 0 && msg.Attempt >= s.cfg.MaxDeliveries:
		s.cfg.Metrics.Dropped()
		s.settle(func(ctx context.Context) error { return s.bury(ctx, msg, err) })
	default:
		s.cfg.Metrics.Failed()
		delay := backoff(s.cfg.MinBackoff, s.cfg.MaxBackoff, msg.Attempt)
		if s.handling.Err() != nil {
			delay = 0 // interrupted by the shutdown, which is not the message's fault
		}
		retry = time.Now().Add(delay)
		s.settle(func(ctx context.Context) error {
			return s.client.ZAdd(ctx, s.key("retry"), redis.Z{Score: float64(retry.UnixMilli() + 1), Member: msg.ID}).Err()
		})
	}
	return retry
}

func (s *Subscription) call(msg *Message) (err error) {
	ctx, cancel := context.WithTimeout(s.handling, s.cfg.AckDeadline)
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
	fields := []any{
		"id", msg.ID, "attempts", strconv.Itoa(msg.Attempt), "error", reason.Error(), dataField, msg.Data,
	}
	for name, value := range msg.Attributes {
		fields = append(fields, "attribute:"+name, value)
	}
	_, err := s.client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		tx.XAdd(ctx, &redis.XAddArgs{Stream: s.key("dead"), MaxLen: deadLetters, Approx: true, Values: fields})
		tx.XAck(ctx, s.stream, s.cfg.Subscription, msg.ID)
		tx.ZRem(ctx, s.key("retry"), msg.ID)
		return nil
	})
	if err == nil {
		s.cfg.Log.Error("message given up, it is kept with the dead letters",
			"message_id", msg.ID, "attempts", msg.Attempt, "error", reason)
	}
	return err
}
