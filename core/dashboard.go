package core

import (
	"context"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// maxDashboard bounds the runs of one day; a company has some dozens.
const maxDashboard = 1000

// daysGoingOn is how many days before today a run may have begun that is still shown.
const daysGoingOn = 7

// Dashboard is one day of the company.
type Dashboard struct {
	// Date is the day, YYYY-MM-DD.
	Date   string         `json:"date"`
	Runs   []DashboardRun `json:"runs"`
	Counts DashboardCount `json:"counts"`
}

// DashboardRun is a run with what the office watches.
type DashboardRun struct {
	ID            int64      `json:"id"`
	Tour          TourName   `json:"tour"`
	Region        Region     `json:"region"`
	Worker        Worker     `json:"worker"`
	Date          string     `json:"date"`
	Status        string     `json:"status"`
	PlannedAt     time.Time  `json:"planned_at"`
	StartedAt     *time.Time `json:"started_at"`
	CompletedAt   *time.Time `json:"completed_at"`
	CancelReason  string     `json:"cancel_reason"`
	Progress      Progress   `json:"progress"`
	AgreedMinutes int        `json:"agreed_minutes"`
	// StopsDiffer and IdleStops are as in Run. A planned run with idle stops and no others cannot be started, and is not late.
	StopsDiffer bool  `json:"stops_differ"`
	IdleStops   int   `json:"idle_stops"`
	Version     int64 `json:"version"`
	// Remarks is as in Run.
	Remarks int `json:"remarks"`
	// LastPicture is the one that came last; null when none has come.
	LastPicture *Picture `json:"last_picture"`
	// LateMinutes is how far the run is behind the agreed minutes; 0 when it is in time.
	LateMinutes int `json:"late_minutes"`
}

// DashboardCount counts the runs of the day that are not cancelled.
type DashboardCount struct {
	Planned   int `json:"planned"`
	Started   int `json:"started"`
	Completed int `json:"completed"`
	// Late counts runs with late_minutes above 0, whatever their status.
	Late int `json:"late"`
}

// GetDashboardParams chooses the day.
type GetDashboardParams struct {
	// Date is the day, YYYY-MM-DD; today unless given.
	Date string `query:"date"`
}

// GetDashboard returns the runs of a day with progress and lateness; today also those of the last seven days that were started
// and are not over (rule 2). The office only.
//
// Errors: permission_denied for other roles, invalid_argument for a bad date.
//
//encore:api auth method=GET path=/dashboard
func (s *Service) GetDashboard(ctx context.Context, p *GetDashboardParams) (*Dashboard, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	date, err := day.ParseOr("date", p.Date, s.today())
	if err != nil {
		return nil, err
	}
	rows, err := s.query.ListRuns(ctx, store.ListRunsParams{
		SeesAll: true, FromDay: date, ToDay: date, RowLimit: maxDashboard,
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the runs of the day")
	}
	if date.Equal(s.today()) {
		goingOn, err := s.query.ListRuns(ctx, store.ListRunsParams{
			SeesAll: true,
			FromDay: date.AddDate(0, 0, -daysGoingOn), ToDay: date.AddDate(0, 0, -1), Status: StatusStarted, RowLimit: maxDashboard,
		})
		if err != nil {
			return nil, refusal.Failure(err, "list the runs that go on")
		}
		rows = append(goingOn, rows...)
	}
	ids := idsOf(rows)
	runs, err := s.runsByID(ctx, s.query, ids)
	if err != nil {
		return nil, err
	}
	pictures, err := s.query.LatestPictures(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read the latest pictures")
	}
	latest := make(map[int64]*Picture, len(pictures))
	for _, row := range pictures {
		picture := pictureOf(row)
		latest[row.RunID] = &picture
	}
	board := &Dashboard{Date: day.Format(date), Runs: make([]DashboardRun, 0, len(runs))}
	for _, run := range runs {
		late := lateMinutes(run, s.now(), day.End(date, s.zone))
		board.Runs = append(board.Runs, dashboardRun(run.Run, latest[run.ID], late))
		board.Counts.add(run.Status, late)
	}
	return board, nil
}

func dashboardRun(run Run, lastPicture *Picture, late int) DashboardRun {
	return DashboardRun{
		ID: run.ID, Tour: run.Tour, Region: run.Region, Worker: run.Worker, Date: run.Date, Status: run.Status,
		PlannedAt: run.PlannedAt, StartedAt: run.StartedAt, CompletedAt: run.CompletedAt,
		CancelReason: run.CancelReason, Progress: run.Progress, AgreedMinutes: run.AgreedMinutes,
		StopsDiffer: run.StopsDiffer, IdleStops: run.IdleStops, Version: run.Version, Remarks: run.Remarks,
		LastPicture: lastPicture, LateMinutes: late,
	}
}

func (c *DashboardCount) add(status string, late int) {
	switch status {
	case StatusPlanned:
		c.Planned++
	case StatusStarted:
		c.Started++
	case StatusCompleted:
		c.Completed++
	}
	if late > 0 {
		c.Late++
	}
}

// lateMinutes is how far a run is behind. A planned run is late when it can no longer be done before the end of its
// day, unless there is nothing to do. A started one should have the stops behind it, and the next, within their agreed minutes. A completed one should
// not have taken longer than agreed. Started minutes do not count.
func lateMinutes(run timedRun, now, endOfDay time.Time) int {
	var late time.Duration
	switch run.Status {
	case StatusPlanned:
		if run.WithoutWork() {
			return 0
		}
		late = now.Sub(endOfDay.Add(-minutes(run.AgreedMinutes)))
	case StatusStarted:
		late = now.Sub(run.StartedAt.Add(minutes(run.elapsedMinutes)))
	case StatusCompleted:
		late = run.CompletedAt.Sub(run.StartedAt.Add(minutes(run.AgreedMinutes)))
	}
	return max(0, int(late/time.Minute))
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }
