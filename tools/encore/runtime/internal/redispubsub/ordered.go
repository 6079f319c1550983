package redispubsub

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	ownerTTL   = 15 * time.Second
	maxBacklog = 512 // messages of an ordered subscription held in memory
)

// ordered serves a subscription whose messages with the same ordering key are handled one after the other, a
// message that fails holding up those behind it. Only the process that owns the subscription reads its messages, so
// that the order is that of one queue in memory; when the owner is gone another one starts over from what is pending.
type ordered struct {
	*Subscription
	keys     map[string][]*queued // waiting or running, in order
	backlog  int
	restored bool      // what was pending when this process became the owner is in keys
	renew    time.Time // when to extend the ownership
	results  chan result
}

type queued struct {
	msg     *Message
	running bool
	due     time.Time
}

type result struct {
	key   string
	retry time.Time
}

func newOrdered(s *Subscription) *ordered {
	return &ordered{Subscription: s, keys: map[string][]*queued{}, results: make(chan result, s.cfg.Concurrency)}
}

func (o *ordered) receive(ctx context.Context) error {
	owner, err := o.own(ctx)
	if err != nil {
		return err
	}
	if !owner {
		sleep(ctx, maxBlock)
		return nil
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
	wait := min(max(time.Until(next), 0), maxBlock)
	if o.backlog < maxBacklog && len(o.slots) < cap(o.slots) {
		// A handler that finishes meanwhile is only noticed afterwards: wait a shorter time when one is running.
		if len(o.slots) > 0 {
			wait = min(wait, 20*time.Millisecond)
		}
		msgs, err := o.readNew(ctx, maxBatch, wait)
		if err != nil {
			o.restored = false // messages may have been given to this process without reaching it
			return err
		}
		for _, msg := range msgs {
			o.enqueue(msg, time.Time{})
		}
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case res := <-o.results:
		o.finish(res)
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// extend lengthens the ownership only if it is still this process's.
var extend = redis.NewScript(`
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return 0`)

// disown ends the ownership only if it is still this process's.
var disown = redis.NewScript(`
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`)

// own reports whether this process owns the subscription, after trying to.
func (o *ordered) own(ctx context.Context) (bool, error) {
	now := time.Now()
	if now.Before(o.renew) {
		return true, nil
	}
	extended, err := extend.Run(ctx, o.client, []string{o.key("owner")}, o.consumer, ownerTTL.Milliseconds()).Int()
	if err != nil {
		o.renew = time.Time{}
		return false, err
	}
	if extended == 0 {
		won, err := o.client.SetNX(ctx, o.key("owner"), o.consumer, ownerTTL).Result()
		if err != nil || !won {
			return false, err
		}
		// What the previous owner had is pending in Redis; what this process itself had may have been handled since.
		o.restored = false
	}
	o.renew = now.Add(ownerTTL / 3)
	return true, nil
}

// restore takes over every message that is pending, in order, with the times their retries are due.
func (o *ordered) restore(ctx context.Context) error {
	o.drain()
	for key, queue := range o.keys {
		o.keys[key] = slices.DeleteFunc(queue, func(q *queued) bool { return !q.running })
		o.backlog -= len(queue) - len(o.keys[key])
	}
	for start := "-"; ; {
		page, err := o.client.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: o.stream, Group: o.cfg.Subscription, Start: start, End: "+", Count: 100,
		}).Result()
		if err != nil {
			return err
		}
		var ids []string
		for _, entry := range page {
			start = "(" + entry.ID
			if !o.has(entry.ID) {
				ids = append(ids, entry.ID)
			}
		}
		msgs, err := o.claim(ctx, ids, 0)
		if err != nil {
			return err
		}
		for _, msg := range msgs {
			score, err := o.client.ZScore(ctx, o.key("retry"), msg.ID).Result()
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
			o.enqueue(msg, time.UnixMilli(int64(score)))
		}
		if len(page) < 100 {
			o.restored = true
			return nil
		}
	}
}

func (o *ordered) enqueue(msg *Message, due time.Time) {
	key := msg.Attributes[o.cfg.OrderingAttribute]
	o.keys[key] = append(o.keys[key], &queued{msg: msg, due: due})
	o.backlog++
}

// dispatch starts what can be started and returns when the next message is due.
func (o *ordered) dispatch() time.Time {
	o.drain()
	now := time.Now()
	next := now.Add(maxBlock)
	for key, queue := range o.keys {
		head := queue[0]
		if head.running {
			continue
		}
		if head.due.After(now) {
			if head.due.Before(next) {
				next = head.due
			}
			continue
		}
		select {
		case o.slots <- struct{}{}:
		default:
			return now.Add(maxBlock) // a result will come
		}
		head.running = true
		o.begin(head.msg.ID)
		o.handlers.Go(func() {
			retry := o.handle(head.msg)
			o.end(head.msg.ID)
			o.results <- result{key, retry}
		})
	}
	return next
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
	if head := queue[0]; !res.retry.IsZero() {
		head.running, head.due = false, res.retry
		head.msg.Attempt++
		return
	}
	o.backlog--
	if o.keys[res.key] = queue[1:]; len(queue) == 1 {
		delete(o.keys, res.key)
	}
}
