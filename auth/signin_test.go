package auth

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"encore.dev/beta/errs"
	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// cookieOf returns the cookie with a name among Set-Cookie headers.
func cookieOf(t *testing.T, name string, setCookie ...string) *http.Cookie {
	t.Helper()
	for _, line := range setCookie {
		cookie, err := http.ParseSetCookie(line)
		require.NoError(t, err)
		if cookie.Name == name {
			return cookie
		}
	}
	t.Fatalf("no cookie %s in %q", name, setCookie)
	return nil
}

func tokenOf(t *testing.T, setCookie ...string) string {
	t.Helper()
	return cookieOf(t, sessionCookieName, setCookie...).Value
}

func TestSignInStartsASession(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{Email: "Emma@Example.org", Role: store.RoleStudent, RegionIds: []int64{2, 5}})

	answer, err := b.SignIn(t.Context(), &SignInParams{Email: " emma@example.ORG ", Password: password})
	require.NoError(t, err)
	require.Equal(t, b.accountOf(user), answer.Account)

	cookie := cookieOf(t, sessionCookieName, answer.SetCookie...)
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
		"NUL":           {SignInParams{Email: "a\x00b@c.be", Password: "x"}, "email", refusal.Malformed},
		"no UTF-8":      {SignInParams{Email: "a\xff@c.be", Password: "x"}, "email", refusal.Malformed},
		"no password":   {SignInParams{Email: "a@b.be"}, "password", refusal.Required},
		"long password": {SignInParams{Email: "a@b.be", Password: strings.Repeat("a", 257)}, "password", refusal.TooLong},
	} {
		err := c.params.Validate()
		require.Error(t, err, name)
		require.Equal(t, refusal.Details{Field: c.field, Reason: c.reason}, errs.Details(err), name)
	}
	require.NoError(t, (&SignInParams{Email: "a@b.be", Password: strings.Repeat("é", 256)}).Validate())
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

// from is a visitor at an IP address, on the device with a token.
func from(address, device string) visitor {
	return visitor{Client: limit.Client{Address: address}, device: device}
}

// signInFrom signs in and returns the token of the device, which is the one that was given when it was known.
func (b *bundle) signInFrom(t *testing.T, user store.User, who visitor) (device string) {
	t.Helper()
	answer, err := b.signIn(t.Context(), &SignInParams{Email: user.Email, Password: password}, who)
	require.NoError(t, err)
	if len(answer.SetCookie) == 1 {
		return who.device
	}
	return cookieOf(t, deviceCookieName, answer.SetCookie...).Value
}

// guess tries a wrong password and returns what it is refused for.
func (b *bundle) guess(t *testing.T, email string, who visitor) refusal.Reason {
	t.Helper()
	_, err := b.signIn(t.Context(), &SignInParams{Email: email, Password: "wrong"}, who)
	require.Error(t, err)
	return refusal.ReasonOf(err)
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

func TestWhoGuessesElsewhereKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	for range 100 { // for hours
		b.guess(t, user.Email, from("203.0.113.9", ""))
		b.clock.advance(time.Minute)
	}
	b.signInFrom(t, user, from("192.0.2.1", ""))
}

func TestGuessingFromManyAddressesIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	device := b.signInFrom(t, user, from("192.0.2.1", ""))
	heard := 0
	for i := range 300 {
		if b.guess(t, user.Email, from(fmt.Sprintf("198.51.%d.%d", i%3, i), "")) == refusal.WrongCredentials {
			heard++
		}
	}
	require.Equal(t, 100, heard)

	_, err := b.signIn(t.Context(), &SignInParams{Email: user.Email, Password: password}, from("192.0.2.1", ""))
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited) // at home, but on a device that is not known
	require.Equal(t, device, b.signInFrom(t, user, from("192.0.2.77", device)), "the owner gets in on a known device")
	require.Equal(t, refusal.RateLimited, b.guess(t, user.Email, from("198.51.0.1", "")), "which gives others no new tries")
}

func TestTheOwnerGetsInOnAKnownDeviceBesideWhoGuesses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	home := from("192.0.2.1", "")
	device := b.signInFrom(t, user, home)
	for range 40 { // in the same house, until the address itself is refused
		b.guess(t, user.Email, home)
	}
	b.signInFrom(t, user, from("192.0.2.1", device))
}

func TestADeviceIsNoWayToGuess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, other := b.user(t, store.User{}), b.user(t, store.User{})
	device := b.signInFrom(t, user, from("192.0.2.1", ""))
	heard := 0
	for i := range 30 {
		if b.guess(t, user.Email, from(fmt.Sprintf("198.51.100.%d", i), device)) == refusal.WrongCredentials {
			heard++
		}
	}
	require.Equal(t, 10, heard, "stolen, it opens ten tries")

	for _, token := range []string{device, "made up", strings.Repeat("a", 43)} {
		b := setup(t)
		user := b.user(t, store.User{})
		heard := 0
		for range 30 {
			if b.guess(t, user.Email, from("192.0.2.9", token)) == refusal.WrongCredentials {
				heard++
			}
		}
		require.Equal(t, 10, heard, "a device that is not known counts as none")
	}
	require.NotEqual(t, "made up", b.signInFrom(t, other, from("192.0.2.1", "made up")), "and is not taken over")
}

func TestAStolenDeviceKeepsItsOwnerOutOnNoOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	stolen := b.signInFrom(t, user, from("192.0.2.1", ""))
	kept := b.signInFrom(t, user, from("192.0.2.1", ""))
	for range 11 {
		b.guess(t, user.Email, from("203.0.113.9", stolen))
	}
	require.Equal(t, refusal.RateLimited, b.guess(t, user.Email, from("203.0.113.9", stolen)))
	b.signInFrom(t, user, from("192.0.2.1", kept))
}

func TestAnOwnAccountGivesNoNewTriesAtOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	own := b.user(t, store.User{})
	heard := 0
	for i := range 60 { // a right password now and then
		if i%10 == 9 {
			_, _ = b.signIn(t.Context(), &SignInParams{Email: own.Email, Password: password}, from("203.0.113.9", ""))
		}
		if b.guess(t, fmt.Sprintf("somebody%d@example.org", i), from("203.0.113.9", "")) == refusal.WrongCredentials {
			heard++
		}
	}
	require.Equal(t, 28, heard, "30 with the two that were right")
}

func TestADeviceIsKnownToItsOwnAccountsOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	device := b.signInFrom(t, b.user(t, store.User{}), from("203.0.113.9", ""))
	heard := 0
	for range 40 { // somebody with an account tries one password at each of the others
		if b.guess(t, b.user(t, store.User{}).Email, from("203.0.113.9", device)) == refusal.WrongCredentials {
			heard++
		}
	}
	require.Equal(t, 29, heard, "30 from one address, with the one that was right")
}

func TestPeopleShareADevice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.user(t, store.User{}), b.user(t, store.User{})
	device := b.signInFrom(t, one, from("192.0.2.1", ""))
	require.Equal(t, device, b.signInFrom(t, two, from("192.0.2.1", device)))
	for range 20 {
		b.guess(t, one.Email, from("192.0.2.1", device))
	}
	b.signInFrom(t, two, from("192.0.2.1", device))
}

func TestDevicesAreStoredAsHashesAndBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	first := b.signInFrom(t, user, from("192.0.2.1", ""))
	for range maxDevices {
		b.clock.advance(time.Minute)
		b.signInFrom(t, user, from("192.0.2.1", ""))
	}
	var count int
	var stored string
	require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*), string_agg(devices::text, '') from devices`).
		Scan(&count, &stored))
	require.Equal(t, maxDevices, count)
	require.NotContains(t, stored, first)
	found, err := b.findDevice(t.Context(), first)
	require.NoError(t, err)
	require.False(t, found.knows(user.ID), "the one that was not used for the longest time is forgotten")

	b.clock.advance(cookieLife)
	require.NoError(t, b.EndExpiredSessions(t.Context()))
	require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*) from devices`).Scan(&count))
	require.Zero(t, count)
}

func TestTheDeviceCookie(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	who := from("192.0.2.1", "")
	who.Secure = true
	answer, err := b.signIn(t.Context(), &SignInParams{Email: user.Email, Password: password}, who)
	require.NoError(t, err)
	cookie := cookieOf(t, deviceCookieName, answer.SetCookie...)
	require.True(t, cookie.HttpOnly)
	require.True(t, cookie.Secure)
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	require.Equal(t, "/auth", cookie.Path)
	require.NotEqual(t, tokenOf(t, answer.SetCookie...), cookie.Value)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: cookie.Value})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
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
		email := fmt.Sprintf("somebody%d@example.org", i)
		reason := b.guess(t, email, from(fmt.Sprintf("2001:db8::%d", i), ""))
		if i < 30 {
			require.Equal(t, refusal.WrongCredentials, reason)
		} else {
			require.Equal(t, refusal.RateLimited, reason, "one IPv6 network is one place")
		}
	}
	require.Equal(t, refusal.WrongCredentials, b.guess(t, "somebody@example.org", from("2001:db8:0:1::1", "")))
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
}

func TestASecondFactorIsAskedForBeforeAnybodyGetsIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	_, err := b.pool.Exec(t.Context(), `update users set second_factor = true where id = $1`, user.ID)
	require.NoError(t, err)
	answer, err := b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: password})
	require.NoError(t, err)
	require.Equal(t, StateSecondFactor, answer.State)
	require.Nil(t, answer.Account)
	require.Len(t, answer.SetCookie, 1, "the device is not known yet")
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: tokenOf(t, answer.SetCookie...)})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	var id int64
	require.NoError(t, b.pool.QueryRow(t.Context(), `select id from sessions`).Scan(&id))
	state, err := b.SessionState(t.Context(), &SessionStateParams{SessionID: id})
	require.NoError(t, err)
	require.False(t, state.Active)

	b.clock.advance(secondFactorTime)
	require.NoError(t, b.EndExpiredSessions(t.Context()))
	require.Len(t, b.events(t), 1, "nobody waits for ever")
}

func TestPasswordsInEveryUnicodeForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct{ stored, typed string }{
		{"caf\u00e9 en regen", "cafe\u0301 en regen"}, {"cafe\u0301 en regen", "caf\u00e9 en regen"},
		{"regen en\u00a0wind", "regen en wind"},
	} {
		hash, err := b.passwords.hash(t.Context(), c.stored)
		require.NoError(t, err)
		match, err := b.passwords.verify(t.Context(), c.typed, hash)
		require.NoError(t, err)
		require.True(t, match, "%q", c.typed)
	}
	before, err := argon2id.CreateHash("cafe\u0301 en regen", &cheapCost) // as it was hashed before forms were one
	require.NoError(t, err)
	match, err := b.passwords.verify(t.Context(), "cafe\u0301 en regen", before)
	require.NoError(t, err)
	require.True(t, match)
}

func TestHashingSaysBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the time in here passes by itself
		p, err := newPasswords(cheapCost)
		require.NoError(t, err)
		for range cap(p.hashing) {
			require.NoError(t, p.enter(t.Context()))
		}
		_, err = p.verify(t.Context(), password, p.nobody)
		requireRefused(t, err, errs.ResourceExhausted, refusal.Busy)
		pauses := map[int64]bool{}
		for range 50 {
			_, err = p.verify(t.Context(), password, p.nobody)
			pause := errs.Details(err).(refusal.Details).RetryAfter
			require.LessOrEqual(t, pause, int64(maxBusyPause))
			pauses[pause] = true
		}
		require.Greater(t, len(pauses), 2, "who waits together does not come together again")
		_, err = p.hash(t.Context(), password)
		requireRefused(t, err, errs.ResourceExhausted, refusal.Busy)
	})
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
	for range cap(p.hashing) {
		require.NoError(t, p.enter(t.Context()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.hash(ctx, password)
	require.ErrorIs(t, err, context.Canceled)
	p.leave()
	_, err = p.hash(t.Context(), password)
	require.NoError(t, err)
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
		ID: events[0].ID, Type: SessionEnded, ActorID: user.ID, UserID: user.ID, SessionID: who.SessionID, OccurredAt: b.clock.now(),
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

// What happens to an account while the hash of the password is computed counts: a session that began afterwards would
// outlive the change that has ended all others.
func TestWhoSignsInWhileTheAccountChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statement string
		state     string // empty when nobody gets in
	}{
		"another password":  {`update users set password_hash = 'another' where id = $1`, ""},
		"deactivated":       {`update users set active = false where id = $1`, ""},
		"a second factor":   {`update users set second_factor = true where id = $1`, StateSecondFactor},
		"nothing important": {`update users set first_name = 'Emma' where id = $1`, StateActive},
	} {
		b := setup(t)
		user := b.user(t, store.User{})
		tx, err := b.pool.Begin(t.Context())
		require.NoError(t, err)
		defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
		_, err = tx.Exec(t.Context(), c.statement, user.ID)
		require.NoError(t, err)
		var answer *SignInResponse
		result := make(chan error, 1)
		go func() {
			var err error
			answer, err = b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: password})
			result <- err
		}()
		b.waitForLocks(t, 1)
		require.NoError(t, tx.Commit(t.Context()), name)
		err = <-result
		if c.state == "" {
			requireRefused(t, err, errs.Unauthenticated, refusal.WrongCredentials)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, c.state, answer.State, name)
	}
}
