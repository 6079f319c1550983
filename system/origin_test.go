//go:build !encore_app

package system

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// ownOrigin is what the web app's pages send as Origin.
func (s *stack) ownOrigin() string { return s.web("") }

func TestPagesOfTheWebAppMayUseTheAPI(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		preflight := c.do(t, http.MethodOptions, s.api("/runs"), nil, "Origin: "+s.ownOrigin(),
			"Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type")
		require.Equal(t, http.StatusNoContent, preflight.StatusCode)
		requireAllowed(t, s, preflight)
		require.Contains(t, preflight.Header.Get("Access-Control-Allow-Methods"), "PUT")
		require.Equal(t, "content-type", preflight.Header.Get("Access-Control-Allow-Headers"))

		for _, path := range []string{"/me", "/nothing", "/docs"} { // refusals can be read, too
			requireAllowed(t, s, c.get(t, s.api(path), "Origin: "+s.ownOrigin()))
		}
		refused := c.do(t, http.MethodPost, s.api("/auth/sign-in"), map[string]string{"email": "x@y.be", "password": "wrong"},
			"Origin: "+s.ownOrigin())
		requireAllowed(t, s, refused)
		requireRefused(t, refused, http.StatusUnauthorized, "unauthenticated", "wrong_credentials")
	})
}

func requireAllowed(t *testing.T, s *stack, a *answer) {
	t.Helper()
	require.Equal(t, []string{s.ownOrigin()}, a.Header.Values("Access-Control-Allow-Origin"))
	require.Equal(t, []string{"true"}, a.Header.Values("Access-Control-Allow-Credentials"))
	require.Contains(t, a.Header.Values("Vary"), "Origin")
}

func TestPagesOfOthersMayNot(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		foreign := []string{
			"https://evil.example", "null", fmt.Sprintf("%s://%s.evil.example", s.scheme(), s.host()),
			fmt.Sprintf("%s://x%s", s.scheme(), s.host()),
		}
		if s.env["ENVIRONMENT"] == production { // the page of an attacker on the way
			foreign = append(foreign, "http://"+address(s.host(), s.httpPort))
		}
		for _, origin := range foreign {
			preflight := c.do(t, http.MethodOptions, s.api("/runs"), nil, "Origin: "+origin, "Access-Control-Request-Method: PUT")
			read := c.get(t, s.api("/docs"), "Origin: "+origin)
			for _, a := range []*answer{preflight, read} {
				for name := range a.Header {
					require.NotContains(t, name, "Access-Control-", origin)
				}
			}
		}
		for _, origin := range foreign[:3] {
			change := c.do(t, http.MethodPost, s.api("/auth/sign-in"), map[string]string{"email": "x@y.be", "password": "wrong"},
				"Origin: "+origin)
			requireRefused(t, change, http.StatusForbidden, "permission_denied", "foreign_origin")
		}
	})
}
