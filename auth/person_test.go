package auth

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
)

// kindsOf are the types of the events about a person that were published.
func (b *bundle) kindsOf(t *testing.T, user store.User) (kinds []string) {
	t.Helper()
	for _, event := range b.events(t) {
		if event.UserID == user.ID {
			kinds = append(kinds, event.Type)
		}
	}
	return kinds
}

func TestWhoIsDeactivatedIsOutAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.user(t, store.User{Role: store.RoleAdmin})
	office := b.user(t, store.User{Role: store.RoleSuperstudent})
	token, who := b.session(t, office)
	_, _ = b.session(t, office)
	signedInAs(who)
	invited, err := b.Invite(t.Context(), &InviteParams{Email: "friend@example.org", Role: RoleStudent})
	require.NoError(t, err)

	as(admin)
	for range 2 { // twice is once
		user, err := b.SetActive(t.Context(), office.ID, &SetActiveParams{Address: "192.0.2.7"})
		require.NoError(t, err)
		require.False(t, user.Active)
	}
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: token})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	_, err = b.SignIn(t.Context(), &SignInParams{Email: office.Email, Password: password})
	requireRefused(t, err, errs.Unauthenticated, refusal.WrongCredentials)
	_, err = b.Register(t.Context(), registration(invited.Token))
	requireRefused(t, err, errs.NotFound, refusal.Missing)
	require.Equal(t, []string{AccountDeactivated, SessionEnded, SessionEnded}, b.kindsOf(t, office), "open connections close")
	requireChange(t, b.changes(t), AccountDeactivated, "account", admin.ID, `"active": true`, `"active": false`)
	requireChange(t, b.changes(t), "invitation.withdrawn", "invitation", admin.ID, "friend@example.org", "")
	for _, change := range b.changes(t) {
		if change.Kind == AccountDeactivated {
			require.Equal(t, "192.0.2.7", change.Actor.Address)
			require.True(t, b.clock.now().Equal(change.OccurredAt))
		}
	}

	for range 2 {
		_, err = b.SetActive(t.Context(), office.ID, &SetActiveParams{Active: true})
		require.NoError(t, err)
	}
	b.session(t, office)
	require.Equal(t, []string{AccountDeactivated, SessionEnded, SessionEnded, AccountReactivated}, b.kindsOf(t, office))
}

func TestNobodyChangesPersonsOfTheirOwnRank(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.user(t, store.User{Role: store.RoleAdmin})
	for caller, target := range map[Role]store.User{
		RoleAdmin:        b.user(t, store.User{Role: store.RoleAdmin}),
		RoleSuperstudent: b.user(t, store.User{Role: store.RoleSuperstudent}),
	} {
		who := b.user(t, store.User{Role: store.Role(caller)})
		as(who)
		for _, id := range []int64{target.ID, who.ID, admin.ID} {
			_, err := b.SetActive(t.Context(), id, &SetActiveParams{})
			requireRefused(t, err, errs.PermissionDenied, refusal.HigherRank)
			_, err = b.Anonymise(t.Context(), id, &AnonymiseParams{})
			requireRefused(t, err, errs.PermissionDenied, refusal.HigherRank)
			_, err = b.ChangeUser(t.Context(), id, &ChangeUserParams{FirstName: "A", LastName: "B", Language: "nl"})
			requireRefused(t, err, errs.PermissionDenied, refusal.HigherRank)
			person, err := b.GetUser(t.Context(), id)
			require.NoError(t, err)
			require.False(t, person.MayChange)
		}
	}
	as(admin)
	_, err := b.SetActive(t.Context(), 4711, &SetActiveParams{})
	requireRefused(t, err, errs.NotFound, refusal.Missing)
}

func TestWhoIsAnonymisedIsNobodyAnyMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.user(t, store.User{Role: store.RoleAdmin})
	as(admin)
	invited, err := b.Invite(t.Context(), &InviteParams{Email: "emma@example.org", Role: RoleStudent, RegionIDs: []int64{4}})
	require.NoError(t, err)
	registered, err := b.Register(t.Context(), registration(invited.Token))
	require.NoError(t, err)
	id := registered.Account.ID
	_, err = b.pool.Exec(t.Context(), `update users set email = 'emma@new.example.org' where id = $1`, id)
	require.NoError(t, err)
	emma, err := b.query.UserByID(t.Context(), id)
	require.NoError(t, err)
	for _, statement := range []string{
		`insert into email_changes (user_id, email, token_hash, nonce, created_at, expires_at)
			values ($1, 'emma@later.example', sha256('t'), sha256('n'), now(), now())`,
		`insert into password_resets (user_id, token_hash, nonce, created_at, expires_at) values ($1, sha256('t'), sha256('n'), now(), now())`,
		`insert into second_factors (user_id, secret, created_at) values ($1, 'x', now())`,
		`insert into recovery_codes (user_id, code_hash) values ($1, sha256('c'))`,
	} {
		_, err := b.pool.Exec(t.Context(), statement, id)
		require.NoError(t, err)
	}
	require.NoError(t, b.relay.Transact(t.Context(), func(tx pgx.Tx) error {
		return mailrequest.Append(t.Context(), tx, mailrequest.Request{
			Kind: mailrequest.EmailChanged, UserID: id, Address: "emma@before.example", OccurredAt: b.clock.now(),
		})
	}))
	b.events(t)

	_, err = b.Anonymise(t.Context(), id, &AnonymiseParams{})
	requireRefused(t, err, errs.FailedPrecondition, refusal.StillActive)
	_, err = b.SetActive(t.Context(), id, &SetActiveParams{})
	require.NoError(t, err)
	b.events(t)
	b.clock.advance(time.Minute)
	for range 2 {
		user, err := b.Anonymise(t.Context(), id, &AnonymiseParams{})
		require.NoError(t, err)
		require.Equal(t, "Anonymous", user.FirstName)
	}
	kinds := b.kindsOf(t, emma)
	require.Equal(t, AccountAnonymised, kinds[len(kinds)-1])
	told := 0
	for _, event := range b.events(t) {
		if event.Type == AccountAnonymised {
			told++
			require.Equal(t, []int64{invited.Invitation.ID}, event.InvitationIDs)
		}
	}
	require.Equal(t, 1, told, "doing it twice changes nothing")
	for _, table := range []string{"email_changes", "password_resets", "second_factors", "recovery_codes"} {
		var left int
		require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*) from `+table+` where user_id = $1`, id).Scan(&left))
		require.Zero(t, left, table)
	}

	// Nothing in the database has what said who it was; what was published and is about them is gone too.
	for _, table := range []string{"users", "invitations", "sessions", "devices", "tokens", "outbox", "forgotten_addresses"} {
		var rows []string
		require.NoError(t, b.pool.QueryRow(t.Context(), `select coalesce(array_agg(to_jsonb(x)::text), '{}') from `+table+` x`).Scan(&rows))
		for _, row := range rows { // forgotten_addresses too: it knows whether another address is the same, not which one it is
			for _, text := range []string{"emma@example.org", "emma@new.example.org", "emma@before.example", emma.FirstName, emma.LastName} {
				require.NotContains(t, row, text, table)
			}
		}
	}
	_, err = b.SetActive(t.Context(), id, &SetActiveParams{Active: true})
	requireRefused(t, err, errs.FailedPrecondition, refusal.Anonymised)
	_, err = b.ChangeUser(t.Context(), id, &ChangeUserParams{FirstName: "A", LastName: "B", Language: "nl"})
	requireRefused(t, err, errs.FailedPrecondition, refusal.Anonymised)
	person, err := b.GetUser(t.Context(), id)
	require.NoError(t, err)
	require.NotNil(t, person.AnonymisedAt)
	out, err := b.runAccount(t, "activate", person.Email)
	require.Error(t, err)
	require.Contains(t, out, "was anonymised")

	_, err = b.Invite(t.Context(), &InviteParams{Email: "emma@example.org", Role: RoleStudent})
	require.NoError(t, err, "the address is free again")

	ask := func(userID int64) *ForgottenAddressesResponse {
		t.Helper()
		answer, err := b.ForgottenAddresses(t.Context(), &ForgottenAddressesParams{
			UserID: userID, Emails: []string{"Emma@Example.org", "noor@example.org", "", "emma@new.example.org"},
		})
		require.NoError(t, err)
		return answer
	}
	require.Equal(t, []string{"Emma@Example.org", "emma@new.example.org"}, ask(id).Emails, "the one of the invitation, and the last one")
	require.Equal(t, person.AnonymisedAt.UTC(), ask(id).AnonymisedAt.UTC())
	require.Empty(t, ask(admin.ID).Emails)
	_, err = b.ForgottenAddresses(t.Context(), &ForgottenAddressesParams{Emails: make([]string, 1001)})
	require.Error(t, err)
	b.clock.advance(forgottenMemory - time.Minute)
	require.NoError(t, b.EndExpiredSessions(t.Context()))
	require.NotEmpty(t, ask(id).Emails)
	b.clock.advance(2 * time.Minute)
	require.NoError(t, b.EndExpiredSessions(t.Context()))
	require.Empty(t, ask(id).Emails)
}

func TestTheOfficeChangesAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	office := b.user(t, store.User{Role: store.RoleSuperstudent})
	emma := b.user(t, store.User{FirstName: "Ema", LastName: "Peters"})
	as(office)
	p := &ChangeUserParams{FirstName: " Emma ", LastName: "Peeters", Phone: "0470 12 34 56", Language: "fr", Version: emma.Version}
	for range 2 { // what is as it was is no change
		person, err := b.ChangeUser(t.Context(), emma.ID, p)
		require.NoError(t, err)
		require.Equal(t, "Emma", person.FirstName)
		require.Equal(t, "+32470123456", person.Phone)
		require.Equal(t, "fr", person.Language)
		require.Equal(t, emma.Version+1, person.Version)
		p.Version = person.Version
		require.True(t, person.MayChange)
		require.Nil(t, person.LastSeenAt)
	}
	require.Equal(t, []string{AccountChanged}, b.kindsOf(t, emma))
	requireChange(t, b.changes(t), AccountChanged, "account", office.ID, `"language": "nl"`, `"last_name"`)

	for field, wrong := range map[string]ChangeUserParams{
		"first_name": {LastName: "B", Language: "nl"},
		"last_name":  {FirstName: "A", Language: "nl"},
		"phone":      {FirstName: "A", LastName: "B", Phone: "12", Language: "nl"},
		"language":   {FirstName: "A", LastName: "B", Language: "de"},
	} {
		_, err := b.ChangeUser(t.Context(), emma.ID, &wrong)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), field)
		require.Equal(t, field, errs.Details(err).(refusal.Details).Field)
		require.Error(t, wrong.Validate())
	}
	_, err := b.ChangeUser(t.Context(), 4711, p)
	requireRefused(t, err, errs.NotFound, refusal.Missing)
	_, err = b.GetUser(t.Context(), 4711)
	requireRefused(t, err, errs.NotFound, refusal.Missing)
}

func TestTwoWhoEditAPersonAtOnceSeeEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	office := b.user(t, store.User{Role: store.RoleSuperstudent})
	emma := b.user(t, store.User{FirstName: "Ema", LastName: "Peters"})
	p := &ChangeUserParams{FirstName: "Emma", LastName: "Peters", Language: "nl", Version: emma.Version}
	as(office)
	_, err := b.ChangeUser(t.Context(), emma.ID, p)
	require.NoError(t, err)
	p.LastName = "Peeters"
	_, err = b.ChangeUser(t.Context(), emma.ID, p)
	requireRefused(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	require.Equal(t, []string{AccountChanged}, b.kindsOf(t, emma), "and nothing since")

	// The person themselves counts as somebody else; what the form does not show does not.
	as(emma)
	_, err = b.PutMe(t.Context(), &PutMeParams{FirstName: "Emma", LastName: "Pieters", Language: "nl"})
	require.NoError(t, err)
	as(office)
	_, err = b.ChangeRole(t.Context(), emma.ID, &ChangeRoleParams{Role: RoleSyndic})
	require.NoError(t, err)
	p.Version++
	_, err = b.ChangeUser(t.Context(), emma.ID, p)
	requireRefused(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	p.Version++
	person, err := b.ChangeUser(t.Context(), emma.ID, p)
	require.NoError(t, err)
	require.Equal(t, "Peeters", person.LastName)
}

func TestPeopleAreListedByWhetherTheyAreActive(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.user(t, store.User{LastName: "Aa"})
	b.deactivate(t, b.user(t, store.User{LastName: "Bb"}))
	as(b.user(t, store.User{Role: store.RoleAdmin, LastName: "Cc"}))
	for status, names := range map[string][]string{"": {"Aa", "Bb", "Cc"}, "active": {"Aa", "Cc"}, "deactivated": {"Bb"}} {
		answer, err := b.ListUsers(t.Context(), &ListUsersParams{Status: status})
		require.NoError(t, err)
		var got []string
		for _, user := range answer.Items {
			got = append(got, user.LastName)
		}
		require.Equal(t, names, got, status)
	}
	_, err := b.ListUsers(t.Context(), &ListUsersParams{Status: "gone"})
	requireRefused(t, err, errs.InvalidArgument, refusal.Unknown)
}

func TestAnInvitationIsRenewed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.user(t, store.User{Role: store.RoleAdmin})
	as(admin)
	first, err := b.Invite(t.Context(), &InviteParams{Email: "emma@example.org", Role: RoleStudent, RegionIDs: []int64{4}})
	require.NoError(t, err)
	b.clock.advance(8 * 24 * time.Hour)
	office := b.user(t, store.User{Role: store.RoleSuperstudent})
	as(office)
	second, err := b.RenewInvitation(t.Context(), first.Invitation.ID)
	require.NoError(t, err)
	require.Equal(t, first.Invitation.ID, second.Invitation.ID)
	require.Equal(t, []int64{4}, second.Invitation.RegionIDs)
	require.Equal(t, RoleStudent, second.Invitation.Role)
	require.False(t, second.Invitation.Expired)
	requireChange(t, b.changes(t), "invitation.renewed", "invitation", office.ID, "emma@example.org", "emma@example.org")
	_, err = b.Register(t.Context(), registration(first.Token))
	requireRefused(t, err, errs.NotFound, refusal.Missing)
	_, err = b.Register(t.Context(), registration(second.Token))
	require.NoError(t, err)
	_, err = b.RenewInvitation(t.Context(), first.Invitation.ID)
	requireRefused(t, err, errs.FailedPrecondition, refusal.InvitationUsed)

	as(admin)
	high, err := b.Invite(t.Context(), &InviteParams{Email: "boss@example.org", Role: RoleAdmin})
	require.NoError(t, err)
	as(office)
	_, err = b.RenewInvitation(t.Context(), high.Invitation.ID)
	requireRefused(t, err, errs.PermissionDenied, refusal.HigherRank)
	_, err = b.RenewInvitation(t.Context(), 4711)
	requireRefused(t, err, errs.NotFound, refusal.Missing)
}

func TestAPersonTakesTheirAccountAlong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	office := b.user(t, store.User{Role: store.RoleSuperstudent})
	_, who := b.session(t, office)
	signedInAs(who)
	_, err := b.Invite(t.Context(), &InviteParams{Email: "another@example.org", Role: RoleStudent})
	require.NoError(t, err)
	made, err := b.CreateToken(t.Context(), tokenParams())
	require.NoError(t, err)
	answer, err := b.AccountExport(t.Context())
	require.NoError(t, err)
	require.Equal(t, office.Email, answer.Account.Email)
	require.Len(t, answer.Sessions, 1)
	require.Len(t, answer.Invitations, 1)
	text, err := json.Marshal(answer)
	require.NoError(t, err)
	require.NotContains(t, string(text), "another@example.org", "the address is somebody else's")
	require.Equal(t, []ExportedToken{{
		Name: made.Token.Name, Scope: made.Token.Scope, CreatedAt: made.Token.CreatedAt, ExpiresAt: made.Token.ExpiresAt,
	}}, answer.Tokens)
	require.NotContains(t, string(text), made.Secret)
	require.NotContains(t, string(text), "hash")
}

// What the auth handler read of somebody of the office may have been taken from them before their change is made.
func TestWhoActsIsJudgedByTheRoleOfThisMoment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss := b.user(t, store.User{Role: store.RoleAdmin})
	target := b.user(t, store.User{Role: store.RoleStudent})
	as(boss)
	waiting, err := b.Invite(t.Context(), &InviteParams{Email: "judged@example.org", Role: RoleStudent})
	require.NoError(t, err)
	acts := map[string]func() error{
		"change": func() error {
			_, err := b.ChangeUser(t.Context(), target.ID, &ChangeUserParams{
				FirstName: "Robin", LastName: "Maes", Language: "nl", Version: target.Version,
			})
			return err
		},
		"deactivate": func() error {
			_, err := b.SetActive(t.Context(), target.ID, &SetActiveParams{})
			return err
		},
		"anonymise": func() error {
			_, err := b.Anonymise(t.Context(), target.ID, &AnonymiseParams{})
			return err
		},
		"role": func() error {
			_, err := b.ChangeRole(t.Context(), target.ID, &ChangeRoleParams{Role: RoleSyndic})
			return err
		},
		"second factor": func() error {
			_, err := b.ResetSecondFactor(t.Context(), target.ID)
			return err
		},
		"withdraw": func() error {
			_, err := b.WithdrawInvitation(t.Context(), waiting.Invitation.ID)
			return err
		},
	}
	for name, act := range acts {
		for change, code := range map[string]errs.ErrCode{
			`update users set active = false where id = $1`:   errs.Unauthenticated,
			`update users set role = 'student' where id = $1`: errs.PermissionDenied,
		} {
			t.Run(name+" "+code.String(), func(t *testing.T) {
				taken := b.user(t, store.User{Role: store.RoleAdmin})
				as(taken)
				tx, err := b.pool.Begin(t.Context())
				require.NoError(t, err)
				defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
				_, err = tx.Exec(t.Context(), change, taken.ID)
				require.NoError(t, err)
				result := make(chan error, 1)
				go func() { result <- act() }()
				b.waitForLocks(t, 1)
				require.NoError(t, tx.Commit(t.Context()))
				require.Equal(t, code.String(), errs.Code(<-result).String())
			})
		}
	}
}

// Two of one rank who act on each other at once are both refused, and neither waits for ever.
func TestTwoActOnEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, other := b.user(t, store.User{Role: store.RoleAdmin}), b.user(t, store.User{Role: store.RoleAdmin})
	result := make(chan error, 20)
	for range 10 {
		for _, pair := range [][2]store.User{{one, other}, {other, one}} {
			go func() {
				as(pair[0])
				_, err := b.SetActive(t.Context(), pair[1].ID, &SetActiveParams{})
				result <- err
			}()
		}
	}
	for range 20 {
		requireRefused(t, <-result, errs.PermissionDenied, refusal.HigherRank)
	}
}
