package mail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/types/uuid"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
	"encore.app/mail/smtptest"
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

func TestAMailTellsWhichRunsHaveOtherStopsOnceAndNotToWhoHasSeenThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	changed := func(event string, run int64) {
		state := core.RunState{WorkerID: 3, Date: "2026-12-03"}
		b.runEvent(core.RunEvent{ID: event, Type: core.RunChanged, RunID: run, WorkerID: 3, ActorID: 2, StopsChanged: true, Before: &state, After: state})
	}
	for run, tour := range map[int64]string{5: "Haven", 6: "Rabot"} {
		b.core.run(run, 3, "2026-12-03", tour)
	}
	b.core.otherStops(5)
	changed("first", 5)
	changed("second", 5)
	changed("seen", 6)
	b.later(quiet)
	require.Len(t, b.messages(), 1)
	text := b.bodies(3)[0]
	require.Equal(t, 1, strings.Count(text, "Haven"), text)
	require.Contains(t, text, "Ritten met andere haltes\n- donderdag 3 december 2026: Haven\n")
	require.NotContains(t, text, "Rabot", "who has seen it meanwhile needs no mail")
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
		_, err := b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{Kind: kind, Choice: choice}}})
		return err
	}
	got, err := b.GetPreferences(t.Context())
	require.NoError(t, err)
	require.Equal(t, []*PreferenceChoices{
		{Kind: "runs", Choice: "on", Choices: []string{"on", "digest", "off"}, Notify: new(true)}, {Kind: "reminder", Choice: "on", Choices: []string{"on", "off"}, Notify: new(true)},
		{Kind: "swaps-asked", Choice: "on", Choices: []string{"on", "digest", "off"}, Notify: new(true)}, {Kind: "swaps", Choice: "on", Choices: []string{"on", "digest", "off"}, Notify: new(true)},
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
	require.JSONEq(t, `{"reminder": "on", "runs": "on", "swaps": "on", "swaps-asked": "on"}`, string(changes[0].Before))
	require.JSONEq(t, `{"reminder": "on", "runs": "off", "swaps": "on", "swaps-asked": "on"}`, string(changes[0].After))
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
	b.core.run(3, 3, "2026-11-25", "Leeg")
	b.core.runs[3].IdleStops = 4 // there is nothing to do at any of its stops: nobody can start it
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.send()
	require.Empty(t, b.messages())
	b.time.advance(time.Minute)
	for range 3 {
		require.NoError(t, b.SendMailOfTheDay(t.Context()))
		b.later(quiet)
	}
	require.Len(t, b.bodies(1), 1)
	require.Contains(t, b.bodies(1)[0], "Een rit is niet gestart")
	require.Contains(t, b.bodies(1)[0], "om 12:00")
	require.Contains(t, b.bodies(1)[0], "Niet gestart\n- woensdag 25 november 2026: Centrum, Emma Peeters\n")
	require.Contains(t, b.bodies(2)[0], "A run is not started")
	require.NotContains(t, b.bodies(1)[0], "Leeg")
	require.Empty(t, b.bodies(3))
}

// start tells that Emma started a run, at a time of her phone in Brussels.
func (b *bundle) start(id int64, clock string) {
	b.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-25 "+clock, b.zone)
	require.NoError(b.t, err)
	b.core.runs[id].Status, b.core.runs[id].StartedAt = core.StatusStarted, &at
	b.runEvent(core.RunEvent{
		Type: core.RunStarted, RunID: id, WorkerID: 3, ActorID: 3, After: core.RunState{WorkerID: 3, Date: "2026-11-25", StartedAt: &at},
	})
}

func TestTheOfficeHearsWhichRunsWereStartedLate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.time.at = time.Date(2026, time.November, 25, 8, 0, 0, 0, time.UTC)
	for i, tour := range []string{"Centrum", "Zuid", "Noord", "Haven"} {
		b.core.run(int64(i+1), 3, "2026-11-25", tour)
	}
	b.start(1, "09:00")
	b.later(time.Hour)
	require.Empty(t, b.messages(), "it was in time")

	b.time.at = time.Date(2026, time.November, 25, 11, 0, 0, 0, time.UTC)
	b.start(2, "12:00")
	b.later(quiet)
	require.Empty(t, b.messages(), "LATE_TIME itself is in time")
	b.start(3, "12:01")
	b.start(3, "12:01") // the event comes again
	b.later(quiet)
	require.Len(t, b.bodies(2), 1, "nobody had been told that it is not started")
	require.Contains(t, b.bodies(2)[0], "A run that was awaited has started\n")
	require.Contains(t, b.bodies(2)[0], "Started late\n- Noord, Emma Peeters: Wednesday 25 November 2026, 12:01\n")

	b.core.run(5, 3, "2026-11-25", "Muide")
	b.start(5, "12:02")
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.later(0) // at once: it is all of the day, and takes along what waits
	require.Len(t, b.bodies(2), 2)
	require.Contains(t, b.bodies(2)[0], "Started late\n- Muide, Emma Peeters")
	require.Contains(t, b.bodies(2)[0], "Not started\n- Wednesday 25 November 2026: Haven")
	b.start(4, "13:30")
	b.later(quiet)
	require.Len(t, b.bodies(2), 3)
	require.Contains(t, b.bodies(2)[0], "Started after all\n- Haven, Emma Peeters: Wednesday 25 November 2026, 13:30\n")
	require.Contains(t, b.bodies(1)[0], "Een verwachte rit is gestart")
	require.Contains(t, b.bodies(1)[0], "Toch nog gestart")
	require.Empty(t, b.bodies(3))

	_, err := b.pool.Exec(t.Context(), `update gathered set told_at = told_at - interval '6 days'`)
	require.NoError(t, err)
	require.NoError(t, b.DeleteOldMessages(t.Context()))
	b.start(4, "13:30")
	b.later(time.Hour)
	require.Len(t, b.bodies(2), 3, "once a run")
}

// What counts is when it was started, not when the phone could tell.
func TestARunThatWasStartedInTimeWithoutAConnectionIsCleared(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.time.at = time.Date(2026, time.November, 25, 11, 0, 0, 0, time.UTC)
	b.core.run(1, 3, "2026-11-25", "Centrum")
	b.core.run(2, 3, "2026-11-25", "Zuid")
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.start(2, "11:50") // before the mail is written
	b.later(time.Hour)
	require.Len(t, b.bodies(2), 1)
	require.NotContains(t, b.bodies(2)[0], "Zuid", "there is nothing to tell of it")
	b.start(1, "11:55")
	b.later(quiet)
	require.Len(t, b.bodies(2), 2)
	require.Contains(t, b.bodies(2)[0], "Started in time, known only now\n- Centrum, Emma Peeters: Wednesday 25 November 2026, 11:55\n")
}

func TestWhoHearsOfLateRunsOnceADayHearsWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	choose := func(choice string) {
		t.Helper()
		_, err := b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{Kind: kindRunLate, Choice: choice}}})
		require.NoError(t, err)
	}
	choose("digest")
	b.time.at = time.Date(2026, time.November, 25, 11, 0, 0, 0, time.UTC)
	for i, tour := range []string{"Centrum", "Zuid", "Noord"} {
		b.core.run(int64(i+1), 3, "2026-11-25", tour)
	}
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.later(time.Hour)
	b.start(1, "11:55")
	b.start(2, "13:00")
	b.later(time.Hour)
	require.Empty(t, b.bodies(2))
	b.later(4 * time.Hour)
	require.Len(t, b.bodies(2), 1)
	text := b.bodies(2)[0]
	require.Contains(t, text, "A run is not started\n")
	require.Contains(t, text, "Not started\n- Wednesday 25 November 2026: Noord")
	require.Contains(t, text, "Started late\n- Zuid, Emma Peeters: Wednesday 25 November 2026, 13:00\n")
	require.NotContains(t, text, "Centrum", "it was in time")

	choose("off")
	b.start(3, "18:30")
	b.later(24 * time.Hour)
	require.Len(t, b.bodies(2), 1)
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

func TestASyndicHearsOfStopsAtTheirBuildingsWhereTheOfficeChoseSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.auth.users[9] = &auth.User{ID: 9, Email: "marc@example.org", FirstName: "Marc", LastName: "Claeys", Language: "fr", Role: auth.RoleSyndic, Active: true}
	b.auth.users[10] = &auth.User{ID: 10, Email: "lies@example.org", FirstName: "Lies", LastName: "Maes", Language: "nl", Role: auth.RoleSyndic, Active: true}
	b.core.syndics = map[int64][]int64{7: {9}, 8: {9}, 10: {10}, 11: {9}, 12: {}}
	b.core.quiet = map[int64]bool{11: true}
	b.core.run(1, 3, "2026-11-25", "Centrum")
	b.core.run(2, 3, "2026-11-26", "Zuid")
	b.skip(1, 7, "skipped", "no key")
	b.skip(1, 7, "skipped", "no key") // the event comes again
	b.skip(1, 8, "done", "")
	b.skip(1, 11, "skipped", "not told")
	b.skip(1, 12, "skipped", "nobody manages it")
	b.skip(2, 8, "failed", "gate <shut>")
	b.skip(2, 10, "failed", "gate shut")
	b.core.syndics[10] = []int64{9} // handed over before the mail is written
	b.later(quiet)
	require.Len(t, b.bodies(9), 1)
	require.Contains(t, b.bodies(9)[0], "2 arrêts à vos immeubles n’ont pas été faits\n")
	require.Contains(t, b.bodies(9)[0], "mercredi 25 novembre 2026\n- Korenmarkt 7\u00a0: sauté (no key)\n")
	require.Contains(t, b.bodies(9)[0], "jeudi 26 novembre 2026\n- Korenmarkt 8\u00a0: échoué (gate <shut>)\n")
	require.Contains(t, b.bodies(9)[0], "/my-buildings\n", "more than one building")
	require.Contains(t, b.bodies(9)[0], "parce que vous gérez des immeubles")
	for _, text := range []string{"Emma", "Peeters", "Centrum", "not told", "nobody manages", "Korenmarkt 11"} {
		require.NotContains(t, b.bodies(9)[0], text)
	}
	require.Empty(t, b.bodies(10), "it is not theirs any more")
	require.Len(t, b.bodies(2), 1, "the office hears as ever")

	as(9, auth.RoleSyndic)
	got, err := b.GetPreferences(t.Context())
	require.NoError(t, err)
	require.Equal(t, []*PreferenceChoices{
		{Kind: "building-stops", Choice: "on", Choices: []string{"on", "digest", "off"}},
		{Kind: "building-incidents", Choice: "off", Choices: []string{"off", "on", "digest"}},
	}, got.Items)
	answer, err := b.Unsubscribe(t.Context(), b.unsubscribing.token(9, "building-stops"))
	require.NoError(t, err)
	require.Equal(t, "building-stops", answer.Kind)
	require.Len(t, b.changes(), 1)
	b.core.run(3, 3, "2026-11-27", "Noord")
	b.skip(3, 7, "failed", "no bins")
	b.later(time.Hour)
	require.Len(t, b.bodies(9), 1)
	require.Len(t, b.bodies(2), 2)
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
		"9999999999999999999.runs.x", "3.\x00.x", token + ".x", "+" + token, b.unsubscribing.token(3, "password-reset"),
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

	for _, gone := range []int64{3, 77} { // forgotten, and never there
		b.auth.users[3].Email = "3@" + auth.AnonymousDomain
		answer, err := b.Unsubscribe(t.Context(), b.unsubscribing.token(gone, "reminder"))
		require.NoError(t, err)
		require.Equal(t, "reminder", answer.Kind)
	}
	var kept int
	require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*) from preferences where kind = 'reminder'`).Scan(&kept))
	require.Zero(t, kept, "nothing more is kept of who was anonymised")
	require.Len(t, b.changes(), 1)

	for range unsubscribeLimit.Count {
		_, _ = b.Unsubscribe(t.Context(), "guess")
	}
	_, err := b.Unsubscribe(t.Context(), token)
	require.ErrorContains(t, err, "Too many")
}

// What went to an address before there was an account is known by the address alone, which no event tells.
func TestWhatWasTypedBeforeThereWasAnAccountIsForgottenToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	write := func(subject string, p SendParams) {
		t.Helper()
		p.Subject, p.Body = subject, "About Emma Peeters."
		_, err := b.Send(t.Context(), &p)
		require.NoError(t, err)
	}
	for id, email := range map[int64]string{7: "emma@first.example.org", 8: "noor@example.org"} {
		b.auth.links[id] = &auth.InvitationLinkResponse{Link: "https://bins.example.be/register?token=x", Email: email, Language: "nl"}
		b.request(mailrequest.Request{ID: fmt.Sprint("invited", id), Kind: mailrequest.Invitation, ThingID: id}) // withdrawn later: in no event
	}
	write("only hers", SendParams{Addresses: []string{"Emma@first.example.org"}})
	write("hers too", SendParams{Addresses: []string{"emma@first.example.org", "noor@example.org"}})
	write("a copy", SendParams{UserIDs: []int64{5}, Cc: []string{"emma@first.example.org", "noor@example.org"}})
	write("another's", SendParams{Addresses: []string{"noor@example.org"}})
	b.later(time.Minute)
	b.request(mailrequest.Request{ID: "changed", Kind: mailrequest.EmailChanged, UserID: 3, Address: "emma@second.example.org"})
	write("to the former", SendParams{Addresses: []string{"emma@second.example.org"}})
	b.smtp.Behave(smtptest.Behaviour{Rcpt: func(to string) error { return &smtp.SMTPError{Code: 451, Message: "not now, " + to} }})
	write("waits", SendParams{Addresses: []string{"emma@first.example.org"}})
	b.later(time.Minute)
	received := len(b.smtp.Received())

	b.auth.formerly, b.auth.anonymisedAt = []string{"emma@first.example.org"}, b.time.now()
	b.time.advance(time.Hour) // the event is late
	write("somebody else has the address now", SendParams{Addresses: []string{"emma@first.example.org"}})
	for range 2 {
		require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{
			Type: auth.AccountAnonymised, UserID: 3, OccurredAt: b.auth.anonymisedAt,
		}))
	}
	for _, query := range []string{
		`select coalesce(string_agg(m::text, E'\n'), '') from messages m where created_at <= $1`,
		`select coalesce(string_agg(t::text, E'\n'), '') from tries t where started_at <= $1`,
		`select coalesce(string_agg(cc_addresses::text, E'\n'), '') from sendings where created_at <= $1`,
		`select 'emma@ ' || subject from sendings where created_at <= $1 and subject in ('only hers', 'waits', 'to the former')
			union all select '' limit 1`,
	} {
		var rows string
		require.NoError(t, b.pool.QueryRow(t.Context(), query, b.auth.anonymisedAt).Scan(&rows))
		require.NotContains(t, strings.ToLower(rows), "emma@", query)
	}
	kept := map[string]int{}
	for _, m := range b.messages() {
		if m.Address != "" || m.GivenAddress != "" {
			kept[m.Subject]++
		}
	}
	require.Equal(t, 1, kept["hers too"], "Noor's stays")
	require.Equal(t, 1, kept["another's"])
	require.Equal(t, 1, kept["a copy"], "Zoë's stays, without the copy")
	var copies []string
	require.NoError(t, b.pool.QueryRow(t.Context(), `select cc_addresses from sendings where subject = 'a copy'`).Scan(&copies))
	require.Equal(t, []string{"noor@example.org"}, copies)

	b.smtp.Behave(smtptest.Behaviour{})
	b.later(time.Hour)
	require.Len(t, b.smtp.Received(), received+1, "what waited is not sent; what was written since is")
	for _, m := range b.messages() {
		if m.UserID == 0 && m.Address == "" && m.Kind == kindMessage {
			_, err := b.ResendMessage(t.Context(), m.ID)
			requireRefused(t, err, errs.FailedPrecondition, refusal.Missing)
		}
	}
}

// Requests and what became of accounts come by different ways: either may be first.
func TestARequestThatComesAfterItsReceiverWasAnonymisedKeepsNoAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.auth.users[3].Active, b.auth.users[3].Email = false, "anonymous-3@"+auth.AnonymousDomain
	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{Type: auth.AccountAnonymised, UserID: 3}))
	b.request(mailrequest.Request{Kind: mailrequest.EmailChanged, UserID: 3, Address: "emma@old.example.org"})
	b.send()
	require.Empty(t, b.smtp.Received())
	require.Equal(t, store.MessageStatusWithdrawn, b.only().Status)
	require.Empty(t, b.only().GivenAddress)
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
	_, err := b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{Kind: "reminder", Choice: "off"}}})
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

func TestOnlyTheSyndicsOfBuildingsWhereTheOfficeChoseSoAreTold(t *testing.T) {
	t.Parallel()
	et.MockEndpoint(core.Syndics, func(context.Context, *core.SyndicsParams) (*core.SyndicsResponse, error) {
		return &core.SyndicsResponse{Syndics: []core.Syndic{
			{BuildingID: 10, UserIDs: []int64{8}, Told: true}, {BuildingID: 11, UserIDs: []int64{8}}, {BuildingID: 12, Told: true},
		}}, nil
	})
	told, err := toldSyndicsFromCore(t.Context(), []int64{10, 11, 12})
	require.NoError(t, err)
	require.Equal(t, map[int64][]int64{10: {8}}, told)
	all, err := syndicsFromCore(t.Context(), []int64{10, 11, 12})
	require.NoError(t, err)
	require.Equal(t, map[int64][]int64{10: {8}, 11: {8}, 12: nil}, all)
}

func TestNobodyIsToldWhatTheyDidThemselves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.run(1, 2, "2026-11-30", "Centrum") // somebody of the office, for themselves
	b.runEvent(core.RunEvent{Type: core.RunPlanned, RunID: 1, WorkerID: 2, ActorID: 2})
	b.later(quiet)
	require.Empty(t, b.messages())
}

func TestWhoHasLostARoleHearsNothingOfItAnyMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.run(1, 3, "2026-11-25", "Centrum")
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.auth.users[2].Role = auth.RoleStudent
	b.later(0)
	require.Empty(t, b.bodies(2))
	require.Len(t, b.bodies(1), 1)
}

// remark tells that a worker wrote a remark.
func (b *bundle) remark(run, building int64, text string, photos int) uuid.UUID {
	b.t.Helper()
	remark := core.Remark{ID: uuid.Must(uuid.NewV4()), RunID: run, BuildingID: building, Text: text, Pictures: make([]core.Picture, photos)}
	b.core.remarks = append(b.core.remarks, remark)
	for range 2 { // the event comes again
		require.NoError(b.t, b.OnVisitEvent(b.t.Context(), &core.VisitEvent{
			ID: "remark-" + remark.ID.String(), Type: core.RemarkCreated, RunID: run, WorkerID: 3, ActorID: 3, BuildingID: building, Remark: &remark,
		}))
	}
	return remark.ID
}

func TestARemarkIsToldToTheOfficeAndToTheSyndicsWhereItChoseSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.auth.users[9] = &auth.User{ID: 9, Email: "marc@example.org", FirstName: "Marc", LastName: "Claeys", Language: "nl", Role: auth.RoleSyndic, Active: true}
	b.core.syndics = map[int64][]int64{7: {9}, 8: {9}}
	b.core.quiet = map[int64]bool{8: true}
	b.core.run(1, 3, "2026-11-25", "Centrum")
	b.remark(1, 7, "The gate\nsticks", 2)
	gone := b.remark(1, 7, "Oops", 0)
	b.core.remarks = slices.DeleteFunc(b.core.remarks, func(r core.Remark) bool { return r.ID == gone })
	b.later(quiet)
	require.Len(t, b.bodies(2), 1)
	require.Contains(t, b.bodies(2)[0], "A remark about a stop\n")
	require.Contains(t, b.bodies(2)[0], "Centrum, Emma Peeters\n- Korenmarkt 7: remark “The gate sticks” (with 2 photos)\n")
	require.Contains(t, b.bodies(2)[0], "https://bins.example.be/today?date=2026-11-25&run=1\n")
	require.NotContains(t, b.bodies(2)[0], "Oops", "it was deleted before the mail was written")
	require.Len(t, b.bodies(9), 1)
	require.Contains(t, b.bodies(9)[0], "Korenmarkt 7: een opmerking\n")
	require.Contains(t, b.bodies(9)[0], "- Korenmarkt 7: opmerking “The gate sticks” (met 2 foto’s)\n")
	require.Contains(t, b.bodies(9)[0], "https://bins.example.be/my-buildings/7\n")
	require.NotContains(t, b.bodies(9)[0], "Emma")

	b.remark(1, 8, "Not for syndics", 0)
	b.skip(1, 7, "skipped", "no key")
	b.later(quiet)
	require.Contains(t, b.bodies(2)[0], "A stop was not done, and a remark\n")
	require.Contains(t, b.bodies(2)[0], "- Korenmarkt 8: remark “Not for syndics”\n- Korenmarkt 7: skipped (no key)\n")
	require.Len(t, b.bodies(9), 2)
	require.Contains(t, b.bodies(9)[0], "Korenmarkt 7: een halte is niet gedaan\n")
	require.NotContains(t, b.bodies(9)[0], "Not for syndics")

	as(9, auth.RoleSyndic)
	_, err := b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{Kind: kindBuildingStops, Choice: "off"}}})
	require.NoError(t, err)
	withdrawn := b.remark(1, 7, "Withdrawn", 0)
	b.core.remarks = slices.DeleteFunc(b.core.remarks, func(r core.Remark) bool { return r.ID == withdrawn })
	b.later(time.Hour)
	require.Len(t, b.bodies(2), 2, "there is nothing to tell")
	require.Len(t, b.bodies(9), 2)
}
