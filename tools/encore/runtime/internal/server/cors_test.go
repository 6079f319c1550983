//go:build !encore_app

package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCORSOfRequests(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(cfg *Config) {
		cfg.CORS = CORS{
			ExposeHeaders:                  []string{"X-More"},
			AllowOriginsWithoutCredentials: []string{"https://any.example", "https://*.pages.example"},
			AllowOriginsWithCredentials:    []string{"https://app.example:*", "http://localhost:*"},
		}
	})
	tests := map[string]struct {
		origin      string
		credentials []string
		allowed     bool
	}{
		"exact":                       {"https://any.example", nil, true},
		"glob":                        {"https://a.pages.example", nil, true},
		"another scheme":              {"http://a.pages.example", nil, false},
		"suffix":                      {"https://a.pages.example.evil.example", nil, false},
		"not listed":                  {"https://app.example:1", nil, false},
		"not listed for a cookie":     {"https://any.example", []string{"Cookie", "a=b"}, false},
		"listed for a cookie":         {"https://app.example:8443", []string{"Cookie", "a=b"}, true},
		"listed for an authorization": {"http://localhost:3000", []string{"Authorization", "Bearer x"}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, "GET /any", "", append([]string{"Origin", test.origin}, test.credentials...)...)
			require.Equal(t, 200, got.status, "the request is served in any case")
			require.Equal(t, []string{"Origin"}, got.header["Vary"])
			if !test.allowed {
				require.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
				require.Empty(t, got.header.Get("Access-Control-Allow-Credentials"))
				return
			}
			require.Equal(t, test.origin, got.header.Get("Access-Control-Allow-Origin"))
			require.Equal(t, "true", got.header.Get("Access-Control-Allow-Credentials"))
			exposed := got.header.Get("Access-Control-Expose-Headers")
			require.True(t, strings.HasPrefix(exposed, "X-Request-Id, X-Correlation-Id, X-Encore-Trace-Id, X-More"), exposed)
			require.Contains(t, exposed, "X-Out", "headers of responses are exposed")
		})
	}
}

func TestCORSPreflights(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(cfg *Config) {
		cfg.CORS = CORS{AllowHeaders: []string{"X-Extra"}, AllowOriginsWithCredentials: []string{"https://app.example"}}
	})
	tests := map[string]struct {
		origin, method, headers string
		allowed                 string // the allowed headers; "refused"
	}{
		"anonymous":                    {"https://other.example", "POST", "content-type,x-extra", "Content-Type, X-Extra"},
		"headers of payloads":          {"https://other.example", "POST", "x-num", "X-Num"},
		"headers of the auth handler":  {"https://other.example", "POST", "x-token", "X-Token"},
		"no headers":                   {"https://other.example", "PURGE", "", "refused"},
		"unknown header":               {"https://other.example", "GET", "x-unknown", "refused"},
		"with credentials":             {"https://app.example", "DELETE", "authorization", "Authorization"},
		"with credentials, not listed": {"https://other.example", "GET", "authorization", "refused"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, "OPTIONS /any", "", "Origin", test.origin, "Access-Control-Request-Method", test.method,
				"Access-Control-Request-Headers", test.headers, "Access-Control-Request-Private-Network", "true")
			require.Equal(t, 204, got.status)
			require.Equal(t, varyPreflight, got.header["Vary"])
			require.Empty(t, got.header.Get("X-Encore-Trace-Id"))
			if test.allowed == "refused" {
				for name := range got.header {
					require.False(t, strings.HasPrefix(name, "Access-Control"), name)
				}
				return
			}
			require.Equal(t, test.origin, got.header.Get("Access-Control-Allow-Origin"))
			require.Equal(t, test.method, got.header.Get("Access-Control-Allow-Methods"))
			require.Equal(t, test.allowed, got.header.Get("Access-Control-Allow-Headers"))
			require.Equal(t, "true", got.header.Get("Access-Control-Allow-Private-Network"))
		})
	}
	require.Equal(t, "any", seen(t, send(t, server, "OPTIONS /any", "")), "a bare OPTIONS is a request like others")
}

func TestCORSDuringDevelopment(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(cfg *Config) { cfg.CORS = CORS{AllowLocal: true, AllowOriginsWithoutCredentials: []string{}} })
	for origin, allowed := range map[string]bool{
		"http://localhost:5173": true, "http://127.0.0.1:1": true, "http://[::1]:1": true, "http://app.localhost": true,
		"https://evil.example": false, "http://localhost.evil.example": false, "null": false,
	} {
		for _, credentials := range [][]string{nil, {"Cookie", "a=b"}} {
			got := send(t, server, "GET /any", "", append([]string{"Origin", origin}, credentials...)...)
			require.Equal(t, allowed, got.header.Get("Access-Control-Allow-Origin") == origin, origin)
			preflight := append([]string{"Origin", origin, "Access-Control-Request-Method", "POST"}, credentials...)
			got = send(t, server, "OPTIONS /any", "", preflight...)
			require.Equal(t, allowed, got.header.Get("Access-Control-Allow-Origin") == origin, origin)
		}
	}
}

func TestCORSWithoutSettings(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	got := send(t, server, "GET /any", "", "Origin", "https://x.example")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "https://x.example", got.header.Get("Access-Control-Allow-Origin"), "anonymous requests may come from anywhere")
	got = send(t, server, "GET /any", "", "Origin", "https://x.example", "Cookie", "a=b")
	require.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
}
