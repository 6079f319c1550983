package monitor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"encore.dev/internal/runconfig"
)

const (
	askLimit    = 3 * time.Second
	maxDocument = 1 << 20
)

// Ask asks the program of the same configuration, in the same network namespace, whether it is ready: over its internal
// port or, when it has none, whether it is healthy over its main port at address. It returns a line to print.
func Ask(ctx context.Context, cfg *runconfig.Metrics, address string) (line string, ready bool) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	if cfg == nil {
		status, body, err := get(ctx, address, "/__encore/healthz")
		switch {
		case err != nil:
			return fmt.Sprintf("not ready: no internal port is configured (metrics), and the main port does not answer: %v", err), false
		case status != http.StatusOK:
			var document struct{ Message string }
			if json.Unmarshal(body, &document) != nil {
				document.Message = http.StatusText(status)
			}
			return "not ready: " + document.Message, false
		}
		return "ready (asked on the main port, because no internal port is configured)", true
	}
	status, body, err := get(ctx, cfg.Address, "/readyz")
	if err != nil {
		return fmt.Sprintf("not ready: the internal port does not answer: %v", err), false
	}
	var state Readiness
	if err := json.Unmarshal(body, &state); err != nil {
		return fmt.Sprintf("not ready: the internal port answered with HTTP status %d and no document", status), false
	}
	if !state.Ready {
		var reasons []string
		for _, check := range state.Checks {
			if !check.Passed {
				reasons = append(reasons, check.Error)
			}
		}
		return "not ready: " + strings.Join(reasons, "; "), false
	}
	line = "ready"
	for _, dependency := range state.Dependencies {
		if !dependency.Reachable {
			line += "; " + dependency.Name + " cannot be reached"
		}
	}
	return line, true
}

func get(ctx context.Context, address, path string) (status int, body []byte, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, nil, err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip != nil && ip.To4() == nil {
			host = "::1"
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return 0, nil, err
	}
	// Not the default transport: the environment may name a proxy.
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxDocument))
	return resp.StatusCode, body, err
}
