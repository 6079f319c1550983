//go:build !encore_app

package system

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// attempt is one request of a load.
type attempt struct {
	write        bool
	began, ended time.Time
	run          int64 // that an acknowledged write made
	failure      error // nil when it succeeded
	refusal      refused
}

// load is a number of people who plan runs and read, one request after the other each, until it is stopped.
type load struct {
	people int
	stop   func() []attempt

	mu       sync.Mutex
	attempts []attempt
}

// pace is how long somebody waits between two requests. Together they stay well within what a WebSocket replays.
const pace = 100 * time.Millisecond

// startLoad starts a load. Every other request is a write.
func startLoad(t *testing.T, s *stack, c *client, w *work, people int) *load {
	t.Helper()
	l := &load{people: people}
	ctx, cancel := context.WithCancel(t.Context())
	stopping := make(chan struct{})
	var working sync.WaitGroup
	cookie := "Cookie: " + c.cookie(t)
	for range people {
		person := s.newClient(t)
		working.Go(func() {
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for write := true; ; write = !write {
				l.add(person.attempt(ctx, w, write, cookie))
				select {
				case <-stopping:
					return
				case <-tick.C:
				}
			}
		})
	}
	l.stop = sync.OnceValue(func() []attempt {
		close(stopping)
		working.Wait()
		cancel()
		return l.attempts
	})
	t.Cleanup(func() { l.stop() })
	return l
}

func (c *client) attempt(ctx context.Context, w *work, write bool, cookie string) attempt {
	a := attempt{write: write, began: time.Now()}
	var answer *answer
	if write {
		a.run, answer, a.failure = c.plan(ctx, c.s.api(""), w, cookie)
	} else {
		answer, a.failure = c.send(ctx, http.MethodGet, c.s.api("/me/runs?limit=1"), nil, cookie)
	}
	a.ended = time.Now()
	if a.failure == nil && answer.StatusCode != http.StatusOK {
		a.refusal, a.failure = answer.refusal()
		if a.failure == nil {
			a.failure = fmt.Errorf("request %s: %d %s", answer.Header.Get("X-Request-ID"), answer.StatusCode, answer.body)
		}
	}
	return a
}

func (l *load) add(a attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts = append(l.attempts, a)
}

// waitFor waits until so many attempts that began after a moment are like that.
func (l *load) waitFor(t *testing.T, count int, after time.Time, like func(attempt) bool) {
	t.Helper()
	eventually(t, func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		found := 0
		for _, a := range l.attempts {
			if a.began.After(after) && like(a) {
				found++
			}
		}
		if found < count {
			return fmt.Errorf("%d of %d", found, count)
		}
		return nil
	})
}

func succeeded(a attempt) bool { return a.failure == nil }
func failed(a attempt) bool    { return a.failure != nil }

// acknowledged returns the runs whose planning was answered with success.
func acknowledged(attempts []attempt) (runs []int64) {
	for _, a := range attempts {
		if a.write && a.failure == nil {
			runs = append(runs, a.run)
		}
	}
	return runs
}

// requireNoFailure shows the failures that there should not be, with what happened at which moment.
func requireNoFailure(t *testing.T, attempts []attempt) {
	t.Helper()
	for _, a := range failures(attempts) {
		t.Errorf("%s to %s: %v", a.began.UTC().Format(time.StampMilli), a.ended.UTC().Format(time.StampMilli), a.failure)
	}
	require.False(t, t.Failed())
}

func failures(attempts []attempt) []attempt {
	return slices.DeleteFunc(slices.Clone(attempts), succeeded)
}

// plannedRuns returns the runs of a tour that are in the database.
func plannedRuns(t *testing.T, s *stack, w *work) []int64 {
	t.Helper()
	return query[[]int64](t, s, "core", "select coalesce(array_agg(id order by id), '{}') from runs where tour_id = $1", w.tour)
}

// requireKept requires that every acknowledged write is in the database, and that a subscriber has got the event of
// every run in the database.
func requireKept(t *testing.T, s *stack, w *work, attempts []attempt, f *follower) {
	t.Helper()
	stored := plannedRuns(t, s, w)
	acked := acknowledged(attempts)
	require.NotEmpty(t, acked)
	require.Subset(t, stored, acked, "what was acknowledged is in the database")
	// A delivery that failed is tried again after 10 s, and after 20 s when that fails too.
	require.NoError(t, poll(func() error {
		missing := f.missing(stored)
		if len(missing) > 0 {
			return fmt.Errorf("of %d runs the subscriber misses %d: %v", len(stored), len(missing), missing)
		}
		return nil
	}, 3*patience))
	require.Empty(t, f.stop(), "it never has to fetch everything anew")
	require.Zero(t, query[int](t, s, "core", "select count(*) from outbox where published_at is null"))
}

// follower is a page of the web app that follows the runs: when its connection ends it opens another one and resumes
// where it was.
type follower struct {
	stop func() (gaps []string)

	mu   sync.Mutex
	runs map[int64]bool
}

// followRuns starts a follower.
func followRuns(t *testing.T, c *client) *follower {
	t.Helper()
	f := &follower{runs: make(map[int64]bool)}
	cookie := c.cookie(t)
	stopping, stopped, started := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var gaps []string
	go func() {
		defer close(stopped)
		var since string
		again := time.NewTicker(50 * time.Millisecond)
		defer again.Stop()
		for {
			lost, err := f.session(c, cookie, &since, stopping, sync.OnceFunc(func() {
				select {
				case <-started:
				default:
					close(started)
				}
			}))
			if lost {
				gaps = append(gaps, fmt.Sprintf("after %s: %v", since, err))
			}
			select {
			case <-stopping:
				return
			case <-again.C:
			}
		}
	}()
	f.stop = sync.OnceValue(func() []string {
		close(stopping)
		<-stopped
		return gaps
	})
	t.Cleanup(func() { f.stop() })
	select {
	case <-started:
	case <-time.After(patience):
		require.FailNow(t, "the subscriber does not get in")
	}
	return f
}

// session is one connection. It tells whether the server could not recover what was missed.
func (f *follower) session(c *client, cookie string, since *string, stopping chan struct{}, subscribed func()) (lost bool, err error) {
	s, err := c.openSocket(cookie)
	if err != nil {
		return false, err
	}
	defer s.close()
	answer, err := s.subscribe("runs", *since)
	if err != nil {
		return false, err
	}
	lost = *since != "" && !answer.Recovered
	*since = answer.ID
	subscribed()
	for {
		select {
		case <-stopping:
			return lost, nil
		case frame, open := <-s.frames:
			if !open {
				return lost, s.ended
			}
			run, err := frame.runID()
			if err != nil {
				return lost, err
			}
			*since = frame.ID
			f.mu.Lock()
			f.runs[run] = true
			f.mu.Unlock()
		}
	}
}

// missing returns those of runs of which no event came.
func (f *follower) missing(runs []int64) (missing []int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, run := range runs {
		if !f.runs[run] {
			missing = append(missing, run)
		}
	}
	return missing
}
