package auth

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
)

func (b *bundle) changePassword(t *testing.T, current, next string) error {
	t.Helper()
	_, err := b.ChangePassword(t.Context(), &ChangePasswordParams{CurrentPassword: current, NewPassword: next})
	return err
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	link := b.forgot(t, user)
	other, _ := b.session(t, user)
	token, who := b.session(t, user)
	signedInAs(who)

	requireRefused(t, b.changePassword(t, "wrong", otherPassword), errs.InvalidArgument, refusal.WrongPassword)
	requireRefused(t, b.changePassword(t, password, "short"), errs.InvalidArgument, refusal.TooShort)
	requireRefused(t, b.changePassword(t, password, "wachtwoord12"), errs.InvalidArgument, refusal.Guessable)
	require.Empty(t, b.events(t))
	answer, err := b.ChangePassword(t.Context(), &ChangePasswordParams{CurrentPassword: password, NewPassword: otherPassword})
	require.NoError(t, err)
	require.Equal(t, 1, answer.SessionsEnded)

	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: token})
	require.NoError(t, err, "this session goes on")
	b.requireSignedOut(t, other)
	requireRefused(t, b.reset(t, link), errs.FailedPrecondition, refusal.LinkUsed)
	_, err = b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: otherPassword})
	require.NoError(t, err)
	require.Len(t, b.events(t), 1)
	require.Equal(t, user.ID, b.lastRequest(t, mailrequest.PasswordChanged).UserID)
	requireChange(t, b.changes(t), "account.password_changed", "account", user.ID, `"active": true`, `"active": true`)
}

func TestNoProgramChangesThePassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(b.user(t, store.User{})) // without a session
	requireRefused(t, b.changePassword(t, password, otherPassword), errs.PermissionDenied, refusal.SessionRequired)
}

func TestGuessingAtTheCurrentPasswordIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, who := b.session(t, b.user(t, store.User{}))
	signedInAs(who)
	for range 10 {
		requireRefused(t, b.changePassword(t, "wrong", otherPassword), errs.InvalidArgument, refusal.WrongPassword)
	}
	requireRefused(t, b.changePassword(t, password, otherPassword), errs.ResourceExhausted, refusal.RateLimited)
	b.clock.advance(passwordsOfAccount.Period)
	b.redis.FastForward(passwordsOfAccount.Period)
	require.NoError(t, b.changePassword(t, password, otherPassword))
}

func TestOfTwoChangesOfThePasswordAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, who := b.session(t, b.user(t, store.User{}))
	signedInAs(who)
	const tries = 8
	results := make(chan error, tries)
	var together sync.WaitGroup
	for try := range tries { // each to another one: the same again is no change
		together.Go(func() { results <- b.changePassword(t, password, fmt.Sprint(otherPassword, try)) })
	}
	together.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
			continue
		}
		// The later ones are wrong by now.
		require.Contains(t, []refusal.Reason{refusal.ChangedMeanwhile, refusal.WrongPassword, refusal.RateLimited}, refusal.ReasonOf(err))
	}
	require.Equal(t, 1, done)
}

func TestAPasswordIsNotChangedByASessionThatHasEndedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"ended":       `delete from sessions where user_id = $1`,
		"deactivated": `update users set active = false where id = $1`,
	} {
		b := setup(t)
		user := b.user(t, store.User{})
		_, who := b.session(t, user)
		signedInAs(who)
		tx, err := b.pool.Begin(t.Context())
		require.NoError(t, err)
		defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
		_, err = tx.Exec(t.Context(), `select from users where id = $1 for update`, user.ID)
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), statement, user.ID)
		require.NoError(t, err)
		result := make(chan error, 1)
		go func() { result <- b.changePassword(t, password, otherPassword) }()
		b.waitForLocks(t, 1)
		require.NoError(t, tx.Commit(t.Context()), name)
		requireRefused(t, <-result, errs.Unauthenticated, refusal.SignedOut)
	}
}

// Whoever knew the old password may have asked for the account to get an address of theirs.
func TestAnotherPasswordTakesANewAddressBack(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *bundle, user store.User) error{
		"changed": func(b *bundle, _ store.User) error { return b.changePassword(t, password, otherPassword) },
		"reset":   func(b *bundle, user store.User) error { return b.reset(t, b.forgot(t, user)) },
	} {
		b := setup(t)
		user := b.user(t, store.User{})
		_, who := b.session(t, user)
		signedInAs(who)
		token := b.changeEmail(t, "thief@example.org")
		require.NoError(t, change(b, user), name)
		requireRefused(t, b.confirm(t, token), errs.FailedPrecondition, refusal.LinkUsed)
		me, err := b.Me(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{user.Email, ""}, []string{me.Email, me.NewEmail}, name)
	}
}

// The answer of the first was lost.
func TestAChangeOfThePasswordThatIsSentAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	_, _ = b.session(t, user)
	_, who := b.session(t, user)
	signedInAs(who)
	for _, ended := range []int{1, 0} {
		answer, err := b.ChangePassword(t.Context(), &ChangePasswordParams{CurrentPassword: password, NewPassword: otherPassword})
		require.NoError(t, err)
		require.Equal(t, ended, answer.SessionsEnded)
	}
	require.Len(t, b.events(t), 1, "one session has ended, once")
	requireRefused(t, b.changePassword(t, password, password+" 2"), errs.InvalidArgument, refusal.WrongPassword)
}
