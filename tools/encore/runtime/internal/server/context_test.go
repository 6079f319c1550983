//go:build !encore_app

package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"

	encore "encore.dev"
	"encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/internal/invoke"
	"encore.dev/internal/lifecycle"
	"encore.dev/internal/registry"
	"github.com/stretchr/testify/require"
)

type described struct {
	Type, Service, Endpoint, Path, Method, Param, Header, Cron, Payload, CalleePath, CalleeUID string
	Exposed, AuthRequired                                                                      bool
	SameTrace                                                                                  bool
}

// describing returns an endpoint that describes its request, and that of an endpoint that it calls.
func describing() []*registry.Endpoint {
	callee := typed("Callee", "/callee/:name/*rest", "PUT", registry.Private, nil, &described{}, nil)
	withParams(callee, param[string]("name", registry.Segment), param[string]("rest", registry.Wildcard))
	callee.Handle = func(context.Context, []any, any) (any, error) {
		req := encore.CurrentRequest()
		uid, _ := auth.UserID()
		return &described{Path: req.Path, Method: req.Method, Param: req.PathParams.Get("name"), CalleeUID: string(uid), Header: req.Trace.TraceID}, nil
	}
	caller := typed("Describe", "/describe/:name", "POST", registry.Auth, &validated{}, &described{}, nil)
	withParams(caller, param[string]("name", registry.Segment))
	caller.Handle = func(ctx context.Context, _ []any, _ any) (any, error) {
		req := encore.CurrentRequest()
		got, err := invoke.Call(ctx, callee, []any{"a/b", "c d/e"}, nil)
		if err != nil {
			return nil, err
		}
		other, err := invoke.Call(auth.WithContext(ctx, "bob", &userData{}), callee, []any{"x", "y"}, nil)
		if err != nil {
			return nil, err
		}
		return &described{
			Type: string(req.Type), Service: req.Service, Endpoint: req.Endpoint, Path: req.Path, Method: req.Method,
			Param: req.PathParams.Get("name"), Header: req.Headers.Get("X-Token"), Cron: req.CronIdempotencyKey,
			Payload: req.Payload.(*validated).Name, Exposed: req.API.Exposed, AuthRequired: req.API.AuthRequired,
			CalleePath: got.(*described).Method + " " + got.(*described).Path, CalleeUID: got.(*described).CalleeUID + "," + other.(*described).CalleeUID,
			SameTrace: got.(*described).Header == req.Trace.TraceID,
		}, nil
	}
	return []*registry.Endpoint{callee, caller}
}

func TestRequestsKnowThemselves(t *testing.T) {
	t.Parallel()
	// Nobody is believed to be the scheduler, not even on a developer's machine.
	for _, development := range []bool{true, false} {
		server := newServer(t, func(cfg *Config) { cfg.PrivateEndpoints = development })
		got := send(t, server, "POST /describe/a%20b?x=1", `{"name":"n"}`, "X-Token", "ann", "X-Encore-Cron-Execution", "job-1")
		require.Equal(t, 200, got.status, got.body)
		var d described
		require.NoError(t, json.Unmarshal([]byte(got.body), &d))
		want := described{
			Type: "api-call", Service: "svc", Endpoint: "Describe", Path: "/describe/a%20b", Method: "POST", Param: "a b", Header: "ann",
			Payload: "n", Exposed: true, AuthRequired: true, CalleePath: "PUT /callee/a%2Fb/c%20d/e", CalleeUID: "ann,bob", SameTrace: true,
		}
		require.Equal(t, want, d)
	}
}

func TestTokenAuthentication(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(cfg *Config) {
		cfg.AuthHandler = &registry.AuthHandler{Name: "Token", Params: reflect.TypeFor[string](), Handle: func(_ context.Context, token any) (auth.UID, any, error) {
			if token == "bad" {
				return "", nil, errors.New("bad")
			}
			return auth.UID("user of " + token.(string)), nil, nil
		}}
	})
	for header, want := range map[string]string{
		"Bearer t": "user of t", "Token t": "user of t",
		"": "invalid auth param", "Bearer ": "invalid auth param", "bearer t": "invalid auth param", "Basic t": "invalid auth param", "Bearer bad": "bad",
	} {
		got := send(t, server, "GET /who/raw", "", "Authorization", header)
		require.Contains(t, got.body, want, header)
		if want == "invalid auth param" {
			require.Equal(t, 401, got.status)
		}
	}
}

func TestMountedHandlers(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(cfg *Config) {
		cfg.Mounts = []lifecycle.Mounted{{Prefix: "/__encore/things/", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(r.Method + " " + r.URL.Path))
		})}}
	})
	require.Equal(t, "DELETE /__encore/things/1", send(t, server, "DELETE /__encore/things/1", "").body)
	require.Equal(t, 404, send(t, server, "GET /__encore/other", "").status)
}

func TestRequestsAreCanceledWithTheirClient(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/slow", nil)
	require.NoError(t, err)
	go func() {
		<-slowStarted
		cancel()
	}()
	_, err = server.Client().Do(req)
	require.ErrorIs(t, err, context.Canceled)
	<-slowCanceled
}

func TestAuthenticationOfAClientThatWentAwayIsNoError(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	server := newServer(t, func(cfg *Config) {
		cfg.AuthHandler = &registry.AuthHandler{Name: "Token", Params: reflect.TypeFor[string](), Handle: func(ctx context.Context, _ any) (auth.UID, any, error) {
			close(asked)
			<-ctx.Done()
			return "", nil, errs.WrapCode(ctx.Err(), errs.Canceled, "read the session")
		}}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/who/raw", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer t")
	req.Header.Set("X-Correlation-ID", "went-away")
	go func() {
		<-asked
		cancel()
	}()
	_, err = server.Client().Do(req)
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(logged.linesOf(t, "went-away"), func(line map[string]any) bool { return line["message"] == "request completed" })
	}, waitTime, tick)
	for _, line := range logged.linesOf(t, "went-away") {
		require.NotEqual(t, "error", line["level"], line)
	}
}
