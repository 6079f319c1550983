// Package monitor serves the internal port of a program: its metrics, whether it lives and whether it is ready. The
// port is for the platform, not for the outside.
package monitor

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"encore.dev/internal/logs"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/server"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Readiness is the document that /readyz answers.
type Readiness struct {
	// Ready says that the program serves requests: its services are made, and it is not shutting down.
	Ready  bool           `json:"ready"`
	Checks []server.Check `json:"checks"`
	// Dependencies do not decide about Ready: what all replicas share must not take all of them out of service.
	Dependencies []Dependency `json:"dependencies"`
}

// Port is an open internal port.
type Port struct {
	listener net.Listener
	http     *http.Server
}

// Open serves the internal port that the configuration names, nil when it names none. checks decide about readiness.
func Open(cfg *runconfig.Metrics, checks func() []server.Check) (*Port, error) {
	if cfg == nil {
		return nil, nil
	}
	if cfg.Type != "prometheus_listener" {
		return nil, fmt.Errorf("metrics of type %q are not supported; use \"prometheus_listener\"", cfg.Type)
	}
	listener, err := net.Listen("tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("listen on the internal port: %w", err)
	}
	p := &Port{listener, &http.Server{
		Handler:           Handler(checks),
		ErrorLog:          logs.Standard("internal port"),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}}
	go func() {
		if err := p.http.Serve(listener); err != http.ErrServerClosed {
			logs.Start(logs.Error, nil).Err(err).Send("the internal port failed")
		}
	}()
	logs.Start(logs.Info, nil).Str("address", listener.Addr().String()).Send("listening on the internal port")
	return p, nil
}

// Addr is where the port is open.
func (p *Port) Addr() net.Addr { return p.listener.Addr() }

// Close closes the port. It works on a nil Port.
func (p *Port) Close() error {
	if p == nil {
		return nil
	}
	return p.http.Close()
}

// Handler serves GET /metrics, /livez and /readyz.
func Handler(checks func() []server.Check) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(prometheus.DefaultGatherer, promhttp.HandlerOpts{
		ErrorLog: logs.Standard("metrics"),
		// What can be told is told.
		ErrorHandling: promhttp.ContinueOnError,
	}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		// The client may be gone; there is nobody else to tell.
		_, _ = w.Write([]byte("alive\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) {
		state := Readiness{Ready: true, Checks: checks(), Dependencies: dependencies(req.Context())}
		status := http.StatusOK
		for _, check := range state.Checks {
			if !check.Passed {
				state.Ready, status = false, http.StatusServiceUnavailable
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(state)
	})
	return mux
}
