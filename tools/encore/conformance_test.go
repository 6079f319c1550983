package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/build"
	"encore.app/tools/encore/internal/local"
	"encore.app/tools/encore/internal/parse"
)

// patience is how long a test waits for something that should happen soon.
const patience = 20 * time.Second

// program is a built application together with what it needs, so that a test can start it as often as it wants.
type program struct {
	path string
	env  *local.Environment
}

// instance is a running program.
type instance struct {
	base   string
	cmd    *exec.Cmd
	exited chan struct{}

	mu   sync.Mutex
	logs strings.Builder
	line chan string // every line of the log
}

// compile builds the conformance application once for all tests.
var compile = sync.OnceValues(func() (*compiled, error) {
	result, err := parse.Parse(filepath.Join("testdata", "conformance"), parse.Options{})
	if err != nil {
		return nil, err
	}
	if len(result.Diagnostics) > 0 {
		var report strings.Builder
		result.Diagnostics.Render(&report, result.App.Root, false)
		return nil, errors.New(report.String())
	}
	workspace, err := build.Open(context.Background(), result.App.Root)
	if err != nil {
		return nil, err
	}
	built, err := workspace.Build(context.Background(), result.App)
	if err != nil {
		return nil, err
	}
	return &compiled{result.App, built.Path}, workspace.Close()
})

type compiled struct {
	app  *app.App
	path string
}

// newProgram prepares an environment of its own. adapt changes the configuration that the program reads.
func newProgram(t *testing.T, options local.Options, adapt func(config map[string]any)) *program {
	t.Helper()
	c, err := compile()
	require.NoError(t, err)
	options.DataDir = dataDir(t)
	options.JSONLogs = true
	options.LogLevel = "trace"
	env, err := local.Start(t.Context(), c.app, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, env.Close()) })
	require.NoError(t, env.Migrate(t.Context()))
	path, err := env.ConfigFile()
	require.NoError(t, err)
	if adapt != nil {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		var config map[string]any
		require.NoError(t, json.Unmarshal(content, &config))
		adapt(config)
		content, err = json.Marshal(config)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, content, 0o600))
	}
	return &program{c.path, env}
}

// dataDir is a folder that the user of the database server can enter too.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "conformance")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// start runs the program and waits until it answers.
func (p *program) start(t *testing.T) *instance {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())

	i := &instance{base: "http://" + addr, cmd: exec.Command(p.path), exited: make(chan struct{}), line: make(chan string, 10_000)}
	i.cmd.Env = append(os.Environ(), p.env.Environ()...)
	i.cmd.Env = append(i.cmd.Env, "ENCORE_LISTEN_ADDR="+addr)
	stderr, err := i.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, i.cmd.Start())
	go i.read(stderr)
	t.Cleanup(func() {
		_ = i.cmd.Process.Kill() // it may have ended already
		<-i.exited
		if t.Failed() {
			t.Log(i.log())
		}
	})
	require.Eventually(t, func() bool {
		res, err := http.Get(i.base + "/__encore/healthz")
		if err != nil {
			return false
		}
		_, _ = io.Copy(io.Discard, res.Body)
		return res.Body.Close() == nil && res.StatusCode == http.StatusOK
	}, patience, 10*time.Millisecond, "the program does not answer")
	return i
}

func (i *instance) read(stderr io.Reader) {
	defer close(i.exited)
	defer close(i.line)
	scanner := bufio.NewScanner(stderr)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		i.mu.Lock()
		fmt.Fprintln(&i.logs, scanner.Text())
		i.mu.Unlock()
		select {
		case i.line <- scanner.Text():
		default: // nobody looks at the lines of this test
		}
	}
	_ = i.cmd.Wait() // the exit code is read from ProcessState
}

func (i *instance) log() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.logs.String()
}

// await returns the first line from now on that holds part.
func (i *instance) await(t *testing.T, part string) string {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case line, open := <-i.line:
			require.True(t, open, "the program ended before it logged %q", part)
			if strings.Contains(line, part) {
				return line
			}
		case <-timeout:
			require.Fail(t, "not logged: "+part)
		}
	}
}

// conformance starts the application as `run` does and returns its address.
func conformance(t *testing.T) string {
	t.Helper()
	return newProgram(t, local.Options{Mode: local.Run}, nil).start(t).base
}

// production starts the application as an image does.
func production(t *testing.T) *instance {
	t.Helper()
	return newProgram(t, local.Options{Mode: local.Run, StrictCORS: true, HidePrivate: true}, func(config map[string]any) {
		config["metadata"].(map[string]any)["env_type"] = "production"
		delete(config, "local")
		config["secrets"] = map[string]any{"GateKey": "12345"}
	}).start(t)
}

func TestProduction(t *testing.T) {
	t.Parallel()
	i := production(t)
	for _, e := range []exchange{
		{name: "answers are compact", path: "/users/abc", status: 200, want: `{"endpoint":"GetUser","value":"abc"}` + "\n"},
		{name: "errors are not", path: "/nowhere", status: 404, want: errorBody("not_found", notFound)},
		{name: "private endpoints are hidden", path: "/hidden", status: 404, want: errorBody("not_found", notFound)},
		{name: "cron jobs cannot be triggered", method: "POST", path: "/__encore/cron/tick", status: 404},
		{name: "secrets come from the configuration", path: "/lifecycle/secret", status: 200, want: `{"text":"*****"}` + "\n"},
		{
			name: "a known origin with credentials", path: "/nothing", header: http.Header{"Origin": {"https://app.example"}, "Cookie": {"a=b"}}, status: 200,
			wantHeader: map[string]string{"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Allow-Credentials": "true", "Vary": "Origin"},
		},
		{
			name: "an origin by pattern", path: "/nothing", header: http.Header{"Origin": {"https://pr1.preview.example"}, "Authorization": {"Bearer bad"}}, status: 200,
			wantHeader: map[string]string{"Access-Control-Allow-Origin": "https://pr1.preview.example"},
		},
		{
			name: "a foreign origin with credentials", path: "/nothing", header: http.Header{"Origin": {"https://evil.example"}, "Cookie": {"a=b"}}, status: 200,
			wantHeader: map[string]string{"Access-Control-Allow-Origin": ""},
		},
		{
			name: "an origin without credentials", path: "/nothing", header: http.Header{"Origin": {"https://open.example"}}, status: 200,
			wantHeader: map[string]string{"Access-Control-Allow-Origin": "https://open.example"},
		},
		{
			name: "a preflight", method: "OPTIONS", path: "/echo", status: 204,
			header: http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,x-allowed,x-text"}},
			wantHeader: map[string]string{
				"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Origin": "https://app.example",
				"Access-Control-Allow-Headers": "Authorization, X-Allowed, X-Text",
			},
		},
		{
			name: "a refused preflight", method: "OPTIONS", path: "/echo", status: 204,
			header:     http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,x-unknown"}},
			wantHeader: map[string]string{"Access-Control-Allow-Methods": "", "Access-Control-Allow-Origin": ""},
		},
	} {
		t.Run(e.name, func(t *testing.T) { e.check(t, i.base) })
	}
}

func TestLogsAreJSONWithTheRequest(t *testing.T) {
	t.Parallel()
	i := newProgram(t, local.Options{Mode: local.Run}, nil).start(t)
	exchange{path: "/fail?kind=coded", status: 404}.check(t, i.base)
	var line struct {
		Level, Service, Endpoint, Message, Code, Secret string
		TraceID                                         string `json:"trace_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(i.await(t, "request failed")), &line))
	require.Equal(t, "error", line.Level)
	require.Equal(t, "payload", line.Service)
	require.Equal(t, "Fail", line.Endpoint)
	require.Equal(t, "not_found", line.Code)
	require.Equal(t, "stays", line.Secret, "metadata is logged, and never sent")
	require.Len(t, line.TraceID, 26)
}

func TestStreamReachesTheClientInParts(t *testing.T) {
	t.Parallel()
	base := conformance(t)
	res, err := http.Get(base + "/stream")
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	first := make([]byte, 6)
	_, err = io.ReadFull(res.Body, first)
	require.NoError(t, err)
	require.Equal(t, "first\n", string(first))
	exchange{method: "POST", path: "/stream/release", status: 200}.check(t, base)
	rest, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, "second\n", string(rest))
}

func TestCurrentRequestIsKnownEverywhere(t *testing.T) {
	t.Parallel()
	exchange{path: "/current/a%20b", status: 200, want: `{
  "type": "api-call",
  "service": "payload",
  "endpoint": "Current",
  "path": "/current/a%20b",
  "param": "a b",
  "tags": [
    "seen"
  ],
  "exposed": true,
  "trace": true,
  "environment": "development",
  "cloud": "local",
  "base_url": "http://127.0.0.1:4000",
  "in_goroutine": "Current"
}
`}.check(t, conformance(t))
}

type recorded struct {
	Deliveries []struct {
		Text, Key, Type, Topic, Subscription, Internal string
		Attempt                                        int
	}
	Counted bool
	Ticks   int
}

func deliveries(t *testing.T, base, text string) recorded {
	t.Helper()
	res, err := http.Get(base + "/events/" + text)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	var r recorded
	require.NoError(t, json.NewDecoder(res.Body).Decode(&r))
	return r
}

func TestMessages(t *testing.T) {
	t.Parallel()
	base := conformance(t)
	t.Run("every subscription gets a message", func(t *testing.T) {
		exchange{method: "POST", path: "/events", body: `{"Key":"k","Text":"once"}`, status: 200, wantPart: `"id": "`}.check(t, base)
		require.Eventually(t, func() bool {
			r := deliveries(t, base, "once")
			return r.Counted && len(r.Deliveries) == 1
		}, patience, 20*time.Millisecond)
		d := deliveries(t, base, "once").Deliveries[0]
		require.Equal(t, "k", d.Key)
		require.Equal(t, "pubsub-message", d.Type)
		require.Equal(t, "things", d.Topic)
		require.Equal(t, "recorder", d.Subscription)
		require.Equal(t, 1, d.Attempt)
		require.Empty(t, d.Internal, `fields with json:"-" do not travel`)
	})
	t.Run("a failed and a panicking delivery are repeated", func(t *testing.T) {
		exchange{method: "POST", path: "/events", body: `{"Key":"r","Text":"retried","FailFor":2}`, status: 200}.check(t, base)
		require.Eventually(t, func() bool { return len(deliveries(t, base, "retried").Deliveries) == 3 }, patience, 50*time.Millisecond)
		require.Equal(t, 3, deliveries(t, base, "retried").Deliveries[2].Attempt)
	})
	t.Run("an empty ordering attribute is refused", func(t *testing.T) {
		exchange{method: "POST", path: "/events", body: `{"Text":"unordered"}`, status: 400, wantPart: "invalid_argument"}.check(t, base)
	})
	t.Run("a cron job runs on demand", func(t *testing.T) {
		exchange{method: "POST", path: "/__encore/cron/tick", status: 200}.check(t, base)
		require.Equal(t, 1, deliveries(t, base, "none").Ticks)
	})
}

func TestMessagesOutliveTheProgram(t *testing.T) {
	t.Parallel()
	p := newProgram(t, local.Options{Mode: local.Run}, nil)
	first := p.start(t)
	exchange{method: "POST", path: "/events", body: `{"Key":"k","Text":"survivor","FailFor":1}`, status: 200}.check(t, first.base)
	require.Eventually(t, func() bool { return len(deliveries(t, first.base, "survivor").Deliveries) > 0 }, patience, 10*time.Millisecond)
	require.NoError(t, first.cmd.Process.Kill())
	<-first.exited
	second := p.start(t)
	require.Eventually(t, func() bool { return len(deliveries(t, second.base, "survivor").Deliveries) > 0 }, patience, 50*time.Millisecond)
}

func TestShutdownFinishesTheRequestInFlight(t *testing.T) {
	t.Parallel()
	i := newProgram(t, local.Options{Mode: local.Run}, nil).start(t)
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get(i.base + "/lifecycle/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		body, err := io.ReadAll(res.Body)
		answer <- fmt.Sprint(res.StatusCode, " ", string(body), errors.Join(err, res.Body.Close()))
	}()
	i.await(t, "slow request started")
	require.NoError(t, i.cmd.Process.Signal(syscall.SIGTERM))
	require.Contains(t, <-answer, "finished")
	<-i.exited
	require.Zero(t, i.cmd.ProcessState.ExitCode())
	require.Contains(t, i.log(), "got shutdown signal, initiating graceful shutdown")
	require.Contains(t, i.log(), "requests are done", "the service's hook has waited for the request")
}
