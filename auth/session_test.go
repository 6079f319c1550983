package auth

import (
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, who := b.session(t, b.user(t, store.User{}))
	other, otherWho := b.session(t, b.user(t, store.User{}))
	for name, c := range map[string]struct {
		credentials Credentials
		want        *Data
	}{
		"cookie":               {Credentials{Session: token}, who},
		"bearer":               {Credentials{Authorization: "Bearer " + token}, who},
		"bearer, lower case":   {Credentials{Authorization: "bearer  " + token}, who},
		"bearer before cookie": {Credentials{Authorization: "Bearer " + other, Session: token}, otherWho},
		"another scheme":       {Credentials{Authorization: "Basic " + token}, nil},
		"an empty bearer":      {Credentials{Authorization: "Bearer ", Session: token}, nil},
		"an unknown token":     {Credentials{Session: token + "x"}, nil},
		"nothing":              {Credentials{}, nil},
	} {
		_, got, err := b.Authenticate(t.Context(), &c.credentials)
		if c.want == nil {
			require.Error(t, err, name)
			requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
		} else {
			require.NoError(t, err, name)
			require.Equal(t, c.want, got, name)
		}
	}
}

func TestASessionEnds14DaysAfterItsLastUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, _ := b.session(t, b.user(t, store.User{}))
	use := func() error {
		_, _, err := b.Authenticate(t.Context(), &Credentials{Session: token})
		return err
	}
	b.clock.advance(sessionLife - time.Second)
	require.NoError(t, use(), "and lives anew")
	b.clock.advance(sessionLife - time.Second)
	require.NoError(t, use())
	b.clock.advance(sessionLife)
	requireRefused(t, use(), errs.Unauthenticated, refusal.SignedOut)
}

func TestTheUseOfASessionIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, who := b.session(t, b.user(t, store.User{}))
	started := b.clock.now()
	lastUse := func() time.Time {
		_, _, err := b.Authenticate(t.Context(), &Credentials{Session: token})
		require.NoError(t, err)
		var at time.Time
		row := b.pool.QueryRow(t.Context(), `select last_used_at from sessions where id = $1`, who.SessionID)
		require.NoError(t, row.Scan(&at))
		return at.UTC()
	}
	b.clock.advance(useInterval)
	require.Equal(t, started, lastUse())
	b.clock.advance(time.Second)
	require.Equal(t, b.clock.now(), lastUse())
}

func TestADeactivatedAccountHasNoSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	token, who := b.session(t, user)
	b.deactivate(t, user)

	_, _, err := b.Authenticate(t.Context(), &Credentials{Session: token})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	state, err := b.SessionState(t.Context(), &SessionStateParams{SessionID: who.SessionID})
	require.NoError(t, err)
	require.Equal(t, &SessionStateResponse{}, state)
}

func TestARoleCountsFromTheNextRequestOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin, user := b.user(t, store.User{Role: store.RoleAdmin}), b.user(t, store.User{Role: store.RoleStudent})
	token, who := b.session(t, user)
	as(admin)
	_, err := b.ChangeRole(t.Context(), user.ID, &ChangeRoleParams{Role: RoleSyndic})
	require.NoError(t, err)

	_, now, err := b.Authenticate(t.Context(), &Credentials{Session: token})
	require.NoError(t, err)
	require.Equal(t, RoleSyndic, now.Role)
	state, err := b.SessionState(t.Context(), &SessionStateParams{SessionID: who.SessionID})
	require.NoError(t, err)
	require.Equal(t, &SessionStateResponse{Active: true, UserID: user.ID, Role: RoleSyndic}, state)
}

func TestExpiredSessionsEndWithAnEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{})
	_, first := b.session(t, user)
	_, second := b.session(t, user)
	b.clock.advance(sessionLife)
	_, alive := b.session(t, user)

	require.NoError(t, b.EndExpiredSessions(t.Context()))
	require.NoError(t, b.EndExpiredSessions(t.Context()), "and nothing the second time")

	var ended []int64
	for _, event := range b.events(t) {
		require.Equal(t, SessionEnded, event.Type)
		require.Equal(t, user.ID, event.UserID)
		ended = append(ended, event.SessionID)
	}
	require.ElementsMatch(t, []int64{first.SessionID, second.SessionID}, ended)
	state, err := b.SessionState(t.Context(), &SessionStateParams{SessionID: alive.SessionID})
	require.NoError(t, err)
	require.True(t, state.Active)
}

func TestASessionEnds90DaysAfterItsStart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, who := b.session(t, b.user(t, store.User{}))
	for range 89 {
		b.clock.advance(24 * time.Hour)
		_, _, err := b.Authenticate(t.Context(), &Credentials{Session: token})
		require.NoError(t, err)
	}
	signedInAs(who)
	listed, err := b.ListSessions(t.Context())
	require.NoError(t, err)
	require.True(t, b.clock.now().Add(24*time.Hour).Equal(listed.Items[0].ExpiresAt), "and says so beforehand")
	b.clock.advance(24*time.Hour - time.Second)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: token})
	require.NoError(t, err)
	b.clock.advance(time.Second)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: token})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	state, err := b.SessionState(t.Context(), &SessionStateParams{SessionID: who.SessionID})
	require.NoError(t, err)
	require.False(t, state.Active)
	require.NoError(t, b.EndExpiredSessions(t.Context()))
	require.Len(t, b.events(t), 1)
}

func TestATokenOfAProgramIsACredentialToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{Role: store.RoleStudent, RegionIds: []int64{3}})
	token, hash := newToken()
	var id int64
	require.NoError(t, b.pool.QueryRow(t.Context(), `
		insert into tokens (user_id, name, token_hash, scope, created_at, expires_at)
		values ($1, 'export', $2, 'read', $3, $4) returning id`,
		user.ID, hash, b.clock.now(), b.clock.now().Add(time.Hour)).Scan(&id))
	_, who, err := b.Authenticate(t.Context(), &Credentials{Authorization: "Bearer " + token})
	require.NoError(t, err)
	require.Equal(t, &Data{
		UserID: user.ID, TokenID: id, Scope: ScopeRead, Role: RoleStudent, RegionIDs: []int64{3}, Language: "nl",
	}, who)

	signedInAs(who)
	answer, err := b.SignOut(t.Context())
	require.NoError(t, err)
	require.False(t, answer.Ended, "there is no session to end")
	state, err := b.SessionState(t.Context(), &SessionStateParams{SessionID: who.SessionID})
	require.NoError(t, err)
	require.False(t, state.Active, "no connection is opened with it")

	b.deactivate(t, user)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Authorization: "Bearer " + token})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	_, err = b.pool.Exec(t.Context(), `update users set active = true where id = $1`, user.ID)
	require.NoError(t, err)

	b.clock.advance(time.Hour)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Authorization: "Bearer " + token})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
}
