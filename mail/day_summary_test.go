package mail

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/refusal"
	"encore.app/mail/content"
	"encore.app/mail/store"
)

// aDay is a day on which something of everything happened.
func aDay() core.DaySummary {
	worked := 95
	emma := core.Worker{ID: 3, FirstName: "Emma", LastName: "Peeters"}
	building := core.DayBuilding{ID: 100, Name: "Korenmarkt 1"}
	return core.DaySummary{
		Date: "2026-11-25",
		Counts: core.SummaryCount{
			Planned: 1, Started: 1, Completed: 4, Cancelled: 1, Late: 3, WorkedMinutes: 380, AgreedMinutes: 345, Stops: 64, StopsDone: 60,
			StopsSkipped: 1, StopsFailed: 1, Remarks: 2, Incidents: 1,
		},
		Runs: []core.SummaryRun{
			{ID: 1, Tour: core.TourName{Name: "Centrum"}, Worker: emma, Status: core.StatusStarted, LateMinutes: 25, LateReason: "behind"},
			{ID: 2, Tour: core.TourName{Name: "Zuid"}, Worker: emma, Status: core.StatusPlanned, LateMinutes: 60, LateReason: "not_started"},
			{ID: 3, Tour: core.TourName{Name: "Noord"}, Worker: emma, Status: core.StatusCompleted, WorkedMinutes: &worked, LateMinutes: 95, LateReason: "took_longer"},
			{ID: 4, Tour: core.TourName{Name: "Haven"}, Worker: emma, Status: core.StatusCancelled, LateReason: "none"},
		},
		StopsNotDone: []core.SummaryStop{
			{Building: building, Outcome: core.OutcomeSkipped, Reason: "straat & stoep open"},
			{Building: building, Outcome: core.OutcomeFailed, Reason: "<b>poort</b> dicht"},
		},
		Remarks: []core.SummaryRemark{
			{Building: building, Text: "deksel\nstuk", Photos: 2}, {Building: building, Text: "bak weg"},
		},
		Incidents: []core.SummaryIncident{{ID: 12, Building: building, Kind: "dirty", Status: "open"}},
	}
}

// wants has somebody want the day's summary.
func (b *bundle) wants(userID int64, role auth.Role, choice string) {
	b.t.Helper()
	as(userID, role)
	_, err := b.PutPreferences(b.t.Context(), &PutPreferencesParams{Items: []Preference{{Kind: kindDaySummary, Choice: choice}}})
	require.NoError(b.t, err)
}

func TestTheSummaryOfTheDayGoesOnceToWhoWantsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.summary = aDay()
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	require.Empty(t, b.messages(), "it is 21 o'clock, and nobody wants it")
	b.wants(2, auth.RoleSuperstudent, choiceOn)
	b.time.advance(59 * time.Minute)
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	require.Empty(t, b.messages(), "it is 21:59 in Brussels")

	b.time.advance(time.Minute)
	var together sync.WaitGroup
	failures := make([]error, 4)
	for i := range failures {
		together.Go(func() { failures[i] = b.SendMailOfTheDay(t.Context()) })
	}
	together.Wait()
	for _, err := range failures {
		require.NoError(t, err)
	}
	b.time.advance(15 * time.Minute)
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.send()
	require.Len(t, b.messages(), 1)
	require.Len(t, b.bodies(2), 1)
	require.Contains(t, b.bodies(2)[0], "Summary of Wednesday 25 November 2026")
	require.Contains(t, b.bodies(2)[0], "https://bins.example.be/today/summary?date=2026-11-25")
	require.Contains(t, b.bodies(2)[0], "/profile?tab=mail", "it is chosen there")

	b.time.advance(24 * time.Hour)
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.send()
	require.Len(t, b.bodies(2), 2, "the next evening")
	require.Contains(t, b.bodies(2)[0], "Thursday 26 November 2026")
	b.wants(2, auth.RoleSuperstudent, choiceOff)
	b.time.advance(24 * time.Hour)
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	require.Len(t, b.messages(), 2)
}

func TestASummaryThatNoProcessSentInTheEveningGoesAtNight(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.summary = aDay()
	b.wants(1, auth.RoleAdmin, choiceOn)
	b.time.advance(4 * time.Hour) // one o'clock
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.send()
	require.Len(t, b.bodies(1), 1)
	require.Contains(t, b.bodies(1)[0], "Samenvatting van woensdag 25 november 2026")
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	require.Len(t, b.messages(), 1)
}

func TestNothingIsSentOfADayOnWhichNothingHappened(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wants(1, auth.RoleAdmin, choiceOn)
	b.time.advance(2 * time.Hour)
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	b.send()
	require.Empty(t, b.smtp.Received())
	require.Equal(t, store.MessageStatusWithdrawn, b.only().Status)
}

func TestWhoLeftTheOfficeGetsNoSummary(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.summary = aDay()
	b.wants(2, auth.RoleSuperstudent, choiceOn)
	b.time.advance(2 * time.Hour)
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	as(1, auth.RoleAdmin)
	_, err := b.SendDaySummary(t.Context(), &SendDaySummaryParams{ID: uuid.Must(uuid.NewV4()), Date: "2026-11-25", UserIDs: []int64{2}})
	require.NoError(t, err)
	b.auth.users[2].Role = auth.RoleStudent
	b.send()
	require.Empty(t, b.smtp.Received())
}

func TestTheOfficeSendsASummaryOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.summary = aDay()
	as(1, auth.RoleAdmin)
	p := &SendDaySummaryParams{
		ID: uuid.Must(uuid.NewV4()), Date: "2026-11-25", UserIDs: []int64{2, 1, 2}, Addresses: []string{"board@example.org", "AN@example.org"},
	}
	first, err := b.SendDaySummary(t.Context(), p)
	require.NoError(t, err)
	require.Len(t, first.Items, 3, "each once, and An by her account")
	again, err := b.SendDaySummary(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, first, again)
	b.send()
	require.Len(t, b.smtp.Received(), 3)
	require.Contains(t, b.bodies(2)[0], "Summary of Wednesday 25 November 2026")
	require.Contains(t, b.bodies(2)[0], "Somebody from the office sent you this mail.")
	require.NotContains(t, b.bodies(2)[0], "/unsubscribe")
	require.Contains(t, b.bodies(0)[0], "Samenvatting van woensdag 25 november 2026")
	require.Contains(t, b.bodies(0)[0], "Dag,\n")

	other := *p
	other.Date = "2026-11-24"
	_, err = b.SendDaySummary(t.Context(), &other)
	requireRefused(t, err, errs.AlreadyExists, refusal.IDReused)

	changes := b.changes()
	require.Len(t, changes, 1)
	require.Equal(t, "mail.summary_sent", changes[0].Kind)
	require.NotContains(t, string(changes[0].After), "board@example.org")
}

func TestASummaryIsSentTwentyTimesInTenMinutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.summary = aDay()
	as(1, auth.RoleAdmin)
	send := func() error {
		_, err := b.SendDaySummary(t.Context(), &SendDaySummaryParams{ID: uuid.Must(uuid.NewV4()), Date: "2026-11-25", UserIDs: []int64{1}})
		return err
	}
	for range sendLimit.Count {
		require.NoError(t, send())
	}
	requireRefused(t, send(), errs.ResourceExhausted, refusal.RateLimited)
	require.Len(t, b.messages(), sendLimit.Count)
}

func TestASummaryGoesToNobodyOutsideOfTheOffice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.auth.users[2].Active = false
	as(1, auth.RoleAdmin)
	for name, c := range map[string]struct {
		change func(*SendDaySummaryParams)
		code   errs.ErrCode
		reason refusal.Reason
		field  string
	}{
		"no id":               {func(p *SendDaySummaryParams) { p.ID = uuid.UUID{} }, errs.InvalidArgument, refusal.Required, "id"},
		"no date":             {func(p *SendDaySummaryParams) { p.Date = "x" }, errs.InvalidArgument, refusal.Malformed, "date"},
		"tomorrow":            {func(p *SendDaySummaryParams) { p.Date = "2026-11-26" }, errs.InvalidArgument, refusal.OutOfRange, "date"},
		"nobody":              {func(p *SendDaySummaryParams) { p.UserIDs = nil }, errs.InvalidArgument, refusal.Required, "user_ids"},
		"a student":           {func(p *SendDaySummaryParams) { p.UserIDs = []int64{3} }, errs.InvalidArgument, refusal.WrongRole, "user_ids"},
		"somebody gone":       {func(p *SendDaySummaryParams) { p.UserIDs = []int64{2} }, errs.InvalidArgument, refusal.ReceiverInactive, "user_ids"},
		"nobody known":        {func(p *SendDaySummaryParams) { p.UserIDs = []int64{99} }, errs.InvalidArgument, refusal.Unknown, "user_ids"},
		"a student's address": {func(p *SendDaySummaryParams) { p.Addresses = []string{"emma@example.org"} }, errs.InvalidArgument, refusal.WrongRole, "addresses"},
		"no address":          {func(p *SendDaySummaryParams) { p.Addresses = []string{"x"} }, errs.InvalidArgument, refusal.Malformed, "addresses"},
		"a header": {func(p *SendDaySummaryParams) {
			p.Addresses = []string{"lotte@example.org\r\nBcc: emma@example.org"}
		}, errs.InvalidArgument, refusal.Malformed, "addresses"},
		"two in one": {func(p *SendDaySummaryParams) {
			p.Addresses = []string{"lotte@example.org, emma@example.org"}
		}, errs.InvalidArgument, refusal.Malformed, "addresses"},
		"too many": {func(p *SendDaySummaryParams) {
			for i := range 50 {
				p.Addresses = append(p.Addresses, fmt.Sprintf("a%d@example.org", i))
			}
		}, errs.InvalidArgument, refusal.TooManyReceivers, ""},
	} {
		p := &SendDaySummaryParams{ID: uuid.Must(uuid.NewV4()), Date: "2026-11-25", UserIDs: []int64{1}}
		c.change(p)
		_, err := b.SendDaySummary(t.Context(), p)
		t.Log(name)
		requireRefused(t, err, c.code, c.reason)
		var refused *errs.Error
		require.ErrorAs(t, err, &refused)
		details, ok := refused.Details.(refusal.Details)
		require.True(t, ok)
		require.Equal(t, c.field, details.Field)
	}
	require.Empty(t, b.messages())
	b.settings.Host = ""
	_, err := b.SendDaySummary(t.Context(), &SendDaySummaryParams{ID: uuid.Must(uuid.NewV4()), Date: "2026-11-25", UserIDs: []int64{1}})
	requireRefused(t, err, errs.FailedPrecondition, refusal.Missing)
}

func TestALongSummaryIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	summary := aDay()
	for len(summary.Remarks) < 40 {
		summary.Remarks = append(summary.Remarks, summary.Remarks[0])
	}
	summary.Counts.Remarks = 700 // core does not tell all of them
	w, err := b.writeSummary(content.In("en", b.zone), "An", &summary)
	require.NoError(t, err)
	for _, group := range w.mail.Groups {
		if group.Heading == "Remarks" {
			require.Len(t, group.Lines, summaryLines+1)
			require.Equal(t, "and 675 more", group.Lines[summaryLines])
		}
	}
}
