//go:build !encore_app

package system

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAProxyInFrontMayEndTLS(t *testing.T) {
	t.Parallel()
	s, err := newStack(t.Name(), production, map[string]string{"TLS": "proxy"})
	require.NoError(t, err)
	t.Cleanup(func() {
		showLogs(t, s)
		require.NoError(t, s.stop())
	})
	require.NoError(t, s.start())
	web, api := "http://"+address(s.host(), s.httpPort), "http://"+address(s.host(), s.apiPort)
	require.NotContains(t, listening(t, s.nginx), s.httpsPort)

	proxy, stranger := s.clientAt(t, s.env["TRUSTED_PROXIES"]), s.clientAt(t, s.ip(120))
	page := proxy.get(t, web+"/plan", "Accept: text/html", "X-Forwarded-Proto: https")
	require.Equal(t, http.StatusOK, page.StatusCode, "no redirect to itself: %s", page.body)
	require.NotEmpty(t, page.Header.Get("Strict-Transport-Security"))

	signedIn := proxy.do(t, http.MethodPost, api+"/auth/register", map[string]string{
		"token": s.firstLink(t).Query().Get("token"), "first_name": "Ada", "last_name": "Admin",
		"password": newSecret("password of the administrator"),
	}, "X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.7", "Origin: https://"+s.host())
	require.Equal(t, http.StatusOK, signedIn.StatusCode, "%s", signedIn.body)
	require.Contains(t, signedIn.Header.Get("Set-Cookie"), "Secure", "the browser speaks HTTPS")
	require.Equal(t, "https://"+s.host(), signedIn.Header.Get("Access-Control-Allow-Origin"))

	for _, c := range []struct {
		who       *client
		forwarded string
	}{
		{proxy, "X-Forwarded-Proto: http"},
		{proxy, "X-Other: none"},
		{stranger, "X-Forwarded-Proto: https"},
	} {
		moved := c.who.get(t, web+"/runs/12?a=b", c.forwarded)
		require.Equal(t, http.StatusMovedPermanently, moved.StatusCode)
		require.Equal(t, fmt.Sprintf("https://%s/runs/12?a=b", s.host()), moved.Header.Get("Location"))
		plain := c.who.get(t, api+"/me", c.forwarded)
		require.Equal(t, http.StatusBadRequest, plain.StatusCode)
		answer, err := plain.refusal()
		require.NoError(t, err)
		require.Contains(t, answer.Message, "HTTPS")
	}
}
