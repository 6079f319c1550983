package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

func TestProduction(t *testing.T) {
	t.Parallel()
	i := newProgram(t, inProduction).start(t)
	for _, e := range []exchange{
		{name: "answers are compact", path: "/users/abc", status: 200, want: `{"endpoint":"GetUser","value":"abc"}` + "\n"},
		{name: "errors are not", path: "/nowhere", status: 404, want: errorBody("not_found", notFound)},
		{name: "private endpoints are hidden", path: "/hidden", status: 404, want: errorBody("not_found", notFound)},
		{name: "a fallback takes the place of a private endpoint", path: "/site/private", status: 200, want: "fallback:private"},
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
				"Access-Control-Allow-Headers": "Authorization, X-Allowed, X-Text", "X-Encore-Trace-Id": "",
			},
			wantHeaders: map[string][]string{"Vary": {
				"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Access-Control-Request-Private-Network",
			}},
		},
		{
			name: "a refused preflight", method: "OPTIONS", path: "/echo", status: 204,
			header:     http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,x-unknown"}},
			wantHeader: map[string]string{"Access-Control-Allow-Methods": "", "Access-Control-Allow-Origin": ""},
		},
		{name: "OPTIONS that is no preflight", method: "OPTIONS", path: "/echo", status: 404, want: errorBody("not_found", notFound)},
	} {
		t.Run(e.name, func(t *testing.T) { e.check(t, i.base) })
	}
}

func TestLogsAreJSONWithTheRequest(t *testing.T) {
	t.Parallel()
	i := newProgram(t, nil).start(t)
	exchange{path: "/fail?kind=coded", status: 404}.check(t, i.base)
	var line struct {
		Level, Service, Endpoint, Message, Code, Secret string
		TraceID                                         string `json:"trace_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(i.await(t, "request failed")), &line))
	require.Equal(t, "info", line.Level, "the caller brought it about")
	require.Equal(t, "payload", line.Service)
	require.Equal(t, "Fail", line.Endpoint)
	require.Equal(t, "not_found", line.Code)
	require.Equal(t, "stays", line.Secret, "metadata is logged, and never sent")
	require.Regexp(t, `^[0-9a-v]{26}$`, line.TraceID)

	var completed struct {
		Level, Code string
		Duration    float64
	}
	require.NoError(t, json.Unmarshal([]byte(i.await(t, "request completed")), &completed))
	require.Equal(t, "trace", completed.Level)
	require.Equal(t, "not_found", completed.Code)
	require.Positive(t, completed.Duration)
	require.Less(t, completed.Duration, float64(patience.Milliseconds()))
}

func TestLogLevel(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*program{
		"by the configuration":            newProgram(t, func(config map[string]any) { config["log_config"] = "info" }),
		"the environment comes before it": newProgram(t, nil, "ENCORE_LOG=info"),
	} {
		i := p.start(t)
		exchange{path: "/fail?kind=coded", status: 404}.check(t, i.base)
		exchange{path: "/lifecycle/noted", status: 200}.check(t, i.base)
		i.await(t, "noted at info")
		require.Contains(t, i.log(), "request failed", name)
		require.NotContains(t, i.log(), "starting request", name)
		require.NotContains(t, i.log(), "noted at debug", name)
	}
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

func TestHTTPUpgradesToAWebSocket(t *testing.T) {
	t.Parallel()
	url := "ws" + strings.TrimPrefix(conformance(t), "http") + "/live/hall"
	conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), url, bearer("good"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.Equal(t, http.StatusSwitchingProtocols, res.StatusCode)
	for _, text := range []string{"one", "two"} {
		require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte(text)))
		_, answer, err := conn.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, text+" in hall from 42", string(answer))
	}

	_, res, err = websocket.DefaultDialer.DialContext(t.Context(), url, nil)
	require.ErrorIs(t, err, websocket.ErrBadHandshake)
	require.Equal(t, http.StatusUnauthorized, res.StatusCode, "access is decided before the upgrade")
}

func TestHTTP2WithoutTLS(t *testing.T) {
	t.Parallel()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	base := conformance(t)
	for client, want := range map[*http.Client]string{{Transport: transport}: "HTTP/2.0", http.DefaultClient: "HTTP/1.1"} {
		res, err := client.Get(base + "/protocol")
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, errors.Join(err, res.Body.Close()))
		require.Equal(t, want, string(body))
	}
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

func TestShutdownFinishesTheRequestInFlight(t *testing.T) {
	t.Parallel()
	i := newProgram(t, nil).start(t)
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
	i.await(t, "got shutdown signal, initiating graceful shutdown")

	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(i.base, "http://"))
		return err != nil || conn.Close() != nil
	}, patience, 5*time.Millisecond, "nobody can connect any more")
	select {
	case early := <-answer:
		require.Fail(t, "the request was not in flight any more", early)
	default:
	}
	require.Contains(t, <-answer, "200")
	<-i.exited
	require.Zero(t, i.cmd.ProcessState.ExitCode())
	require.Contains(t, i.log(), "requests are done", "the service's hook has waited for the request")
}

func TestShutdownFailsTheHealthCheckFirst(t *testing.T) {
	t.Parallel()
	i := newProgram(t, nil, "ENCORE_K8S_GRACE_TERMINATION_SECONDS=2").start(t)
	require.NoError(t, i.cmd.Process.Signal(syscall.SIGTERM))
	i.await(t, "got shutdown signal, initiating graceful shutdown")
	exchange{path: "/nothing", status: 200}.check(t, i.base)
	exchange{path: "/__encore/healthz", status: 500, wantPart: `"code":"unhealthy"`}.check(t, i.base)
	<-i.exited
	require.Zero(t, i.cmd.ProcessState.ExitCode())
}

func TestShutdownCancelsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	i := newProgram(t, func(config map[string]any) {
		config["graceful_shutdown"] = map[string]any{"total": 3, "handlers": 0.1, "shutdown_hooks": 2}
	}).start(t)
	answer := make(chan int, 1)
	go func() {
		status, err := statusOf(i.base + "/lifecycle/slow")
		if err != nil {
			status = -1
		}
		answer <- status
	}()
	i.await(t, "slow request started")
	require.NoError(t, i.cmd.Process.Signal(syscall.SIGINT))
	require.Equal(t, http.StatusInternalServerError, <-answer)
	<-i.exited
	require.Zero(t, i.cmd.ProcessState.ExitCode())
}

func TestProductionNeedsItsSecrets(t *testing.T) {
	t.Parallel()
	code, output := newProgram(t, func(config map[string]any) {
		inProduction(config)
		delete(config, "secrets")
	}).fails(t)
	require.Equal(t, 2, code, output)
	require.Contains(t, output, "no value is configured for the secrets GateKey")
}

func TestProductionEndsWithAServiceThatCannotStart(t *testing.T) {
	t.Parallel()
	code, output := newProgram(t, inProduction, "LIFECYCLE_FAILS=the directory is missing").fails(t)
	require.Equal(t, 1, code, output)
	require.Contains(t, output, "service initialization failed")
	require.Contains(t, output, "the directory is missing")
}

func TestProductionNeedsAConfigurationThatCanBeRead(t *testing.T) {
	t.Parallel()
	code, output := newProgram(t, func(config map[string]any) {
		config["secrets"] = map[string]any{"GateKey": map[string]any{"$env": "NOT_SET_ANYWHERE"}}
	}).fails(t)
	require.Equal(t, 2, code, output)
	require.Contains(t, output, "NOT_SET_ANYWHERE")
}
