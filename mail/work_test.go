package mail

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/mailrequest"
	"encore.app/mail/store"
)

// plan tells that the office planned a run for Emma.
func (b *bundle) plan(id int64, date, tour string) {
	b.t.Helper()
	b.core.run(id, 3, date, tour)
	b.runEvent(core.RunEvent{Type: core.RunPlanned, RunID: id, WorkerID: 3, ActorID: 2})
}

func (b *bundle) runEvent(event core.RunEvent) {
	b.t.Helper()
	if event.ID == "" {
		event.ID = fmt.Sprintf("%s-%d", event.Type, event.RunID)
	}
	require.NoError(b.t, b.OnRunEvent(b.t.Context(), &event))
}

// skip tells that a stop was skipped or failed.
func (b *bundle) skip(run, building int64, outcome, reason string) {
	b.t.Helper()
	require.NoError(b.t, b.OnVisitEvent(b.t.Context(), &core.VisitEvent{
		ID: fmt.Sprintf("visit-%d-%d", run, building), Type: core.VisitOutcome, RunID: run, WorkerID: 3, ActorID: 3, BuildingID: building,
		Visit: &core.Visit{Outcome: &outcome, Reason: reason},
	}))
}

// later lets time pass, and sends what is due then.
func (b *bundle) later(d time.Duration) {
	b.t.Helper()
	b.time.advance(d)
	require.NoError(b.t, b.tellGathered(b.t.Context()))
	b.send()
}

// bodies are the texts of the mail that somebody got, the latest first.
func (b *bundle) bodies(userID int64) []string {
	b.t.Helper()
	texts := []string{}
	for _, m := range b.messages() {
		if m.UserID == userID && m.Status == store.MessageStatusSent {
			texts = append(texts, m.Subject+"\n"+m.Body)
		}
	}
	return texts
}

func TestPlanningAWeekMakesOneMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range int64(5) {
		b.plan(i+1, fmt.Sprintf("2026-12-0%d", i+1), "Centrum")
		b.plan(i+1, fmt.Sprintf("2026-12-0%d", i+1), "Centrum") // the event comes again
		b.later(time.Minute)
	}
	require.Empty(t, b.messages(), "the office is still planning")
	b.later(2 * time.Minute)
	require.Len(t, b.bodies(3), 1)
	require.Contains(t, b.bodies(3)[0], "Je planning is gewijzigd: 5 ritten")
	require.Equal(t, 5, strings.Count(b.bodies(3)[0], ": Centrum\n"), b.bodies(3)[0])

	b.plan(1, "2026-11-30", "Centrum") // and again, much later
	b.later(time.Hour)
	require.Len(t, b.bodies(3), 1)
}

func TestWhoeverPlansWithoutEndIsNotWaitedForLongerThanTenMinutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range int64(10) {
		b.plan(i+1, "2026-11-30", "Centrum")
		b.later(time.Minute)
	}
	require.Len(t, b.bodies(3), 1)
}

func TestAMailTellsWhatBecameOfEachRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.plan(1, "2026-11-30", "Centrum")
	b.core.run(2, 3, "2026-12-01", "Zuid")
	b.runEvent(core.RunEvent{
		Type: core.RunCancelled, RunID: 2, WorkerID: 3, ActorID: 2, Before: &core.RunState{WorkerID: 3}, After: core.RunState{WorkerID: 3, CancelReason: "straatwerken"},
	})
	b.plan(4, "2026-12-02", "Noord")
	b.runEvent(core.RunEvent{Type: core.RunCancelled, RunID: 4, WorkerID: 3, ActorID: 2, After: core.RunState{WorkerID: 3}})
	b.core.run(5, 3, "2026-12-03", "Haven")
	b.runEvent(core.RunEvent{
		Type: core.RunChanged, RunID: 5, WorkerID: 3, ActorID: 2, Before: &core.RunState{WorkerID: 3, Date: "2026-12-04"}, After: core.RunState{WorkerID: 3, Date: "2026-12-03"},
	})
	// Not worth a mail: progress, and what they did themselves.
	b.runEvent(core.RunEvent{ID: "progress", Type: core.RunChanged, RunID: 5, WorkerID: 3, ActorID: 3, Before: &core.RunState{WorkerID: 3}, After: core.RunState{WorkerID: 3}})
	b.runEvent(core.RunEvent{ID: "own", Type: core.RunPlanned, RunID: 5, WorkerID: 1, ActorID: 1})
	b.later(quiet)
	require.Len(t, b.messages(), 1)
	text := b.bodies(3)[0]
	require.Contains(t, text, "Nieuwe ritten\n- maandag 30 november 2026: Centrum\n")
	require.Contains(t, text, "Gewijzigde ritten\n- donderdag 3 december 2026: Haven\n")
	require.Contains(t, text, "Geannuleerde ritten\n- dinsdag 1 december 2026: Zuid (straatwerken)\n")
	require.NotContains(t, text, "Noord", "planned and cancelled again")
	require.Contains(t, text, "3 ritten")
}

func TestWhatWasPlannedAndTakenBackIsNotToldAtAll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.plan(1, "2026-11-30", "Centrum")
	b.runEvent(core.RunEvent{Type: core.RunCancelled, RunID: 1, WorkerID: 3, ActorID: 2})
	b.later(quiet)
	require.Equal(t, store.MessageStatusWithdrawn, b.only().Status)
}

func TestAnotherWorkerMeansAMailToBoth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.run(1, 5, "2026-11-30", "Centrum")
	b.runEvent(core.RunEvent{
		Type: core.RunChanged, RunID: 1, WorkerID: 5, ActorID: 2, Before: &core.RunState{WorkerID: 3}, After: core.RunState{WorkerID: 5},
	})
	b.later(quiet)
	require.Contains(t, b.bodies(3)[0], "Geannuleerde ritten")
	require.Contains(t, b.bodies(5)[0], "Nouveaux trajets")
}

func TestPeopleChooseWhatTheyHear(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(3, auth.RoleStudent)
	choose := func(kind, choice string) error {
		_, err := b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{kind, choice}}})
		return err
	}
	got, err := b.GetPreferences(t.Context())
	require.NoError(t, err)
	require.Equal(t, []*PreferenceChoices{
		{Kind: "runs", Choice: "on", Choices: []string{"on", "digest", "off"}}, {Kind: "reminder", Choice: "on", Choices: []string{"on", "off"}},
	}, got.Items)

	require.NoError(t, choose("runs", "off"))
	b.plan(1, "2026-11-30", "Centrum")
	b.later(time.Hour)
	require.Empty(t, b.messages())

	require.NoError(t, choose("runs", "digest"))
	b.plan(2, "2026-11-30", "Zuid") // 22:00
	b.later(time.Hour)
	require.Empty(t, b.messages())
	b.plan(3, "2026-12-01", "Noord")
	b.later(19 * time.Hour) // 18:00
	require.Len(t, b.bodies(3), 1)
	require.Contains(t, b.bodies(3)[0], "Zuid")
	require.Contains(t, b.bodies(3)[0], "Noord")

	require.NoError(t, choose("runs", "on"))
	b.plan(4, "2026-12-01", "Haven")
	require.NoError(t, choose("runs", "off"))
	b.later(quiet)
	require.Len(t, b.bodies(3), 1, "it counts at the moment of sending")

	require.Error(t, choose("stops", "on"), "not for students")
	require.Error(t, choose("reminder", "digest"))
	require.Error(t, choose("password-reset", "off"), "mail about the account is always sent")
	require.Error(t, (&PutPreferencesParams{Items: make([]Preference, 21)}).Validate())

	changes := b.changes()
	require.Len(t, changes, 4)
	require.Equal(t, "mail.preferences_changed", changes[0].Kind)
	require.JSONEq(t, `{"reminder": "on", "runs": "on"}`, string(changes[0].Before))
	require.JSONEq(t, `{"reminder": "on", "runs": "off"}`, string(changes[0].After))
}

func TestTheEveningBeforePeopleAreRemindedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.time.at = time.Date(2026, time.November, 25, 16, 59, 0, 0, time.UTC) // 17:59 in Brussels
	b.core.run(1, 3, "2026-11-26", "Centrum")
	b.core.run(2, 3, "2026-11-26", "Zuid")
	b.core.run(3, 5, "2026-11-26", "Noord")
	b.core.run(4, 3, "2026-11-27", "Haven")
	b.core.run(5, 3, "2026-11-25", "Gisteren")
	require.NoError(t, b.query.DeleteOldDays(t.Context(), wednesday))
	remind := func() {
		t.Helper()
		require.NoError(t, b.SendMailOfTheDay(t.Context()))
		b.send()
	}
	remind()
	require.Empty(t, b.bodies(3))
	b.core.runs[3].Status = core.StatusCancelled
	b.time.advance(time.Minute)
	remind()
	remind()
	require.Len(t, b.bodies(3), 1)
	require.Contains(t, b.bodies(3)[0], "Morgen: 2 ritten")
	require.Contains(t, b.bodies(3)[0], "- Centrum\n- Zuid\n")
	require.Empty(t, b.bodies(5), "cancelled")
	b.time.advance(24 * time.Hour)
	remind()
	require.Len(t, b.bodies(3), 2)
}

func TestTheRemindersOfADayThatFailedAreSentLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.run(1, 3, "2026-11-26", "Centrum")
	b.core.err = errors.New("database away")
	require.Error(t, b.SendMailOfTheDay(t.Context()))
	b.core.err = nil
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.send()
	require.Len(t, b.bodies(3), 1)
}

func TestTheOfficeHearsWhichRunsWereNotStarted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.time.at = time.Date(2026, time.November, 25, 10, 59, 0, 0, time.UTC)
	b.core.run(1, 3, "2026-11-25", "Centrum")
	b.core.run(2, 3, "2026-11-25", "Zuid")
	b.core.runs[2].Status = core.StatusStarted
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.send()
	require.Empty(t, b.messages())
	b.time.advance(time.Minute)
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.send()
	require.Contains(t, b.bodies(1)[0], "Een rit is niet gestart")
	require.Contains(t, b.bodies(1)[0], "- Centrum, Emma Peeters\n")
	require.Contains(t, b.bodies(2)[0], "A run is not started")
	require.Empty(t, b.bodies(3))
}

func TestTheOfficeHearsOfStopsThatWereNotDone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.run(1, 3, "2026-11-25", "Centrum")
	b.skip(1, 7, "skipped", "no key")
	b.skip(1, 8, "failed", "bins <gone>")
	b.skip(1, 9, "done", "")
	b.later(quiet)
	require.Len(t, b.bodies(2), 1)
	require.Contains(t, b.bodies(2)[0], "Centrum, Emma Peeters\n- Korenmarkt 7: skipped (no key)\n- Korenmarkt 8: failed (bins <gone>)\n")
	require.Len(t, b.bodies(1), 1)
	require.Empty(t, b.bodies(3))
}

func TestOneClickEndsAKindOfMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.plan(1, "2026-11-30", "Centrum")
	b.later(quiet)
	raw := strings.ReplaceAll(b.smtp.Received()[0].Raw, "\r\n ", " ")
	require.Contains(t, raw, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
	_, rest, found := strings.Cut(raw, "List-Unsubscribe: <https://bins.example.be:2002/mail/unsubscribe/")
	require.True(t, found, raw)
	token, _, _ := strings.Cut(rest, ">")
	require.NotContains(t, b.only().Body, token, "who reads the log cannot end it")
	require.Contains(t, b.only().Body, "/profile?tab=mail\n")

	for _, wrong := range []string{
		"", "x", "3.runs", "3.runs.x", token + "x", strings.Replace(token, "3.", "5.", 1), strings.Replace(token, "runs", "reminder", 1),
		"9999999999999999999.runs.x", "3.\x00.x", b.unsubscribing.token(3, "password-reset"),
	} {
		_, err := b.Unsubscribe(t.Context(), wrong)
		require.Error(t, err, wrong)
	}
	for range 2 {
		answer, err := b.Unsubscribe(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, "runs", answer.Kind)
	}
	b.plan(2, "2026-11-30", "Zuid")
	b.later(quiet)
	require.Len(t, b.smtp.Received(), 1)
	changes := b.changes()
	require.Len(t, changes, 1, "once more changes nothing")
	require.EqualValues(t, 3, changes[0].Actor.UserID)

	for range unsubscribeLimit.Count {
		_, _ = b.Unsubscribe(t.Context(), "guess")
	}
	_, err := b.Unsubscribe(t.Context(), token)
	require.ErrorContains(t, err, "Too many")
}

func TestWhoIsAnonymisedIsForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(passwordChanged("one"))
	b.auth.links[7] = &auth.InvitationLinkResponse{Link: "https://bins.example.be/register?token=x", Email: "emma@old.example.org", Language: "nl"}
	b.request(mailrequest.Request{ID: "invited", Kind: mailrequest.Invitation, ThingID: 7})
	b.core.run(1, 3, "2026-11-25", "Centrum")
	b.skip(1, 7, "skipped", "no key")
	b.later(quiet)
	b.request(passwordChanged("two"))
	b.plan(2, "2026-11-30", "Zuid")
	as(3, auth.RoleStudent)
	_, err := b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{"reminder", "off"}}})
	require.NoError(t, err)
	require.Len(t, b.changes(), 1) // which audit took over, and forgets by itself

	for range 2 {
		require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{Type: auth.AccountAnonymised, UserID: 3, InvitationIDs: []int64{7}}))
	}
	for _, table := range []string{"messages", "tries", "gathered", "digests", "preferences"} {
		var rows string
		require.NoError(t, b.pool.QueryRow(t.Context(), `select coalesce(string_agg(t::text, E'\n'), '') from `+table+` as t`).Scan(&rows))
		require.NotContains(t, rows, "emma", table)
		require.NotContains(t, rows, "Emma", table)
		require.NotContains(t, rows, "Peeters", table)
	}
	var told int
	require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*) from outbox`).Scan(&told))
	require.Zero(t, told, "from where they did something")
	b.later(time.Hour)
	require.Len(t, b.smtp.Received(), 4, "what waited is not sent")
	for _, m := range b.messages() {
		require.Equal(t, m.UserID == 3 || m.UserID == 0, m.Address == "", "others keep theirs")
	}
}
