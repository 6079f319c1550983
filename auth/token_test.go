package auth

import (
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

// tokenParams are those of a valid token.
func tokenParams() *CreateTokenParams {
	return &CreateTokenParams{Name: "Export", Scope: ScopeRead, Days: 30, Password: password}
}

func TestPeopleMakeTokensForTheirPrograms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{Role: store.RoleStudent})
	_, who := b.session(t, user)
	signedInAs(who)
	made, err := b.CreateToken(t.Context(), tokenParams())
	require.NoError(t, err)
	require.Regexp(t, `^trt_[A-Za-z0-9_-]{43}$`, made.Secret)
	require.True(t, b.clock.now().AddDate(0, 0, 30).Equal(made.Token.ExpiresAt))
	require.Nil(t, made.Token.LastUsedAt)

	_, program, err := b.Authenticate(t.Context(), &Credentials{Authorization: "Bearer " + made.Secret})
	require.NoError(t, err)
	require.Equal(t, &Data{
		UserID: user.ID, TokenID: made.Token.ID, Scope: ScopeRead, Role: RoleStudent, RegionIDs: []int64{}, Language: "nl",
	}, program)
	require.True(t, program.MayOnlyRead())
	writer := tokenParams()
	writer.Scope, writer.Name = ScopeWrite, " Import\n"
	second, err := b.CreateToken(t.Context(), writer)
	require.NoError(t, err)
	_, program, err = b.Authenticate(t.Context(), &Credentials{Authorization: "Bearer " + second.Secret})
	require.NoError(t, err)
	require.False(t, program.MayOnlyRead())

	b.events(t)
	told := []map[string]string{}
	for _, request := range b.sent.requests(t) {
		if request.Kind == mailrequest.TokenCreated {
			require.Equal(t, user.ID, request.UserID)
			told = append(told, request.Data)
		}
	}
	require.Equal(t, []map[string]string{
		{"scope": "read", "expires_at": "2026-04-01T09:00:00Z"}, {"scope": "write", "expires_at": "2026-04-01T09:00:00Z"},
	}, told)

	list, err := b.ListTokens(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	require.Equal(t, []string{"Import", "Export"}, []string{list.Items[0].Name, list.Items[1].Name})
	require.True(t, b.clock.now().Equal(*list.Items[1].LastUsedAt))
	var stored string
	require.NoError(t, b.pool.QueryRow(t.Context(), `
		select (select string_agg(tokens::text, '') from tokens) || (select string_agg(payload::text, '') from outbox)`).Scan(&stored))
	require.NotContains(t, stored, made.Secret)
	require.NotContains(t, stored, strings.TrimPrefix(made.Secret, tokenPrefix))

	gone, err := b.WithdrawToken(t.Context(), made.Token.ID)
	require.NoError(t, err)
	require.Equal(t, made.Token.ID, gone.ID)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Authorization: "Bearer " + made.Secret})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	_, err = b.WithdrawToken(t.Context(), made.Token.ID)
	requireRefused(t, err, errs.NotFound, refusal.Missing)
	changes := b.changes(t)
	requireChange(t, changes, "token.withdrawn", "token", user.ID, `"name": "Export"`, "")
	for _, change := range changes {
		require.NotContains(t, string(change.After), "trt_")
	}

	_, stranger := b.session(t, b.user(t, store.User{}))
	signedInAs(stranger)
	_, err = b.WithdrawToken(t.Context(), second.Token.ID)
	requireRefused(t, err, errs.NotFound, refusal.Missing)
}

func TestATokenIsListedAMonthAfterItsTimeWasUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, who := b.session(t, b.user(t, store.User{}))
	signedInAs(who)
	made, err := b.CreateToken(t.Context(), tokenParams())
	require.NoError(t, err)
	b.clock.advance(30 * 24 * time.Hour)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Authorization: "Bearer " + made.Secret})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	for _, listed := range []int{1, 0} {
		require.NoError(t, b.EndExpiredSessions(t.Context()))
		list, err := b.ListTokens(t.Context())
		require.NoError(t, err)
		require.Len(t, list.Items, listed)
		for _, token := range list.Items {
			require.True(t, token.Expired)
		}
		b.clock.advance(tokenMemory)
	}
}

func TestATokenTakesWhatItIsFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, who := b.session(t, b.user(t, store.User{}))
	signedInAs(who)
	for reason, change := range map[refusal.Reason]func(*CreateTokenParams){
		refusal.Required:      func(p *CreateTokenParams) { p.Name = " " },
		refusal.TooLong:       func(p *CreateTokenParams) { p.Name = strings.Repeat("x", 101) },
		refusal.Malformed:     func(p *CreateTokenParams) { p.Name = "a\x00b" },
		refusal.Unknown:       func(p *CreateTokenParams) { p.Scope = "admin" },
		refusal.OutOfRange:    func(p *CreateTokenParams) { p.Days = 367 },
		refusal.WrongPassword: func(p *CreateTokenParams) { p.Password = "wrong" },
	} {
		params := tokenParams()
		change(params)
		_, err := b.CreateToken(t.Context(), params)
		requireRefused(t, err, errs.InvalidArgument, reason)
	}
	as(b.user(t, store.User{})) // a program makes no tokens
	_, err := b.CreateToken(t.Context(), tokenParams())
	requireRefused(t, err, errs.PermissionDenied, refusal.SessionRequired)
}

func TestAnAccountHas20Tokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	_, who := b.session(t, user)
	signedInAs(who)
	for range maxTokens - 1 {
		_, err := b.CreateToken(t.Context(), tokenParams())
		require.NoError(t, err)
	}
	results := make(chan error, 4)
	var together sync.WaitGroup
	for range cap(results) {
		together.Go(func() {
			_, err := b.CreateToken(t.Context(), tokenParams())
			results <- err
		})
	}
	together.Wait()
	close(results)
	made := 0
	for err := range results {
		if err == nil {
			made++
			continue
		}
		requireRefused(t, err, errs.FailedPrecondition, refusal.TooManyOfThem)
	}
	require.Equal(t, 1, made)
}
