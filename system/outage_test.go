//go:build !encore_app

package system

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// loaded is an installation under load, with a subscriber.
func loaded(t *testing.T, environment string) (*stack, *work, *load, *follower) {
	t.Helper()
	s := startStack(t, environment)
	c := s.signedIn(t)
	w := s.workOf(t, c)
	f := followRuns(t, c)
	l := startLoad(t, s, c, w, 4)
	l.waitFor(t, 20, time.Time{}, succeeded)
	return s, w, l, f
}

func TestAKilledBackendFailsOnlyTheRequestsThatItHad(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, environment string) {
		s, w, l, f := loaded(t, environment)

		// Its address stays published, as long as nobody has noticed.
		require.NoError(t, s.backends[0].end(syscall.SIGKILL))
		killed := time.Now()
		l.waitFor(t, 40, killed, succeeded)
		restarted, err := s.startBackendAt(1) // as Docker does
		require.NoError(t, err)
		s.backends[0] = restarted
		require.NoError(t, poll(restarted.ready, patience))
		l.waitFor(t, 40, time.Now(), succeeded)

		attempts := l.stop()
		lost := failures(attempts)
		require.LessOrEqual(t, len(lost), l.people, "nobody had more than one request under way")
		for _, a := range lost {
			require.True(t, a.write, "what is only read is tried at the other backend")
			require.True(t, a.began.Before(killed), "it began %s after the end: %v", a.began.Sub(killed), a.failure)
			require.Equal(t, "unavailable", a.refusal.Code, a.failure)
		}
		requireKept(t, s, w, attempts, f)
	})
}

func TestAnUpdateFailsNoRequest(t *testing.T) {
	t.Parallel()
	s, w, l, f := loaded(t, production)

	// What scripts/update does: new containers beside the old ones, and when they are healthy the old ones stop.
	old := s.backends
	for range old {
		_, err := s.startBackend()
		require.NoError(t, err)
	}
	updated := s.backends[len(old):]
	for _, b := range updated {
		require.NoError(t, poll(b.ready, patience))
	}
	s.publish(s.backends...)
	l.waitFor(t, 20, time.Now(), succeeded)
	for _, b := range old {
		b.signal(syscall.SIGTERM)
	}
	eventually(t, func() error { // told by its health check before it stops to accept
		if err := old[0].ready(); err == nil {
			return fmt.Errorf("%s is still ready", old[0].name)
		}
		return nil
	})
	for _, b := range old {
		<-b.done
		require.Zero(t, b.status(), tail(b.log, 10))
	}
	s.publish(updated...)
	l.waitFor(t, 40, time.Now(), succeeded)

	attempts := l.stop()
	requireNoFailure(t, attempts)
	requireKept(t, s, w, attempts, f)
}

func TestADatabaseRestartIsToldAndLosesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, environment string) {
		s, w, l, f := loaded(t, environment)

		require.NoError(t, s.postgres.end(syscall.SIGINT))
		down := time.Now()
		l.waitFor(t, 30, down, failed)
		for _, b := range s.backends {
			require.False(t, b.ended(), "a backend waits for its database")
			require.NoError(t, getOK(b.internal+"/livez"))
		}
		require.NoError(t, s.startPostgres())
		l.waitFor(t, 1, down, succeeded)
		recovered := time.Now()
		l.waitFor(t, 60, recovered, succeeded)

		attempts := l.stop()
		for _, a := range failures(attempts) {
			require.Equal(t, "unavailable", a.refusal.Code, a.failure)
			require.Equal(t, "try_again", a.refusal.Details.Reason, a.failure)
			require.Less(t, a.ended.Sub(a.began), 10*time.Second, "nobody waits long to hear it")
			require.True(t, a.began.Before(recovered.Add(2*time.Second)), "%s after the first success: %v", a.began.Sub(recovered), a.failure)
		}
		requireKept(t, s, w, attempts, f)
	})
}

func TestARedisRestartFailsNoRequestAndLosesNoEvent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, environment string) {
		s, w, l, f := loaded(t, environment)

		require.NoError(t, s.redis.end(syscall.SIGTERM))
		down := time.Now()
		l.waitFor(t, 16, down, succeeded)
		c := s.newClient(t)
		c.signIn(t, adminEmail, s.adminPassword) // signing in does not depend on it either
		c.ok(t, http.MethodPost, "/auth/sign-out", nil, nil)
		require.NoError(t, s.startRedis())
		l.waitFor(t, 40, time.Now(), succeeded)

		attempts := l.stop()
		requireNoFailure(t, attempts)
		requireKept(t, s, w, attempts, f)
	})
}

func TestNginxSaysThatTheProgramsBehindDoNotAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, environment string) {
		s, err := newStack(strings.ReplaceAll(t.Name(), "/", "-"), environment, nil)
		require.NoError(t, err)
		t.Cleanup(func() {
			showLogs(t, s)
			require.NoError(t, s.stop())
		})
		s.names, err = startNameServer(s.ip(2))
		require.NoError(t, err)
		s.publish(&backend{ip: s.ip(11)}, &backend{ip: s.ip(12)}) // where nobody listens
		require.NoError(t, s.startNginx())

		c := s.newClient(t)
		answer := c.do(t, http.MethodPost, s.api("/runs"), map[string]string{})
		refusal := requireRefused(t, answer, http.StatusServiceUnavailable, "unavailable", "try_again")
		require.Equal(t, strconv.Itoa(refusal.Details.RetryAfter), answer.Header.Get("Retry-After"))
		page := c.get(t, s.web("/plan"), "Accept: text/html")
		require.Equal(t, http.StatusServiceUnavailable, page.StatusCode)
		require.NotEmpty(t, page.Header.Get("Retry-After"))
		require.Contains(t, string(page.body), "<h1>Trottoir is zo terug</h1>")
		require.Equal(t, http.StatusOK, c.get(t, s.web("/.maintenance/page.css")).StatusCode)
	})
}
