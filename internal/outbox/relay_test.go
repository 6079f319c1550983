package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
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

// never is longer than any test runs.
const never = time.Hour

func (p *topic) next(t *testing.T, want int) {
	t.Helper()
	select {
	case got := <-p.arrived:
		require.Equal(t, want, got)
	case <-time.After(patience):
		require.FailNow(t, "the event does not arrive")
	}
}

func TestACommitWakesTheRelay(t *testing.T) {
	t.Parallel()
	topic := topic{arrived: make(chan int, 10)}
	relay := outbox.NewRelay(newPool(t), topic.publish)
	relay.SetTiming(never, never, never) // it does not look by itself, except at the start
	appendNumber(t, relay, 0)
	relay.Start()
	topic.next(t, 0)
	for i := 1; i < 4; i++ {
		appendNumber(t, relay, i)
		topic.next(t, i)
	}
	require.NoError(t, relay.Stop(t.Context()))
}

func TestWhatAnotherProcessAppendedIsFound(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	topic := topic{arrived: make(chan int, 10)}
	relay := outbox.NewRelay(pool, topic.publish)
	relay.SetTiming(10*time.Millisecond, never, never)
	relay.Start()
	appendNumber(t, outbox.NewRelay(pool, topic.publish), 0)
	topic.next(t, 0)
	require.NoError(t, relay.Stop(t.Context()))
}

func TestATopicThatIsDownIsTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	require.Equal(t, []time.Duration{
		250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
		15 * time.Second, 15 * time.Second,
	}, outbox.NewRelay(pool, nil).Backoffs(8))

	tried := make(chan time.Time, 100)
	relay := outbox.NewRelay(pool, func(context.Context, outbox.Message) error {
		tried <- time.Now()
		return errors.New("topic is down")
	})
	const wait = 100 * time.Millisecond
	relay.SetTiming(never, wait, wait)
	relay.Start()
	appendNumber(t, relay, 0)
	first := <-tried
	appendNumber(t, relay, 1) // which does not bring the topic back
	second, third := <-tried, <-tried
	require.GreaterOrEqual(t, second.Sub(first), wait)
	require.GreaterOrEqual(t, third.Sub(second), wait)
	require.NoError(t, relay.Stop(t.Context()))
}

func TestPublishedEventsAreDeletedAfterAWeekOthersNever(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	_, err := pool.Exec(t.Context(), `
		insert into outbox (topic, payload, created_at, published_at, failed_at) values
			('numbers', '{"number": 1}', now() - interval '8 days', now() - interval '8 days', null),
			('numbers', '{"number": 2}', now() - interval '8 days', now() - interval '6 days', null),
			('unknown', '{"number": 3}', now() - interval '80 days', null, now() - interval '80 days')`)
	require.NoError(t, err)
	relay := outbox.NewRelay(pool, func(context.Context, outbox.Message) error {
		return outbox.Permanent(errors.New("unknown topic"))
	})
	relay.Start()
	require.Eventually(t, func() bool {
		rows, err := pool.Query(t.Context(), `select (payload->>'number')::int from outbox order by id`)
		if err != nil {
			return false
		}
		left, err := pgx.CollectRows(rows, pgx.RowTo[int])
		return err == nil && slices.Equal(left, []int{2, 3})
	}, patience, 5*time.Millisecond)
	require.NoError(t, relay.Stop(t.Context()))
}

// refusing is a topic that never takes some events.
func refusing(p *topic, why func(number int) error) outbox.Publish {
	return func(ctx context.Context, message outbox.Message) error {
		var event numbered
		if err := json.Unmarshal(message.Payload, &event); err != nil {
			return outbox.Permanent(err)
		}
		if err := why(event.Number); err != nil {
			return err
		}
		return p.publish(ctx, message)
	}
}

func setAside(t *testing.T, pool *pgxpool.Pool) map[int]string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		select (payload->>'number')::int, error from outbox where published_at is null and failed_at is not null`)
	require.NoError(t, err)
	failed := map[int]string{}
	var number int
	var reason string
	_, err = pgx.ForEachRow(rows, []any{&number, &reason}, func() error {
		failed[number] = reason
		return nil
	})
	require.NoError(t, err)
	return failed
}

func TestAnEventThatNeverCanBePublishedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]func() error{
		"not decoded":          func() error { return outbox.Permanent(errors.New("no such thing")) },
		"not to be carried":    func() error { return &errs.Error{Code: errs.InvalidArgument, Message: "no such thing"} },
		"panic in the decoder": func() error { panic("no such thing") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var topic topic
			pool := newPool(t)
			relay := outbox.NewRelay(pool, refusing(&topic, func(number int) error {
				if number == 1 || number == 120 {
					return refusal()
				}
				return nil
			}))
			want := []int{}
			for i := range 130 { // more than one batch
				appendNumber(t, relay, i)
				if i != 1 && i != 120 {
					want = append(want, i)
				}
			}
			published, err := relay.Drain(t.Context())
			require.NoError(t, err)
			require.Equal(t, 128, published)
			require.Equal(t, want, topic.got())
			failed := setAside(t, pool)
			require.Len(t, failed, 2)
			require.Contains(t, failed[1], "no such thing")
			require.Contains(t, failed[120], "no such thing")

			published, err = relay.Drain(t.Context())
			require.NoError(t, err)
			require.Zero(t, published, "it is not tried again and again")

			// Somebody has mended it and has it tried again.
			_, err = pool.Exec(t.Context(), `update outbox set failed_at = null, error = null where failed_at is not null`)
			require.NoError(t, err)
			_, err = outbox.NewRelay(pool, topic.publish).Drain(t.Context())
			require.NoError(t, err)
			require.Equal(t, append(want, 1, 120), topic.got())
			require.Empty(t, setAside(t, pool))
		})
	}
}

func TestWhatWasSetAsideKeepsItsFirstFailureAndForgetsItWhenItIsPublished(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	var topic topic
	ctx := t.Context()
	start := func(why func(int) error) {
		relay := outbox.NewRelay(pool, refusing(&topic, why))
		told := make(chan outbox.Backlog, 100)
		relay.Observe(func(b outbox.Backlog) { told <- b })
		relay.SetTiming(never, never, never)
		relay.Start()
		<-told
		require.NoError(t, relay.Stop(ctx))
	}
	refuse := func(reason string) func(int) error {
		return func(int) error { return outbox.Permanent(errors.New(reason)) }
	}
	state := func() (failedAt *time.Time, reason *string, published bool) {
		require.NoError(t, pool.QueryRow(ctx, `select failed_at, error, published_at is not null from outbox`).
			Scan(&failedAt, &reason, &published))
		return failedAt, reason, published
	}
	appendNumber(t, outbox.NewRelay(pool, topic.publish), 0)
	start(refuse("the first reason"))
	_, err := pool.Exec(ctx, `update outbox set failed_at = failed_at - interval '3 days'`)
	require.NoError(t, err)
	first, _, _ := state()
	require.NotNil(t, first)

	start(refuse("the second reason"))
	again, reason, published := state()
	require.Equal(t, first, again, "since when it waits")
	require.Contains(t, *reason, "the second reason")
	require.False(t, published)

	start(func(int) error { return nil })
	failedAt, reason, published := state()
	require.True(t, published)
	require.Nil(t, failedAt)
	require.Nil(t, reason)
}

func TestWhatWasSetAsideIsTriedOncePerProcess(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	var mu sync.Mutex
	tries := map[int]int{}
	down := errors.New("topic is down")
	var publish outbox.Publish = func(_ context.Context, message outbox.Message) error {
		var event numbered
		if err := json.Unmarshal(message.Payload, &event); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		tries[event.Number]++
		switch {
		case event.Number == 0:
			return outbox.Permanent(errors.New("no such thing"))
		case event.Number == 1 && tries[1] == 1:
			return down
		}
		return nil
	}
	appendNumber(t, outbox.NewRelay(pool, publish), 0)
	_, err := outbox.NewRelay(pool, publish).Drain(t.Context())
	require.NoError(t, err)
	appendNumber(t, outbox.NewRelay(pool, publish), 1)

	relay := outbox.NewRelay(pool, publish)
	relay.SetTiming(time.Millisecond, time.Millisecond, time.Millisecond)
	relay.Start()
	published := func(number int) func() bool {
		return func() bool {
			var done bool
			err := pool.QueryRow(t.Context(), `
				select published_at is not null from outbox where (payload->>'number')::int = $1`, number).Scan(&done)
			return err == nil && done
		}
	}
	require.Eventually(t, published(1), patience, time.Millisecond)
	for i := 2; i < 6; i++ { // each by a look of its own
		appendNumber(t, relay, i)
		require.Eventually(t, published(i), patience, time.Millisecond)
	}
	require.NoError(t, relay.Stop(t.Context()))
	require.Equal(t, 3, tries[0], "once by each process, and again as the first try did not come to its end")
}

func TestANewerProgramPublishesFirstWhatAnOlderOneDidNotKnow(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	var unused topic
	older := outbox.NewRelay(pool, refusing(&unused, func(int) error { return outbox.Permanent(errors.New("unknown topic")) }))
	for i := range 120 { // more than one batch
		appendNumber(t, older, i)
	}
	_, err := older.Drain(t.Context())
	require.NoError(t, err)
	require.Len(t, setAside(t, pool), 120)
	appendNumber(t, older, 120)

	topic := topic{arrived: make(chan int, 200)}
	newer := outbox.NewRelay(pool, topic.publish)
	newer.SetTiming(never, never, never)
	newer.Start()
	for i := range 121 {
		topic.next(t, i)
	}
	require.NoError(t, newer.Stop(t.Context()))
	require.Empty(t, setAside(t, pool))
}

func TestTheBacklogIsTold(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	_, err := pool.Exec(t.Context(), `
		insert into outbox (topic, payload, created_at) values
			('numbers', '{"number": 1}', now() - interval '2 hours'), ('numbers', '{"number": 2}', now() - interval '1 hour')`)
	require.NoError(t, err)
	var topic topic
	relay := outbox.NewRelay(pool, refusing(&topic, func(number int) error {
		if number == 1 {
			return outbox.Permanent(errors.New("no such thing"))
		}
		return errors.New("topic is down")
	}))
	told := make(chan outbox.Backlog, 100)
	relay.Observe(func(b outbox.Backlog) { told <- b })
	relay.Start()
	backlog := <-told
	require.EqualValues(t, 1, backlog.SetAside)
	require.InDelta(t, time.Hour.Seconds(), backlog.PendingAge.Seconds(), 60)
	require.NoError(t, relay.Stop(t.Context()))
}

func TestTheOperatorListsAndRetriesWhatWasSetAside(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	var unused topic
	older := outbox.NewRelay(pool, refusing(&unused, func(int) error {
		return outbox.Permanent(errors.New("the unknown topic"))
	}))
	for i := range 3 {
		appendNumber(t, older, i)
	}
	_, err := older.Drain(t.Context())
	require.NoError(t, err)

	server := pool.Config().ConnConfig
	script := func(verb string) string {
		cmd := exec.CommandContext(t.Context(), "../../scripts/outbox", verb, server.Database)
		cmd.Env = append(os.Environ(), "PGPASSWORD="+server.Password,
			fmt.Sprintf("OUTBOX_PSQL=psql -h %s -p %d -U %s", server.Host, server.Port, server.User))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	list := script("list")
	require.Equal(t, 3, strings.Count(list, "the unknown topic"), list)
	require.Contains(t, list, "numbers")

	topic := topic{arrived: make(chan int, 10)}
	relay := outbox.NewRelay(pool, topic.publish)
	relay.SetTiming(10*time.Millisecond, never, never)
	_, err = relay.Drain(t.Context())
	require.NoError(t, err)
	require.Empty(t, topic.got())
	require.Regexp(t, `(?s)tried again.*\n +3\n`, script("retry"))
	require.Contains(t, script("list"), "(0 rows)")
	relay.Start()
	for i := range 3 {
		topic.next(t, i)
	}
	require.NoError(t, relay.Stop(t.Context()))
}
