package core

import (
	"context"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// byNoon is a rule as installations have it: started by 12:00, and 15 minutes behind is in time.
func byNoon(t *testing.T) Lateness {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return Lateness{12 * time.Hour, 15 * time.Minute, zone}
}

func TestWhatIsLate(t *testing.T) {
	t.Parallel()
	rule := byNoon(t)
	start := monday
	at := func(m int) *time.Time { return new(start.Add(time.Duration(m) * time.Minute)) }
	local := func(hour, minute int) time.Time { return time.Date(2026, time.May, 4, hour, minute, 0, 0, rule.Zone) }
	run := func(status string, elapsed int, completed *time.Time) timedRun {
		run := timedRun{Run{Status: status, AgreedMinutes: 60, CompletedAt: completed}, elapsed, today}
		if status != StatusPlanned {
			run.StartedAt = &start
		}
		return run
	}
	long := timedRun{Run{Status: StatusPlanned, AgreedMinutes: 14 * 60}, 10, today} // it takes from 10:00 to midnight

	for name, check := range map[string]struct {
		run    timedRun
		now    time.Time
		reason string
		by     int
	}{
		"the minute before LATE_TIME":         {run(StatusPlanned, 10, nil), local(11, 59), lateNone, 0},
		"LATE_TIME":                           {run(StatusPlanned, 10, nil), local(12, 0), lateNotStarted, 0},
		"the minute after LATE_TIME":          {run(StatusPlanned, 10, nil), local(12, 1), lateNotStarted, 1},
		"a day that is over":                  {run(StatusPlanned, 10, nil), local(12, 0).AddDate(0, 0, 1), lateNotStarted, 24 * 60},
		"tomorrow":                            {run(StatusPlanned, 10, nil), local(13, 0).AddDate(0, 0, -1), lateNone, 0},
		"it can still be done today":          {long, local(9, 59), lateNone, 0},
		"it cannot be done today any more":    {long, local(10, 5), lateNotStarted, 5},
		"nothing to do at its stops":          {timedRun{Run{Status: StatusPlanned, IdleStops: 2}, 0, today}, local(20, 0), lateNone, 0},
		"without stops":                       {timedRun{Run{Status: StatusPlanned}, 0, today}, local(20, 0), lateNotStarted, 8 * 60},
		"at the first stop, within tolerance": {run(StatusStarted, 10, nil), *at(25), lateNone, 0},
		"at the first stop, beyond tolerance": {run(StatusStarted, 10, nil), *at(26), lateBehind, 16},
		"further, in time again":              {run(StatusStarted, 20, nil), *at(26), lateNone, 0},
		"completed within tolerance":          {run(StatusCompleted, 60, at(75)), *at(500), lateNone, 0},
		"completed beyond tolerance":          {run(StatusCompleted, 60, at(76)), *at(500), lateTookLonger, 16},
		"cancelled":                           {run(StatusCancelled, 10, nil), *at(500), lateNone, 0},
	} {
		got := rule.of(check.run, check.now)
		require.Equal(t, []any{check.reason, check.by}, []any{got.reason, got.minutes}, name)
		require.Equal(t, check.reason != lateNone, got.since != nil, name)
	}
}

// LATE_TIME is what the clock on the wall shows, on days of 23 and 25 hours too (rule 11).
func TestRule11RunsAreDueByTheClockOnTheWall(t *testing.T) {
	t.Parallel()
	rule := byNoon(t)
	for date, due := range map[string]time.Time{
		"2026-03-28": time.Date(2026, time.March, 28, 11, 0, 0, 0, time.UTC),
		"2026-03-29": time.Date(2026, time.March, 29, 10, 0, 0, 0, time.UTC),
		"2026-10-24": time.Date(2026, time.October, 24, 10, 0, 0, 0, time.UTC),
		"2026-10-25": time.Date(2026, time.October, 25, 11, 0, 0, 0, time.UTC),
	} {
		on, err := day.Parse("date", date)
		require.NoError(t, err)
		planned := timedRun{Run{Status: StatusPlanned, AgreedMinutes: 60}, 10, on}
		require.Equal(t, lateNone, rule.of(planned, due.Add(-time.Minute)).reason, date)
		got := rule.of(planned, due)
		require.Equal(t, lateNotStarted, got.reason, date)
		require.Equal(t, &due, got.since, date)
	}
}

func TestDashboardMailAndMetricsAgreeOnWhatIsLate(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	behind, _ := r.startedRun()
	planned := r.run()
	r.run(func(p *store.InsertRunParams) { p.Date, p.WorkerID = today.AddDate(0, 0, 1), lucas.ID })
	type answer struct {
		board, mail       []int64
		notStarted, late  int64
		counted, numbered int
	}
	ask := func() answer {
		t.Helper()
		var got answer
		board := r.board("", 0)
		for _, run := range board.Runs {
			if run.LateReason != lateNone {
				got.board = append(got.board, run.ID)
			}
		}
		got.counted = board.Counts.Late
		summary, err := r.GetDaySummary(r.as(office), &GetDashboardParams{})
		require.NoError(t, err)
		got.numbered = summary.Counts.Late
		missing, err := r.NotStartedRuns(context.Background(), &NotStartedRunsParams{Date: day.Format(today), At: r.now()})
		require.NoError(t, err)
		for _, run := range missing.Runs {
			got.mail = append(got.mail, run.ID)
		}
		got.notStarted, got.late, err = r.countLate(context.Background())
		require.NoError(t, err)
		return got
	}
	due := r.late.Due(today)
	r.setTime(due.Add(-time.Minute))
	require.Equal(t, answer{board: []int64{behind}, late: 1, counted: 1, numbered: 1}, ask())
	r.setTime(due)
	require.Equal(t, answer{
		board: []int64{behind, planned}, mail: []int64{planned}, notStarted: 1, late: 1, counted: 2, numbered: 2,
	}, ask())

	_, err := r.NotStartedRuns(context.Background(), &NotStartedRunsParams{Date: "x"})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Malformed)
}
