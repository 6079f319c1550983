package core

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// maxSummaryRows bounds each list of a day's summary.
const maxSummaryRows = 500

// DaySummary is what became of a day. Its lists have 500 rows each at most; what there is in all stands in Counts.
type DaySummary struct {
	// Date is the day, YYYY-MM-DD.
	Date string `json:"date"`
	// Region is the one that it is limited to; null for all.
	Region *Region      `json:"region"`
	Counts SummaryCount `json:"counts"`
	// Runs are those of the day, cancelled ones too, in the order of Dashboard.Runs.
	Runs []SummaryRun `json:"runs"`
	// StopsNotDone are the stops that were skipped or failed, as they came.
	StopsNotDone []SummaryStop `json:"stops_not_done"`
	// Remarks are those of the runs of the day, as they were written.
	Remarks []SummaryRemark `json:"remarks"`
	// Incidents are those that came in on the day.
	Incidents []SummaryIncident `json:"incidents"`
}

// SummaryCount counts what became of the runs of a day. Cancelled ones count as such only.
type SummaryCount struct {
	Planned   int `json:"planned"`
	Started   int `json:"started"`
	Completed int `json:"completed"`
	Cancelled int `json:"cancelled"`
	// Late counts the runs that were late, whatever their status.
	Late int `json:"late"`
	// WorkedMinutes is how long the completed runs took, from start to completion, and AgreedMinutes what they were agreed to take.
	WorkedMinutes int `json:"worked_minutes"`
	AgreedMinutes int `json:"agreed_minutes"`
	// Stops are all stops of the runs; StopsDone, StopsSkipped and StopsFailed are those with that outcome.
	Stops        int `json:"stops"`
	StopsDone    int `json:"stops_done"`
	StopsSkipped int `json:"stops_skipped"`
	StopsFailed  int `json:"stops_failed"`
	Remarks      int `json:"remarks"`
	// Incidents is how many came in on the day.
	Incidents int `json:"incidents"`
}

// SummaryRun is what became of a run.
type SummaryRun struct {
	ID     int64    `json:"id"`
	Tour   TourName `json:"tour"`
	Region Region   `json:"region"`
	Worker Worker   `json:"worker"`
	// Status is planned, started, completed or cancelled.
	Status      string     `json:"status"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	// WorkedMinutes is how long it took from start to completion; null until it is completed.
	WorkedMinutes *int `json:"worked_minutes"`
	AgreedMinutes int  `json:"agreed_minutes"`
	Stops         int  `json:"stops"`
	StopsDone     int  `json:"stops_done"`
	StopsSkipped  int  `json:"stops_skipped"`
	StopsFailed   int  `json:"stops_failed"`
	Remarks       int  `json:"remarks"`
	// CancelReason is empty unless the run is cancelled.
	CancelReason string `json:"cancel_reason"`
	// LateReason is behind, not_started, took_longer or none; as in DashboardRun.
	LateReason string `json:"late_reason"`
	// LateSince is as in DashboardRun.
	LateSince *time.Time `json:"late_since"`
	// LateMinutes is as in DashboardRun; what was not started is late by as much as it was at the end of the day.
	LateMinutes int `json:"late_minutes"`
}

// Late tells whether the run was late.
func (r *SummaryRun) Late() bool { return r.LateReason != lateNone }

// SummaryStop is a stop that was skipped or failed.
type SummaryStop struct {
	RunID    int64       `json:"run_id"`
	TourName string      `json:"tour_name"`
	Building DayBuilding `json:"building"`
	// Outcome is skipped or failed.
	Outcome string    `json:"outcome"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

// SummaryRemark is what a worker remarked.
type SummaryRemark struct {
	RunID    int64       `json:"run_id"`
	TourName string      `json:"tour_name"`
	Building DayBuilding `json:"building"`
	Text     string      `json:"text"`
	// Photos is how many there are with it.
	Photos int       `json:"photos"`
	At     time.Time `json:"at"`
}

// SummaryIncident is an incident that came in.
type SummaryIncident struct {
	ID       int64       `json:"id"`
	Building DayBuilding `json:"building"`
	Kind     string      `json:"kind"`
	// Status is open, acknowledged or resolved; as it is now.
	Status string    `json:"status"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// GetDaySummary returns what became of a day: its runs with worked and agreed time, stops that were not done and why, what was late,
// remarks and incidents. A run that goes past midnight belongs to the day for which it was planned. The office only.
//
// Errors: permission_denied for other roles, not_found for a region that does not exist, invalid_argument for a bad date.
//
//encore:api auth method=GET path=/dashboard/summary
func (s *Service) GetDaySummary(ctx context.Context, p *GetDashboardParams) (*DaySummary, error) {
	date, err := s.officeDay(ctx, p.Date)
	if err != nil {
		return nil, err
	}
	return s.daySummary(ctx, date, p.Region)
}

// DaySummaryForMailParams name a day.
type DaySummaryForMailParams struct {
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
	// RegionID limits it to one region; 0 for all.
	RegionID int64 `json:"region_id"`
}

// DaySummaryForMail returns what became of a day, for the service that writes mail about it.
//
// Errors: invalid_argument for what is no date, not_found for a region that does not exist.
//
//encore:api private method=POST path=/internal/day-summary
func (s *Service) DaySummaryForMail(ctx context.Context, p *DaySummaryForMailParams) (*DaySummary, error) {
	date, err := day.Parse("date", p.Date)
	if err != nil {
		return nil, err
	}
	return s.daySummary(ctx, date, p.RegionID)
}

// daySummary reads what became of a day in a region (in all when 0).
func (s *Service) daySummary(ctx context.Context, date time.Time, region int64) (*DaySummary, error) {
	var (
		about     *Region
		runs      []timedRun
		stops     []store.StopsNotDoneRow
		remarks   []store.RemarksOfRunsRow
		incidents []store.IncidentsOpenedRow
		buildings map[int64]DayBuilding
	)
	// One snapshot, so that counts and lists belong together.
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		if region != 0 {
			named, err := query.FindRegion(ctx, region)
			if errors.Is(err, pgx.ErrNoRows) {
				return refusal.NotFound("There is no such region.")
			}
			if err != nil {
				return err
			}
			about = &Region{named.ID, named.Name}
		}
		rows, err := query.ByValues().ListRuns(ctx, store.ListRunsParams{
			SeesAll: true, RegionID: region, FromDay: date, ToDay: date, RowLimit: maxDashboard,
		})
		if err != nil {
			return err
		}
		ids := idsOf(rows)
		if runs, err = s.runsByID(ctx, query, ids); err != nil {
			return err
		}
		if stops, err = query.StopsNotDone(ctx, store.StopsNotDoneParams{RunIds: ids, RowLimit: maxSummaryRows}); err != nil {
			return err
		}
		if remarks, err = query.RemarksOfRuns(ctx, store.RemarksOfRunsParams{RunIds: ids, RowLimit: maxSummaryRows}); err != nil {
			return err
		}
		incidents, err = query.IncidentsOpened(ctx, store.IncidentsOpenedParams{
			FromAt: day.End(date.AddDate(0, 0, -1), s.zone), ToAt: day.End(date, s.zone), RegionID: region, RowLimit: maxSummaryRows,
		})
		if err != nil {
			return err
		}
		var buildingIDs []int64
		for i := range stops {
			buildingIDs = append(buildingIDs, stops[i].BuildingID)
		}
		for i := range remarks {
			buildingIDs = append(buildingIDs, remarks[i].BuildingID)
		}
		for i := range incidents {
			buildingIDs = append(buildingIDs, incidents[i].BuildingID)
		}
		buildings, err = dayBuildings(ctx, query, buildingIDs)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "read the summary of the day")
	}
	summary := &DaySummary{
		Date: day.Format(date), Region: about, Runs: make([]SummaryRun, 0, len(runs)), StopsNotDone: make([]SummaryStop, len(stops)),
		Remarks: make([]SummaryRemark, len(remarks)), Incidents: make([]SummaryIncident, len(incidents)),
	}
	tours := make(map[int64]string, len(runs))
	var counts DashboardCount
	for _, run := range s.urgentFirst(runs, date) {
		tours[run.ID] = run.Tour.Name
		summary.add(run)
		counts.add(run)
	}
	summary.Counts.take(counts)
	for i, row := range stops {
		summary.StopsNotDone[i] = SummaryStop{
			row.RunID, tours[row.RunID], buildings[row.BuildingID], row.Outcome, row.Reason, row.OutcomeAt.UTC(),
		}
	}
	for i, row := range remarks {
		summary.Remarks[i] = SummaryRemark{
			row.RunID, tours[row.RunID], buildings[row.BuildingID], row.Text, int(row.Photos), row.OccurredAt.UTC(),
		}
	}
	for i, row := range incidents {
		summary.Counts.Incidents = int(row.Total)
		summary.Incidents[i] = SummaryIncident{
			row.ID, buildings[row.BuildingID], row.Kind, row.Status, row.Text, row.OpenedAt.UTC(),
		}
	}
	return summary, nil
}

// urgentFirst are the runs of a day as the dashboard shows them; what was not started is looked at as at the end of the day.
func (s *Service) urgentFirst(runs []timedRun, date time.Time) []DashboardRun {
	end := day.End(date, s.zone)
	board := make([]DashboardRun, len(runs))
	for i, run := range runs {
		now := s.now()
		if run.Status == StatusPlanned && now.After(end) {
			now = end
		}
		board[i] = s.dashboardRun(run, nil, now)
	}
	slices.SortStableFunc(board, byUrgency)
	return board
}

// add adds a run of the dashboard to the lists and counts.
func (d *DaySummary) add(run DashboardRun) {
	item := SummaryRun{
		ID: run.ID, Tour: run.Tour, Region: run.Region, Worker: run.Worker, Status: run.Status, StartedAt: run.StartedAt,
		CompletedAt: run.CompletedAt, AgreedMinutes: run.AgreedMinutes, Stops: run.Progress.Stops, StopsDone: run.Progress.Done,
		StopsSkipped: run.Progress.Skipped, StopsFailed: run.Progress.Failed, Remarks: run.Remarks, CancelReason: run.CancelReason,
		LateReason: run.LateReason, LateSince: run.LateSince, LateMinutes: run.LateMinutes,
	}
	c := &d.Counts
	switch run.Status {
	case StatusCancelled:
		c.Cancelled++
	case StatusCompleted:
		worked := int(run.CompletedAt.Sub(*run.StartedAt) / time.Minute)
		item.WorkedMinutes = &worked
		c.WorkedMinutes += worked
		c.AgreedMinutes += run.AgreedMinutes
	}
	d.Runs = append(d.Runs, item)
}

// take takes over what the dashboard counts of the same runs.
func (c *SummaryCount) take(board DashboardCount) {
	c.Planned, c.Started, c.Completed, c.Late = board.Planned, board.Started, board.Completed, board.Late
	c.Stops, c.StopsDone, c.StopsSkipped, c.StopsFailed = board.Stops, board.StopsDone, board.StopsSkipped, board.StopsFailed
	c.Remarks = board.Remarks
}
