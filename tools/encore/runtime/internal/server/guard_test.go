//go:build !encore_app

package server

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"encore.dev/internal/lifecycle"
	"encore.dev/internal/registry"
	"github.com/stretchr/testify/require"
)

// ask sends a request for host, with headers in turn, and returns the status.
func ask(t *testing.T, handler http.Handler, method, path, host string, headers ...string) int {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	req.Host = host
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, req)
	return w.Code
}

func TestADevelopersMachineAnswersToItsOwnNames(t *testing.T) {
	t.Parallel()
	development, err := New(Config{Endpoints: registry.Endpoints(), PrivateEndpoints: true, AllowHosts: []string{"tunnel.example"}})
	require.NoError(t, err)
	elsewhere, err := New(Config{Endpoints: registry.Endpoints()})
	require.NoError(t, err)
	for host, status := range map[string]int{
		"127.0.0.1:4000": 200, "localhost:4000": 200, "LOCALHOST": 200, "[::1]:4000": 200, "192.168.1.7:4000": 200, "laptop:4000": 200,
		"app.localhost:4000": 200, "Tunnel.Example:443": 200, "": 200,
		"evil.example": 403, "evil.example:4000": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example.:4000": 403,
	} {
		require.Equal(t, status, ask(t, development, "GET", "/any", host), host)
		require.Equal(t, 200, ask(t, elsewhere, "GET", "/any", host), host)
	}
}

func TestPagesOfOtherSitesReachNothingPrivate(t *testing.T) {
	t.Parallel()
	reached := 0
	server, err := New(Config{
		Endpoints: registry.Endpoints(), PrivateEndpoints: true,
		Mounts: []lifecycle.Mounted{{Prefix: "/__encore/cron/", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ })}},
	})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"a program":            {nil, 200},
		"the dashboard":        {[]string{"Origin", "http://127.0.0.1:9400", "Sec-Fetch-Site", "same-site"}, 200},
		"another site":         {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		"a form of another":    {[]string{"Origin", "null"}, 403},
		"a picture of another": {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
	} {
		before := reached
		require.Equal(t, c.status, ask(t, server, "GET", "/private", "127.0.0.1:4000", c.headers...), name)
		require.Equal(t, c.status, ask(t, server, "POST", "/__encore/cron/job", "127.0.0.1:4000", c.headers...), name)
		require.Equal(t, c.status == 200, reached == before+1, name)
		require.Equal(t, 200, ask(t, server, "GET", "/any", "127.0.0.1:4000", c.headers...), name+": public endpoints decide for themselves")
	}
}
