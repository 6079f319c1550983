package mail

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/internal/audit"
	"encore.app/internal/day"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
	"encore.app/mail/smtptest"
	"encore.app/mail/store"
)

// as makes somebody of a role the caller.
func as(id int64, role auth.Role) {
	et.OverrideAuthInfo(encoreauth.UID("1"), &auth.Data{UserID: id, SessionID: 70, Scope: auth.ScopeWrite, Role: role})
}

func requireRefused(t *testing.T, err error, code errs.ErrCode, reason refusal.Reason) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code.String(), errs.Code(err).String(), err)
	require.Equal(t, reason, refusal.ReasonOf(err), err)
}

// changes publishes the outbox and returns what the audit log will hold.
func (b *bundle) changes() []*audit.Event {
	b.t.Helper()
	_, err := b.relay.Drain(b.t.Context())
	require.NoError(b.t, err)
	b.topic.mu.Lock()
	defer b.topic.mu.Unlock()
	events := []*audit.Event{}
	for _, message := range b.topic.messages {
		event, err := audit.Decode(message)
		require.NoError(b.t, err)
		events = append(events, event)
	}
	return events
}

func TestTheLogTellsWhatBecameOfEveryMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(passwordChanged("one"))
	b.request(mailrequest.Request{ID: "two", Kind: mailrequest.PasswordChanged, UserID: 5})
	b.request(mailrequest.Request{ID: "three", Kind: mailrequest.EmailChanged, UserID: 5, Address: "old@example.org"})
	b.smtp.Behave(smtptest.Behaviour{Rcpt: func(to string) error {
		switch {
		case strings.HasPrefix(to, "zoe"):
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
		case strings.HasPrefix(to, "old"):
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "try later"}
		}
		return nil
	}})
	b.send()
	as(2, auth.RoleSuperstudent)
	list := func(p ListMessagesParams) []string {
		t.Helper()
		found, err := b.ListMessages(t.Context(), &p)
		require.NoError(t, err)
		lines := []string{}
		for _, m := range found.Items {
			lines = append(lines, m.Kind+" "+m.Name+" "+m.Address+" "+m.Status)
		}
		return lines
	}
	emma, zoe, old := "password-changed Emma Peeters emma@example.org sent", "password-changed Zoë Lefèvre zoe+bins@example.org failed",
		"email-changed Zoë Lefèvre old@example.org waiting"
	require.Equal(t, []string{old, zoe, emma}, list(ListMessagesParams{}))
	require.Equal(t, []string{zoe}, list(ListMessagesParams{Status: "failed"}))
	require.Equal(t, []string{old}, list(ListMessagesParams{Kind: "email-changed"}))
	require.Equal(t, []string{emma}, list(ListMessagesParams{User: 3}))
	require.Empty(t, list(ListMessagesParams{Building: 3}))
	require.Equal(t, []string{zoe}, list(ListMessagesParams{Q: "bins@ MOT passe"}), "the subject is in the receiver's language")
	require.Empty(t, list(ListMessagesParams{Q: "%"}))

	page, err := b.ListMessages(t.Context(), &ListMessagesParams{Limit: 2})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	require.NotNil(t, page.Items[0].NextTryAt)
	page, err = b.ListMessages(t.Context(), &ListMessagesParams{Limit: 2, Cursor: page.NextCursor})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Empty(t, page.NextCursor)

	failed, err := b.ListMessages(t.Context(), &ListMessagesParams{Status: "failed"})
	require.NoError(t, err)
	detail, err := b.GetMessage(t.Context(), failed.Items[0].ID)
	require.NoError(t, err)
	require.Contains(t, detail.Text, "Bonjour Zoë,")
	require.Len(t, detail.Log, 1)
	require.Equal(t, "permanent", *detail.Log[0].Outcome)
	require.Equal(t, 550, detail.Log[0].Code)
	require.Contains(t, detail.Log[0].Answer, "no such mailbox")

	status, err := b.Status(t.Context())
	require.NoError(t, err)
	require.True(t, status.Configured)
	require.EqualValues(t, 1, status.Waiting)
	require.EqualValues(t, 1, status.Failed)
}

func TestTheLogRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleAdmin)
	for name, p := range map[string]ListMessagesParams{
		"status": {Status: "lost"}, "limit": {Limit: 201}, "cursor": {Cursor: "abc"}, "NUL": {Q: "a\x00"}, "long": {Q: strings.Repeat("a", 101)},
		"NUL in kind": {Kind: "\x00"},
	} {
		_, err := b.ListMessages(t.Context(), &p)
		require.Equal(t, errs.InvalidArgument.String(), errs.Code(err).String(), name)
	}
	_, err := b.GetMessage(t.Context(), 99)
	requireRefused(t, err, errs.NotFound, refusal.Missing)
}

func TestTheOfficeSendsAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(passwordChanged("one"))
	as(2, auth.RoleSuperstudent)
	first := b.only().ID
	_, err := b.ResendMessage(t.Context(), first)
	requireRefused(t, err, errs.FailedPrecondition, refusal.InUse)

	b.send()
	b.auth.users[3].Email = "emma@new.example.org"
	again, err := b.ResendMessage(t.Context(), first)
	require.NoError(t, err)
	require.Equal(t, first, *again.ResentFrom)
	require.EqualValues(t, 2, again.SentBy)
	require.Equal(t, []string{again.Address}, b.smtp.Received()[0].To, "it is found where the one before was found")
	twice, err := b.ResendMessage(t.Context(), first)
	require.NoError(t, err)
	require.Equal(t, again.ID, twice.ID, "a second click sends no second mail")
	b.send()
	require.Len(t, b.smtp.Received(), 2)
	require.Equal(t, []string{"emma@new.example.org"}, b.smtp.Received()[1].To, "it says what is true now")
	require.NotEqual(t, messageID(b.smtp.Received()[0]), messageID(b.smtp.Received()[1]))

	changes := b.changes()
	require.Len(t, changes, 1)
	require.Equal(t, "mail.resent", changes[0].Kind)
	require.Equal(t, int64(2), changes[0].Actor.UserID)
	require.NotContains(t, string(changes[0].After), "@")

	_, err = b.ResendMessage(t.Context(), 99)
	requireRefused(t, err, errs.NotFound, refusal.Missing)
}

func TestNothingGoesAgainToWhoWasAnonymised(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(passwordChanged("one"))
	b.send()
	emma := b.auth.users[3]
	emma.Active = false
	emma.Email, emma.FirstName, emma.LastName = "anonymous-3@"+auth.AnonymousDomain, "Anonymous", "3"
	as(2, auth.RoleSuperstudent)
	_, err := b.ResendMessage(t.Context(), b.only().ID)
	requireRefused(t, err, errs.FailedPrecondition, refusal.Anonymised)
	require.Len(t, b.messages(), 1)

	delete(b.auth.users, 3)
	_, err = b.ResendMessage(t.Context(), b.only().ID)
	requireRefused(t, err, errs.FailedPrecondition, refusal.Anonymised)
}

// What had happened to the account they hear of, links and work they do not.
func TestWhatADeactivatedAccountStillGets(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]store.MessageStatus{
		mailrequest.PasswordChanged: store.MessageStatusSent, mailrequest.EmailChanged: store.MessageStatusSent,
		mailrequest.NewDevice: store.MessageStatusSent, mailrequest.SecondFactorChanged: store.MessageStatusSent,
		mailrequest.TokenCreated:  store.MessageStatusSent,
		mailrequest.PasswordReset: store.MessageStatusWithdrawn, mailrequest.EmailChange: store.MessageStatusWithdrawn,
		kindRuns: store.MessageStatusWithdrawn, kindReminder: store.MessageStatusWithdrawn, kindTest: store.MessageStatusWithdrawn,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.core.run(1, 3, "2026-11-26", "Centrum")
			require.NoError(t, b.put(t.Context(), b.query, store.InsertMessageParams{
				Source: "one", Kind: kind, UserID: 3, ThingID: 7, OccurredAt: wednesday,
				Facts: []byte(`{"date": "2026-11-26", "run_ids": [1], "events": [{"run_id": 1, "change": "planned"}]}`),
			}))
			if want == store.MessageStatusSent {
				_, err := b.pool.Exec(t.Context(), `update messages set facts = '{"change": "enrolled", "scope": "read", "expires_at": "2027-01-01T09:00:00Z"}'`)
				require.NoError(t, err)
			}
			b.auth.users[3].Active = false
			b.send()
			require.Equal(t, want, b.only().Status)
			as(2, auth.RoleSuperstudent)
			_, err := b.ResendMessage(t.Context(), b.only().ID)
			if want == store.MessageStatusSent {
				require.NoError(t, err)
			} else {
				requireRefused(t, err, errs.FailedPrecondition, refusal.ReceiverInactive)
				b.auth.users[3].Active = true
				_, err := b.ResendMessage(t.Context(), b.only().ID)
				require.NoError(t, err)
			}
			b.auth.users[3].Email = "anonymous-3@" + auth.AnonymousDomain
			b.send()
			require.Empty(t, b.smtp.Received()[min(1, len(b.smtp.Received())):], "nobody is there")
		})
	}
}

func TestTheOfficeTriesWhetherMailArrives(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	sent, err := b.SendTest(t.Context())
	require.NoError(t, err)
	require.Equal(t, "test", sent.Kind)
	status, err := b.Status(t.Context())
	require.NoError(t, err)
	require.Nil(t, status.LastSentAt)
	require.Nil(t, status.WaitingSince, "it is of this moment")
	b.time.advance(time.Second)
	status, err = b.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, sent.CreatedAt.UTC(), status.WaitingSince.UTC())
	b.send()
	status, err = b.Status(t.Context())
	require.NoError(t, err)
	require.Nil(t, status.WaitingSince)
	require.Zero(t, status.Waiting)
	require.Equal(t, b.messages()[0].EndedAt.UTC(), status.LastSentAt.UTC())
	require.Equal(t, []string{"ruben@example.org"}, b.smtp.Received()[0].To)
	require.Equal(t, "mail.test_sent", b.changes()[0].Kind)
	for range testLimit.Count {
		_, err = b.SendTest(t.Context())
	}
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
	as(1, auth.RoleAdmin)
	_, err = b.SendTest(t.Context())
	require.NoError(t, err, "others may")
	b.settings.Host = ""
	_, err = b.SendTest(t.Context())
	requireRefused(t, err, errs.FailedPrecondition, refusal.Missing)
}

func TestMailIsForgottenAfterAYear(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(passwordChanged("one"))
	b.send()
	b.request(passwordChanged("two"))
	b.time.advance(messageLife)
	require.NoError(t, b.DeleteOldMessages(t.Context()))
	require.Len(t, b.messages(), 2)
	b.time.advance(1)
	b.time.advance(1000)
	require.NoError(t, b.DeleteOldMessages(t.Context()))
	require.Equal(t, store.MessageStatusWaiting, b.only().Status, "what waits ends first")
}

// The service as the framework starts it: settings, secrets and the database are found, and requests become messages.
// scripts/restore does so, before a backend starts on the older state.
func TestAfterABackupIsRestoredNothingThatWaitedIsSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(passwordChanged("sent"))
	b.send()
	b.request(passwordChanged("under way"))
	claimed, _, _, err := b.sender.claim(t.Context())
	require.NoError(t, err)
	require.NotNil(t, claimed)
	b.request(passwordChanged("waits"))
	b.plan(1, "2026-11-30", "Centrum")
	hold, err := os.ReadFile("../infra/database/hold-mail.sql")
	require.NoError(t, err)
	_, err = b.pool.Exec(t.Context(), string(hold))
	require.NoError(t, err)

	b.later(24 * time.Hour)
	require.Len(t, b.smtp.Received(), 1)
	statuses := map[store.MessageStatus]int{}
	for _, m := range b.messages() {
		statuses[m.Status]++
	}
	require.Equal(t, map[store.MessageStatus]int{store.MessageStatusSent: 1, store.MessageStatusWithdrawn: 2}, statuses)
	as(2, auth.RoleSuperstudent)
	waited := b.messages()[0]
	detail, err := b.GetMessage(t.Context(), waited.ID)
	require.NoError(t, err)
	require.Contains(t, detail.Log[0].Answer, "a backup was restored")
	_, err = b.ResendMessage(t.Context(), waited.ID)
	require.NoError(t, err)
	b.send()
	require.Len(t, b.smtp.Received(), 2, "the office says so")

	b.plan(2, "2026-11-30", "Zuid") // what happens from then on is told
	b.later(quiet)
	require.Len(t, b.smtp.Received(), 3)
}

func TestAfterABackupIsRestoredTheMailOfTheDayIsNotSentAgain(t *testing.T) {
	t.Parallel()
	hold, err := os.ReadFile("../infra/database/hold-mail.sql")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		clock string // when mail of the day goes, by the installation's settings
		told  bool
	}{"it was sent by then": {"00:00", true}, "it is still to come": {"24:00", false}} {
		b := setup(t)
		b.settings.ReminderTime, b.late.StartBy = 0, 0
		b.time.at = time.Now() // the clock of the database
		today := day.Of(b.now(), b.zone)
		b.core.run(1, 3, day.Format(today), "Centrum")
		b.core.run(2, 3, day.Format(today.AddDate(0, 0, 1)), "Zuid")
		conn, err := b.pool.Acquire(t.Context())
		require.NoError(t, err)
		for _, setting := range []string{"trottoir.reminder_time", "trottoir.late_time", "trottoir.day_summary_time"} {
			_, err := conn.Exec(t.Context(), `select set_config($1, $2, false)`, setting, c.clock)
			require.NoError(t, err)
		}
		_, err = conn.Exec(t.Context(), string(hold))
		require.NoError(t, err)
		conn.Release()
		require.NoError(t, b.SendMailOfTheDay(t.Context()), name)
		require.NoError(t, b.tellGathered(t.Context()))
		require.Equal(t, c.told, len(b.messages()) == 0, name)
	}
}

func TestTheServiceStarts(t *testing.T) { //nolint:paralleltest // it uses the database of the process
	s, err := initService()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.limiter.Close() })
	require.NoError(t, s.OnMailRequest(context.Background(), &mailrequest.Request{
		ID: "starts", Kind: mailrequest.Invitation, ThingID: 4_000_000, OccurredAt: wednesday,
	}))
	m, err := s.query.NextMessage(t.Context(), s.clock())
	require.NoError(t, err)
	_, err = s.write(t.Context(), m)
	require.ErrorIs(t, err, errWithdrawn, "auth is asked")
}

func TestNothingIsSentToWhoWasAnonymised(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(passwordChanged("one"))
	b.send()
	b.request(passwordChanged("two"))
	b.auth.users[3] = &auth.User{ID: 3, Email: "anonymous-3@" + auth.AnonymousDomain, FirstName: "Anonymous", LastName: "3", Language: "nl"}
	b.send()
	require.Len(t, b.smtp.Received(), 1)
	messages := b.messages() // the latest first
	require.Equal(t, store.MessageStatusWithdrawn, messages[0].Status)
	as(2, auth.RoleSuperstudent)
	for _, m := range messages {
		_, err := b.ResendMessage(t.Context(), m.ID)
		requireRefused(t, err, errs.FailedPrecondition, refusal.Anonymised)
	}
}
