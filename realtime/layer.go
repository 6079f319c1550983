package realtime

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"encore.dev/rlog"
	"github.com/redis/go-redis/v9"
)

// The channel layer carries events between the processes of the application. It is Redis:
//
//   - the feed, one stream of all events, which every process reads from its own position on. A process that lost Redis
//     for a while reads on where it stopped, so its clients get what they missed;
//   - one capped stream per channel, with the same ids, from which a client that comes back gets what it missed.
//
// An event's id is its position in both. Keys share a hash tag, so that all of this works in a Redis cluster too.
const (
	feedKey       = "{realtime}:feed"
	channelPrefix = "{realtime}:channel:"
	seenPrefix    = "{realtime}:seen:"

	// feedLength is how many events a process may lag behind.
	feedLength = 10_000
	// channelLength is how many events a channel keeps for clients that come back: with 200 people at work, each with a step
	// every half minute, the office's channel gets 400 a minute.
	channelLength = 1000
	// channelLife is how long a channel keeps them after its last event.
	channelLife = 24 * time.Hour
	// seenLife is how long the ids of published events are remembered, to publish none twice.
	seenLife = 24 * time.Hour
	// maxReplay is how many missed events a client gets at most: a minute of that. They go into the queue as one.
	maxReplay = 500

	// readBlock is how long a read waits for news.
	readBlock = 2 * time.Second
	readCount = 200
	// redisPatience is how long anything else may take.
	redisPatience = 2 * time.Second

	minRetry, maxRetry = 50 * time.Millisecond, 5 * time.Second
)

// event is what happened, as the clients of a channel get it.
type event struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// entry is an event in its channel.
type entry struct {
	id      position
	channel string
	event   event
}

// layer publishes events to all processes and reads what they published.
type layer struct {
	redis *redis.Client
}

//go:embed publish.lua
var publishSource string

var publishScript = redis.NewScript(publishSource)

// publish adds an event to several channels at once. An event whose id was published before is not published again,
// so repeating a failed publish is safe.
func (l *layer) publish(ctx context.Context, eventID string, events map[string]event) error {
	keys := []string{feedKey, seenPrefix + eventID}
	args := []any{feedLength, channelLength, int(channelLife.Seconds()), int(seenLife.Seconds())}
	for channel, event := range events {
		body, err := json.Marshal(event)
		if err != nil {
			return fmt.Errorf("encode an event of %s: %w", channel, err)
		}
		keys = append(keys, channelPrefix+channel)
		args = append(args, channel, body)
	}
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	if err := publishScript.Run(ctx, l.redis, keys, args...).Err(); err != nil {
		return fmt.Errorf("publish event %s: %w", eventID, err)
	}
	return nil
}

// snapshot is a channel at one moment.
type snapshot struct {
	// at is the position of the feed: the channel's events up to here are in the snapshot or older than it.
	at position
	// missed are the channel's events after the position that was asked for, oldest first.
	missed []entry
	// recovered is true when missed is all that happened since.
	recovered bool
}

// read returns the events of a channel after since. The zero position asks for none.
func (l *layer) read(ctx context.Context, channel string, since position) (snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	key := channelPrefix + channel
	after := "+" // nothing
	if since != (position{}) {
		after = "(" + since.String()
	}
	var feedFirst, feedLast, first, missed *redis.XMessageSliceCmd
	var length *redis.IntCmd
	_, err := l.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		feedFirst = p.XRangeN(ctx, feedKey, "-", "+", 1)
		feedLast = p.XRevRangeN(ctx, feedKey, "+", "-", 1)
		length = p.XLen(ctx, key)
		first = p.XRangeN(ctx, key, "-", "+", 1)
		missed = p.XRangeN(ctx, key, after, "+", maxReplay+1)
		return nil
	})
	if err != nil {
		return snapshot{}, fmt.Errorf("read channel %s: %w", channel, err)
	}
	var s snapshot
	if last := feedLast.Val(); len(last) == 1 {
		if s.at, err = parsePosition(last[0].ID); err != nil {
			return snapshot{}, err
		}
	}
	if since == (position{}) || len(feedFirst.Val()) == 0 {
		return s, nil
	}
	reaches := func(messages []redis.XMessage) bool {
		if len(messages) == 0 {
			return false
		}
		oldest, err := parsePosition(messages[0].ID)
		return err == nil && !since.before(oldest)
	}
	// Redis has lost nothing since: the feed, which is never empty once used, still reaches back to that moment. And the
	// channel has dropped nothing since: by age, or by length, which it only does beyond channelLength.
	fresh := since.time().After(s.at.time().Add(-channelLife)) && !s.at.before(since)
	whole := reaches(first.Val()) || length.Val() < channelLength
	if !fresh || !reaches(feedFirst.Val()) || !whole || len(missed.Val()) > maxReplay {
		return s, nil
	}
	for _, message := range missed.Val() {
		e, err := parseEntry(message)
		if err != nil {
			return snapshot{}, err
		}
		e.channel = channel
		s.missed = append(s.missed, e)
	}
	s.recovered = true
	return s, nil
}

// reader follows the feed for one process.
type reader struct {
	layer *layer
	// deliver gets every event once, in the order of the feed.
	deliver func(entry)
	// lost is told when events were dropped from the feed before this process had read them.
	lost func()
	// started is closed as soon as the reader has its position: every later event will be delivered.
	started chan struct{}
}

// run follows the feed until ctx ends. While Redis is down it waits and tries again, and then reads on from where it
// stopped.
func (r *reader) run(ctx context.Context) {
	var (
		at      position
		started bool
		placed  bool
		wait    time.Duration
	)
	for ctx.Err() == nil {
		var err error
		switch {
		case !started:
			at, err = r.end(ctx)
		case !placed:
			at, err = r.place(ctx, at)
		default:
			at, err = r.next(ctx, at)
		}
		if err == nil {
			if !started {
				if wait > 0 { // events before this place may have been missed
					r.lost()
				}
				close(r.started)
			}
			started, placed, wait = true, true, 0
			continue
		}
		if ctx.Err() != nil {
			return
		}
		// After a failure the place is checked: a Redis that came back may have lost or dropped events.
		placed = false
		if wait == 0 {
			rlog.Warn("Redis does not answer: live events wait", "err", err)
		}
		wait = min(max(2*wait, minRetry), maxRetry)
		pause(ctx, wait/2+rand.N(wait/2))
	}
}

// end returns the position of the newest event: what a process that just started has no clients for.
func (r *reader) end(ctx context.Context) (position, error) {
	_, newest, _, err := r.layer.feed(ctx)
	return newest, err
}

// place returns where to read on after at: there, when the feed still holds all that came after, else at its end.
func (r *reader) place(ctx context.Context, at position) (position, error) {
	oldest, newest, length, err := r.layer.feed(ctx)
	if err != nil {
		return at, err
	}
	reachesBack := !at.before(oldest) || at == position{} && length < feedLength // it was empty, and dropped nothing
	if !reachesBack || newest.before(at) {
		r.lost()
		return newest, nil
	}
	return at, nil
}

// feed returns the positions of the oldest and the newest event of the feed, and its length.
func (l *layer) feed(ctx context.Context) (oldest, newest position, length int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	var first, last *redis.XMessageSliceCmd
	var count *redis.IntCmd
	_, err = l.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		first = p.XRangeN(ctx, feedKey, "-", "+", 1)
		last = p.XRevRangeN(ctx, feedKey, "+", "-", 1)
		count = p.XLen(ctx, feedKey)
		return nil
	})
	if err != nil || count.Val() == 0 {
		return oldest, newest, 0, wrap(err, "read the ends of the feed")
	}
	if oldest, err = parsePosition(first.Val()[0].ID); err != nil {
		return oldest, newest, 0, err
	}
	newest, err = parsePosition(last.Val()[0].ID)
	return oldest, newest, count.Val(), err
}

// next waits for events after at, delivers them and returns the new position.
func (r *reader) next(ctx context.Context, at position) (position, error) {
	streams, err := r.layer.redis.XRead(ctx, &redis.XReadArgs{
		Streams: []string{feedKey, at.String()}, Count: readCount, Block: readBlock,
	}).Result()
	if errors.Is(err, redis.Nil) { // nothing new
		return at, nil
	}
	if err != nil {
		return at, fmt.Errorf("read the feed: %w", err)
	}
	for _, stream := range streams {
		for _, message := range stream.Messages {
			e, err := parseEntry(message)
			if err != nil {
				// Written by something else; holding up everybody for it would not make it readable.
				rlog.Error("an entry of the feed cannot be read and is left out", "id", message.ID, "err", err)
			} else {
				r.deliver(e)
			}
			if at, err = parsePosition(message.ID); err != nil {
				return at, err
			}
		}
	}
	return at, nil
}

func parseEntry(message redis.XMessage) (entry, error) {
	id, err := parsePosition(message.ID)
	if err != nil {
		return entry{}, err
	}
	channel, _ := message.Values["channel"].(string)
	body, _ := message.Values["event"].(string)
	e := entry{id: id, channel: channel}
	if err := json.Unmarshal([]byte(body), &e.event); err != nil {
		return entry{}, fmt.Errorf("decode the event %s: %w", message.ID, err)
	}
	return e, nil
}

// position is the id of a stream entry: milliseconds of Redis's clock and a count within them. The zero position is
// before everything.
type position struct{ ms, seq uint64 }

func parsePosition(id string) (position, error) {
	ms, seq, ok := strings.Cut(id, "-")
	if ok {
		var p position
		var err, err2 error
		p.ms, err = strconv.ParseUint(ms, 10, 64)
		p.seq, err2 = strconv.ParseUint(seq, 10, 64)
		if err == nil && err2 == nil {
			return p, nil
		}
	}
	return position{}, fmt.Errorf("%q is not a position", id)
}

func (p position) String() string {
	return strconv.FormatUint(p.ms, 10) + "-" + strconv.FormatUint(p.seq, 10)
}

func (p position) before(other position) bool {
	return p.ms < other.ms || p.ms == other.ms && p.seq < other.seq
}

func (p position) time() time.Time { return time.UnixMilli(int64(p.ms)) }

func wrap(err error, operation string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
