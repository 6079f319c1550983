package redispubsub

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// The owner says every ownerBeat that it lives. A dead one is known after ownerTTL, and another process looks
	// every standbyPause.
	ownerTTL     = 1750 * time.Millisecond
	ownerBeat    = 500 * time.Millisecond
	standbyPause = 200 * time.Millisecond

	// maxLoaded is how many messages are held in memory; of others, up to maxWaiting, only the id.
	maxLoaded  = 512
	maxWaiting = 200_000
)

// ordered serves a subscription whose messages with the same ordering key are handled one after the other, a
// message that fails holding up those behind it. Only the process that owns the subscription reads its messages, so
// that the order is that of one queue in memory; when the owner is gone another one starts over from what is pending.
// Reading and beginning a delivery are refused to a process that is no longer the owner, whatever it believes, and the
// contexts of its handlers end.
type ordered struct {
	*Subscription
	lease    *lease
	restored bool // what was pending when this process became the owner is in keys

	keys    map[string][]*queued // waiting or running, in order
	waiting int                  // all of them
	loaded  int                  // those whose message is in memory
	ready   []string             // keys whose first message may begin
	later   dueHeap              // keys whose first message waits for its time

	results  chan result
	lastRead string // the id of the newest message that was read
	watching bool
	arrivals chan error // the watch has ended: new messages, nothing new (errNothing), or an error
}

type queued struct {
	id      string
	msg     *Message // nil: to be fetched when it begins
	attempt int      // the number of its next delivery, or of the one that runs
	running bool
	due     time.Time
}

type result struct {
	key   string
	again bool // it is not done with
	retry time.Time
	begun bool // the delivery counts
	gone  bool // Redis does not have it as read and not settled
}

// lease is one time of being the owner; it ends when this process cannot be sure of it any more.
type lease struct {
	context.Context
	end context.CancelFunc
}

func newOrdered(s *Subscription) *ordered {
	return &ordered{
		Subscription: s, keys: map[string][]*queued{},
		results: make(chan result, s.cfg.Concurrency), arrivals: make(chan error, 1),
	}
}

func (o *ordered) receive(ctx context.Context) error {
	if o.lease == nil || o.lease.Err() != nil {
		owner, err := o.acquire(ctx)
		if err != nil {
			return err
		}
		if !owner {
			o.drain()
			sleep(ctx, standbyPause)
			return nil
		}
	}
	if err := o.maintain(ctx); err != nil {
		return err
	}
	if !o.restored {
		if err := o.restore(ctx); err != nil {
			return err
		}
	}
	next := o.dispatch()
	o.watch(ctx)
	timer := time.NewTimer(max(time.Until(next), 0))
	defer timer.Stop()
	select {
	case res := <-o.results:
		o.finish(res)
	case err := <-o.arrivals:
		o.watching = false
		if err == nil {
			err = o.read(ctx)
		}
		if err != nil && !errors.Is(err, errNothing) {
			return err
		}
	case <-o.lease.Done():
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// acquire reports whether this process owns the subscription, after trying to.
func (o *ordered) acquire(ctx context.Context) (bool, error) {
	asked := time.Now()
	owner, err := own.Run(ctx, o.client, []string{o.key("owner")}, o.consumer, ownerTTL.Milliseconds()).Bool()
	if err != nil || !owner {
		return false, err
	}
	lease := new(lease)
	lease.Context, lease.end = context.WithCancel(o.handling)
	// What the previous owner had is pending in Redis; what this process itself had may have been handled since.
	o.lease, o.restored = lease, false
	o.beats.Go(func() { o.keep(lease, asked) })
	return true, nil
}

// keep extends the ownership until it is lost, or cannot be extended before it ends.
func (o *ordered) keep(lease *lease, sure time.Time) {
	defer lease.end()
	for {
		sleep(lease, ownerBeat)
		if lease.Err() != nil {
			return
		}
		asked := time.Now()
		ctx, cancel := context.WithDeadline(lease, sure.Add(ownerTTL))
		extended, err := extend.Run(ctx, o.client, []string{o.key("owner")}, o.consumer, ownerTTL.Milliseconds()).Int()
		cancel()
		switch {
		case err == nil && extended == 0:
			o.cfg.Log.Warn("another process has taken over the ordered subscription")
			return
		case err == nil:
			sure = asked
		case time.Since(sure) >= ownerTTL:
			return
		}
	}
}

// restore queues every message that is pending, in order, with the times their retries are due. They stay under the
// names they have until they begin.
func (o *ordered) restore(ctx context.Context) error {
	o.drain()
	o.ready, o.later = nil, nil
	o.waiting, o.loaded = 0, 0
	for key, queue := range o.keys {
		queue = slices.DeleteFunc(queue, func(q *queued) bool { return !q.running })
		if len(queue) == 0 {
			delete(o.keys, key)
			continue
		}
		o.keys[key] = queue
		o.waiting += len(queue)
		o.loaded += len(queue)
	}
	groups, err := o.client.XInfoGroups(ctx, o.stream).Result()
	if err != nil {
		return err
	}
	o.lastRead = "0-0"
	for _, group := range groups {
		if group.Name == o.cfg.Subscription {
			o.lastRead = group.LastDeliveredID
		}
	}
	const pageSize = 500
	for start := "-"; ; {
		page, err := o.client.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: o.stream, Group: o.cfg.Subscription, Start: start, End: "+", Count: pageSize,
		}).Result()
		if err != nil {
			return err
		}
		entries, dues := make([]*redis.XMessageSliceCmd, len(page)), make([]*redis.FloatCmd, len(page))
		pipe := o.client.Pipeline()
		for i, p := range page {
			start = "(" + p.ID
			entries[i] = pipe.XRange(ctx, o.stream, p.ID, p.ID)
			dues[i] = pipe.ZScore(ctx, o.key("retry"), p.ID)
		}
		if len(page) > 0 {
			if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
		}
		for i, p := range page {
			if o.has(p.ID) {
				continue // still running here
			}
			found, err := entries[i].Result()
			if err != nil {
				return err // the pipeline tells of its first error only, which is redis.Nil where no retry waits
			}
			if len(found) == 1 {
				attempt := int(p.RetryCount)
				var due time.Time
				switch score, err := dues[i].Result(); {
				case err == nil:
					due = time.UnixMilli(int64(score))
				case p.Consumer != queueConsumer && p.Consumer != retryConsumer:
					attempt++ // a delivery was begun and did not end
				}
				o.enqueueEntry(found[0], attempt, due)
			} else if err := o.client.XAck(ctx, o.stream, o.cfg.Subscription, p.ID).Err(); err != nil {
				return err // it is no longer in the stream
			}
		}
		if len(page) < pageSize {
			o.restored = true
			return nil
		}
	}
}

func (o *ordered) enqueueEntry(entry redis.XMessage, attempt int, due time.Time) {
	for _, msg := range o.appendParsed(nil, entry, attempt) {
		q := &queued{id: msg.ID, attempt: attempt, due: due}
		if o.loaded < maxLoaded {
			q.msg = msg
			o.loaded++
		}
		key := msg.Attributes[o.cfg.OrderingAttribute]
		o.keys[key] = append(o.keys[key], q)
		o.waiting++
		if len(o.keys[key]) == 1 {
			o.schedule(key)
		}
	}
}

// schedule puts a key where its first message, which does not run, is found when it may begin.
func (o *ordered) schedule(key string) {
	if due := o.keys[key][0].due; due.After(time.Now()) {
		heap.Push(&o.later, dueKey{due, key})
	} else {
		o.ready = append(o.ready, key)
	}
}

// dispatch starts what can be started and returns when to look again.
func (o *ordered) dispatch() time.Time {
	o.drain()
	now := time.Now()
	for len(o.later) > 0 && !o.later[0].due.After(now) {
		o.ready = append(o.ready, heap.Pop(&o.later).(dueKey).key)
	}
	for len(o.ready) > 0 {
		select {
		case o.slots <- struct{}{}:
		default:
			return now.Add(maxBlock) // a result will come
		}
		key := o.ready[0]
		o.ready = o.ready[1:]
		head := o.keys[key][0]
		head.running = true
		o.begin(head.id)
		lease, id, msg, attempt := o.lease, head.id, head.msg, head.attempt
		o.handlers.Go(func() {
			res := o.deliver(lease, id, msg, attempt)
			res.key = key
			o.end(id)
			o.results <- res
		})
	}
	if len(o.later) > 0 && o.later[0].due.Before(now.Add(maxBlock)) {
		return o.later[0].due
	}
	return now.Add(maxBlock)
}

// deliver begins a delivery, as far as this process is still the owner, and handles the message.
func (o *ordered) deliver(lease *lease, id string, msg *Message, attempt int) result {
	const soon = 100 * time.Millisecond
	givenUp := o.cfg.MaxDeliveries > 0 && attempt > o.cfg.MaxDeliveries
	if givenUp {
		attempt-- // the last one began, and its process died
	}
	entry, err := o.claim(lease, id, attempt)
	switch {
	case errors.Is(err, errNotOwner):
		lease.end()
		return result{again: true, retry: time.Now()}
	case err != nil:
		if lease.Err() == nil {
			o.cfg.Log.Warn("a message could not be begun, trying again", "message_id", id, "error", err)
		}
		return result{again: true, retry: time.Now().Add(soon)}
	case entry == nil:
		return result{gone: true}
	}
	if msg == nil {
		parsed := o.appendParsed(nil, *entry, attempt)
		if len(parsed) == 0 {
			return result{}
		}
		msg = parsed[0]
	}
	msg.Attempt = attempt
	if givenUp {
		o.giveUp(msg, errDied)
		return result{}
	}
	retry := o.handle(lease, msg)
	return result{again: !retry.IsZero(), retry: retry, begun: true}
}

// claim notes in Redis that a delivery begins. It returns nil when there is nothing left to deliver.
func (o *ordered) claim(ctx context.Context, id string, attempt int) (*redis.XMessage, error) {
	answer, err := beginOwned.Run(ctx, o.client, []string{o.stream, o.key("retry"), o.key("owner")},
		o.cfg.Subscription, o.consumer, id, attempt).Result()
	if err != nil {
		return nil, err
	}
	list, ok := answer.([]any)
	switch {
	case !ok:
		return nil, errNotOwner
	case len(list) == 0:
		return nil, nil
	}
	entry, err := parseEntry(list[0])
	return &entry, err
}

// drain takes in the results that are there.
func (o *ordered) drain() {
	for {
		select {
		case res := <-o.results:
			o.finish(res)
		default:
			return
		}
	}
}

func (o *ordered) finish(res result) {
	<-o.slots
	queue := o.keys[res.key]
	head := queue[0]
	if head.msg != nil {
		head.msg = nil // while it waits, its id will do
		o.loaded--
	}
	if res.again {
		head.running, head.due = false, res.retry
		if res.begun {
			head.attempt++
		}
		o.schedule(res.key)
		return
	}
	if res.gone {
		// It was settled or removed, or Redis has lost its last second and will give the message out again.
		o.restored = false
	}
	o.waiting--
	if o.keys[res.key] = queue[1:]; len(queue) == 1 {
		delete(o.keys, res.key)
		return
	}
	o.schedule(res.key)
}

// watch waits, beside the loop, for messages that nobody has read. It does not read them: an answer that comes when
// this process is no longer the owner must not carry any.
func (o *ordered) watch(ctx context.Context) {
	if o.watching || o.waiting >= maxWaiting {
		return
	}
	o.watching = true
	after := o.lastRead
	o.handlers.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxBlock+3*time.Second)
		defer cancel()
		_, err := o.client.XRead(ctx, &redis.XReadArgs{Streams: []string{o.stream, after}, Count: 1, Block: maxBlock / 2}).Result()
		if errors.Is(err, redis.Nil) {
			err = errNothing
		}
		o.arrivals <- err
	})
}

// read queues what nobody has read.
func (o *ordered) read(ctx context.Context) error {
	for o.waiting < maxWaiting {
		answer, err := readOwned.Run(ctx, o.client, []string{o.stream, o.key("owner")}, o.cfg.Subscription, o.consumer, readBatch).Result()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		if err != nil {
			o.restored = false // messages may have been given to this process without reaching it
			return err
		}
		streams, ok := answer.([]any)
		if !ok {
			o.lease.end()
			return nil
		}
		count := 0
		for _, stream := range streams {
			pair, _ := stream.([]any)
			if len(pair) != 2 {
				return fmt.Errorf("unexpected answer of Redis: %v", stream)
			}
			items, _ := pair[1].([]any)
			for _, item := range items {
				entry, err := parseEntry(item)
				if err != nil {
					o.restored = false
					return err
				}
				o.lastRead = entry.ID
				o.enqueueEntry(entry, 1, time.Time{})
				count++
			}
		}
		if count < readBatch || len(o.slots) < cap(o.slots) {
			return nil // the watch tells at once when there are more
		}
	}
	return nil
}

// dueKey is a key whose first message waits.
type dueKey struct {
	due time.Time
	key string
}

// dueHeap has the earliest on top.
type dueHeap []dueKey

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) { *h = append(*h, x.(dueKey)) }

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
