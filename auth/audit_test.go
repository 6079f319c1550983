package auth

import (
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/audit"
)

// requireChange looks at the one change of a kind.
func requireChange(t *testing.T, changes []*audit.Event, kind, thing string, actor int64, before, after string) {
	t.Helper()
	var found []*audit.Event
	for _, change := range changes {
		if change.Kind == kind {
			found = append(found, change)
		}
	}
	require.Len(t, found, 1, kind)
	require.Equal(t, thing, found[0].ThingKind, kind)
	require.NotEqual(t, "0", found[0].ThingID, kind)
	require.Equal(t, actor, found[0].Actor.UserID, kind)
	if before == "" {
		require.Equal(t, "null", string(found[0].Before), kind)
	} else {
		require.Contains(t, string(found[0].Before), before, kind)
	}
	if after == "" {
		require.Equal(t, "null", string(found[0].After), kind)
	} else {
		require.Contains(t, string(found[0].After), after, kind)
	}
}

func TestRule12EveryChangeOfAccountsNamesWhoDidIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, _ := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleSyndic})
	admin := b.user(t, store.User{Role: store.RoleAdmin})
	as(admin)
	answer, err := b.Invite(t.Context(), &InviteParams{Email: "emma@example.org", Role: RoleStudent})
	require.NoError(t, err)
	gone, err := b.Invite(t.Context(), &InviteParams{Email: "noor@example.org", Role: RoleStudent})
	require.NoError(t, err)
	_, err = b.WithdrawInvitation(t.Context(), gone.Invitation.ID)
	require.NoError(t, err)
	registered, err := b.Register(t.Context(), registration(answer.Token))
	require.NoError(t, err)
	emma := registered.Account.ID
	_, err = b.ChangeRole(t.Context(), emma, &ChangeRoleParams{Role: RoleSuperstudent})
	require.NoError(t, err)
	_, err = b.AssignRegions(t.Context(), &AssignRegionsParams{UserID: emma, RegionIDs: []int64{4}})
	require.NoError(t, err)
	_, who, err := b.Authenticate(t.Context(), &Credentials{Session: tokenOf(t, registered.SetCookie...)})
	require.NoError(t, err)
	signedInAs(who)
	_, err = b.SignOut(t.Context())
	require.NoError(t, err)

	changes := b.changes(t)
	requireChange(t, changes, "invitation.changed", "invitation", admin.ID, `"role": "syndic"`, `"role": "student"`)
	requireChange(t, changes, "invitation.withdrawn", "invitation", admin.ID, `"email": "noor@example.org"`, "")
	requireChange(t, changes, "invitation.accepted", "invitation", emma, `"accepted_at": null`, `"accepted_at": "2026`)
	requireChange(t, changes, "account.created", "account", emma, "", `"role": "student"`)
	requireChange(t, changes, "account.role_changed", "account", admin.ID, `"role": "student"`, `"role": "superstudent"`)
	requireChange(t, changes, "account.regions_changed", "account", admin.ID, `"region_ids": []`, `"region_ids": [4]`)
	requireChange(t, changes, SessionStarted, "session", emma, "", `"state": "active"`)
	requireChange(t, changes, SessionEnded, "session", emma, `"state": "active"`, "")

	for _, change := range changes {
		for _, secret := range []string{first, answer.Token, tokenOf(t, registered.SetCookie...), password, "hash", "argon2", "nonce"} {
			require.NotContains(t, string(change.Before)+string(change.After), secret, change.Kind)
		}
	}
	for _, event := range b.events(t) {
		switch event.Type {
		case RoleChanged, RegionsChanged:
			require.Equal(t, admin.ID, event.ActorID, event.Type)
		case SessionEnded:
			require.Equal(t, emma, event.ActorID)
		}
	}
}

func TestRule12WhatTheSystemDoesHasNoActor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.session(t, b.user(t, store.User{}))
	b.start(t, adminEmail) // there is an account: nothing
	b.clock.advance(sessionLife)
	require.NoError(t, b.EndExpiredSessions(t.Context()))
	requireChange(t, b.changes(t), SessionEnded, "session", 0, `"state": "active"`, "")
	require.Zero(t, b.events(t)[0].ActorID)

	b = setup(t)
	b.start(t, adminEmail)
	b.clock.advance(startsTogether)
	b.start(t, "other@trottoir.example")
	requireChange(t, b.changes(t), "invitation.withdrawn", "invitation", 0, `"email": "an@trottoir.example"`, "")
}
