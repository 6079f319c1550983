//go:build !encore_app

package stock

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	bridge "encore.stock"

	"encore.dev/beta/errs"
	"encore.dev/internal/lifecycle"
	"encore.dev/internal/logs"
	"encore.dev/internal/monitor"
	"encore.dev/internal/pgtest"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/server"
	"encore.dev/shutdown"
	"github.com/stretchr/testify/require"
)

// The tests run one program, made of what is registered here, one start after the other.

type slowService struct {
	started  chan struct{}
	release  chan struct{}
	hooked   chan struct{}
	progress shutdown.Progress
}

func (s *slowService) Shutdown(p shutdown.Progress) error {
	s.progress = p
	close(s.hooked)
	<-p.OutstandingRequests.Done()
	return nil
}

type slowResponse struct {
	Canceled bool `json:"canceled"`
}

var slow = NewService[slowService]("slow")

func resetSlow() *slowService {
	s := &slowService{started: make(chan struct{}), release: make(chan struct{}), hooked: make(chan struct{})}
	slow.instance = instance[slowService]{}
	slow.Init(func() (*slowService, error) { return s, nil })
	return s
}

func TestMain(m *testing.M) {
	if os.Getenv("STOCK_TEST_MAIN") == "mistakes" {
		bridge.CheckAtStart(func() error { return errors.New("A_ZONE is \"Mars\"\nA_PORT is \"x\"") })
		Main(&App{})
	}
	if os.Getenv("STOCK_TEST_MAIN") != "" {
		cfg := new(runconfig.Config)
		if address := os.Getenv("STOCK_TEST_METRICS"); address != "" {
			cfg.Metrics = &runconfig.Metrics{Type: "prometheus_listener", Address: address}
		}
		runconfig.SetForTest(cfg)
		if os.Getenv("STOCK_TEST_MAIN") == "broken" {
			NewService[struct{}]("broken").Init(func() (*struct{}, error) { return nil, errors.New("no database") })
		}
		if os.Getenv("STOCK_TEST_MAIN") == "secret" {
			var loaded struct{ APIKey string }
			LoadSecrets(&loaded)
		}
		Main(&App{})
	}
	runconfig.SetForTest(&runconfig.Config{Metadata: runconfig.Metadata{EnvType: "production"}, Secrets: map[string]string{"Known": "value"}})
	e := &Endpoint{Service: "slow", Name: "Wait", Access: Public, Methods: []string{"GET"}, Path: "/wait", Response: reflect.TypeFor[*slowResponse]()}
	e.Handle = func(ctx context.Context, _ []any, _ any) (any, error) {
		s, err := slow.Get()
		if err != nil {
			return nil, err
		}
		close(s.started)
		select {
		case <-s.release:
			return &slowResponse{}, nil
		case <-ctx.Done():
			return &slowResponse{Canceled: true}, nil
		}
	}
	RegisterEndpoint(e)
	who := &Endpoint{Service: "slow", Name: "Protocol", Access: Public, Methods: []string{"GET"}, Path: "/protocol", Raw: true}
	who.HandleRaw = func(w http.ResponseWriter, req *http.Request) { _, _ = io.WriteString(w, req.Proto) }
	RegisterEndpoint(who)
	logs.Redirect(&logged, false, logs.Trace)
	os.Exit(pgtest.Run(m))
}

var logged lockedBuffer

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// program is a running program.
type program struct {
	url    string
	stop   context.CancelFunc
	exited chan error
}

func start(t *testing.T) *program {
	t.Helper()
	t.Setenv("PORT", "0")
	ctx, stop := context.WithCancel(t.Context())
	p := &program{stop: stop, exited: make(chan error, 1)}
	listening := make(chan net.Addr, 1)
	go func() { p.exited <- run(ctx, &App{ID: "app"}, func(a net.Addr) { listening <- a }) }()
	select {
	case addr := <-listening:
		_, port, err := net.SplitHostPort(addr.String())
		require.NoError(t, err)
		p.url = "http://127.0.0.1:" + port
	case err := <-p.exited:
		t.Fatalf("the program ended: %v", err)
	}
	require.Eventually(t, func() bool { status, _ := get(t, p.url+"/__encore/healthz"); return status == 200 }, 5*time.Second, 2*time.Millisecond)
	return p
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, url, nil)
	if err != nil {
		return 0, err.Error()
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

func TestShutdownLetsRequestsFinish(t *testing.T) {
	s := resetSlow()
	p := start(t)
	answers := make(chan string, 1)
	go func() {
		_, body := get(t, p.url+"/wait")
		answers <- body
	}()
	<-s.started
	p.stop()
	<-s.hooked
	require.NoError(t, s.progress.OutstandingRequests.Err())
	status, _ := get(t, p.url+"/protocol")
	require.NotEqual(t, 200, status, "no new requests")
	close(s.release)
	require.JSONEq(t, `{"canceled":false}`, <-answers)
	require.NoError(t, <-p.exited)
	require.Error(t, s.progress.OutstandingRequests.Err())
	require.Contains(t, logged.String(), "got shutdown signal, initiating graceful shutdown")
}

func TestShutdownCancelsWhatTakesTooLong(t *testing.T) {
	limit := 0.05
	runconfig.Get().GracefulShutdown.Handlers = &limit
	defer func() { runconfig.Get().GracefulShutdown.Handlers = nil }()
	s := resetSlow()
	p := start(t)
	answers := make(chan string, 1)
	go func() {
		_, body := get(t, p.url+"/wait")
		answers <- body
	}()
	<-s.started
	p.stop()
	require.JSONEq(t, `{"canceled":true}`, <-answers)
	require.NoError(t, <-p.exited)
}

func TestRequestsAreServedWhileDraining(t *testing.T) {
	drain := 0.5
	cfg := runconfig.Get()
	cfg.GracefulShutdown.Drain, cfg.Metrics = &drain, &runconfig.Metrics{Type: "prometheus_listener", Address: "127.0.0.1:0"}
	defer func() { cfg.GracefulShutdown.Drain, cfg.Metrics = nil, nil }()
	resetSlow()
	p := start(t)
	addresses := regexp.MustCompile(`"address":"([^"]*)".*"listening on the internal port"`).FindAllStringSubmatch(logged.String(), -1)
	internal := "http://" + addresses[len(addresses)-1][1]
	status, body := get(t, internal+"/readyz")
	require.Equal(t, 200, status, body)

	// This connection was used before the signal, and idle then.
	client := &http.Client{Transport: new(http.Transport)}
	ask := func() (protocol string, last bool) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/protocol", nil)
		require.NoError(t, err)
		resp, err := client.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(text), resp.Close
	}
	protocol, last := ask()
	require.Equal(t, "HTTP/1.1", protocol)
	require.False(t, last)
	_, body = get(t, internal+"/metrics")
	require.Contains(t, body, `encore_http_requests_total{code="ok",endpoint="Protocol",service="slow"} `)
	require.Contains(t, body, `encore_http_request_duration_seconds_bucket{endpoint="Protocol",service="slow",le="10"} `)
	require.Contains(t, body, "encore_ready 1\n")
	require.Contains(t, body, `encore_build_info{app="`)

	p.stop()
	require.Eventually(t, func() bool {
		status, body = get(t, internal+"/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "the program is shutting down")
	}, 5*time.Second, time.Millisecond)
	for range 3 {
		protocol, last = ask()
		require.Equal(t, "HTTP/1.1", protocol)
		require.True(t, last, "the client is told to use another connection")
	}
	status, _ = get(t, internal+"/livez")
	require.Equal(t, 200, status)
	require.NoError(t, <-p.exited)
	status, _ = get(t, internal+"/livez")
	require.Zero(t, status, "the internal port is closed")
}

func TestMigrationsAreAppliedBeforeServicesAreMade(t *testing.T) {
	database, folder := pgtest.NewDatabase(t), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "1_a.up.sql"), []byte(`CREATE TABLE a (n int)`), 0o644))
	runconfig.Get().SQLServers = []runconfig.SQLServer{pgtest.Config(map[string]runconfig.SQLDatabase{
		database: {Name: "core", Migrations: folder},
	})}
	defer func() { runconfig.Get().SQLServers = nil }()
	conn := pgtest.Connect(t, database)
	var migrated bool
	s := resetSlow()
	slow.Init(func() (*slowService, error) {
		return s, conn.QueryRow(t.Context(), `SELECT to_regclass('a') IS NOT NULL`).Scan(&migrated)
	})
	p := start(t)
	p.stop()
	require.NoError(t, <-p.exited)
	require.True(t, migrated)

	require.NoError(t, os.WriteFile(filepath.Join(folder, "2_b.up.sql"), []byte(`nonsense`), 0o644))
	slow.Init(func() (*slowService, error) { panic("no service is made") })
	err := run(t.Context(), &App{}, func(net.Addr) { t.Error("the program must not listen") })
	require.ErrorContains(t, err, "migrate database core: migration 2_b.up.sql: line 1")

	// Another session holds a lock; the program that waits for it can be told to stop.
	ended := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	_, err = conn.Exec(t.Context(), `BEGIN; LOCK TABLE schema_migrations`)
	require.NoError(t, err)
	go func() {
		defer close(ended)
		if err := run(ctx, &App{}, nil); err != nil {
			t.Error(err)
		}
	}()
	waiting := pgtest.Connect(t, database)
	require.Eventually(t, func() bool {
		var n int
		err := waiting.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted`).Scan(&n)
		return err == nil && n > 0
	}, 5*time.Second, 2*time.Millisecond)
	stop()
	<-ended
}

func TestHTTP2WithoutTLS(t *testing.T) {
	resetSlow()
	p := start(t)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/protocol", nil)
	require.NoError(t, err)
	resp, err := client.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "HTTP/2.0", string(body))
	client.CloseIdleConnections()
	_, http1 := get(t, p.url+"/protocol")
	require.Equal(t, "HTTP/1.1", http1)
	p.stop()
	require.NoError(t, <-p.exited)
}

func TestServicesAreMadeOnce(t *testing.T) {
	var mu sync.Mutex
	made := 0
	s := &Service[slowService]{name: "counted"}
	s.Init(func() (*slowService, error) {
		mu.Lock()
		defer mu.Unlock()
		made++
		return &slowService{}, nil
	})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := s.Get(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, made)

	for name, create := range map[string]func() (*slowService, error){
		"error": func() (*slowService, error) { return nil, errors.New("no database") },
		"panic": func() (*slowService, error) { panic("no database") },
		"nil":   func() (*slowService, error) { return nil, nil },
	} {
		broken := &Service[slowService]{name: name}
		broken.Init(create)
		for range 2 {
			_, err := broken.Get()
			require.EqualError(t, err, "internal: service "+name+": initialization failed")
		}
		instance, err := broken.Instance()
		require.Nil(t, instance)
		require.Equal(t, errs.Internal, errs.Code(err))
	}
	value, err := (&Service[slowService]{}).Get()
	require.NoError(t, err)
	require.NotNil(t, value, "without an init function it is the zero value")
	require.Same(t, slow, registry.ServiceOf(reflect.TypeFor[*slowService]()))
}

func TestAServiceDoesNotBelongToTheRequestThatMakesIt(t *testing.T) {
	started := make(chan *reqtrack.Request, 2)
	s := &Service[slowService]{name: "looping"}
	s.Init(func() (*slowService, error) {
		started <- reqtrack.Current()
		go func() { started <- reqtrack.Current() }()
		return &slowService{}, nil
	})
	req := &reqtrack.Request{Kind: reqtrack.API, UID: "somebody"}
	ctx := reqtrack.Begin(t.Context(), req)
	defer req.End()
	_, err := s.Get()
	require.NoError(t, err)
	require.Nil(t, <-started)
	require.Nil(t, <-started, "nor does what it starts")
	require.Same(t, req, reqtrack.From(ctx))
	require.Same(t, req, reqtrack.Current(), "the request goes on as before")

	ended := &Service[slowService]{name: "ended"}
	ended.Init(func() (*slowService, error) { runtime.Goexit(); return nil, nil })
	_, err = ended.Get()
	require.EqualError(t, err, "internal: service ended: initialization failed")
}

// hookedService says when it is told of the shutdown.
type hookedService struct{ told chan struct{} }

func (s *hookedService) Shutdown(shutdown.Progress) error {
	close(s.told)
	return nil
}

func TestNoServiceIsMadeAfterTheStop(t *testing.T) {
	program := newInitialization()
	running.Store(program)
	defer running.Store(nil)

	late := &hookedService{told: make(chan struct{})}
	making, release := make(chan struct{}), make(chan struct{})
	slowly := &Service[hookedService]{name: "slowly"}
	slowly.Init(func() (*hookedService, error) {
		close(making)
		<-release
		return late, nil
	})
	got := make(chan error, 1)
	go func() {
		_, err := slowly.Get()
		got <- err
	}()
	<-making
	program.stop()
	program.stop() // twice is once

	after := &Service[hookedService]{name: "after"}
	after.Init(func() (*hookedService, error) { t.Error("it is made"); return late, nil })
	_, err := after.Get()
	require.Equal(t, errs.Unavailable, errs.Code(err))
	started := false
	lifecycle.OnStart(func(context.Context) error { started = true; return nil })
	require.NoError(t, program.startWork(t.Context()))
	require.False(t, started, "nothing is started in the background")

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	values, err := program.structs(canceled)
	require.Error(t, err)
	require.Empty(t, values)
	close(release)
	require.NoError(t, <-got)
	values, err = program.structs(t.Context())
	require.NoError(t, err)
	require.Equal(t, []any{late}, values, "what was being made at the stop is told")
}

func TestSecrets(t *testing.T) {
	var loaded struct {
		Known   string
		unknown string
	}
	defer func() { missingSecrets.names = nil }()
	LoadSecrets(&loaded)
	require.Equal(t, "value", loaded.Known)
	require.Empty(t, loaded.unknown)
	require.EqualError(t, checkSecrets(), "no value is configured for the secrets unknown")
	require.ErrorIs(t, run(t.Context(), &App{}, nil), errConfiguration)

	runconfig.Get().Local.PrivateEndpoints = true
	defer func() { runconfig.Get().Local.PrivateEndpoints = false }()
	require.NoError(t, checkSecrets())
}

// TestExitStatus runs this test binary as a program.
func TestExitStatus(t *testing.T) {
	programs := map[string]struct {
		status int
		output string
	}{
		"signal": {0, "got shutdown signal"},
		"broken": {1, "service initialization failed"},
		"secret": {2, "cannot start: no value is configured for the secrets APIKey"},
	}
	for name, want := range programs {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), "STOCK_TEST_MAIN="+name, "ENCORE_LISTEN_ADDR=127.0.0.1:0")
			var output lockedBuffer
			cmd.Stderr = &output
			require.NoError(t, cmd.Start())
			if name == "signal" {
				require.Eventually(t, func() bool { return strings.Contains(output.String(), "listening") }, 10*time.Second, 5*time.Millisecond)
				require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			}
			err := cmd.Wait()
			exit, _ := errors.AsType[*exec.ExitError](err)
			status := 0
			if exit != nil {
				status = exit.ExitCode()
			}
			require.Equal(t, want.status, status, output.String())
			require.Contains(t, output.String(), want.output)
			if name != "secret" {
				var line map[string]any
				require.NoError(t, json.Unmarshal([]byte(output.String()[:strings.IndexByte(output.String(), '\n')]), &line), "the log is JSON lines")
			}
		})
	}
}

func TestHealthcheck(t *testing.T) {
	var ready atomic.Bool
	internal := httptest.NewServer(monitor.Handler(func() []server.Check {
		return []server.Check{{Name: "services.initialized", Passed: ready.Load(), Error: "services are being initialized"}}
	}))
	defer internal.Close()
	ask := func() (status int, output string) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "healthcheck")
		cmd.Env = append(os.Environ(), "STOCK_TEST_MAIN=healthcheck", "STOCK_TEST_METRICS="+strings.TrimPrefix(internal.URL, "http://"))
		out, err := cmd.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode(), string(out)
		}
		require.NoError(t, err)
		return 0, string(out)
	}
	status, output := ask()
	require.Equal(t, 1, status)
	require.Equal(t, "not ready: services are being initialized\n", output)
	ready.Store(true)
	status, output = ask()
	require.Zero(t, status)
	require.Equal(t, "ready\n", output)
}

func TestMistakesAreNamedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "infra.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"log_config": {"$env": ["A_KEY", "B_KEY"]}, "metadata": {"env_type": {"$env": "A_TYPE"}},
		"redis": {"default": {"host": {"$env": "A_HOST"}}}}`), 0o600))
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STOCK_TEST_MAIN=mistakes", runconfig.PathVariable+"="+path, "A_TYPE=", "A_HOST=redis:port", "OTEL_EXPORTER_OTLP_ENDPOINT=nonsense")
	out, err := cmd.CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, 2, exit.ExitCode())
	require.Equal(t, "cannot start: A_KEY (or B_KEY) is missing or empty: set it in .env or the environment\n"+
		"cannot start: A_TYPE is missing or empty: set it in .env or the environment\n"+
		"cannot start: A_HOST is \"redis:port\": it must be a host or host:port, with a port from 1 to 65535\n"+
		"cannot start: OTEL_EXPORTER_OTLP_ENDPOINT is \"nonsense\": it must be an address like http://collector:4318\n"+
		"cannot start: A_ZONE is \"Mars\"\n"+
		"cannot start: A_PORT is \"x\"\n", string(out))
}

func TestRuntimeVariablesAreHidden(t *testing.T) {
	for _, entry := range os.Environ() {
		require.False(t, strings.HasPrefix(entry, "ENCORE_"), entry)
	}
}

func TestCallsInProductionShareValues(t *testing.T) {
	type shared struct{ N int }
	e := &Endpoint{Service: "slow", Name: "Shared", Access: Private, Methods: []string{"POST"}, Path: "/shared", Request: reflect.TypeFor[*shared](), Response: reflect.TypeFor[*shared]()}
	e.Handle = func(_ context.Context, _ []any, req any) (any, error) { return req, nil }
	registry.RegisterEndpoint(e)
	value := &shared{1}
	got, err := Call[*shared](t.Context(), e, nil, value)
	require.NoError(t, err)
	require.Same(t, value, got)
}

func TestCallsOfServicesThatRunElsewhere(t *testing.T) {
	e := &Endpoint{Service: "elsewhere", Name: "Get", Access: Private, Methods: []string{"GET"}, Path: "/elsewhere"}
	e.Handle = func(context.Context, []any, any) (any, error) { return nil, nil }
	registry.RegisterEndpoint(e)
	require.NoError(t, CallEmpty(t.Context(), e, nil, nil))
	registry.SetHosted([]string{"slow"})
	defer registry.SetHosted(nil)
	require.EqualError(t, CallEmpty(t.Context(), e, nil, nil), "unavailable: service elsewhere does not run in this process")
}
