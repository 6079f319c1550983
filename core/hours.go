package core

import (
	"context"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

const (
	// maxHoursDays is how many days of hours are read at once: a year.
	maxHoursDays = 366
	// maxHoursRuns is more runs than anybody does in a year.
	maxHoursRuns = 5000
)

// HoursParams choose a period.
type HoursParams struct {
	// From and To are the first and the last day, YYYY-MM-DD; a year at most.
	From string `query:"from"`
	To   string `query:"to"`
}

// WorkedRun is a run with the time that it took.
type WorkedRun struct {
	ID   int64    `json:"id"`
	Tour TourName `json:"tour"`
	// Date is that of the run, YYYY-MM-DD: the day to which all of its time counts, also when it went past midnight.
	Date string `json:"date"`
	// Status is planned, started or completed.
	Status string `json:"status"`
	// Stops is how many there are.
	Stops int `json:"stops"`
	// StartedAt and CompletedAt are null until then. Corrections of the office are in them.
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	// WorkedMinutes are those from start to completion; null until it is completed.
	WorkedMinutes *int `json:"worked_minutes"`
	// AgreedMinutes is what the stops are agreed to take.
	AgreedMinutes int `json:"agreed_minutes"`
}

// WorkedWeek is a week, as far as it lies in the period.
type WorkedWeek struct {
	// Monday is its first day, YYYY-MM-DD.
	Monday string `json:"monday"`
	// WorkedMinutes are those of completed runs, AgreedMinutes what all runs of the week that are not cancelled are agreed to take.
	WorkedMinutes int `json:"worked_minutes"`
	AgreedMinutes int `json:"agreed_minutes"`
	Runs          int `json:"runs"`
}

// Hours are what somebody worked in a period.
type Hours struct {
	WorkerID int64 `json:"worker_id"`
	// From and To are the first and the last day, YYYY-MM-DD.
	From string `json:"from"`
	To   string `json:"to"`
	// WeeklyMinutes is what was agreed with the worker, in minutes a week; 0 when nothing was.
	WeeklyMinutes int `json:"weekly_minutes"`
	// WorkedMinutes are those of completed runs, AgreedMinutes what all runs that are not cancelled are agreed to take.
	WorkedMinutes int `json:"worked_minutes"`
	AgreedMinutes int `json:"agreed_minutes"`
	// Weeks are those that have runs, in their order.
	Weeks []WorkedWeek `json:"weeks"`
	// Runs are all of the period but those that were cancelled, by date.
	Runs []WorkedRun `json:"runs"`
}

// MyHours returns what the caller worked in a period: each run with the time from its start to its completion beside the agreed one,
// and the sums of weeks. Corrections of the office count. A run counts on its own date, also when it went past midnight.
//
// Errors: permission_denied for roles that have no runs; invalid_argument for a bad period, and for more than a year.
//
//encore:api auth method=GET path=/me/hours
func (s *Service) MyHours(ctx context.Context, p *HoursParams) (*Hours, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := access.OwnRuns(caller); err != nil {
		return nil, err
	}
	return s.hoursOf(ctx, caller.ID, p)
}

// WorkerHours returns what somebody worked in a period, as they see it themselves. The office sees everybody's, a worker their own.
//
// Errors: not_found for somebody else's, and when there is no such worker; permission_denied for roles that do no runs;
// invalid_argument for a bad period, and for more than a year.
//
//encore:api auth method=GET path=/workers/:id/hours
func (s *Service) WorkerHours(ctx context.Context, id int64, p *HoursParams) (*Hours, error) {
	if _, err := s.actorFor(ctx, id); err != nil {
		return nil, err
	}
	return s.hoursOf(ctx, id, p)
}

// hoursOf reads what a worker worked in a period.
func (s *Service) hoursOf(ctx context.Context, worker int64, p *HoursParams) (*Hours, error) {
	from, err := day.Parse("from", p.From)
	if err != nil {
		return nil, err
	}
	to, err := day.Parse("to", p.To)
	switch {
	case err != nil:
		return nil, err
	case to.Before(from):
		return nil, refusal.Invalid("to", refusal.OutOfRange, "The last day lies before the first.")
	case !to.Before(from.AddDate(0, 0, maxHoursDays)):
		return nil, refusal.Invalid("to", refusal.OutOfRange, "A year is read at most.")
	}
	agreed, err := availabilityOf(ctx, s.query, worker)
	if err != nil {
		return nil, refusal.Failure(err, "read the availability")
	}
	rows, err := s.query.HoursOfWorker(ctx, store.HoursOfWorkerParams{
		WorkerID: worker, FromDay: from, ToDay: to, RowLimit: maxHoursRuns + 1,
	})
	switch {
	case err != nil:
		return nil, refusal.Failure(err, "read the hours")
	case len(rows) > maxHoursRuns:
		return nil, refusal.Invalid("to", refusal.OutOfRange, "There are too many runs in this period: ask for a shorter one.")
	}
	hours := &Hours{
		WorkerID: worker, From: day.Format(from), To: day.Format(to), WeeklyMinutes: agreed.WeeklyMinutes,
		Weeks: []WorkedWeek{}, Runs: make([]WorkedRun, len(rows)),
	}
	for i, row := range rows {
		run := WorkedRun{
			ID: row.ID, Tour: TourName{ID: row.TourID, Name: row.TourName}, Date: day.Format(row.Date), Status: row.Status,
			Stops: int(row.Stops), StartedAt: utc(row.StartedAt), CompletedAt: utc(row.CompletedAt), AgreedMinutes: int(row.AgreedMinutes),
		}
		monday := day.Format(mondayOf(row.Date))
		if last := len(hours.Weeks) - 1; last < 0 || hours.Weeks[last].Monday != monday {
			hours.Weeks = append(hours.Weeks, WorkedWeek{Monday: monday})
		}
		week := &hours.Weeks[len(hours.Weeks)-1]
		if row.Status == StatusCompleted {
			worked := int(row.CompletedAt.Sub(*row.StartedAt) / time.Minute)
			run.WorkedMinutes = &worked
			week.WorkedMinutes += worked
			hours.WorkedMinutes += worked
		}
		week.Runs++
		week.AgreedMinutes += run.AgreedMinutes
		hours.AgreedMinutes += run.AgreedMinutes
		hours.Runs[i] = run
	}
	return hours, nil
}
