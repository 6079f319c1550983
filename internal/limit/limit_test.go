package limit_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"encore.app/internal/limit"
)

var (
	perAddress = limit.Limit{Name: "address", Count: 30, Period: time.Minute}
	perAccount = limit.Limit{Name: "account", Count: 10, Period: 15 * time.Minute}
)

// clock is a time that moves when it is told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

// alone returns a limiter without Redis.
func alone(t *testing.T) (*limit.Limiter, *clock) {
	t.Helper()
	c := newClock()
	return limit.New(nil, c.now), c
}

// withRedis returns a limiter with a Redis of its own.
func withRedis(t *testing.T) (*limit.Limiter, *clock, *miniredis.Miniredis) {
	t.Helper()
	server, c := miniredis.RunT(t), newClock()
	limiter := limit.New(&redis.Options{Addr: server.Addr()}, c.now)
	t.Cleanup(func() { _ = limiter.Close() })
	return limiter, c, server
}

func TestTheSameLimitWithAndWithoutRedis(t *testing.T) {
	t.Parallel()
	shared, _, _ := withRedis(t)
	own, _ := alone(t)
	for name, limiter := range map[string]*limit.Limiter{"Redis": shared, "process": own} {
		for range perAccount.Count {
			require.Zero(t, limiter.Take(t.Context(), perAccount, "emma"), name)
		}
		wait := limiter.Take(t.Context(), perAccount, "emma")
		require.InDelta(t, 90, wait.Seconds(), 1, name)
		require.Zero(t, limiter.Take(t.Context(), perAccount, "lucas"), name)
		require.Zero(t, limiter.Take(t.Context(), perAddress, "emma"), "%s: another limit counts apart", name)
		limiter.Forget(t.Context(), perAccount, "emma")
		require.Zero(t, limiter.Take(t.Context(), perAccount, "emma"), name)
	}
}

func TestTriesAreForgottenWithTime(t *testing.T) {
	t.Parallel()
	limiter, c := alone(t)
	for range perAccount.Count {
		require.Zero(t, limiter.Take(t.Context(), perAccount, "emma"))
	}
	c.advance(90*time.Second - 1)
	require.Positive(t, limiter.Take(t.Context(), perAccount, "emma"))
	c.advance(1)
	require.Zero(t, limiter.Take(t.Context(), perAccount, "emma"))
	require.Positive(t, limiter.Take(t.Context(), perAccount, "emma"))
}

// Whoever shares a slot, or a limit, with an attacker would wait for nothing.
func TestNobodyWaitsForOthersWithoutRedis(t *testing.T) {
	t.Parallel()
	limiter, _ := alone(t)
	for i := range 15_000 {
		limiter.Take(t.Context(), perAddress, strconv.Itoa(i))
		for range perAccount.Count {
			if i < 2000 {
				limiter.Take(t.Context(), perAccount, strconv.Itoa(i))
			}
		}
	}
	for i := range 5000 {
		innocent := "innocent " + strconv.Itoa(i)
		require.Zero(t, limiter.Take(t.Context(), perAddress, innocent))
		require.Zero(t, limiter.Take(t.Context(), perAccount, innocent))
	}
}

func TestWhoFillsTheTableIsNotForgotten(t *testing.T) {
	t.Parallel()
	limiter, _ := alone(t)
	for range perAccount.Count {
		require.Zero(t, limiter.Take(t.Context(), perAccount, "guessed"))
	}
	for i := range 50_000 {
		require.Zero(t, limiter.Take(t.Context(), perAccount, strconv.Itoa(i)), "a full table refuses nobody")
	}
	require.Positive(t, limiter.Take(t.Context(), perAccount, "guessed"))
}

func TestTheProcessCountsWhileRedisIsDown(t *testing.T) {
	t.Parallel()
	limiter, c, server := withRedis(t)
	server.Close()
	for range perAccount.Count {
		require.Zero(t, limiter.Take(t.Context(), perAccount, "emma"))
	}
	require.Positive(t, limiter.Take(t.Context(), perAccount, "emma"))

	require.NoError(t, server.Restart())
	c.advance(5 * time.Second)
	require.Zero(t, limiter.Take(t.Context(), perAccount, "emma"))
	require.NotEmpty(t, server.Keys(), "Redis counts again")
}

func TestAClientThatGoesAwayIsNoFailureOfRedis(t *testing.T) {
	t.Parallel()
	limiter, _, server := withRedis(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range perAccount.Count {
		limiter.Take(gone, perAccount, "emma")
	}
	require.Len(t, server.Keys(), 1, "counted in Redis all the same")
	require.Positive(t, limiter.Take(t.Context(), perAccount, "emma"), "and giving up gains nothing")
	limiter.Take(t.Context(), perAccount, "lucas")
	require.Len(t, server.Keys(), 2, "Redis is still asked")
	limiter.Forget(gone, perAccount, "emma")
	require.Len(t, server.Keys(), 1)
}

func TestKeysAreNotStoredInClear(t *testing.T) {
	t.Parallel()
	limiter, _, server := withRedis(t)
	limiter.Take(t.Context(), perAccount, "emma@example.org")
	require.NotContains(t, strings.Join(server.Keys(), " "), "emma")
}

func TestClientOfARequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		want   limit.Client
	}{
		"nothing":                {nil, limit.Client{}},
		"our proxy":              {http.Header{"X-Forwarded-For": {"192.0.2.7"}}, limit.Client{Address: "192.0.2.7"}},
		"a forged address":       {http.Header{"X-Forwarded-For": {"10.0.0.1, 192.0.2.7"}}, limit.Client{Address: "192.0.2.7"}},
		"two header lines":       {http.Header{"X-Forwarded-For": {"10.0.0.1", "192.0.2.7"}}, limit.Client{Address: "192.0.2.7"}},
		"not an address":         {http.Header{"X-Forwarded-For": {"<script>"}}, limit.Client{}},
		"IPv6":                   {http.Header{"X-Forwarded-For": {"2001:db8::1"}}, limit.Client{Address: "2001:db8::1"}},
		"IPv4 in IPv6":           {http.Header{"X-Forwarded-For": {"::ffff:192.0.2.7"}}, limit.Client{Address: "192.0.2.7"}},
		"https":                  {http.Header{"X-Forwarded-Proto": {"https"}}, limit.Client{Secure: true}},
		"a browser":              {http.Header{"User-Agent": {"Firefox"}}, limit.Client{UserAgent: "Firefox"}},
		"a very long browser":    {http.Header{"User-Agent": {strings.Repeat("é", 400)}}, limit.Client{UserAgent: strings.Repeat("é", 300)}},
		"bytes that are no text": {http.Header{"User-Agent": {"a\xffb\x00c"}}, limit.Client{UserAgent: "abc"}},
	} {
		require.Equal(t, c.want, limit.ClientOf(c.header), name)
	}
}

func TestOneNetworkCountsAsOnePlace(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"": "", "192.0.2.7": "192.0.2.7",
		"2001:db8:1:2::1": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::": "2001:db8:1:2::/64", "2001:db8:1:3::1": "2001:db8:1:3::/64",
	} {
		require.Equal(t, want, limit.Client{Address: address}.Network(), address)
	}
}
