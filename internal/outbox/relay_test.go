package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	_ "encore.app/auth" // a database with an outbox
	"encore.app/internal/outbox"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

func newPool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	database, err := et.NewTestDatabase(t.Context(), "auth")
	require.NoError(t, err)
	return sqldb.Driver[*pgxpool.Pool](database)
}

// topic is a topic that can be down.
type topic struct {
	mu       sync.Mutex
	down     error
	failOnce map[int]error // by the number of the event
	messages []outbox.Message
	numbers  []int
	arrived  chan int // gets the number of each event, when not nil
}

type numbered struct {
	Number int `json:"number"`
}

func (p *topic) publish(_ context.Context, message outbox.Message) error {
	var event numbered
	if err := json.Unmarshal(message.Payload, &event); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down != nil {
		return p.down
	}
	if err := p.failOnce[event.Number]; err != nil {
		delete(p.failOnce, event.Number)
		return err
	}
	p.messages = append(p.messages, message)
	p.numbers = append(p.numbers, event.Number)
	if p.arrived != nil {
		p.arrived <- event.Number
	}
	return nil
}

func (p *topic) got() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.numbers)
}

func (p *topic) setDown(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = err
}

func appendNumber(t *testing.T, r *outbox.Relay, number int) {
	t.Helper()
	require.NoError(t, r.Transact(t.Context(), func(tx pgx.Tx) error {
		return outbox.Append(t.Context(), tx, "numbers", numbered{number})
	}))
}

func count(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

func TestEventsArePublishedInOrderAndOnce(t *testing.T) {
	t.Parallel()
	var topic topic
	relay := outbox.NewRelay(newPool(t), topic.publish)
	const total = 250 // more than one batch
	require.NoError(t, relay.Transact(t.Context(), func(tx pgx.Tx) error {
		for i := range total {
			if err := outbox.Append(t.Context(), tx, "numbers", numbered{i}); err != nil {
				return err
			}
		}
		return nil
	}))
	published, err := relay.Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, total, published)
	require.Equal(t, count(total), topic.got())

	published, err = relay.Drain(t.Context())
	require.NoError(t, err)
	require.Zero(t, published)
	require.Len(t, topic.got(), total)

	seen := map[string]bool{}
	for _, message := range topic.messages {
		require.Equal(t, "numbers", message.Topic)
		require.WithinDuration(t, time.Now(), message.CreatedAt, time.Hour)
		seen[message.ID] = true
	}
	require.Len(t, seen, total, "every event has its own id")
}

func TestNoEventOfAChangeThatFailed(t *testing.T) {
	t.Parallel()
	var topic topic
	relay := outbox.NewRelay(newPool(t), topic.publish)
	boom := errors.New("boom")
	err := relay.Transact(t.Context(), func(tx pgx.Tx) error {
		require.NoError(t, outbox.Append(t.Context(), tx, "numbers", numbered{0}))
		return boom
	})
	require.ErrorIs(t, err, boom)
	published, err := relay.Drain(t.Context())
	require.NoError(t, err)
	require.Zero(t, published)
}

func TestAFailingTopicLosesNothingAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	down := errors.New("topic is down")
	topic := topic{failOnce: map[int]error{3: down, 7: down}}
	relay := outbox.NewRelay(newPool(t), topic.publish)
	for i := range 10 {
		appendNumber(t, relay, i)
	}
	published, err := relay.Drain(t.Context())
	require.ErrorIs(t, err, down)
	require.Equal(t, 3, published)
	require.Equal(t, count(3), topic.got(), "nothing overtakes the event that failed")

	published, err = relay.Drain(t.Context())
	require.ErrorIs(t, err, down)
	require.Equal(t, 4, published)

	published, err = relay.Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, published)
	require.Equal(t, count(10), topic.got())
}

func TestAnEventKeepsItsIDWhenItIsPublishedAgain(t *testing.T) {
	t.Parallel()
	var tried []string
	relay := outbox.NewRelay(newPool(t), func(_ context.Context, message outbox.Message) error {
		tried = append(tried, message.ID)
		if len(tried) == 1 {
			return errors.New("the answer got lost")
		}
		return nil
	})
	appendNumber(t, relay, 0)
	_, err := relay.Drain(t.Context())
	require.Error(t, err)
	_, err = relay.Drain(t.Context())
	require.NoError(t, err)
	require.Len(t, tried, 2)
	require.Equal(t, tried[0], tried[1])
}

func TestOneRelayAtATimePublishes(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	var topic topic
	const total = 300
	for i := range total {
		appendNumber(t, outbox.NewRelay(pool, topic.publish), i)
	}
	results := make(chan error, 4)
	var wg sync.WaitGroup
	for range cap(results) { // as many processes
		wg.Go(func() {
			_, err := outbox.NewRelay(pool, topic.publish).Drain(t.Context())
			results <- err
		})
	}
	wg.Wait()
	close(results)
	for err := range results {
		require.NoError(t, err)
	}
	require.Equal(t, count(total), topic.got())
}

func TestARunningRelayPublishesAtTheCommitAndAgainAfterAnOutage(t *testing.T) {
	t.Parallel()
	topic := topic{arrived: make(chan int, 10)}
	relay := outbox.NewRelay(newPool(t), topic.publish)
	relay.Start()
	relay.Start() // twice is once
	next := func(want int) {
		select {
		case got := <-topic.arrived:
			require.Equal(t, want, got)
		case <-time.After(patience):
			require.FailNow(t, "the event does not arrive")
		}
	}
	appendNumber(t, relay, 0)
	next(0)

	topic.setDown(errors.New("topic is down"))
	appendNumber(t, relay, 1)
	appendNumber(t, relay, 2)
	topic.setDown(nil)
	next(1)
	next(2)
	require.NoError(t, relay.Stop(t.Context()))
}

func TestWhatAStoppedRelayLeavesIsPublishedByTheNext(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	topic := topic{arrived: make(chan int, 10)}
	stopped := outbox.NewRelay(pool, topic.publish)
	stopped.Start()
	require.NoError(t, stopped.Stop(t.Context()))
	require.NoError(t, stopped.Stop(t.Context()), "twice is once")
	stopped.Start() // and it stays stopped
	appendNumber(t, stopped, 0)
	require.Empty(t, topic.got())

	next := outbox.NewRelay(pool, topic.publish)
	next.Start()
	select {
	case <-topic.arrived:
	case <-time.After(patience):
		require.FailNow(t, "the event does not arrive")
	}
	require.NoError(t, next.Stop(t.Context()))
}

func TestStoppingARelayThatNeverStarted(t *testing.T) {
	t.Parallel()
	relay := outbox.NewRelay(newPool(t), func(context.Context, outbox.Message) error { return nil })
	require.NoError(t, relay.Stop(t.Context()))
}

func TestStopInterruptsATopicThatHangs(t *testing.T) {
	t.Parallel()
	hanging := make(chan struct{})
	pool := newPool(t)
	relay := outbox.NewRelay(pool, func(ctx context.Context, _ outbox.Message) error {
		close(hanging)
		<-ctx.Done()
		return ctx.Err()
	})
	relay.Start()
	appendNumber(t, relay, 0)
	<-hanging
	require.NoError(t, relay.Stop(t.Context()))

	var topic topic
	published, err := outbox.NewRelay(pool, topic.publish).Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, published, "the event is still there")
}

func TestEventsOfOneThingKeepTheOrderOfItsChanges(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	var topic topic
	relay := outbox.NewRelay(pool, topic.publish)
	_, err := pool.Exec(t.Context(), `insert into users (email, first_name, last_name) values ('a@b.be', 'A', 'B')`)
	require.NoError(t, err)
	var wg sync.WaitGroup
	results := make(chan error, 40)
	for range cap(results) {
		wg.Go(func() {
			results <- relay.Transact(t.Context(), func(tx pgx.Tx) error {
				var changed string // the update locks the row, and then the event is appended
				row := tx.QueryRow(t.Context(),
					`update users set first_name = coalesce(nullif(first_name, 'A'), '0')::int + 1 returning first_name`)
				if err := row.Scan(&changed); err != nil {
					return err
				}
				var number int
				if _, err := fmt.Sscan(changed, &number); err != nil {
					return err
				}
				return outbox.Append(t.Context(), tx, "numbers", numbered{number - 1})
			})
		})
	}
	wg.Wait()
	close(results)
	for err := range results {
		require.NoError(t, err)
	}
	_, err = relay.Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, count(cap(results)), topic.got())
}
