package outbox

import (
	"context"
	"fmt"
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
	// pollInterval finds events that another process appended and did not live to publish.
	pollInterval = 2 * time.Second
	// The waits between tries while a topic is down.
	minBackoff, maxBackoff = 250 * time.Millisecond, 15 * time.Second
	// retention is how long published events are kept, for the curious.
	retention     = 7 * 24 * time.Hour
	pruneInterval = time.Hour
)

// Publish hands an event to its topic. An error means that the event, and with it all later ones, must be tried again.
type Publish func(ctx context.Context, message Message) error

// Relay publishes the outbox of one database. Any number of processes may run a relay on the same database: a lock
// in the database lets one at a time publish.
type Relay struct {
	pool    *pgxpool.Pool
	publish Publish
	wake    chan struct{}

	start  sync.Once
	cancel context.CancelFunc
	done   chan struct{}
}

// NewRelay returns a relay that hands the events of the outbox in pool's database to publish. It publishes nothing
// before Start.
func NewRelay(pool *pgxpool.Pool, publish Publish) *Relay {
	return &Relay{
		pool: pool, publish: publish,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

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
		wait    time.Duration // 0 while all goes well
		pruneAt time.Time
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
		_, err := r.Drain(ctx)
		if err == nil && time.Now().After(pruneAt) {
			pruneAt = time.Now().Add(pruneInterval)
			err = r.prune(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait = min(max(2*wait, minBackoff), maxBackoff)
			rlog.Warn("the outbox could not be published; trying again", "err", err, "wait", wait)
			timer.Reset(wait)
		default:
			wait = 0
			timer.Reset(pollInterval)
		}
	}
}

// Drain publishes everything that is pending and returns how many events that were. At the first event that cannot be
// published it stops with the error; the events before it are done, it and the later ones stay pending.
func (r *Relay) Drain(ctx context.Context) (published int, err error) {
	for {
		n, err := r.batch(ctx)
		published += n
		if err != nil || n < batchSize {
			return published, err
		}
	}
}

// batch publishes up to batchSize events. The transaction is kept open meanwhile, because its lock is what keeps other
// processes from publishing the same events, or later ones first.
func (r *Relay) batch(ctx context.Context) (int, error) {
	tx, err := r.pool.Begin(ctx)
	if err != nil {
		return 0, fmt.Errorf("open the outbox: %w", err)
	}
	// Marking does not depend on ctx: a stop between publishing and marking would make the next start publish again.
	marking := context.WithoutCancel(ctx)
	defer func() { _ = tx.Rollback(marking) }() // does nothing after the commit

	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('outbox relay'))`); err != nil {
		return 0, fmt.Errorf("lock the outbox: %w", err)
	}
	pending, err := pendingMessages(ctx, tx)
	if err != nil || len(pending) == 0 {
		return 0, err
	}
	var (
		published  []int64
		publishErr error
	)
	for _, row := range pending {
		if publishErr = r.publishOne(ctx, row.message); publishErr != nil {
			break
		}
		published = append(published, row.id)
	}
	if _, err := tx.Exec(marking, `update outbox set published_at = now() where id = any($1)`, published); err != nil {
		return 0, fmt.Errorf("mark events as published: %w", err)
	}
	if err := tx.Commit(marking); err != nil {
		return 0, fmt.Errorf("mark events as published: %w", err)
	}
	return len(published), publishErr
}

func (r *Relay) publishOne(ctx context.Context, message Message) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if err := r.publish(ctx, message); err != nil {
		return fmt.Errorf("publish event %s to %s: %w", message.ID, message.Topic, err)
	}
	return nil
}

type pendingMessage struct {
	id      int64
	message Message
}

func pendingMessages(ctx context.Context, tx pgx.Tx) ([]pendingMessage, error) {
	rows, err := tx.Query(ctx, `
		select id, event_id::text, topic, payload, created_at
		from outbox where published_at is null order by id limit $1`, batchSize)
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

func (r *Relay) prune(ctx context.Context) error {
	_, err := r.pool.Exec(ctx, `delete from outbox where published_at < now() - make_interval(secs => $1)`,
		retention.Seconds())
	if err != nil {
		return fmt.Errorf("delete old events: %w", err)
	}
	return nil
}
