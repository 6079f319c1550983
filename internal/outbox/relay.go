package outbox

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"encore.dev/rlog"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// batchSize bounds how long one transaction of the relay lives.
	batchSize = 100
	// publishTimeout bounds the wait for a topic that does not answer.
	publishTimeout = 5 * time.Second
	// retention is how long published events are kept, for the curious.
	retention     = 7 * 24 * time.Hour
	pruneInterval = time.Hour
	// observeInterval is how often the backlog is told.
	observeInterval = 15 * time.Second
)

// timing is when a relay looks by itself.
type timing struct {
	// poll finds events that another process appended and did not live to publish.
	poll time.Duration
	// The waits between tries while a topic is down.
	minBackoff, maxBackoff time.Duration
}

var defaultTiming = timing{poll: 2 * time.Second, minBackoff: 250 * time.Millisecond, maxBackoff: 15 * time.Second}

// backoff is the wait after a failed try that came wait after the one before.
func (t timing) backoff(wait time.Duration) time.Duration {
	return min(max(2*wait, t.minBackoff), t.maxBackoff)
}

// Publish hands an event to its topic. After an error made by Permanent, and after a panic, the event is set aside; after
// any other one it is tried again, and all later ones wait.
type Publish func(ctx context.Context, message Message) error

// Backlog is what a relay has not published.
type Backlog struct {
	// SetAside is how many events wait for somebody to look.
	SetAside int64
	// PendingAge is the age of the oldest other event, 0 when there is none.
	PendingAge time.Duration
}

// Relay publishes the outbox of one database. Any number of processes may run a relay on the same database: a lock
// in the database lets one at a time publish.
type Relay struct {
	pool    *pgxpool.Pool
	publish Publish
	observe func(Backlog)
	timing  timing
	wake    chan struct{}

	start  sync.Once
	cancel context.CancelFunc
	done   chan struct{}
}

// NewRelay returns a relay that hands the events of the outbox in pool's database to publish. It publishes nothing
// before Start.
func NewRelay(pool *pgxpool.Pool, publish Publish) *Relay {
	return &Relay{
		pool: pool, publish: publish, observe: func(Backlog) {}, timing: defaultTiming,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// Observe makes the relay tell what it has not published, every few seconds, from Start on. It must be called before.
func (r *Relay) Observe(observe func(Backlog)) { r.observe = observe }

// Transact runs change in a transaction: committed when it returns nil, else rolled back. After the commit the relay
// publishes at once what was appended, from its own goroutine.
func (r *Relay) Transact(ctx context.Context, change func(tx pgx.Tx) error) error {
	if err := pgx.BeginFunc(ctx, r.pool, change); err != nil {
		return err
	}
	select {
	case r.wake <- struct{}{}:
	default: // woken already
	}
	return nil
}

// Start publishes from a goroutine of its own until Stop. Starting twice is the same as starting once.
func (r *Relay) Start() {
	r.start.Do(func() {
		var ctx context.Context
		ctx, r.cancel = context.WithCancel(context.Background())
		go func() {
			defer close(r.done)
			r.run(ctx)
		}()
	})
}

// Stop ends publishing and returns when the goroutine has ended, or with ctx's error. What is not published stays in
// the outbox for the next start.
func (r *Relay) Stop(ctx context.Context) error {
	r.start.Do(func() { // never started, and from now on it cannot be
		r.cancel = func() {}
		close(r.done)
	})
	r.cancel()
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the outbox relay: %w", ctx.Err())
	}
}

func (r *Relay) run(ctx context.Context) {
	var (
		wait               time.Duration // 0 while all goes well
		pruneAt, observeAt time.Time
		retried            bool // what earlier processes set aside was tried
	)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wake := r.wake
		if wait > 0 {
			wake = nil // a topic that is down does not come back because there is more to publish
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-timer.C:
		}
		_, err := r.drain(ctx, !retried)
		retried = retried || err == nil
		now := time.Now()
		if err == nil && now.After(pruneAt) {
			pruneAt = now.Add(pruneInterval)
			err = r.prune(ctx)
		}
		if now.After(observeAt) {
			observeAt = now.Add(observeInterval)
			if backlog, failure := r.backlog(ctx); failure == nil {
				r.observe(backlog)
			} else if err == nil {
				err = failure
			}
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait = r.timing.backoff(wait)
			rlog.Warn("the outbox could not be published; trying again", "err", err, "wait", wait)
			timer.Reset(wait)
		default:
			wait = 0
			timer.Reset(r.timing.poll)
		}
	}
}

// Drain publishes everything that is pending and was not set aside, and returns how many events that were. At the first
// event whose topic is down it stops with the error; the events before it are done, it and the later ones stay pending.
func (r *Relay) Drain(ctx context.Context) (published int, err error) { return r.drain(ctx, false) }

// drain is Drain; with retry it also tries what was set aside.
func (r *Relay) drain(ctx context.Context, retry bool) (published int, err error) {
	for after := int64(0); ; {
		n, last, err := r.batch(ctx, after, retry)
		published += n
		if err != nil || last == 0 {
			return published, err
		}
		after = last
	}
}

// batch publishes up to batchSize events after one, and returns how many it published and, when there may be more, the
// last one it tried. The transaction is kept open meanwhile, because its lock is what keeps other processes from
// publishing the same events, or later ones first.
func (r *Relay) batch(ctx context.Context, after int64, retry bool) (count int, last int64, err error) {
	tx, err := r.pool.Begin(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("open the outbox: %w", err)
	}
	// Marking does not depend on ctx: a stop between publishing and marking would make the next start publish again.
	marking := context.WithoutCancel(ctx)
	defer func() { _ = tx.Rollback(marking) }() // does nothing after the commit

	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('outbox relay'))`); err != nil {
		return 0, 0, fmt.Errorf("lock the outbox: %w", err)
	}
	pending, err := pendingMessages(ctx, tx, after, retry)
	if err != nil || len(pending) == 0 {
		return 0, 0, err
	}
	if len(pending) == batchSize {
		last = pending[batchSize-1].id
	}
	var (
		published  []int64
		failed     []int64
		reasons    []string
		publishErr error
	)
	for _, row := range pending {
		err := r.publishOne(ctx, row.message)
		if err != nil && !isPermanent(err) {
			publishErr = err
			break
		}
		if err == nil {
			published = append(published, row.id)
			continue
		}
		failed, reasons = append(failed, row.id), append(reasons, err.Error())
		rlog.Error("an event cannot be published and is set aside", "topic", row.message.Topic,
			"event_id", row.message.ID, "err", err)
	}
	_, err = tx.Exec(marking, `
		update outbox set published_at = now(), failed_at = null, error = null where id = any($1)`, published)
	if err == nil && len(failed) > 0 {
		_, err = tx.Exec(marking, `
			update outbox set failed_at = coalesce(failed_at, now()), error = failure.error
			from unnest($1::bigint[], $2::text[]) as failure (id, error) where outbox.id = failure.id`, failed, reasons)
	}
	if err == nil {
		err = tx.Commit(marking)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("mark events as published: %w", err)
	}
	return len(published), last, publishErr
}

func (r *Relay) publishOne(ctx context.Context, message Message) (err error) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			err = Permanent(fmt.Errorf("publish event %s to %s: panic: %v\n%s", message.ID, message.Topic, value, debug.Stack()))
		}
	}()
	if err := r.publish(ctx, message); err != nil {
		return fmt.Errorf("publish event %s to %s: %w", message.ID, message.Topic, err)
	}
	return nil
}

type pendingMessage struct {
	id      int64
	message Message
}

func pendingMessages(ctx context.Context, tx pgx.Tx, after int64, setAside bool) ([]pendingMessage, error) {
	rows, err := tx.Query(ctx, `
		select id, event_id::text, topic, payload, created_at
		from outbox where published_at is null and id > $1 and (failed_at is null or $2) order by id limit $3`,
		after, setAside, batchSize)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	pending, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (pendingMessage, error) {
		var p pendingMessage
		err := row.Scan(&p.id, &p.message.ID, &p.message.Topic, &p.message.Payload, &p.message.CreatedAt)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return pending, nil
}

func (r *Relay) backlog(ctx context.Context) (Backlog, error) {
	var (
		backlog Backlog
		age     float64
	)
	err := r.pool.QueryRow(ctx, `
		select count(*) filter (where failed_at is not null),
			coalesce(extract(epoch from now() - min(created_at) filter (where failed_at is null)), 0)::float8
		from outbox where published_at is null`).Scan(&backlog.SetAside, &age)
	if err != nil {
		return Backlog{}, fmt.Errorf("count the outbox: %w", err)
	}
	backlog.PendingAge = time.Duration(max(age, 0) * float64(time.Second))
	return backlog, nil
}

func (r *Relay) prune(ctx context.Context) error {
	_, err := r.pool.Exec(ctx, `delete from outbox where published_at < now() - make_interval(secs => $1)`,
		retention.Seconds())
	if err != nil {
		return fmt.Errorf("delete old events: %w", err)
	}
	return nil
}
