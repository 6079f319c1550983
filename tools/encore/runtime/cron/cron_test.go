//go:build !encore_app

package cron

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/internal/redistest"
	"encore.dev/internal/registry"
	"encore.dev/internal/runconfig"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// endpoint is an endpoint of the test application, whose body a test sets.
type endpoint struct {
	mu   sync.Mutex
	body func(ctx context.Context) error
}

func (e *endpoint) set(t *testing.T, body func(ctx context.Context) error) {
	t.Helper()
	e.mu.Lock()
	e.body = body
	t.Cleanup(e.mu.Unlock) // the next test that uses it waits
}

var cleanup endpoint

// CleanUp is the function of the endpoint.
func CleanUp(context.Context) error { return nil }

func init() {
	registry.RegisterEndpoint(&registry.Endpoint{
		Service: "core", Name: "CleanUp", Access: registry.Private, Methods: []string{"POST"}, Path: "/core.CleanUp", Func: CleanUp,
		Handle: func(ctx context.Context, _ []any, _ any) (any, error) { return nil, cleanup.body(ctx) },
	})
	runconfig.SetForTest(&runconfig.Config{Local: runconfig.Local{PrivateEndpoints: true}})
}

// ran collects the times at which the endpoint ran.
type ran struct {
	mu    sync.Mutex
	times []string
}

func (r *ran) add() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times = append(r.times, time.Now().UTC().Format("Mon 15:04:05"))
}

func (r *ran) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.times...)
}

// runFor runs the loops of jobs for some time.
func runFor(jobs []*Job, d time.Duration, lock locker) {
	ctx, cancel := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	for _, job := range jobs {
		loops.Go(func() { job.loop(ctx, context.Background(), lock) })
	}
	time.Sleep(d)
	synctest.Wait()
	cancel()
	loops.Wait()
}

func TestEveryCountsFromMidnightUTC(t *testing.T) {
	runs := new(ran)
	cleanup.set(t, func(context.Context) error { runs.add(); return nil })
	job := NewJob("every", JobConfig{Every: 6 * Hour, Endpoint: CleanUp})
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(17 * time.Minute) // the clock of the test begins on Saturday at midnight UTC
		runFor([]*Job{job}, 24*time.Hour, alone)
	})
	require.Equal(t, []string{"Sat 06:00:00", "Sat 12:00:00", "Sat 18:00:00", "Sun 00:00:00"}, runs.all())
}

func TestScheduleIsInUTC(t *testing.T) {
	runs := new(ran)
	cleanup.set(t, func(context.Context) error { runs.add(); return nil })
	job := NewJob("schedule", JobConfig{Schedule: "30 9 * * 1-2", Endpoint: CleanUp})
	synctest.Test(t, func(t *testing.T) { runFor([]*Job{job}, 14*24*time.Hour, alone) })
	require.Equal(t, []string{"Mon 09:30:00", "Tue 09:30:00", "Mon 09:30:00", "Tue 09:30:00"}, runs.all())
}

func TestAFailureDoesNotEndTheJob(t *testing.T) {
	runs := new(ran)
	failures := []func() error{
		func() error { return errors.New("out of order") },
		func() error { panic("boom") },
		func() error { return nil },
	}
	cleanup.set(t, func(context.Context) error {
		runs.add()
		return failures[len(runs.all())-1]()
	})
	job := NewJob("failing", JobConfig{Every: Hour, Endpoint: CleanUp})
	synctest.Test(t, func(t *testing.T) { runFor([]*Job{job}, 3*time.Hour, alone) })
	require.Len(t, runs.all(), 3)
}

func TestTimesThatPassDuringARunAreSkipped(t *testing.T) {
	runs := new(ran)
	cleanup.set(t, func(context.Context) error {
		runs.add()
		time.Sleep(90 * time.Minute)
		return nil
	})
	job := NewJob("slow", JobConfig{Every: Hour, Endpoint: CleanUp})
	synctest.Test(t, func(t *testing.T) { runFor([]*Job{job}, 5*time.Hour, alone) })
	require.Equal(t, []string{"Sat 01:00:00", "Sat 03:00:00", "Sat 05:00:00"}, runs.all())
}

func TestEachTimeIsRunByOneProcess(t *testing.T) {
	runs := new(ran)
	cleanup.set(t, func(context.Context) error { runs.add(); return nil })
	job := NewJob("shared", JobConfig{Every: 12 * Hour, Endpoint: CleanUp})
	var mu sync.Mutex
	taken := map[time.Time]bool{}
	lock := func(_ context.Context, id string, tick time.Time) (func(), error) {
		mu.Lock()
		defer mu.Unlock()
		require.Equal(t, "shared", id)
		if taken[tick] {
			return nil, nil
		}
		taken[tick] = true
		return func() {}, nil
	}
	synctest.Test(t, func(t *testing.T) { runFor([]*Job{job, job, job}, 24*time.Hour, lock) })
	require.Equal(t, []string{"Sat 12:00:00", "Sun 00:00:00"}, runs.all())
}

func TestAJobRunsLateRatherThanNotWhenRedisIsAwayForAMoment(t *testing.T) {
	runs := new(ran)
	cleanup.set(t, func(context.Context) error { runs.add(); return nil })
	job := NewJob("patient", JobConfig{Every: Hour, Endpoint: CleanUp})
	failures := 2
	lock := func(context.Context, string, time.Time) (func(), error) {
		if time.Now().Hour() == 1 {
			if failures--; failures >= 0 {
				return nil, errors.New("connection refused")
			}
			return func() {}, nil
		}
		return nil, errors.New("connection refused for good")
	}
	synctest.Test(t, func(t *testing.T) { runFor([]*Job{job}, 2*time.Hour+5*time.Minute, lock) })
	require.Equal(t, []string{"Sat 01:00:03"}, runs.all())
}

func TestTheRedisLockIsTakenOnce(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		lock, other := redisLock(server.Client(t)), redisLock(server.Client(t))
		tick := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
		for _, step := range []struct {
			lock locker
			job  string
			tick time.Time
			mine bool
		}{
			{lock, "a", tick, true},
			{other, "a", tick.In(time.FixedZone("", 3600)), false},
			{lock, "a", tick, true}, // as after a lost answer
			{other, "b", tick, true},
			{other, "a", tick.Add(time.Hour), true},
		} {
			end, err := step.lock(t.Context(), step.job, step.tick)
			require.NoError(t, err)
			require.Equal(t, step.mine, end != nil)
			if end != nil {
				end()
			}
		}
	})
}

// loseAnswer makes the answer to the next command get lost, after the server has done it.
type loseAnswer struct{ once sync.Once }

func (h *loseAnswer) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *loseAnswer) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if err == nil && (cmd.Name() == "eval" || cmd.Name() == "evalsha" || cmd.Name() == "set") {
			h.once.Do(func() { err = errors.New("connection reset"); cmd.SetErr(err) })
		}
		return err
	}
}

func (h *loseAnswer) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestATimeIsNotSkippedWhenTheAnswerGetsLost(t *testing.T) {
	t.Parallel()
	client := redistest.Memory(t).Client(t)
	client.AddHook(new(loseAnswer))
	lock, tick := redisLock(client), time.Now()
	_, err := lock(t.Context(), "lost", tick)
	require.ErrorContains(t, err, "connection reset")
	end, err := lock(t.Context(), "lost", tick)
	require.NoError(t, err)
	require.NotNil(t, end, "it has the time, whatever it heard")
	end()
}

func TestAJobRunsInOneProcessAtATime(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		client := server.Client(t)
		lock, other := redisLock(client), redisLock(server.Client(t))
		tick := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
		end, err := lock(t.Context(), "slow", tick)
		require.NoError(t, err)
		require.NotNil(t, end)

		_, err = other(t.Context(), "slow", tick.Add(time.Hour))
		require.ErrorIs(t, err, errStillRunning)
		late, err := lock(t.Context(), "slow", tick.Add(time.Hour))
		require.NoError(t, err)
		require.Nil(t, late, "that time is skipped, and said so once")
		ttl, err := client.PTTL(t.Context(), "app:cron:slow:running").Result()
		require.NoError(t, err)
		require.InDelta(t, runningTTL, ttl, float64(5*time.Second), "a dead process does not keep the job")

		end()
		end, err = other(t.Context(), "slow", tick.Add(2*time.Hour))
		require.NoError(t, err)
		require.NotNil(t, end)
		end()
	})
}

func TestARunIsARequest(t *testing.T) {
	var req *encore.Request
	cleanup.set(t, func(context.Context) error { req = encore.CurrentRequest(); return nil })
	job := NewJob("request", JobConfig{Every: Hour, Endpoint: CleanUp})
	synctest.Test(t, func(t *testing.T) { runFor([]*Job{job}, time.Hour, alone) })
	require.Equal(t, encore.APICall, req.Type)
	require.Equal(t, "core", req.Service)
	require.Equal(t, "CleanUp", req.Endpoint)
	require.Equal(t, "request/2000-01-01T01:00:00Z", req.CronIdempotencyKey)
	require.NotEmpty(t, req.Trace.TraceID)
}

func TestServeRunsAJobNow(t *testing.T) {
	runs := 0
	var failure error
	cleanup.set(t, func(context.Context) error { runs++; return failure })
	NewJob("now", JobConfig{Every: Hour, Endpoint: CleanUp})
	post := func(method, path string) *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		serve(recorder, httptest.NewRequest(method, path, nil))
		return recorder
	}

	require.Equal(t, http.StatusOK, post("POST", "/__encore/cron/now").Code)
	require.Equal(t, 1, runs)
	failure = errs.B().Code(errs.Unavailable).Msg("not today").Err()
	response := post("POST", "/__encore/cron/now")
	require.Equal(t, http.StatusServiceUnavailable, response.Code)
	require.Contains(t, response.Body.String(), "not today")

	require.Equal(t, http.StatusMethodNotAllowed, post("GET", "/__encore/cron/now").Code)
	require.Equal(t, http.StatusNotFound, post("POST", "/__encore/cron/other").Code)
	require.Equal(t, 2, runs)
}

func TestTheRunsInHandAreWaitedFor(t *testing.T) {
	var release chan struct{}
	var started chan context.Context
	cleanup.set(t, func(ctx context.Context) error {
		started <- ctx
		<-release
		return nil
	})
	NewJob("lifecycle", JobConfig{Every: Hour, Endpoint: CleanUp})
	synctest.Test(t, func(t *testing.T) {
		release, started = make(chan struct{}), make(chan context.Context, 1)
		base, cancelBase := context.WithCancel(t.Context())
		require.NoError(t, start(base))
		running := <-started // at the first hour, several jobs of this file at once
		go func() {
			for range started { // the others
			}
		}()
		late, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, stop(late), context.DeadlineExceeded, "the run in hand is waited for")
		cancelBase()
		<-running.Done()
		close(release)
		require.NoError(t, stop(t.Context()))
		close(started)
	})
}

func TestInvalidJobsAreRefused(t *testing.T) {
	t.Parallel()
	for message, cfg := range map[string]JobConfig{
		"no Endpoint":                 {Every: Hour},
		"exactly one":                 {Endpoint: CleanUp},
		"exactly one of":              {Endpoint: CleanUp, Every: Hour, Schedule: "* * * * *"},
		"not 1m30s":                   {Endpoint: CleanUp, Every: 90},
		"not 7h0m0s":                  {Endpoint: CleanUp, Every: 7 * Hour},
		"not 48h0m0s":                 {Endpoint: CleanUp, Every: 48 * Hour},
		"not -1h0m0s":                 {Endpoint: CleanUp, Every: -Hour},
		`Schedule "* * * *"`:          {Endpoint: CleanUp, Schedule: "* * * *"},
		`Schedule "@daily"`:           {Endpoint: CleanUp, Schedule: "@daily"},
		`Schedule "TZ=Asia/Tokyo * *`: {Endpoint: CleanUp, Schedule: "TZ=Asia/Tokyo * * * *"},
	} {
		_, err := parse(cfg)
		require.ErrorContains(t, err, message)
	}
}
