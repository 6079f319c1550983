package auth

import (
	"testing"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

func TestTheLinkOfAnInvitationIsDerivedWhenItIsSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, invitation := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	link, err := b.InvitationLink(t.Context(), &InvitationLinkParams{ID: invitation.ID})
	require.NoError(t, err)
	require.Equal(t, "https://bins.example.be/register?token="+token, link.Link)
	require.Equal(t, "emma@example.org", link.Email)
	require.Equal(t, RoleStudent, link.Role)
	require.True(t, invitation.ExpiresAt.Equal(link.ExpiresAt))

	anew, _ := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	require.NotEqual(t, token, anew, "the old link leads nowhere")
	link, err = b.InvitationLink(t.Context(), &InvitationLinkParams{ID: invitation.ID})
	require.NoError(t, err)
	require.Equal(t, "https://bins.example.be/register?token="+anew, link.Link)
}

func TestAnInvitationIsAnsweredAgainToWhoMadeIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss, helper := b.user(t, store.User{Role: store.RoleAdmin}), b.user(t, store.User{Role: store.RoleSuperstudent})
	invite := func(user store.User, role Role) *InviteResponse {
		as(user)
		made, err := b.Invite(t.Context(), &InviteParams{Email: "emma@example.org", Role: role})
		require.NoError(t, err)
		return made
	}
	ask := func(user store.User, id int64) (*InviteResponse, error) {
		as(user)
		return b.Invited(t.Context(), &InvitedParams{ID: id})
	}
	made := invite(helper, RoleStudent)
	again, err := ask(helper, made.Invitation.ID)
	require.NoError(t, err)
	require.Equal(t, made, again)
	_, err = ask(boss, made.Invitation.ID)
	requireRefused(t, err, errs.FailedPrecondition, refusal.ChangedMeanwhile)
	_, err = ask(helper, made.Invitation.ID+1000)
	requireRefused(t, err, errs.NotFound, refusal.Missing)

	anew := invite(boss, RoleAdmin)
	require.Equal(t, made.Invitation.ID, anew.Invitation.ID)
	_, err = ask(helper, made.Invitation.ID)
	requireRefused(t, err, errs.PermissionDenied, refusal.HigherRank)
}

func TestTokensOfLinksAreWrittenDownNowhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, _ := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	_, err := b.Register(t.Context(), registration(token))
	require.NoError(t, err)
	var stored string
	require.NoError(t, b.pool.QueryRow(t.Context(), `
		select (select string_agg(invitations::text, '') from invitations) || (select string_agg(payload::text, '') from outbox)`,
	).Scan(&stored))
	require.NotEmpty(t, stored)
	require.NotContains(t, stored, token)
}

func TestALinkThatCannotBeDerived(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, invitation := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	ask := func(id int64) error {
		_, err := b.InvitationLink(t.Context(), &InvitationLinkParams{ID: id})
		return err
	}
	requireRefused(t, ask(invitation.ID+1000), errs.NotFound, refusal.Missing)

	key := b.links
	another, err := newLinkKey("another key", encore.EnvironmentMeta{})
	require.NoError(t, err)
	b.links = another
	requireRefused(t, ask(invitation.ID), errs.FailedPrecondition, refusal.ChangedMeanwhile)
	_, err = b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
	require.NoError(t, err, "the link that was handed over is still good")
	b.links = key

	_, err = b.pool.Exec(t.Context(), `update invitations set nonce = null`) // as the version before made them
	require.NoError(t, err)
	requireRefused(t, ask(invitation.ID), errs.FailedPrecondition, refusal.ChangedMeanwhile)
	_, err = b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
	require.NoError(t, err)

	b.clock.advance(invitationLife)
	requireRefused(t, ask(invitation.ID), errs.FailedPrecondition, refusal.InvitationExpired)
	token, invitation = b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	_, err = b.Register(t.Context(), registration(token))
	require.NoError(t, err)
	requireRefused(t, ask(invitation.ID), errs.FailedPrecondition, refusal.InvitationUsed)
}

func TestTokensOfLinksDependOnEverything(t *testing.T) {
	t.Parallel()
	key, err := newLinkKey("key", encore.EnvironmentMeta{})
	require.NoError(t, err)
	other, err := newLinkKey("other key", encore.EnvironmentMeta{})
	require.NoError(t, err)
	nonce := newNonce()
	token := key.token(invitationPurpose, 1, nonce)
	require.Equal(t, token, key.token(invitationPurpose, 1, nonce))
	for _, another := range []string{
		other.token(invitationPurpose, 1, nonce), key.token("reset", 1, nonce), key.token(invitationPurpose, 2, nonce),
		key.token(invitationPurpose, 1, newNonce()),
	} {
		require.NotEqual(t, token, another)
	}
}

func TestOnlyADeveloperIsWithoutAKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		environment encore.EnvironmentMeta
		ok          bool
	}{
		{encore.EnvironmentMeta{Type: encore.EnvDevelopment, Cloud: encore.CloudLocal}, true},
		{encore.EnvironmentMeta{Type: encore.EnvTest}, true},
		{encore.EnvironmentMeta{Type: encore.EnvDevelopment, Cloud: "self-hosted"}, false},
		{encore.EnvironmentMeta{Type: encore.EnvProduction, Cloud: "self-hosted"}, false},
	} {
		_, err := newLinkKey("", c.environment)
		require.Equal(t, c.ok, err == nil, c)
	}
}

func TestRegionInUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.user(t, store.User{RegionIds: []int64{1, 2}})
	b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent, RegionIDs: []int64{2, 3}})
	check := func(region int64, users, invitations bool) {
		t.Helper()
		use, err := b.RegionInUse(t.Context(), &RegionInUseParams{RegionID: region})
		require.NoError(t, err)
		require.Equal(t, &RegionInUseResponse{ByUsers: users, ByInvitations: invitations}, use)
	}
	check(1, true, false)
	check(2, true, true)
	check(3, false, true)
	check(4, false, false)
	b.clock.advance(30 * 24 * time.Hour)
	check(3, false, true) // it may be made anew with the same regions
	token, _ := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent, RegionIDs: []int64{3}})
	_, err := b.Register(t.Context(), registration(token))
	require.NoError(t, err)
	check(3, true, false)
}
