//go:build !encore_app

package monitor_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"encore.dev/internal/monitor"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/server"
	"github.com/stretchr/testify/require"
)

func get(t *testing.T, handler http.Handler, path string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestReadinessDependsOnTheProgramAlone(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	monitor.Depend("database lost", func(context.Context) error { return errors.New("connection refused") })
	monitor.Depend("database there", func(context.Context) error { return nil })
	monitor.Depend("redis hanging", func(context.Context) error { <-hang; return nil })
	var ready atomic.Bool
	handler := monitor.Handler(func() []server.Check {
		check := server.Check{Name: "services.initialized", Passed: ready.Load()}
		if !check.Passed {
			check.Error = "services are being initialized"
		}
		return []server.Check{check}
	})

	status, body := get(t, handler, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.JSONEq(t, `{
		"ready": false,
		"checks": [{"name": "services.initialized", "passed": false, "error": "services are being initialized"}],
		"dependencies": [
			{"name": "database lost", "reachable": false, "error": "connection refused"},
			{"name": "database there", "reachable": true},
			{"name": "redis hanging", "reachable": false, "error": "not tried yet"}
		]}`, body)

	ready.Store(true)
	status, body = get(t, handler, "/readyz")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `{"ready":true,"checks":[{"name":"services.initialized","passed":true}]`)

	status, body = get(t, handler, "/livez")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "alive\n", body)
	status, body = get(t, handler, "/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "go_goroutines ")
	require.Contains(t, body, "process_resident_memory_bytes ")
	status, _ = get(t, handler, "/")
	require.Equal(t, http.StatusNotFound, status)
}

func TestAsk(t *testing.T) {
	t.Parallel()
	var answer atomic.Pointer[string]
	var status atomic.Int64
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/readyz" && req.URL.Path != "/__encore/healthz" {
			http.NotFound(w, req)
			return
		}
		w.WriteHeader(int(status.Load()))
		_, _ = w.Write([]byte(*answer.Load()))
	}))
	defer listener.Close()
	address := strings.TrimPrefix(listener.URL, "http://")
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	internal := &runconfig.Metrics{Type: "prometheus_listener", Address: ":" + port}
	gone := &runconfig.Metrics{Type: "prometheus_listener", Address: "127.0.0.1:1"}

	for name, test := range map[string]struct {
		cfg    *runconfig.Metrics
		status int64
		answer string
		line   string
		ready  bool
	}{
		"ready":        {internal, 200, `{"ready":true}`, "ready", true},
		"dependency":   {internal, 200, `{"ready":true,"dependencies":[{"name":"database core"}]}`, "ready; database core cannot be reached", true},
		"starting":     {internal, 503, `{"checks":[{"error":"services are being initialized"}]}`, "not ready: services are being initialized", false},
		"foreign":      {internal, 200, `hello`, "not ready: the internal port answered with HTTP status 200 and no document", false},
		"gone":         {gone, 0, ``, "not ready: the internal port does not answer: ", false},
		"main port":    {nil, 200, `{}`, "ready (asked on the main port, because no internal port is configured)", true},
		"main failing": {nil, 500, `{"message":"Your app is not healthy"}`, "not ready: Your app is not healthy", false},
	} {
		status.Store(test.status)
		answer.Store(&test.answer)
		line, ready := monitor.Ask(t.Context(), test.cfg, address)
		require.Equal(t, test.ready, ready, name)
		require.True(t, strings.HasPrefix(line, test.line), "%s: %s", name, line)
		require.NotContains(t, line, "\n")
	}
	line, ready := monitor.Ask(t.Context(), nil, "127.0.0.1:1")
	require.False(t, ready)
	require.Contains(t, line, "not ready: no internal port is configured (metrics), and the main port does not answer: ")
}

func TestOpenRefusesOtherTypes(t *testing.T) {
	t.Parallel()
	_, err := monitor.Open(&runconfig.Metrics{Type: "datadog"}, nil)
	require.EqualError(t, err, `metrics of type "datadog" are not supported; use "prometheus_listener"`)
	port, err := monitor.Open(nil, nil)
	require.NoError(t, err)
	require.Nil(t, port)
	require.NoError(t, port.Close())
}
