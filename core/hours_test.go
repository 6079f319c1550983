package core

import (
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
)

// worked is a completed run of emma's on a date, from a moment to another one in Brussels.
func (r *rounds) worked(date time.Time, from, to string) int64 {
	r.t.Helper()
	moment := func(text string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04:05", text, r.zone)
		require.NoError(r.t, err)
		return at
	}
	id := r.run(func(p *store.InsertRunParams) { p.Date = date })
	_, err := r.pool.Exec(r.t.Context(), `insert into run_stops (run_id, position, building_id, agreed_minutes)
		select run_id, position, building_id, agreed_minutes from stops_of_runs where run_id = $1`, id)
	require.NoError(r.t, err)
	_, err = r.pool.Exec(r.t.Context(), "update runs set status = 'completed', started_at = $2, completed_at = $3 where id = $1",
		id, moment(from), moment(to))
	require.NoError(r.t, err)
	return id
}

// A run takes as long as clocks run, whatever they show, and counts on the day on which it is planned; sums are those of weeks.
func TestHours(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	date := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	overMidnight := r.worked(date(time.March, 28), "2026-03-28 23:30:00", "2026-03-29 04:30:00") // the night without two o'clock
	sunday := r.worked(date(time.March, 29), "2026-03-29 18:00:00", "2026-03-29 19:10:59")
	r.worked(date(time.March, 30), "2026-03-30 18:00:00", "2026-03-30 18:30:00")
	planned := r.run(func(p *store.InsertRunParams) { p.Date = date(time.April, 1) })
	cancelled := r.run(func(p *store.InsertRunParams) { p.Date = date(time.April, 1) })
	_, err := r.pool.Exec(t.Context(), "update runs set status = 'cancelled', cancelled_at = now() where id = $1", cancelled)
	require.NoError(t, err)
	r.run(func(p *store.InsertRunParams) { p.WorkerID, p.Date = lucas.ID, date(time.March, 28) })
	r.worked(date(time.October, 24), "2026-10-24 23:30:00", "2026-10-25 04:30:00") // the night with two o'clock twice
	_, err = r.PutAvailability(r.as(office), emma.ID, &PutAvailabilityParams{Weekdays: []int{1}, WeeklyMinutes: 600})
	require.NoError(t, err)

	hours, err := r.MyHours(r.as(emma), &HoursParams{From: "2026-03-23", To: "2026-04-05"})
	require.NoError(t, err)
	require.Equal(t, 600, hours.WeeklyMinutes)
	require.Equal(t, 240+70+30, hours.WorkedMinutes)
	require.Len(t, hours.Runs, 4, "neither cancelled ones nor those of others")
	agreed := hours.Runs[0].AgreedMinutes
	require.Positive(t, agreed)
	require.Equal(t, []WorkedWeek{
		{Monday: "2026-03-23", WorkedMinutes: 310, AgreedMinutes: 2 * agreed, Runs: 2},
		{Monday: "2026-03-30", WorkedMinutes: 30, AgreedMinutes: 2 * agreed, Runs: 2},
	}, hours.Weeks)
	require.Equal(t, overMidnight, hours.Runs[0].ID)
	require.Equal(t, "2026-03-28", hours.Runs[0].Date)
	require.Equal(t, 240, *hours.Runs[0].WorkedMinutes)
	require.Equal(t, sunday, hours.Runs[1].ID)
	require.Equal(t, planned, hours.Runs[3].ID)
	require.Nil(t, hours.Runs[3].WorkedMinutes)
	require.Equal(t, 2, hours.Runs[3].Stops)

	of, err := r.WorkerHours(r.as(office), emma.ID, &HoursParams{From: "2026-03-23", To: "2026-04-05"})
	require.NoError(t, err)
	require.Equal(t, hours, of, "the office sees the same")
	day, err := r.MyHours(r.as(emma), &HoursParams{From: "2026-03-29", To: "2026-03-29"})
	require.NoError(t, err)
	require.Equal(t, 70, day.WorkedMinutes)
	autumn, err := r.MyHours(r.as(emma), &HoursParams{From: "2026-10-01", To: "2026-10-31"})
	require.NoError(t, err)
	require.Equal(t, 360, autumn.WorkedMinutes)
	nothing, err := r.MyHours(r.as(lucas), &HoursParams{From: "2026-06-01", To: "2026-06-30"})
	require.NoError(t, err)
	require.Empty(t, nothing.Runs)
	require.NotNil(t, nothing.Weeks)

	for name, p := range map[string]HoursParams{
		"no period": {}, "no end": {From: "2026-01-01"}, "backwards": {From: "2026-01-02", To: "2026-01-01"},
		"more than a year": {From: "2025-01-01", To: "2026-01-02"}, "no date": {From: "x", To: "2026-01-01"},
	} {
		_, err := r.MyHours(r.as(emma), &p)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
	}
	_, err = r.MyHours(r.as(emma), &HoursParams{From: "2026-01-01", To: "2027-01-01"})
	require.NoError(t, err, "366 days")
}

// What the office corrects counts.
func TestHoursAreCorrected(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.pass(30 * time.Minute)
	r.visit(run, buildings[0], "arrival", "inside", "departure")
	r.pass(30 * time.Minute)
	r.visit(run, buildings[1], "arrival", "inside", "departure")
	worked := func() int {
		hours, err := r.MyHours(r.as(emma), &HoursParams{From: "2026-05-04", To: "2026-05-04"})
		require.NoError(t, err)
		require.NotNil(t, hours.Runs[0].WorkedMinutes)
		return *hours.Runs[0].WorkedMinutes
	}
	require.Equal(t, 60, worked())
	r.pass(30 * time.Minute)
	later := monday.Add(75 * time.Minute)
	_, err := r.CorrectVisit(r.as(office), run, buildings[1], &CorrectVisitParams{
		ID: newID(), What: "departure", OccurredAt: &later, Reason: "The phone was off.",
	})
	require.NoError(t, err)
	require.Equal(t, 75, worked())
}
