package auth

import (
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

// registration is a valid one with token.
func registration(token string) *RegisterParams {
	return &RegisterParams{Token: token, FirstName: "Emma", LastName: "Peeters", Password: password}
}

func TestRegisterMakesTheAccountAndSignsIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, invitation := b.invite(t, InviteParams{Email: "Emma@example.org", Role: RoleStudent, RegionIDs: []int64{4, 2}})

	read, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
	require.NoError(t, err)
	require.Equal(t, "emma@example.org", read.Email)
	require.Equal(t, RoleStudent, read.Role)
	require.Equal(t, invitation.ExpiresAt, read.ExpiresAt)

	answer, err := b.Register(t.Context(), &RegisterParams{
		Token: token, FirstName: "\u200b Emma\n ", LastName: "Peeters", Password: password, Phone: "+32 (0)470 12 34 56",
		Language: "fr",
	})
	require.NoError(t, err)
	require.Equal(t, &Account{
		ID: answer.Account.ID, Email: "emma@example.org", FirstName: "Emma", LastName: "Peeters", Phone: "+32470123456",
		Role: RoleStudent, Language: "fr", RegionIDs: []int64{2, 4},
	}, answer.Account)

	cookie := cookieOf(t, sessionCookieName, answer.SetCookie...)
	require.True(t, cookie.HttpOnly)
	_, who, err := b.Authenticate(t.Context(), &Credentials{Session: cookie.Value})
	require.NoError(t, err)
	require.Equal(t, answer.Account.ID, who.UserID)
	require.Equal(t, []int64{2, 4}, who.RegionIDs)

	_, err = b.SignIn(t.Context(), &SignInParams{Email: "emma@example.org", Password: password})
	require.NoError(t, err, "the password is the one that was chosen")

	list, err := b.ListInvitations(t.Context(), &ListInvitationsParams{State: "accepted"})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.True(t, b.clock.now().Equal(*list.Items[0].AcceptedAt))
}

func TestAnInvitationIsGoodForOneAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, _ := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	var wg sync.WaitGroup
	results := make(chan error, 8)
	for range cap(results) {
		wg.Go(func() {
			_, err := b.Register(t.Context(), registration(token))
			results <- err
		})
	}
	wg.Wait()
	close(results)
	won := 0
	for err := range results {
		if err == nil {
			won++
			continue
		}
		requireRefused(t, err, errs.FailedPrecondition, refusal.InvitationUsed)
	}
	require.Equal(t, 1, won)
	var accounts, sessions int
	require.NoError(t, b.pool.QueryRow(t.Context(), `
		select (select count(*) from users where email = 'emma@example.org'), (select count(*) from sessions)`,
	).Scan(&accounts, &sessions))
	require.Equal(t, []int{1, 1}, []int{accounts, sessions}, "who loses leaves nothing behind")

	for range 2 { // and it stays so
		_, err := b.Register(t.Context(), registration(token))
		requireRefused(t, err, errs.FailedPrecondition, refusal.InvitationUsed)
		_, err = b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
		requireRefused(t, err, errs.FailedPrecondition, refusal.InvitationUsed)
	}
}

func TestAnInvitationEndsAfterSevenDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, _ := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	b.clock.advance(7*24*time.Hour - time.Second)
	_, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
	require.NoError(t, err)
	b.clock.advance(time.Second)
	_, err = b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
	requireRefused(t, err, errs.FailedPrecondition, refusal.InvitationExpired)
	_, err = b.Register(t.Context(), registration(token))
	requireRefused(t, err, errs.FailedPrecondition, refusal.InvitationExpired)

	list, err := b.ListInvitations(t.Context(), &ListInvitationsParams{State: "waiting"})
	require.NoError(t, err)
	require.True(t, list.Items[0].Expired)
}

func TestATokenThatLeadsNowhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.user(t, store.User{Email: "emma@example.org"})
	for _, token := range []string{"", "x", strings.Repeat("a", 43), strings.Repeat("a", 10_000), "emma@example.org"} {
		_, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
		requireRefused(t, err, errs.NotFound, refusal.Missing)
		_, err = b.Register(t.Context(), registration(token))
		requireRefused(t, err, errs.NotFound, refusal.Missing)
	}
}

func TestAnAddressThatGotAnAccountMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, _ := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	b.user(t, store.User{Email: "Emma@example.org"})
	for range 2 {
		_, err := b.Register(t.Context(), registration(token))
		requireRefused(t, err, errs.AlreadyExists, refusal.AccountExists)
	}
}

func TestRegisterParamsAreValidated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*RegisterParams)
		field  string
		reason refusal.Reason
	}{
		"no first name":       {func(p *RegisterParams) { p.FirstName = " " }, "first_name", refusal.Required},
		"long first name":     {func(p *RegisterParams) { p.FirstName = strings.Repeat("é", 101) }, "first_name", refusal.TooLong},
		"control character":   {func(p *RegisterParams) { p.FirstName = "Em\x00ma" }, "first_name", refusal.Malformed},
		"no last name":        {func(p *RegisterParams) { p.LastName = "" }, "last_name", refusal.Required},
		"no password":         {func(p *RegisterParams) { p.Password = "" }, "password", refusal.Required},
		"short password":      {func(p *RegisterParams) { p.Password = "fietsbel7" }, "password", refusal.TooShort},
		"short in characters": {func(p *RegisterParams) { p.Password = "éééééééé7" }, "password", refusal.TooShort},
		"long password":       {func(p *RegisterParams) { p.Password = strings.Repeat("ab", 129) }, "password", refusal.TooLong},
		"no number":           {func(p *RegisterParams) { p.Phone = "0470 12 34" }, "phone", refusal.Malformed},
		"escape sequence":     {func(p *RegisterParams) { p.LastName = "Pee\x1b[31mters" }, "last_name", refusal.Malformed},
		"nothing to see":      {func(p *RegisterParams) { p.LastName = "\u200b\u2060" }, "last_name", refusal.Required},
		"untypable password":  {func(p *RegisterParams) { p.Password = "regen\x07 en wind" }, "password", refusal.Malformed},
		"unknown language":    {func(p *RegisterParams) { p.Language = "de" }, "language", refusal.Unknown},
	} {
		p := registration("token")
		c.change(p)
		err := p.Validate()
		require.Error(t, err, name)
		require.Equal(t, refusal.Details{Field: c.field, Reason: c.reason}, errs.Details(err), name)
	}
	p := registration("token")
	p.FirstName, p.Password, p.Language = strings.Repeat("é", 100), strings.Repeat("é", 256), "en"
	require.NoError(t, p.Validate())
}

func TestGuessablePasswords(t *testing.T) {
	t.Parallel()
	const email = "emma.peeters1255@gent.example"
	for _, weak := range []string{
		"1234567890", "Password123", "wachtwoord1", "QWERTYUIOP", "aaaaaaaaaaaa", "abababababab",
		"emma.peeters1255@gent.example", "Emma.Peeters", "emma.peeters2026!", "emma.peeters1255!", "gent.example", "!!gent.example99",
		"trottoir2026", "Trottoir-Gent1", "lotte-vandenbroucke", "Vandenbroucke1!", "Wachtwoord2026!", "azertyuiop12", "abcdefghij1234",
		"Zomer2026!!", "wèlkom 2026",
	} {
		require.True(t, guessable(weak, email, "Lotte", "Vandenbroucke"), weak)
	}
	for _, good := range []string{"correct horse", "fietsbel en regen", "4829105736", "Emma houdt van regen", "вода и огонь"} {
		require.False(t, guessable(good, email, "Lotte", "Vandenbroucke"), good)
	}
}

func TestAGuessablePasswordIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, _ := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	p := registration(token)
	p.Password = "emma@example.org"
	_, err := b.Register(t.Context(), p)
	requireRefused(t, err, errs.InvalidArgument, refusal.Guessable)
	require.Equal(t, "password", errs.Details(err).(refusal.Details).Field)
	_, err = b.Register(t.Context(), registration(token))
	require.NoError(t, err, "the invitation is still good")
}

func TestRegistrationLimitPerAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	heard := 0
	for ; heard < 100; heard++ {
		_, err := b.Register(t.Context(), registration("guess"))
		if errs.Code(err) == errs.ResourceExhausted {
			requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
			break
		}
	}
	require.Equal(t, 30, heard)
	_, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: "guess"})
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)

	user := b.user(t, store.User{})
	_, err = b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: password})
	require.NoError(t, err, "signing in counts apart")
}
