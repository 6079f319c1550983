package cron

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/internal/invoke"
	"encore.dev/internal/lifecycle"
	"encore.dev/internal/redisconn"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/tracing"
	"encore.dev/rlog"
	"github.com/redis/go-redis/v9"
)

var state struct {
	sync.Mutex
	jobs      map[string]*Job
	scheduler *scheduler // nil until the program has started
}

// scheduler runs the jobs at their times.
type scheduler struct {
	stop  context.CancelFunc // ends the waiting for the next time
	loops sync.WaitGroup
}

func register(job *Job) {
	state.Lock()
	defer state.Unlock()
	if state.jobs == nil {
		state.jobs = map[string]*Job{}
	}
	state.jobs[job.ID] = job
}

func find(id string) *Job {
	state.Lock()
	defer state.Unlock()
	return state.jobs[id]
}

const pathPrefix = "/__encore/cron/"

func init() {
	lifecycle.OnStart(start)
	lifecycle.OnStop(stop)
	lifecycle.Mount(pathPrefix, http.HandlerFunc(serve))
}

// start runs the jobs of this process's services from now on. ctx is the base of the runs.
func start(ctx context.Context) error {
	if reqtrack.Testing() {
		return nil
	}
	state.Lock()
	defer state.Unlock()
	lock, err := sharedLock(len(state.jobs) > 0)
	if err != nil {
		return err
	}
	waiting, cancel := context.WithCancel(ctx)
	scheduler := &scheduler{stop: cancel}
	state.scheduler = scheduler
	for _, job := range state.jobs {
		if service := registry.CronService(job.ID); service != "" && !registry.Hosted(service) {
			continue
		}
		job.count() // it begins at 0
		scheduler.loops.Go(func() { job.loop(waiting, ctx, lock) })
	}
	return nil
}

// stop begins no more runs and waits for those in hand.
func stop(ctx context.Context) error {
	state.Lock()
	scheduler := state.scheduler
	state.Unlock()
	if scheduler == nil {
		return nil
	}
	scheduler.stop()
	done := make(chan struct{})
	go func() {
		scheduler.loops.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("cron jobs are still running: %w", ctx.Err())
	}
}

// locker chooses the process that runs a job at a time. end is nil when that is another one; else it must be called
// after the run. errStillRunning means that nobody runs it, because another process is at an earlier time's run.
type locker func(ctx context.Context, job string, tick time.Time) (end func(), err error)

var errStillRunning = errors.New("an earlier run goes on in another process")

func alone(context.Context, string, time.Time) (end func(), err error) { return func() {}, nil }

const (
	// lockTTL is how long a time stays taken. Processes whose clocks differ by less do not run it twice.
	lockTTL = time.Hour
	// A process says every runningBeat that its run goes on. When it dies, the job is free again after runningTTL.
	runningTTL  = 30 * time.Second
	runningBeat = 10 * time.Second
)

func sharedLock(needed bool) (locker, error) {
	if !needed {
		return alone, nil
	}
	client, err := redisconn.Default()
	if err != nil {
		return nil, fmt.Errorf("cron: %w", err)
	}
	if client == nil {
		return alone, nil
	}
	return redisLock(client), nil
}

var (
	// takeTurn takes the time KEYS[1] of a job for ARGV[1]. Asked again by the same, as after a lost answer, it answers
	// the same. While another one runs the job (KEYS[2]), nobody gets the time.
	takeTurn = redis.NewScript(`
local owner = redis.call("GET", KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
if not owner then
  local running = redis.call("GET", KEYS[2])
  if running and running ~= ARGV[1] then
    redis.call("SET", KEYS[1], "skipped", "PX", ARGV[2])
    return -1
  end
  redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
end
redis.call("SET", KEYS[2], ARGV[1], "PX", ARGV[3])
return 1`)

	extendRun = redis.NewScript(`
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return 0`)

	endRun = redis.NewScript(`
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`)
)

func redisLock(client *redisconn.Client) locker {
	token := rand.Text() // this process
	return func(ctx context.Context, job string, tick time.Time) (func(), error) {
		running := client.Key("cron", job, "running")
		turn, err := takeTurn.Run(ctx, client, []string{client.Key("cron", job, tick.UTC().Format(time.RFC3339)), running},
			token, lockTTL.Milliseconds(), runningTTL.Milliseconds()).Int()
		switch {
		case err != nil:
			return nil, err
		case turn < 0:
			return nil, errStillRunning
		case turn == 0:
			return nil, nil
		}
		return keepRunning(client, running, token), nil
	}
}

// keepRunning says that the run goes on, until end is called.
func keepRunning(client *redisconn.Client, key, token string) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var beats sync.WaitGroup
	beats.Go(func() {
		for sleepUntil(ctx, time.Now().Add(runningBeat)) {
			beat, cancel := context.WithTimeout(ctx, runningBeat)
			// A failure is made good by the next beat, or the job is free for others.
			_ = extendRun.Run(beat, client, []string{key}, token, runningTTL.Milliseconds()).Err()
			cancel()
		}
	})
	return func() {
		cancel()
		beats.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = endRun.Run(ctx, client, []string{key}, token).Err() // or it expires
	}
}

// loop runs the job at its times until waiting ends.
func (job *Job) loop(waiting, base context.Context, lock locker) {
	for {
		tick := job.times.Next(time.Now())
		if tick.IsZero() {
			rlog.Warn("cron job never runs: its schedule has no such date", "job", job.ID, "schedule", job.Schedule)
			return
		}
		if !sleepUntil(waiting, tick) {
			return
		}
		end, err := job.take(waiting, tick, lock)
		switch {
		case errors.Is(err, errStillRunning):
			rlog.Warn("cron job skipped", "job", job.ID, "time", tick, "error", err)
		case err != nil && waiting.Err() == nil:
			rlog.Error("cron job skipped: no process could be chosen to run it", "job", job.ID, "time", tick, "error", err)
		case end != nil:
			// A failure is in the log, as that of any request; the next time is another chance.
			_ = job.run(base, job.ID+"/"+tick.UTC().Format(time.RFC3339))
			end()
		}
	}
}

// take tries for a while to learn whether this process runs the job.
func (job *Job) take(ctx context.Context, tick time.Time, lock locker) (end func(), err error) {
	for pause := time.Second; ; pause *= 2 {
		end, err = lock(ctx, job.ID, tick)
		if err == nil || errors.Is(err, errStillRunning) || pause > 16*time.Second || !sleepUntil(ctx, time.Now().Add(pause)) {
			return end, err
		}
	}
}

func sleepUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// run calls the endpoint as a request of its own. execution tells runs of the job apart.
func (job *Job) run(ctx context.Context, execution string) (err error) {
	defer func() { job.count().Count(err) }()
	endpoint := registry.EndpointOf(job.Endpoint)
	if endpoint == nil {
		err := errs.B().Code(errs.Internal).Msgf("cron job %s: its Endpoint is not an endpoint of the application", job.ID).Err()
		rlog.Error(err.Error())
		return err
	}
	if len(endpoint.Params) > 0 || endpoint.Raw {
		err := errs.B().Code(errs.Internal).Msgf("cron job %s: endpoint %s.%s cannot be run without path parameters, or is raw",
			job.ID, endpoint.Service, endpoint.Name).Err()
		rlog.Error(err.Error())
		return err
	}
	var payload any
	if t := endpoint.Request; t != nil {
		payload = reflect.Zero(t).Interface()
		if t.Kind() == reflect.Pointer {
			payload = reflect.New(t.Elem()).Interface()
		}
	}
	method := endpoint.Methods[0]
	if method == "*" {
		method = http.MethodPost
	}
	req := &reqtrack.Request{
		Kind: reqtrack.API, Service: endpoint.Service, Endpoint: endpoint.Name, Started: time.Now(), API: endpoint.Info(),
		Method: method, Path: endpoint.Path, Payload: payload, CronKey: execution,
		Trace: reqtrack.Trace{ID: reqtrack.NewTraceID(), SpanID: reqtrack.NewSpanID()},
	}
	if tracing.On() {
		ctx = tracing.Job(ctx, req, job.ID)
	}
	req.Trace.RequestID = reqtrack.FormatTraceID(req.Trace.ID)
	ctx = reqtrack.Begin(ctx, req)
	defer req.End()
	invoke.LogStart(req)
	outcome := invoke.Run(ctx, endpoint, nil, payload)
	invoke.LogEnd(req, outcome.Err, outcome.Status)
	return outcome.Err
}

// serve runs the job named by the path at once and answers with its outcome, as an error document.
func serve(w http.ResponseWriter, req *http.Request) {
	job := find(strings.TrimPrefix(req.URL.Path, pathPrefix))
	switch {
	case !runconfig.Get().Local.PrivateEndpoints, job == nil:
		errs.HTTPError(w, errs.B().Code(errs.NotFound).Msg("there is no such cron job").Err())
	case req.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "cron jobs are run with POST", http.StatusMethodNotAllowed)
	default:
		errs.HTTPError(w, job.run(req.Context(), job.ID+"/manual/"+time.Now().UTC().Format(time.RFC3339Nano)))
	}
}
