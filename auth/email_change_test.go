package auth

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
)

// changeEmail asks for another address as the caller and returns the token of the link, as the mail has it.
func (b *bundle) changeEmail(t *testing.T, email string) (token string) {
	t.Helper()
	_, err := b.ChangeEmail(t.Context(), &ChangeEmailParams{Email: email, Password: password})
	require.NoError(t, err)
	request := b.lastRequest(t, mailrequest.EmailChange)
	link, err := b.EmailChangeLink(t.Context(), &AccountLinkParams{ID: request.ThingID})
	require.NoError(t, err)
	require.Equal(t, request.Address, link.Email)
	require.Equal(t, request.UserID, link.UserID)
	token, found := strings.CutPrefix(link.Link, "https://bins.example.be/confirm-email#")
	require.True(t, found, link.Link)
	return token
}

func (b *bundle) confirm(t *testing.T, token string) error {
	t.Helper()
	_, err := b.ConfirmEmail(t.Context(), &ConfirmEmailParams{Token: token})
	return err
}

func TestAnotherAddressCountsOnceItIsConfirmed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{Email: "emma@example.org"})
	reset := b.forgot(t, user)
	session, who := b.session(t, user)
	signedInAs(who)

	answer, err := b.ChangeEmail(t.Context(), &ChangeEmailParams{Email: "Emma@Elsewhere.example", Password: password})
	require.NoError(t, err)
	require.Equal(t, "emma@elsewhere.example", answer.NewEmail)
	require.True(t, b.clock.now().Add(24*time.Hour).Equal(*answer.ExpiresAt))
	me, err := b.Me(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"emma@example.org", "emma@elsewhere.example"}, []string{me.Email, me.NewEmail})
	_, err = b.SignIn(t.Context(), &SignInParams{Email: "emma@elsewhere.example", Password: password})
	requireRefused(t, err, errs.Unauthenticated, refusal.WrongCredentials)

	token := b.changeEmail(t, "emma@elsewhere.example")
	confirmed, err := b.ConfirmEmail(t.Context(), &ConfirmEmailParams{Token: token})
	require.NoError(t, err)
	require.Equal(t, "emma@elsewhere.example", confirmed.Email)
	me, err = b.Me(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"emma@elsewhere.example", ""}, []string{me.Email, me.NewEmail})
	_, err = b.SignIn(t.Context(), &SignInParams{Email: "emma@example.org", Password: password})
	requireRefused(t, err, errs.Unauthenticated, refusal.WrongCredentials)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: session})
	require.NoError(t, err, "sessions go on")
	requireRefused(t, b.reset(t, reset), errs.FailedPrecondition, refusal.LinkUsed)
	requireRefused(t, b.confirm(t, token), errs.FailedPrecondition, refusal.LinkUsed)

	told := b.lastRequest(t, mailrequest.EmailChanged)
	require.Equal(t, user.ID, told.UserID)
	require.Equal(t, "emma@example.org", told.Address)
	changes := b.changes(t)
	requireChange(t, changes, "account.email_changed", "account", user.ID, "emma@example.org", "emma@elsewhere.example")
	events := b.events(t)
	require.Len(t, events, 1)
	require.Equal(t, AccountChanged, events[0].Type)
	require.Equal(t, user.ID, events[0].UserID)
	for _, message := range b.sent.messages {
		require.NotContains(t, string(message.Payload), token)
	}
}

func TestAChangeOfTheAddressIsReplacedAndTakenBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	_, who := b.session(t, user)
	signedInAs(who)
	first := b.changeEmail(t, "first@example.org")
	second := b.changeEmail(t, "second@example.org")
	requireRefused(t, b.confirm(t, first), errs.FailedPrecondition, refusal.LinkUsed)

	answer, err := b.ChangeEmail(t.Context(), &ChangeEmailParams{Email: user.Email, Password: password})
	require.NoError(t, err)
	require.Equal(t, &ChangeEmailResponse{}, answer)
	requireRefused(t, b.confirm(t, second), errs.FailedPrecondition, refusal.LinkUsed)
	_, err = b.EmailChangeLink(t.Context(), &AccountLinkParams{ID: b.lastRequest(t, mailrequest.EmailChange).ThingID})
	requireRefused(t, err, errs.FailedPrecondition, refusal.LinkUsed) // the mail that was not sent yet is withdrawn

	third := b.changeEmail(t, "third@example.org")
	b.clock.advance(emailChangeLife)
	requireRefused(t, b.confirm(t, third), errs.FailedPrecondition, refusal.LinkExpired)
	me, err := b.Me(t.Context())
	require.NoError(t, err)
	require.Empty(t, me.NewEmail)
	b.clock.advance(linkMemory)
	require.NoError(t, b.EndExpiredSessions(t.Context()))
	requireRefused(t, b.confirm(t, third), errs.NotFound, refusal.Missing)
}

func TestAnAddressThatSomebodyHasIsToldToWhoConfirmsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	taken := b.user(t, store.User{})
	_, who := b.session(t, b.user(t, store.User{}))
	signedInAs(who)
	token := b.changeEmail(t, strings.ToUpper(taken.Email))
	requireRefused(t, b.confirm(t, token), errs.AlreadyExists, refusal.AccountExists)
}

func TestOfTwoWhoConfirmOneAddressAtOnceOneGetsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var tokens []string
	for range 4 {
		_, who := b.session(t, b.user(t, store.User{}))
		signedInAs(who)
		tokens = append(tokens, b.changeEmail(t, "wanted@example.org"))
	}
	results := make(chan error, 2*len(tokens))
	var together sync.WaitGroup
	for _, token := range append(tokens, tokens...) { // and each link twice
		together.Go(func() { results <- b.confirm(t, token) })
	}
	together.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
			continue
		}
		require.Contains(t, []refusal.Reason{refusal.AccountExists, refusal.LinkUsed}, refusal.ReasonOf(err), err)
	}
	require.Equal(t, 1, done)
}

func TestALinkConfirmsAnAddressOnceHoweverManyComeTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	_, who := b.session(t, user)
	signedInAs(who)
	token := b.changeEmail(t, "new@example.org")
	tx, err := b.pool.Begin(t.Context()) // all have found the link good before the first one uses it
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), `select from users where id = $1 for update`, user.ID)
	require.NoError(t, err)
	results := make(chan error, 2)
	for range cap(results) {
		go func() { results <- b.confirm(t, token) }()
	}
	b.waitForLocks(t, 2)
	require.NoError(t, tx.Commit(t.Context()))
	// The one that is refused may be the first to say so.
	done, refused := <-results, <-results
	if done != nil {
		done, refused = refused, done
	}
	require.NoError(t, done)
	requireRefused(t, refused, errs.FailedPrecondition, refusal.LinkUsed)
	requireChange(t, b.changes(t), "account.email_changed", "account", user.ID, user.Email, "new@example.org")
}

func TestTwoChangesOfOneAddressAtOnceLeaveOneWaiting(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	_, who := b.session(t, user)
	signedInAs(who)
	var together sync.WaitGroup
	for _, email := range []string{"one@example.org", "two@example.org", "three@example.org"} {
		together.Go(func() {
			_, err := b.ChangeEmail(t.Context(), &ChangeEmailParams{Email: email, Password: password})
			if err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
	var waiting int
	require.NoError(t, b.pool.QueryRow(t.Context(),
		`select count(*) from email_changes where user_id = $1 and used_at is null`, user.ID).Scan(&waiting))
	require.Equal(t, 1, waiting)
}

func TestADeactivatedAccountConfirmsNoAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	_, who := b.session(t, user)
	signedInAs(who)
	token := b.changeEmail(t, "new@example.org")
	b.deactivate(t, user)
	requireRefused(t, b.confirm(t, token), errs.FailedPrecondition, refusal.LinkUsed)
}

func TestAnotherAddressTakesThePassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, who := b.session(t, b.user(t, store.User{}))
	signedInAs(who)
	for _, c := range []struct {
		params ChangeEmailParams
		field  string
		reason refusal.Reason
	}{
		{ChangeEmailParams{Email: "new@example.org", Password: "wrong"}, "password", refusal.WrongPassword},
		{ChangeEmailParams{Email: "new@example.org"}, "password", refusal.Required},
		{ChangeEmailParams{Email: `"quoted name"@example.org`, Password: password}, "email", refusal.Malformed},
		{ChangeEmailParams{Email: "new@example.org\r\nBcc: all@example.org", Password: password}, "email", refusal.Malformed},
		{ChangeEmailParams{Email: "new\x00@example.org", Password: password}, "email", refusal.Malformed},
		{ChangeEmailParams{Password: password}, "email", refusal.Required},
	} {
		_, err := b.ChangeEmail(t.Context(), &c.params)
		requireRefused(t, err, errs.InvalidArgument, c.reason)
		require.Equal(t, refusal.Details{Field: c.field, Reason: c.reason}, errs.Details(err))
	}
	b.events(t)
	for _, request := range b.sent.requests(t) {
		require.NotEqual(t, mailrequest.EmailChange, request.Kind)
	}
	answer, err := b.ChangeEmail(t.Context(), &ChangeEmailParams{Email: "jan@zuid-straße.example", Password: password})
	require.NoError(t, err)
	require.Equal(t, "jan@xn--zuid-strae-e4a.example", answer.NewEmail)
	for range 4 {
		b.changeEmail(t, "new+tag@example.org")
	}
	_, err = b.ChangeEmail(t.Context(), &ChangeEmailParams{Email: "new@example.org", Password: password})
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
}
