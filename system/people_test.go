//go:build !encore_app

package system

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A demo account: the administrator's.
const demoEmail, demoPassword = "admin@trottoir.example", "demo-admin"

var registerLink = regexp.MustCompile(`https?://[^"\s\\]+/register\?token=[A-Za-z0-9_-]+`)

// registerAdmin registers the administrator of an installation without demo data with the link in the log, once, and
// returns the password. The other tests wait for it.
func (s *stack) registerAdmin(t *testing.T) (password string) {
	t.Helper()
	s.registering.Lock()
	defer s.registering.Unlock()
	if s.adminPassword != "" {
		return s.adminPassword
	}
	link := s.firstLink(t)
	c := s.newClient(t)
	page := c.get(t, s.web(link.RequestURI()), "Accept: text/html")
	require.Equal(t, http.StatusOK, page.StatusCode)
	password = newSecret("password of the administrator")
	answer := c.ok(t, http.MethodPost, "/auth/register", map[string]string{
		"token": link.Query().Get("token"), "first_name": "Ada", "last_name": "Admin", "password": password,
	}, nil)
	c.keepSession(t, answer)
	again := c.do(t, http.MethodPost, s.api("/auth/register"), map[string]string{
		"token": link.Query().Get("token"), "first_name": "Eve", "last_name": "Second", "password": password,
	})
	requireRefused(t, again, http.StatusBadRequest, "failed_precondition", "invitation_used")
	s.adminPassword = password
	return password
}

// firstLink returns the link with which the administrator registers, from the log.
func (s *stack) firstLink(t *testing.T) *url.URL {
	t.Helper()
	var links []string
	for _, b := range s.backends {
		links = append(links, registerLink.FindAllString(strings.ReplaceAll(b.output(t), `\u0026`, "&"), -1)...)
	}
	require.Len(t, links, 1, "one of the backends that start at once invites the administrator")
	link, err := url.Parse(links[0])
	require.NoError(t, err)
	require.Equal(t, s.scheme(), link.Scheme)
	require.Equal(t, s.host(), link.Hostname())
	return link
}

// signedIn returns a browser of the administrator, in any environment.
func (s *stack) signedIn(t *testing.T) *client {
	t.Helper()
	c := s.newClient(t)
	email, password := s.boss(t)
	c.signIn(t, email, password)
	return c
}

// boss returns the e-mail address and password of the administrator, who may plan and work.
func (s *stack) boss(t *testing.T) (email, password string) {
	t.Helper()
	if s.env["DEMO_DATA"] == "true" {
		return demoEmail, demoPassword
	}
	return adminEmail, s.registerAdmin(t)
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		requireRefused(t, c.get(t, s.api("/me")), http.StatusUnauthorized, "unauthenticated", "")
		email, password := s.boss(t)
		answer, account := c.signIn(t, email, password)
		cookie := c.keepSession(t, answer)
		require.True(t, cookie.HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		require.Equal(t, s.env["ENVIRONMENT"] == production, cookie.Secure)
		require.Empty(t, cookie.Domain)

		var me accountAnswer
		for range 4 { // whichever backend answers
			c.ok(t, http.MethodGet, "/me", nil, &me)
			require.Equal(t, account.ID, me.ID)
		}
		before := c.cookie(t)
		c.ok(t, http.MethodPost, "/auth/sign-out", nil, nil)
		require.Empty(t, c.cookie(t))
		requireRefused(t, c.get(t, s.api("/me"), "Cookie: "+before), http.StatusUnauthorized, "unauthenticated", "signed_out")
	})
}

func TestProductionHasNoDemoAccounts(t *testing.T) {
	t.Parallel()
	s := sharedStack(t, production)
	answer := s.newClient(t).do(t, http.MethodPost, s.api("/auth/sign-in"),
		map[string]string{"email": demoEmail, "password": demoPassword})
	requireRefused(t, answer, http.StatusUnauthorized, "unauthenticated", "wrong_credentials")
}

func TestARequestHasOneNameInAnswersAndLogs(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.signedIn(t)
		const own = "phone-4711-abcdef"
		for sent, want := range map[string]string{"": "", own: own, `bad"name{}`: "", strings.Repeat("x", 200): ""} {
			var headers []string
			if sent != "" {
				headers = append(headers, "X-Request-ID: "+sent)
			}
			answer := c.get(t, s.api("/runs/999999999"), headers...) // backends write down what fails
			require.Equal(t, http.StatusNotFound, answer.StatusCode)
			got := answer.Header.Values("X-Request-ID")
			require.Len(t, got, 1)
			require.Regexp(t, `^[A-Za-z0-9._-]{8,64}$`, got[0])
			require.Equal(t, cmp.Or(want, got[0]), got[0])
			eventually(t, func() error {
				access := tail(s.log("access"), 10_000)
				backends := s.backends[0].output(t) + s.backends[1].output(t)
				if strings.Contains(access, got[0]) && strings.Contains(backends, got[0]) {
					return nil
				}
				return fmt.Errorf("%s: in nginx's log %t, in a backend's %t", got[0],
					strings.Contains(access, got[0]), strings.Contains(backends, got[0]))
			})
		}
		page := c.get(t, s.web("/config.json"), "X-Request-ID: page-4711-abcdef")
		require.Equal(t, []string{"page-4711-abcdef"}, page.Header.Values("X-Request-ID"))
	})
}

// Whoever reads nginx's log must not be able to use what stands in it.
func TestTheLogOfRequestsHoldsNoTokens(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		const secret = "c2VjcmV0LW9mLWEtcGVyc29u"
		c := s.newClient(t)
		for _, path := range []string{
			"/calendars/" + secret, "/calendars/" + secret + ".ics", "/mail/unsubscribe/" + secret, "/pictures/1/full?signature=" + secret,
			"/after-the-others",
		} {
			c.get(t, s.api(path), "X-Request-ID: tokens-in-the-log")
		}
		eventually(t, func() error {
			if access := tail(s.log("access"), 10_000); !strings.Contains(access, `"path":"/after-the-others"`) {
				return errors.New("the last request is not in the log yet")
			}
			return nil
		})
		require.NotContains(t, tail(s.log("access"), 10_000), secret)
	})
}
