package auth

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
)

// invite invites an address as an administrator and returns the token of the link.
func (b *bundle) invite(t *testing.T, p InviteParams) (token string, invitation *Invitation) {
	t.Helper()
	as(b.user(t, store.User{Role: store.RoleAdmin}))
	require.NoError(t, p.Validate())
	answer, err := b.Invite(t.Context(), &p)
	require.NoError(t, err)
	return answer.Token, answer.Invitation
}

func TestInvite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	office := b.user(t, store.User{Role: store.RoleSuperstudent, FirstName: "Ruben", LastName: "Verhaeghe"})
	as(office)
	answer, err := b.Invite(t.Context(), &InviteParams{
		Email: " Emma@Example.org ", Role: RoleStudent, RegionIDs: []int64{5, 2, 5},
	})
	require.NoError(t, err)
	want := &Invitation{
		ID: answer.Invitation.ID, Email: "emma@example.org", Role: RoleStudent, RegionIDs: []int64{2, 5},
		InvitedBy: "Ruben Verhaeghe", CreatedAt: b.clock.now(), ExpiresAt: b.clock.now().Add(7 * 24 * time.Hour),
	}
	requireSameInvitation(t, want, answer.Invitation)

	list, err := b.ListInvitations(t.Context(), &ListInvitationsParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	requireSameInvitation(t, want, list.Items[0])

	var stored string
	require.NoError(t, b.pool.QueryRow(t.Context(), `select invitations::text from invitations`).Scan(&stored))
	require.NotContains(t, stored, answer.Token, "the token is kept as a hash only")
	require.Empty(t, b.events(t), "no event carries the token")
}

// Rule 10: the mail is asked for in the transaction that invites, and says which invitation, nothing else.
func TestRule10WhoIsInvitedGetsAMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, invitation := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	_, err := b.Invite(t.Context(), &InviteParams{Email: "emma@example.org", Role: RoleNone})
	require.Error(t, err)
	again, invitedAgain := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleSyndic})
	b.events(t)
	requests := b.sent.requests(t)
	require.Len(t, requests, 2)
	for i, want := range []*Invitation{invitation, invitedAgain} {
		requests[i].ID, requests[i].OccurredAt = "", requests[i].OccurredAt.UTC()
		require.Equal(t, &mailrequest.Request{Kind: mailrequest.Invitation, ThingID: want.ID, OccurredAt: b.clock.now()}, requests[i])
	}
	for _, message := range b.sent.messages {
		require.NotContains(t, string(message.Payload), token)
		require.NotContains(t, string(message.Payload), again)
	}
}

// requireSameInvitation compares moments as moments: the database has a time zone of its own.
func requireSameInvitation(t *testing.T, want, got *Invitation) {
	t.Helper()
	inUTC := func(invitation Invitation) Invitation {
		invitation.CreatedAt, invitation.ExpiresAt = invitation.CreatedAt.UTC(), invitation.ExpiresAt.UTC()
		return invitation
	}
	require.Equal(t, inUTC(*want), inUTC(*got))
}

func TestInviteParamsAreValidated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		params InviteParams
		field  string
		reason refusal.Reason
	}{
		"no address":     {InviteParams{Email: " ", Role: RoleStudent}, "email", refusal.Required},
		"no at":          {InviteParams{Email: "emma.example.org", Role: RoleStudent}, "email", refusal.Malformed},
		"a name too":     {InviteParams{Email: "Emma <emma@example.org>", Role: RoleStudent}, "email", refusal.Malformed},
		"two":            {InviteParams{Email: "a@b.be, c@d.be", Role: RoleStudent}, "email", refusal.Malformed},
		"a line break":   {InviteParams{Email: "a@b.be\nBcc: c", Role: RoleStudent}, "email", refusal.Malformed},
		"long address":   {InviteParams{Email: strings.Repeat("a", 250) + "@b.be", Role: RoleStudent}, "email", refusal.TooLong},
		"no role":        {InviteParams{Email: "a@b.be"}, "role", refusal.Required},
		"unknown role":   {InviteParams{Email: "a@b.be", Role: "boss"}, "role", refusal.Unknown},
		"the role none":  {InviteParams{Email: "a@b.be", Role: RoleNone}, "role", refusal.Unknown},
		"a lot of them":  {InviteParams{Email: "a@b.be", Role: RoleStudent, RegionIDs: make([]int64, 201)}, "region_ids", refusal.TooLong},
		"a wrong domain": {InviteParams{Email: "a@", Role: RoleStudent}, "email", refusal.Malformed},
	} {
		err := c.params.Validate()
		require.Error(t, err, name)
		require.Equal(t, refusal.Details{Field: c.field, Reason: c.reason}, errs.Details(err), name)
	}
	require.NoError(t, (&InviteParams{Email: " a@b.be ", Role: RoleSyndic}).Validate())
}

func TestNobodyInvitesAboveTheOwnRank(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, actor := range Roles() {
		for _, role := range []Role{RoleAdmin, RoleSuperstudent, RoleStudent, RoleSyndic} {
			name := fmt.Sprintf("%s invites %s", actor, role)
			as(b.user(t, store.User{Role: store.Role(actor)}))
			_, err := b.Invite(t.Context(), &InviteParams{Email: fmt.Sprintf("%s-%s@example.org", actor, role), Role: role})
			switch {
			case !actor.IsOffice():
				requireRefused(t, err, errs.PermissionDenied, refusal.WrongRole)
			case actor == RoleSuperstudent && role == RoleAdmin:
				requireRefused(t, err, errs.PermissionDenied, refusal.HigherRank)
			default:
				require.NoError(t, err, name)
			}
		}
	}
}

func TestAnInvitationAboveTheOwnRankIsOutOfReach(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, invitation := b.invite(t, InviteParams{Email: "boss@example.org", Role: RoleAdmin})
	as(b.user(t, store.User{Role: store.RoleSuperstudent}))

	_, err := b.Invite(t.Context(), &InviteParams{Email: "Boss@example.org", Role: RoleStudent})
	requireRefused(t, err, errs.PermissionDenied, refusal.HigherRank)
	_, err = b.WithdrawInvitation(t.Context(), invitation.ID)
	requireRefused(t, err, errs.PermissionDenied, refusal.HigherRank)
	_, err = b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
	require.NoError(t, err, "it stands")
}

func TestInvitingAgainReplacesTheToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, one := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent, RegionIDs: []int64{1}})
	b.clock.advance(8 * 24 * time.Hour)
	second, two := b.invite(t, InviteParams{Email: "EMMA@example.org", Role: RoleSyndic})
	require.Equal(t, one.ID, two.ID)
	require.False(t, two.Expired)
	require.Empty(t, two.RegionIDs)
	require.NotEqual(t, one.InvitedBy, two.InvitedBy)
	require.True(t, b.clock.now().Equal(two.CreatedAt))
	list, err := b.ListInvitations(t.Context(), &ListInvitationsParams{})
	require.NoError(t, err)
	requireSameInvitation(t, two, list.Items[0])

	_, err = b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: first})
	requireRefused(t, err, errs.NotFound, refusal.Missing)
	read, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: second})
	require.NoError(t, err)
	require.Equal(t, RoleSyndic, read.Role)
}

func TestNobodyWithAnAccountIsInvited(t *testing.T) {
	t.Parallel()
	b := setup(t)
	gone := b.user(t, store.User{Email: "emma@example.org"})
	b.deactivate(t, gone)
	as(b.user(t, store.User{Role: store.RoleAdmin}))
	_, err := b.Invite(t.Context(), &InviteParams{Email: "Emma@example.org", Role: RoleStudent})
	requireRefused(t, err, errs.AlreadyExists, refusal.AccountExists)
	require.Equal(t, "email", errs.Details(err).(refusal.Details).Field)

	list, err := b.ListInvitations(t.Context(), &ListInvitationsParams{})
	require.NoError(t, err)
	require.Empty(t, list.Items)
}

func TestWithdrawInvitation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, invitation := b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	answer, err := b.WithdrawInvitation(t.Context(), invitation.ID)
	require.NoError(t, err)
	require.Equal(t, "emma@example.org", answer.Email)
	_, err = b.WithdrawInvitation(t.Context(), invitation.ID)
	requireRefused(t, err, errs.NotFound, refusal.Missing)
	_, err = b.Register(t.Context(), registration(token))
	requireRefused(t, err, errs.NotFound, refusal.Missing)

	token, invitation = b.invite(t, InviteParams{Email: "emma@example.org", Role: RoleStudent})
	_, err = b.Register(t.Context(), registration(token))
	require.NoError(t, err)
	_, err = b.WithdrawInvitation(t.Context(), invitation.ID)
	requireRefused(t, err, errs.FailedPrecondition, refusal.InvitationUsed)
}

func TestListInvitationsPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var waiting, accepted []string
	for i := range 7 {
		email := fmt.Sprintf("person-%d@example.net", i)
		token, _ := b.invite(t, InviteParams{Email: email, Role: RoleStudent})
		if i%2 == 0 {
			_, err := b.Register(t.Context(), registration(token))
			require.NoError(t, err)
			accepted = append([]string{email}, accepted...)
		} else {
			waiting = append([]string{email}, waiting...)
		}
	}
	for state, want := range map[string][]string{
		"": append(append([]string{}, waiting...), accepted...), "waiting": waiting, "accepted": accepted,
	} {
		var got []string
		cursor := ""
		for more := true; more; more = cursor != "" {
			answer, err := b.ListInvitations(t.Context(), &ListInvitationsParams{State: state, Limit: 2, Cursor: cursor})
			require.NoError(t, err)
			require.LessOrEqual(t, len(answer.Items), 2)
			for _, item := range answer.Items {
				got = append(got, item.Email)
			}
			require.LessOrEqual(t, len(got), len(want), "the pages do not end")
			cursor = answer.NextCursor
		}
		require.Equal(t, want, got, state)
	}
	for _, p := range []ListInvitationsParams{{State: "lost"}, {Limit: 201}, {Limit: -1}, {Cursor: "x"}} {
		_, err := b.ListInvitations(t.Context(), &p)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), p)
	}
}

func TestWhoLosesARoleHasNoInvitationBackToIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin, office := b.user(t, store.User{Role: store.RoleAdmin}), b.user(t, store.User{Role: store.RoleSuperstudent})
	invite := func(by store.User, email string, role Role) string {
		as(by)
		answer, err := b.Invite(t.Context(), &InviteParams{Email: email, Role: role})
		require.NoError(t, err)
		return answer.Token
	}
	back := invite(office, "back@example.org", RoleSuperstudent)
	student := invite(office, "student@example.org", RoleStudent)
	others := invite(admin, "other@example.org", RoleSuperstudent)
	demote := func(role Role) {
		as(admin)
		_, err := b.ChangeRole(t.Context(), office.ID, &ChangeRoleParams{Role: role})
		require.NoError(t, err)
	}
	read := func(token string) error {
		_, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
		return err
	}
	demote(RoleStudent)
	requireRefused(t, read(back), errs.NotFound, refusal.Missing)
	require.NoError(t, read(student))
	require.NoError(t, read(others))
	requireChange(t, b.changes(t), "invitation.withdrawn", "invitation", admin.ID, `"email": "back@example.org"`, "")

	as(office) // a request that was let in before
	_, err := b.Invite(t.Context(), &InviteParams{Email: "late@example.org", Role: RoleStudent})
	requireRefused(t, err, errs.PermissionDenied, refusal.WrongRole)
	demote(RoleNone)
	requireRefused(t, read(student), errs.NotFound, refusal.Missing)
	require.NoError(t, read(others))
}

// Invitations of somebody who is deactivated are withdrawn; none may be made a moment later.
func TestWhoIsDeactivatedMeanwhileInvitesNobody(t *testing.T) {
	t.Parallel()
	for name, invite := range map[string]func(b *bundle, waiting int64) error{
		"invite": func(b *bundle, _ int64) error {
			_, err := b.Invite(t.Context(), &InviteParams{Email: "accomplice@example.org", Role: RoleAdmin})
			return err
		},
		"renew": func(b *bundle, waiting int64) error {
			_, err := b.RenewInvitation(t.Context(), waiting)
			return err
		},
	} {
		b := setup(t)
		as(b.user(t, store.User{Role: store.RoleAdmin}))
		waiting, err := b.Invite(t.Context(), &InviteParams{Email: "somebody@example.org", Role: RoleAdmin})
		require.NoError(t, err)
		taken := b.user(t, store.User{Role: store.RoleAdmin})
		_, who := b.session(t, taken)
		signedInAs(who)
		tx, err := b.pool.Begin(t.Context())
		require.NoError(t, err)
		defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
		_, err = tx.Exec(t.Context(), `update users set active = false where id = $1`, taken.ID)
		require.NoError(t, err)
		result := make(chan error, 1)
		go func() { result <- invite(b, waiting.Invitation.ID) }()
		b.waitForLocks(t, 1)
		require.NoError(t, tx.Commit(t.Context()), name)
		requireRefused(t, <-result, errs.Unauthenticated, refusal.SignedOut)
	}
}
