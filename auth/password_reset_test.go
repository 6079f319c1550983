package auth

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
)

// forgot asks for a link and returns its token, as the mail has it.
func (b *bundle) forgot(t *testing.T, user store.User) (token string) {
	t.Helper()
	_, err := b.ForgotPassword(t.Context(), &ForgotPasswordParams{Email: user.Email})
	require.NoError(t, err)
	request := b.lastRequest(t, mailrequest.PasswordReset)
	require.Equal(t, user.ID, request.UserID)
	link, err := b.PasswordResetLink(t.Context(), &AccountLinkParams{ID: request.ThingID})
	require.NoError(t, err)
	require.Equal(t, user.Email, link.Email)
	token, found := strings.CutPrefix(link.Link, "https://bins.example.be/reset-password#")
	require.True(t, found, link.Link)
	return token
}

func (b *bundle) reset(t *testing.T, token string) error {
	t.Helper()
	_, err := b.ResetPassword(t.Context(), &ResetPasswordParams{Token: token, Password: otherPassword})
	return err
}

// lastRequest publishes the outbox and returns the mail of a kind that was asked for last.
func (b *bundle) lastRequest(t *testing.T, kind string) *mailrequest.Request {
	t.Helper()
	b.events(t)
	requests := b.sent.requests(t)
	for _, request := range slices.Backward(requests) {
		if request.Kind == kind {
			return request
		}
	}
	t.Fatalf("no mail of kind %s was asked for", kind)
	return nil
}

// requireSignedOut expects that a session lets nobody in any more.
func (b *bundle) requireSignedOut(t *testing.T, token string) {
	t.Helper()
	_, _, err := b.Authenticate(t.Context(), &Credentials{Session: token})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
}

func TestAForgottenPasswordIsReplacedWithTheLinkInTheMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{Email: "emma@example.org"})
	phone, who := b.session(t, user)
	laptop, _ := b.session(t, user)
	other, _ := b.session(t, b.user(t, store.User{}))
	_, err := b.pool.Exec(t.Context(), `insert into tokens (user_id, name, token_hash, scope, created_at, expires_at)
		values ($1, 'export', $2, 'read', $3, $4)`, user.ID, hashToken("export"), b.clock.now(), b.clock.now().Add(time.Hour))
	require.NoError(t, err)
	older, token := b.forgot(t, user), b.forgot(t, user)

	read, err := b.ReadReset(t.Context(), &ReadResetParams{Token: token})
	require.NoError(t, err)
	require.Equal(t, "e•••@example.org", read.Email)
	require.True(t, b.clock.now().Add(30*time.Minute).Equal(read.ExpiresAt))
	answer, err := b.ResetPassword(t.Context(), &ResetPasswordParams{Token: token, Password: otherPassword})
	require.NoError(t, err)
	require.Equal(t, 2, answer.SessionsEnded)

	b.requireSignedOut(t, phone)
	b.requireSignedOut(t, laptop)
	b.requireSignedOut(t, "export")
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: other})
	require.NoError(t, err, "nobody else is concerned")
	_, err = b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: password})
	requireRefused(t, err, errs.Unauthenticated, refusal.WrongCredentials)
	_, err = b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: otherPassword})
	require.NoError(t, err)
	requireRefused(t, b.reset(t, token), errs.FailedPrecondition, refusal.LinkUsed)
	requireRefused(t, b.reset(t, older), errs.FailedPrecondition, refusal.LinkUsed)

	ended := []int64{}
	for _, event := range b.events(t) {
		require.Equal(t, SessionEnded, event.Type) // so that open connections are closed
		require.Equal(t, user.ID, event.UserID)
		ended = append(ended, event.SessionID)
	}
	require.Len(t, ended, 2)
	require.Contains(t, ended, who.SessionID)
	require.Equal(t, user.ID, b.lastRequest(t, mailrequest.PasswordChanged).UserID)
	changes := b.changes(t)
	requireChange(t, changes, "account.password_reset", "account", user.ID, `"active": true`, `"active": true`)
	requireChange(t, changes, "token.withdrawn", "token", user.ID, `"name": "export"`, "")
	for _, message := range b.sent.messages {
		for _, secret := range []string{token, older, "argon2", otherPassword, user.Email} {
			require.NotContains(t, string(message.Payload), secret)
		}
	}
}

func TestALinkToChooseAPasswordIsGoodFor30Minutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.forgot(t, b.user(t, store.User{}))
	request := b.lastRequest(t, mailrequest.PasswordReset)
	b.clock.advance(30*time.Minute - time.Second)
	_, err := b.ReadReset(t.Context(), &ReadResetParams{Token: token})
	require.NoError(t, err)
	b.clock.advance(time.Second)
	_, err = b.ReadReset(t.Context(), &ReadResetParams{Token: token})
	requireRefused(t, err, errs.FailedPrecondition, refusal.LinkExpired)
	requireRefused(t, b.reset(t, token), errs.FailedPrecondition, refusal.LinkExpired)
	_, err = b.PasswordResetLink(t.Context(), &AccountLinkParams{ID: request.ThingID}) // the mail was late
	requireRefused(t, err, errs.FailedPrecondition, refusal.LinkExpired)

	b.clock.advance(linkMemory)
	require.NoError(t, b.EndExpiredSessions(t.Context()))
	requireRefused(t, b.reset(t, token), errs.NotFound, refusal.Missing)
	for _, nowhere := range []string{"", "x", strings.Repeat("x", 101), token + "x"} {
		requireRefused(t, b.reset(t, nowhere), errs.NotFound, refusal.Missing)
	}
}

func TestALinkIsGoodForOnePassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	token := b.forgot(t, user)
	const tries = 8
	results := make(chan error, tries)
	var together sync.WaitGroup
	for range tries {
		together.Go(func() { results <- b.reset(t, token) })
	}
	together.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
			continue
		}
		requireRefused(t, err, errs.FailedPrecondition, refusal.LinkUsed)
	}
	require.Equal(t, 1, done)
	requireChange(t, b.changes(t), "account.password_reset", "account", user.ID, `"active": true`, `"active": true`)
}

func TestALinkOfADeactivatedAccountIsVoid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	before := b.forgot(t, user)

	// It is deactivated after the link was found good, while the new password is hashed.
	tx, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), `update users set active = false where id = $1`, user.ID)
	require.NoError(t, err)
	result := make(chan error, 1)
	go func() { result <- b.reset(t, before) }()
	b.waitForLocks(t, 1)
	require.NoError(t, tx.Commit(t.Context()))
	requireRefused(t, <-result, errs.FailedPrecondition, refusal.LinkUsed)

	_, err = b.ForgotPassword(t.Context(), &ForgotPasswordParams{Email: user.Email})
	require.NoError(t, err)
	b.events(t)
	require.Len(t, b.sent.requests(t), 1, "no other mail")

	_, err = b.pool.Exec(t.Context(), `update users set active = true where id = $1`, user.ID)
	require.NoError(t, err)
	requireRefused(t, b.reset(t, before), errs.FailedPrecondition, refusal.LinkUsed)
	require.NoError(t, b.reset(t, b.forgot(t, user)))
}

// waitForLocks waits until so many transactions of the test's database wait for another one.
func (b *bundle) waitForLocks(t *testing.T, count int) {
	t.Helper()
	require.Eventually(t, func() bool {
		var waiting int
		err := b.pool.QueryRow(t.Context(), `select count(*) from pg_stat_activity
			where datname = current_database() and wait_event_type = 'Lock'`).Scan(&waiting)
		return err == nil && waiting >= count
	}, 10*time.Second, 5*time.Millisecond)
}

// statements notes what a pool is asked.
type statements struct {
	mu   sync.Mutex
	list []string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, query pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, query.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	s.list = nil
	return list
}

func TestForgettingAPasswordIsTheSameWorkForWhoHasNoAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, inactive := b.user(t, store.User{}), b.user(t, store.User{})
	b.deactivate(t, inactive)
	config := b.pool.Config()
	asked := new(statements)
	config.ConnConfig.Tracer = asked
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	traced, err := newService(pool, nil, cheapCost, b.sent.publish, b.clock.now)
	require.NoError(t, err)

	ask := func(email string) (*ForgotPasswordResponse, []string) {
		answer, err := traced.ForgotPassword(t.Context(), &ForgotPasswordParams{Email: email})
		require.NoError(t, err)
		return answer, asked.take()
	}
	ask(user.Email) // opens the connection
	answer, work := ask(user.Email)
	require.Len(t, work, 7, "begin, look-up, reset, token, mail, audit, commit: %q", work)
	for _, email := range []string{"nobody@example.org", inactive.Email} {
		same, sameWork := ask(email)
		require.Equal(t, answer, same)
		require.Equal(t, work, sameWork)
	}
	b.events(t)
	require.Len(t, b.sent.requests(t), 2, "what is written for nobody becomes no mail")
	var waiting int
	require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*) from outbox where published_at is null`).Scan(&waiting))
	require.Zero(t, waiting)
}

func TestForgettingPasswordsIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	for _, email := range []string{user.Email, "nobody@example.org"} {
		for range 5 {
			_, err := b.ForgotPassword(t.Context(), &ForgotPasswordParams{Email: email})
			require.NoError(t, err)
		}
		_, err := b.ForgotPassword(t.Context(), &ForgotPasswordParams{Email: strings.ToUpper(email)})
		requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
	}
	for b.limiter.Take(t.Context(), linksOfNetwork, "") == 0 {
		// use up what one address may ask
	}
	_, err := b.ForgotPassword(t.Context(), &ForgotPasswordParams{Email: "other@example.org"})
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
	_, err = b.ReadReset(t.Context(), &ReadResetParams{Token: "x"})
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
	requireRefused(t, b.reset(t, "x"), errs.ResourceExhausted, refusal.RateLimited)
}

func TestAResetForgetsDevicesButTheOneItComesFrom(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	own, others := b.signInFrom(t, user, from("192.0.2.1", "")), b.signInFrom(t, user, from("192.0.2.2", ""))
	_, err := b.resetPassword(t.Context(), &ResetPasswordParams{Token: b.forgot(t, user), Password: otherPassword},
		from("192.0.2.1", own))
	require.NoError(t, err)
	for device, known := range map[string]bool{own: true, others: false} {
		found, err := b.findDevice(t.Context(), device)
		require.NoError(t, err)
		require.Equal(t, known, found.knows(user.ID))
	}
}

func TestAResetRefusesWhatIsNoGoodPassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.forgot(t, b.user(t, store.User{FirstName: "Marguerite"}))
	for chosen, reason := range map[string]refusal.Reason{
		"": refusal.Required, "short": refusal.TooShort, strings.Repeat("x", 257): refusal.TooLong,
		"marguerite12": refusal.Guessable, "0123\x00456789": refusal.Malformed,
	} {
		_, err := b.ResetPassword(t.Context(), &ResetPasswordParams{Token: token, Password: chosen})
		requireRefused(t, err, errs.InvalidArgument, reason)
	}
	require.NoError(t, b.reset(t, token), "and the link is still good")
}
