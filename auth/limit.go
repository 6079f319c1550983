package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"encore.dev/rlog"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"encore.app/internal/refusal"
)

const (
	// redisPatience is how long counting in Redis may take.
	redisPatience = 300 * time.Millisecond
	// redisRest is how long Redis is left alone after it failed.
	redisRest = 5 * time.Second
)

var (
	// perAddress holds a whole office or student home behind one address, but not a list of passwords.
	perAddress = redis_rate.Limit{Rate: 30, Burst: 30, Period: time.Minute}
	// perAccount stops guessing from many addresses. Signing in clears it.
	perAccount = redis_rate.Limit{Rate: 10, Burst: 10, Period: 15 * time.Minute}
)

// signInLimits counts attempts to sign in, in Redis for all processes together.
//
// Signing in does not depend on Redis. While Redis is down each process counts for itself, with the same limits: an
// attacker gains at most a factor of the number of processes, and nobody is locked out.
type signInLimits struct {
	shared *redis_rate.Limiter // nil without Redis
	own    *localLimiter
	now    func() time.Time
	// restsUntil is when Redis is tried again after a failure, in nanoseconds of Unix time.
	restsUntil atomic.Int64
}

func newSignInLimits(client *redis.Client, now func() time.Time) *signInLimits {
	l := &signInLimits{own: newLocalLimiter(), now: now}
	if client != nil {
		l.shared = redis_rate.NewLimiter(client)
	}
	return l
}

// allow counts one attempt from address at the account of email. It returns resource_exhausted when there were too
// many, and counts nothing against the account when the address alone is refused.
func (l *signInLimits) allow(ctx context.Context, address, email string) error {
	if wait := l.take(ctx, addressKey(address), perAddress); wait > 0 {
		return refusal.TooMany(refusal.RateLimited, wait, "Too many attempts to sign in from this address.")
	}
	if wait := l.take(ctx, accountKey(email), perAccount); wait > 0 {
		return refusal.TooMany(refusal.RateLimited, wait, "Too many attempts to sign in to this account.")
	}
	return nil
}

// allowRegistration counts one attempt from address to read an invitation or to register; resource_exhausted when there
// were too many. These do not count as attempts to sign in.
func (l *signInLimits) allowRegistration(ctx context.Context, address string) error {
	if wait := l.take(ctx, "register:address:"+address, perAddress); wait > 0 {
		return refusal.TooMany(refusal.RateLimited, wait, "Too many attempts to register from this address.")
	}
	return nil
}

// clear forgets the attempts at an account, after its owner has signed in.
func (l *signInLimits) clear(ctx context.Context, email string) {
	key := accountKey(email)
	l.own.reset(key)
	if !l.redisAnswers() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	if err := l.shared.Reset(ctx, key); err != nil {
		l.restRedis(err)
	}
}

// take returns how long to wait, 0 when the attempt is within the limit.
func (l *signInLimits) take(ctx context.Context, key string, limit redis_rate.Limit) time.Duration {
	if l.redisAnswers() {
		ctx, cancel := context.WithTimeout(ctx, redisPatience)
		defer cancel()
		result, err := l.shared.Allow(ctx, key, limit)
		if err == nil {
			return max(0, result.RetryAfter) // -1 when allowed
		}
		l.restRedis(err)
	}
	return l.own.take(key, limit, l.now())
}

func (l *signInLimits) redisAnswers() bool {
	return l.shared != nil && l.now().UnixNano() >= l.restsUntil.Load()
}

func (l *signInLimits) restRedis(err error) {
	l.restsUntil.Store(l.now().Add(redisRest).UnixNano())
	rlog.Warn("Redis does not answer: attempts to sign in are counted per process for a while", "err", err)
}

func addressKey(address string) string { return "sign-in:address:" + address }

// accountKey does not hold the address of a person in clear, and is short however long the input.
func accountKey(email string) string {
	sum := sha256.Sum256([]byte(email))
	return "sign-in:account:" + hex.EncodeToString(sum[:16])
}

// localLimiter is the same algorithm as redis_rate (GCRA) in constant memory: keys that fall into the same slot share a
// limit, which is rare enough.
type localLimiter struct {
	seed maphash.Seed

	mu sync.Mutex
	// full is, per slot, when all attempts so far will have been paid off.
	full [4096]time.Time
}

func newLocalLimiter() *localLimiter { return &localLimiter{seed: maphash.MakeSeed()} }

func (l *localLimiter) take(key string, limit redis_rate.Limit, now time.Time) time.Duration {
	cost := limit.Period / time.Duration(limit.Rate)
	l.mu.Lock()
	defer l.mu.Unlock()
	slot := &l.full[l.slot(key)]
	paid := *slot
	if paid.Before(now) {
		paid = now
	}
	paid = paid.Add(cost)
	if wait := paid.Add(-cost * time.Duration(limit.Burst)).Sub(now); wait > 0 {
		return wait
	}
	*slot = paid
	return 0
}

func (l *localLimiter) reset(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full[l.slot(key)] = time.Time{}
}

func (l *localLimiter) slot(key string) uint64 {
	return maphash.String(l.seed, key) % uint64(len(l.full))
}
