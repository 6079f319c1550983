package auth

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

func tokenOf(t *testing.T, setCookie string) string {
	t.Helper()
	cookie, err := http.ParseSetCookie(setCookie)
	require.NoError(t, err)
	require.Equal(t, cookieName, cookie.Name)
	return cookie.Value
}

func TestSignInStartsASession(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{Email: "Emma@Example.org", Role: store.RoleStudent, RegionIds: []int64{2, 5}})

	answer, err := b.SignIn(t.Context(), &SignInParams{Email: " emma@example.ORG ", Password: password})
	require.NoError(t, err)
	require.Equal(t, accountOf(user), answer.Account)

	cookie, err := http.ParseSetCookie(answer.SetCookie)
	require.NoError(t, err)
	require.True(t, cookie.HttpOnly)
	require.False(t, cookie.Secure, "the request came by http")
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	require.Equal(t, "/", cookie.Path)

	uid, who, err := b.Authenticate(t.Context(), &Credentials{Session: cookie.Value})
	require.NoError(t, err)
	require.Equal(t, user.ID, who.UserID)
	require.NotEmpty(t, uid)
	require.Equal(t, []int64{2, 5}, who.RegionIDs)
}

func TestTokensAreStoredAsHashes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, _ := b.session(t, b.user(t, store.User{}))
	var stored string
	require.NoError(t, b.pool.QueryRow(t.Context(), `select sessions::text from sessions`).Scan(&stored))
	require.NotContains(t, stored, token)
}

func TestSignInDoesNotTellWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	inactive := b.user(t, store.User{})
	b.deactivate(t, inactive)
	messages := map[string]bool{}
	for name, p := range map[string]SignInParams{
		"wrong password": {Email: user.Email, Password: "wrong"},
		"unknown":        {Email: "nobody@example.org", Password: password},
		"inactive":       {Email: inactive.Email, Password: password},
		"the stand-in":   {Email: "nobody@example.org", Password: "no account has this password"},
	} {
		_, err := b.SignIn(t.Context(), &p)
		require.Error(t, err, name)
		requireRefused(t, err, errs.Unauthenticated, refusal.WrongCredentials)
		messages[err.Error()] = true
	}
	require.Len(t, messages, 1)
}

func TestSignInParamsAreValidated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		params SignInParams
		field  string
		reason refusal.Reason
	}{
		"no email":      {SignInParams{Email: "  ", Password: "x"}, "email", refusal.Required},
		"long email":    {SignInParams{Email: strings.Repeat("a", 255), Password: "x"}, "email", refusal.TooLong},
		"no password":   {SignInParams{Email: "a@b.be"}, "password", refusal.Required},
		"long password": {SignInParams{Email: "a@b.be", Password: strings.Repeat("a", 257)}, "password", refusal.TooLong},
	} {
		err := c.params.Validate()
		require.Error(t, err, name)
		require.Equal(t, refusal.Details{Field: c.field, Reason: c.reason}, errs.Details(err), name)
	}
	require.NoError(t, (&SignInParams{Email: "a@b.be", Password: "x"}).Validate())
}

// tries signs in with a wrong password until it is refused for another reason, and returns how many tries were heard.
func (b *bundle) tries(t *testing.T, email string) (heard int, refused error) {
	t.Helper()
	for range 100 {
		_, err := b.SignIn(t.Context(), &SignInParams{Email: email, Password: "wrong"})
		require.Error(t, err)
		if errs.Code(err) != errs.Unauthenticated {
			return heard, err
		}
		heard++
	}
	t.Fatal("there is no limit")
	return 0, nil
}

func TestSignInLimitPerAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, other := b.user(t, store.User{}), b.user(t, store.User{})

	heard, err := b.tries(t, user.Email)
	require.Equal(t, 10, heard)
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
	require.Positive(t, errs.Details(err).(refusal.Details).RetryAfter)

	_, err = b.SignIn(t.Context(), &SignInParams{Email: strings.ToUpper(user.Email), Password: password})
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited) // the right password comes too late
	b.session(t, other)                                                 // others are not concerned
}

func TestSigningInClearsTheLimitOfTheAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	for range 9 {
		_, err := b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: "wrong"})
		requireRefused(t, err, errs.Unauthenticated, refusal.WrongCredentials)
	}
	b.session(t, user)
	heard, _ := b.tries(t, user.Email)
	require.Equal(t, 10, heard)
}

func TestSignInLimitPerAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 31 {
		err := b.limits.allow(t.Context(), "192.0.2.1", strings.Repeat("x", i))
		if i < 30 {
			require.NoError(t, err)
		} else {
			requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
		}
	}
	require.NoError(t, b.limits.allow(t.Context(), "192.0.2.2", "somebody"))
}

func TestSignInWorksWithoutRedisBehindTheLimitOfTheProcess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	b.redis.Close()

	b.session(t, user)
	heard, err := b.tries(t, user.Email)
	require.Equal(t, 10, heard)
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)

	b.clock.advance(15 * time.Minute)
	b.session(t, user)

	require.NoError(t, b.redis.Restart())
	b.clock.advance(redisRest)
	b.session(t, user)
	require.NotEmpty(t, b.redis.Keys(), "Redis counts again")
}

func TestPasswordCost(t *testing.T) {
	t.Parallel()
	strong, err := newPasswords(passwordCost)
	require.NoError(t, err)
	hash, err := strong.hash(t.Context(), password)
	require.NoError(t, err)
	require.Contains(t, hash, "$argon2id$v=19$m=19456,t=2,p=1$")
	match, err := strong.verify(t.Context(), password, hash)
	require.NoError(t, err)
	require.True(t, match)
}

func TestHashingIsBounded(t *testing.T) {
	t.Parallel()
	p, err := newPasswords(cheapCost)
	require.NoError(t, err)
	for range cap(p.turns) {
		require.NoError(t, p.take(t.Context()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.hash(ctx, password)
	require.ErrorIs(t, err, context.Canceled)
	p.give()
	_, err = p.hash(t.Context(), password)
	require.NoError(t, err)
}

func TestOriginOfARequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		want   origin
	}{
		"nothing":                {nil, origin{}},
		"our proxy":              {http.Header{"X-Forwarded-For": {"192.0.2.7"}}, origin{address: "192.0.2.7"}},
		"a forged address":       {http.Header{"X-Forwarded-For": {"10.0.0.1, 192.0.2.7"}}, origin{address: "192.0.2.7"}},
		"two header lines":       {http.Header{"X-Forwarded-For": {"10.0.0.1", "192.0.2.7"}}, origin{address: "192.0.2.7"}},
		"not an address":         {http.Header{"X-Forwarded-For": {"<script>"}}, origin{}},
		"IPv6":                   {http.Header{"X-Forwarded-For": {"2001:db8::1"}}, origin{address: "2001:db8::1"}},
		"IPv4 in IPv6":           {http.Header{"X-Forwarded-For": {"::ffff:192.0.2.7"}}, origin{address: "192.0.2.7"}},
		"https":                  {http.Header{"X-Forwarded-Proto": {"https"}}, origin{secure: true}},
		"a browser":              {http.Header{"User-Agent": {"Firefox"}}, origin{userAgent: "Firefox"}},
		"a very long browser":    {http.Header{"User-Agent": {strings.Repeat("é", 400)}}, origin{userAgent: strings.Repeat("é", 300)}},
		"bytes that are no text": {http.Header{"User-Agent": {"a\xffb"}}, origin{userAgent: "ab"}},
	} {
		require.Equal(t, c.want, originOf(c.header), name)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	token, who := b.session(t, user)
	elsewhere, _ := b.session(t, user)
	signedInAs(who)

	answer, err := b.SignOut(t.Context())
	require.NoError(t, err)
	require.True(t, answer.Ended)
	require.Empty(t, tokenOf(t, answer.SetCookie))
	require.Contains(t, answer.SetCookie, "Max-Age=0")

	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: token})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: elsewhere})
	require.NoError(t, err, "other devices stay signed in")

	events := b.events(t)
	require.Len(t, events, 1)
	require.NotEmpty(t, events[0].ID)
	require.Equal(t, AccountEvent{
		ID: events[0].ID, Type: SessionEnded, UserID: user.ID, SessionID: who.SessionID, OccurredAt: b.clock.now(),
	}, events[0])
}

func TestSigningOutTwiceAtOnceEndsTheSessionOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, who := b.session(t, b.user(t, store.User{}))
	signedInAs(who)

	const times = 8
	ended := make(chan bool, times)
	var wg sync.WaitGroup
	for range times {
		wg.Go(func() {
			answer, err := b.SignOut(t.Context())
			ended <- err == nil && answer.Ended
		})
	}
	wg.Wait()
	close(ended)
	count := 0
	for did := range ended {
		if did {
			count++
		}
	}
	require.Equal(t, 1, count)
	require.Len(t, b.events(t), 1)
}
