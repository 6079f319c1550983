// Package limit bounds how often something may be tried, and knows where a request comes from.
//
// A service makes one Limiter, names its limits, and counts before it does any work for strangers:
//
//	var perAddress = limit.Limit{Name: "sign-in:address", Count: 30, Period: time.Minute}
//
//	if wait := s.limiter.Take(ctx, perAddress, limit.CurrentClient().Network()); wait > 0 {
//		return refusal.TooMany(refusal.RateLimited, wait, "Too many attempts from this address.")
//	}
package limit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"

	"encore.dev/rlog"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

const (
	// redisTimeout is how long counting in Redis may take: nobody waits long at the door because Redis is down.
	redisTimeout = 300 * time.Millisecond
	// redisPause is how long Redis is left alone after it failed.
	redisPause = 5 * time.Second
)

// Limit is how often something may be tried.
type Limit struct {
	// Name is unique among the limits of all services, for they share one Redis; it counts apart from all others.
	Name string
	// Count is how many tries may come at once; one more is allowed every Period divided by Count.
	Count int
	// Period is how long it takes until Count tries are allowed again.
	Period time.Duration
}

// interval is how long one try is remembered.
func (l Limit) interval() time.Duration { return l.Period / time.Duration(l.Count) }

// Limiter counts tries, in Redis for all processes together (GCRA).
//
// Nothing depends on Redis. While it is down each process counts for itself, with the same limits: an attacker gains at
// most a factor of the number of processes, and nobody is locked out.
type Limiter struct {
	client *redis.Client       // nil when the process counts alone
	shared *redis_rate.Limiter // nil with it
	own    *processLimiter
	now    func() time.Time
	// redisPausedUntil is when Redis is tried again after a failure, in nanoseconds of Unix time.
	redisPausedUntil atomic.Int64
}

// New returns a Limiter that counts in the Redis of options, whose timeouts it shortens; nil options make it count in
// this process alone. Close it when the service ends.
func New(options *redis.Options, now func() time.Time) *Limiter {
	l := &Limiter{own: newProcessLimiter(), now: now}
	if options != nil {
		short := *options
		short.DialTimeout, short.ReadTimeout, short.WriteTimeout = redisTimeout, redisTimeout, redisTimeout
		short.MaxRetries, short.DialerRetries = -1, 1
		l.client = redis.NewClient(&short)
		l.shared = redis_rate.NewLimiter(l.client)
	}
	return l
}

// Close ends the connections to Redis.
func (l *Limiter) Close() error {
	if l.client == nil {
		return nil
	}
	if err := l.client.Close(); err != nil {
		return fmt.Errorf("close the connections of the limiter: %w", err)
	}
	return nil
}

// Take counts one try of key and returns 0 when it is within the limit; else it counts nothing and returns after what
// time the next one would be. A request that its client gives up counts like any other.
//
// Keys may be personal: only their hashes are stored.
func (l *Limiter) Take(ctx context.Context, limit Limit, key string) time.Duration {
	id := keyID(key)
	if l.redisAnswers() {
		ctx, cancel := redisContext(ctx)
		defer cancel()
		result, err := l.shared.Allow(ctx, redisKey(limit, id), redis_rate.Limit{
			Rate: limit.Count, Burst: limit.Count, Period: limit.Period,
		})
		if err == nil {
			return max(0, result.RetryAfter) // -1 when allowed
		}
		l.pauseRedis(err)
	}
	return l.own.take(limit, id, l.now())
}

// Forget makes as if key had never been tried.
func (l *Limiter) Forget(ctx context.Context, limit Limit, key string) {
	id := keyID(key)
	l.own.forget(limit, id)
	if !l.redisAnswers() {
		return
	}
	ctx, cancel := redisContext(ctx)
	defer cancel()
	if err := l.shared.Reset(ctx, redisKey(limit, id)); err != nil {
		l.pauseRedis(err)
	}
}

// redisContext does not end with the request: a client that goes away is no failure of Redis, and does not get a try
// for nothing.
func redisContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), redisTimeout)
}

func (l *Limiter) redisAnswers() bool {
	return l.shared != nil && l.now().UnixNano() >= l.redisPausedUntil.Load()
}

func (l *Limiter) pauseRedis(err error) {
	l.redisPausedUntil.Store(l.now().Add(redisPause).UnixNano())
	rlog.Warn("Redis does not answer: tries are counted per process for a while", "err", err)
}

// key identifies a key without holding it, and is short however long the key.
type key [16]byte

func keyID(text string) key {
	sum := sha256.Sum256([]byte(text))
	return key(sum[:16])
}

func redisKey(limit Limit, id key) string { return limit.Name + ":" + hex.EncodeToString(id[:]) }
