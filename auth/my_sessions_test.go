package auth

import (
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/limit"
	"encore.app/internal/mailrequest"
	"encore.app/internal/place"
	"encore.app/internal/place/placetest"
	"encore.app/internal/refusal"
)

const (
	firefoxOnLinux  = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	chromeOnAndroid = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
	safariOnIPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
	edgeOnWindows   = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
)

// sessionOn signs a user in with a program at an address, and returns the token and who that is.
func (b *bundle) sessionOn(t *testing.T, user store.User, address, userAgent string) (token string, who *Data) {
	t.Helper()
	answer, err := b.signIn(t.Context(), &SignInParams{Email: user.Email, Password: password},
		visitor{Client: limit.Client{Address: address, UserAgent: userAgent}})
	require.NoError(t, err)
	token = tokenOf(t, answer.SetCookie...)
	_, who, err = b.Authenticate(t.Context(), &Credentials{Session: token})
	require.NoError(t, err)
	return token, who
}

func TestPeopleSeeWhereTheyAreSignedIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	started := b.clock.now()
	_, phone := b.sessionOn(t, user, "192.168.1.20", chromeOnAndroid)
	b.sessionOn(t, b.user(t, store.User{}), "203.0.113.9", firefoxOnLinux) // somebody else's
	b.clock.advance(time.Hour)
	_, laptop := b.sessionOn(t, user, "203.0.113.7", firefoxOnLinux)
	signedInAs(laptop)

	list, err := b.ListSessions(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	for _, session := range list.Items {
		session.StartedAt, session.LastUsedAt, session.ExpiresAt = session.StartedAt.UTC(), session.LastUsedAt.UTC(), session.ExpiresAt.UTC()
	}
	require.Equal(t, []*Session{
		{
			ID: laptop.SessionID, Current: true, Browser: "Firefox", System: "Linux", Kind: "desktop", Address: "203.0.113.7",
			Network: "public", StartedAt: b.clock.now(), LastUsedAt: b.clock.now(), ExpiresAt: b.clock.now().Add(sessionLife),
		},
		{
			ID: phone.SessionID, Browser: "Chrome", System: "Android", Kind: "phone", Address: "192.168.1.20",
			Network: "private", StartedAt: started, LastUsedAt: started, ExpiresAt: started.Add(sessionLife),
		},
	}, list.Items)

	b.clock.advance(sessionLife - time.Minute)
	list, err = b.ListSessions(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Items, 1, "what has expired is no session")
}

func TestSessionsSayWhereTheyAreInTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	b.sessionOn(t, user, "192.168.1.20", chromeOnAndroid)
	b.clock.advance(time.Minute)
	_, laptop := b.sessionOn(t, user, "81.82.3.4", firefoxOnLinux)
	for language, want := range map[string]string{"nl": "Gent, België", "en": "Ghent, Belgium", "fr": "Gand, Belgique"} {
		laptop.Language = language
		signedInAs(laptop)
		b.places = nil
		list, err := b.ListSessions(t.Context())
		require.NoError(t, err)
		require.Empty(t, list.Items[0].Place)
		// Also of sessions that began before there was a database.
		b.places, err = place.Open(placetest.File(t))
		require.NoError(t, err)
		list, err = b.ListSessions(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, list.Items[0].Place)
		require.Empty(t, list.Items[1].Place, "a private address")
	}
}

func TestWhatProgramsSayOfThemselves(t *testing.T) {
	t.Parallel()
	for userAgent, want := range map[string]clientProgram{
		firefoxOnLinux:  {"Firefox", "Linux", "desktop"},
		chromeOnAndroid: {"Chrome", "Android", "phone"},
		safariOnIPhone:  {"Safari", "iOS", "phone"},
		edgeOnWindows:   {"Edge", "Windows", "desktop"},
		"curl/8.14.1":   {"curl", "", "program"},
		"":              {"", "", "program"},
	} {
		require.Equal(t, want, clientOf(userAgent), userAgent)
	}
	require.Equal(t, "Firefox, Linux", clientOf(firefoxOnLinux).name())
	require.Equal(t, "curl", clientOf("curl/8.14.1").name())
	require.Empty(t, clientOf("").name())
}

func TestWhatAnAddressTells(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"": "unknown", "10.1.2.3": "private", "127.0.0.1": "private", "fd00::1": "private", "fe80::1": "private",
		"203.0.113.7": "public", "2001:db8::1": "public",
	} {
		require.Equal(t, want, networkOf(address), address)
	}
}

func TestPeopleEndTheirSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	othersToken, others := b.session(t, b.user(t, store.User{}))
	first, firstWho := b.session(t, user)
	second, _ := b.session(t, user)
	third, _ := b.session(t, user)
	own, who := b.session(t, user)
	signedInAs(who)

	ended, err := b.EndSession(t.Context(), firstWho.SessionID)
	require.NoError(t, err)
	require.Equal(t, firstWho.SessionID, ended.ID)
	b.requireSignedOut(t, first)
	for _, id := range []int64{firstWho.SessionID, others.SessionID, -1} { // ended, somebody else's, none
		_, err = b.EndSession(t.Context(), id)
		requireRefused(t, err, errs.NotFound, refusal.Missing)
	}
	all, err := b.EndOtherSessions(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, all.SessionsEnded)
	b.requireSignedOut(t, second)
	b.requireSignedOut(t, third)
	for _, token := range []string{own, othersToken} {
		_, _, err = b.Authenticate(t.Context(), &Credentials{Session: token})
		require.NoError(t, err)
	}
	events := b.events(t)
	require.Len(t, events, 3)
	for _, event := range events { // so that open connections are closed
		require.Equal(t, SessionEnded, event.Type)
		require.Equal(t, user.ID, event.UserID)
		require.Equal(t, user.ID, event.ActorID)
	}
}

func TestSigningInOnANewDeviceIsToldToTheOwner(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	on := visitor{Client: limit.Client{Address: "203.0.113.7", UserAgent: firefoxOnLinux}}
	on.device = b.signInFrom(t, user, on)
	request := b.lastRequest(t, mailrequest.NewDevice)
	require.Equal(t, user.ID, request.UserID)
	require.NotZero(t, request.ThingID)
	require.Equal(t, map[string]string{"device": "Firefox, Linux", "ip": "203.0.113.7"}, request.Data)

	mails := func() int {
		b.events(t)
		return len(b.sent.requests(t))
	}
	b.signInFrom(t, user, on)
	require.Equal(t, 1, mails(), "this device is known now")
	on.device = ""
	b.signInFrom(t, user, on)
	require.Equal(t, 1, mails(), "a program that keeps no cookies is told once a day")
	b.clock.advance(24 * time.Hour)
	b.redis.FastForward(24 * time.Hour)
	b.signInFrom(t, user, on)
	require.Equal(t, 2, mails())
	on.Address = "203.0.113.8"
	b.signInFrom(t, user, on)
	require.Equal(t, 3, mails(), "another place")
	on.device = b.signInFrom(t, b.user(t, store.User{}), on)
	require.Equal(t, 4, mails())
	b.signInFrom(t, user, on)
	require.Equal(t, 4, mails(), "the same program at the same place, told today")
	on.UserAgent = chromeOnAndroid
	b.signInFrom(t, b.user(t, store.User{}), on)
	require.Equal(t, 5, mails(), "the device of somebody else is new to this account")
}

func TestADeviceThatIsKnownIsNotToldADayLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	on := visitor{Client: limit.Client{Address: "203.0.113.7", UserAgent: firefoxOnLinux}}
	on.device = b.signInFrom(t, user, on)
	b.clock.advance(24 * time.Hour)
	b.redis.FastForward(24 * time.Hour)
	b.signInFrom(t, user, on)
	b.events(t)
	require.Len(t, b.sent.requests(t), 1)
}

func TestWhoRegistersKnowsTheirDevice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, _ := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	_, err := b.Register(t.Context(), registration(token))
	require.NoError(t, err)
	b.events(t)
	for _, request := range b.sent.requests(t) {
		require.NotEqual(t, mailrequest.NewDevice, request.Kind)
	}
}
