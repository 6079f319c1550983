package core

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

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
	Date string `json:"date"`
	// Runs are those that are late first: under way and behind, then not started though they should be; after them what is under
	// way, planned, completed and cancelled. Of those that are late the latest comes first, then by the name of the tour.
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
	// LateReason is behind, not_started, took_longer or none; that is under way and further behind than LATE_TOLERANCE, planned and not
	// started by LATE_TIME (or when it could last be done before the day ends), completed later than agreed by more than that tolerance, or
	// in time.
	LateReason string `json:"late_reason"`
	// LateSince is from when the run is behind, or by when it should have been started; null when it is in time.
	LateSince *time.Time `json:"late_since"`
	// LateMinutes is how long that is ago, or was when the run was completed; 0 when it is in time.
	LateMinutes int `json:"late_minutes"`
}

// DashboardCount counts the runs of the day that are not cancelled, and what happened on them.
type DashboardCount struct {
	Planned   int `json:"planned"`
	Started   int `json:"started"`
	Completed int `json:"completed"`
	// Late counts runs with a late_reason other than none, whatever their status.
	Late int `json:"late"`
	// Stops are all stops of these runs; StopsDone, StopsSkipped and StopsFailed are those with that outcome.
	Stops        int `json:"stops"`
	StopsDone    int `json:"stops_done"`
	StopsSkipped int `json:"stops_skipped"`
	StopsFailed  int `json:"stops_failed"`
	// Remarks is how many remarks workers wrote on these runs.
	Remarks int `json:"remarks"`
	// OpenIncidents is how many incidents nobody has taken up, of whatever day.
	OpenIncidents int `json:"open_incidents"`
}

// GetDashboardParams chooses the day.
type GetDashboardParams struct {
	// Date is the day, YYYY-MM-DD; today unless given.
	Date string `query:"date"`
	// Region limits it to the tours and buildings of one region.
	Region int64 `query:"region"`
}

// GetDashboard returns the runs of a day with progress and lateness, late ones first; today also those of the last seven days that were started
// and are not over (rule 2). The office only.
//
// Errors: permission_denied for other roles, invalid_argument for a bad date.
//
//encore:api auth method=GET path=/dashboard
func (s *Service) GetDashboard(ctx context.Context, p *GetDashboardParams) (*Dashboard, error) {
	date, err := s.officeDay(ctx, p.Date)
	if err != nil {
		return nil, err
	}
	ids, err := s.runsOfDay(ctx, date, p.Region)
	if err != nil {
		return nil, err
	}
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
	open, err := s.query.CountOpenIncidents(ctx, p.Region)
	if err != nil {
		return nil, refusal.Failure(err, "count the open incidents")
	}
	board := &Dashboard{Date: day.Format(date), Runs: make([]DashboardRun, 0, len(runs))}
	for _, run := range runs {
		watched := s.dashboardRun(run, latest[run.ID], s.now())
		board.Runs = append(board.Runs, watched)
		board.Counts.add(watched)
	}
	board.Counts.OpenIncidents = int(open)
	slices.SortStableFunc(board.Runs, byUrgency)
	return board, nil
}

// officeDay is the day that somebody of the office asks for, YYYY-MM-DD; today unless given.
func (s *Service) officeDay(ctx context.Context, date string) (time.Time, error) {
	if _, err := s.office(ctx); err != nil {
		return time.Time{}, err
	}
	return day.ParseOr("date", date, s.today())
}

// runsOfDay returns the ids of the runs that the office watches on a day, in a region (in all when 0): today also of those that
// were started on one of the last seven days and are not over (rule 2).
func (s *Service) runsOfDay(ctx context.Context, date time.Time, region int64) ([]int64, error) {
	rows, err := s.query.ByValues().ListRuns(ctx, store.ListRunsParams{
		SeesAll: true, RegionID: region, FromDay: date, ToDay: date, RowLimit: maxDashboard,
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the runs of the day")
	}
	if date.Equal(s.today()) {
		goingOn, err := s.query.ByValues().ListRuns(ctx, store.ListRunsParams{
			SeesAll: true, RegionID: region,
			FromDay: date.AddDate(0, 0, -daysGoingOn), ToDay: date.AddDate(0, 0, -1), Status: StatusStarted, RowLimit: maxDashboard,
		})
		if err != nil {
			return nil, refusal.Failure(err, "list the runs that go on")
		}
		rows = append(goingOn, rows...)
	}
	return idsOf(rows), nil
}

// urgency says which runs the office looks at first: the lower, the sooner.
func urgency(run *DashboardRun) int {
	late := run.LateReason != lateNone
	switch {
	case run.Status == StatusStarted && late:
		return 0
	case run.Status == StatusPlanned && late:
		return 1
	}
	return 2 + slices.Index([]string{StatusStarted, StatusPlanned, StatusCompleted, StatusCancelled}, run.Status)
}

// byUrgency orders as Dashboard.Runs says.
func byUrgency(a, b DashboardRun) int {
	return cmp.Or(
		cmp.Compare(urgency(&a), urgency(&b)), cmp.Compare(b.LateMinutes, a.LateMinutes),
		strings.Compare(a.Tour.Name, b.Tour.Name), cmp.Compare(a.ID, b.ID),
	)
}

// dashboardRun is a run as it stands at a moment.
func (s *Service) dashboardRun(run timedRun, lastPicture *Picture, now time.Time) DashboardRun {
	late := s.late.of(run, now)
	return DashboardRun{
		ID: run.ID, Tour: run.Tour, Region: run.Region, Worker: run.Worker, Date: run.Date, Status: run.Status,
		PlannedAt: run.PlannedAt, StartedAt: run.StartedAt, CompletedAt: run.CompletedAt,
		CancelReason: run.CancelReason, Progress: run.Progress, AgreedMinutes: run.AgreedMinutes,
		StopsDiffer: run.StopsDiffer, IdleStops: run.IdleStops, Version: run.Version, Remarks: run.Remarks,
		LastPicture: lastPicture, LateReason: late.reason, LateSince: late.since, LateMinutes: late.minutes,
	}
}

func (c *DashboardCount) add(run DashboardRun) {
	switch run.Status {
	case StatusPlanned:
		c.Planned++
	case StatusStarted:
		c.Started++
	case StatusCompleted:
		c.Completed++
	case StatusCancelled:
		return
	}
	if run.LateReason != lateNone {
		c.Late++
	}
	c.Stops += run.Progress.Stops
	c.StopsDone += run.Progress.Done
	c.StopsSkipped += run.Progress.Skipped
	c.StopsFailed += run.Progress.Failed
	c.Remarks += run.Remarks
}
