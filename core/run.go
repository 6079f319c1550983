package core

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// The statuses of a run.
const (
	StatusPlanned   = "planned"
	StatusStarted   = "started"
	StatusCompleted = "completed"
	StatusCancelled = "cancelled"
)

// Run is one worker doing one tour on one date.
type Run struct {
	ID     int64    `json:"id"`
	Tour   TourName `json:"tour"`
	Region Region   `json:"region"`
	Worker Worker   `json:"worker"`
	// Date is the day of the run, YYYY-MM-DD.
	Date string `json:"date"`
	// Status is planned, started, completed or cancelled.
	Status string `json:"status"`
	// PlannedAt is when the office planned the run.
	PlannedAt time.Time `json:"planned_at"`
	// StartedAt is null until the worker starts: when it happened on the phone, unless that was corrected.
	StartedAt *time.Time `json:"started_at"`
	// StartCorrected is true when the phone's time lay in the future by more than 2 minutes, or before the run was planned;
	// StartedAt is the time of receipt then.
	StartCorrected bool `json:"start_corrected"`
	// StopsDiffer is true when the tour was changed while the worker's phone was offline: the run has the stops that the phone
	// showed.
	StopsDiffer bool `json:"stops_differ"`
	// StopsChanged is true for a planned run whose tour has got other stops than its worker knows.
	StopsChanged bool `json:"stops_changed"`
	// IdleStops is how many stops of the tour are left out because they have no work on that day (Tour.HideIdleStops).
	IdleStops int `json:"idle_stops"`
	// CompletedAt is null until every stop has an outcome.
	CompletedAt *time.Time `json:"completed_at"`
	// CancelReason is empty unless the run is cancelled.
	CancelReason string   `json:"cancel_reason"`
	Progress     Progress `json:"progress"`
	// AgreedMinutes is what all stops together are agreed to take.
	AgreedMinutes int `json:"agreed_minutes"`
	// Remarks is how many remarks the worker wrote on it.
	Remarks int `json:"remarks"`
	// Version grows with every change of the run and of its visits.
	Version int64 `json:"version"`
}

// TourName says which tour a run follows.
type TourName struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Progress is how far a run is. It is computed from the visits whenever it is read.
type Progress struct {
	Stops   int `json:"stops"`
	Done    int `json:"done"`
	Skipped int `json:"skipped"`
	Failed  int `json:"failed"`
	// Percent is the share of the stops that have an outcome, 0 to 100.
	Percent int `json:"percent"`
	// Segments says for every stop, in order, how far it is: open, arrived, inside, departed, done, skipped or failed. It is a
	// word a stop and nothing more, so that a page of runs carries all its progress bars in one query.
	Segments []string `json:"segments"`
}

// RunDetail is a run with its stops and visits.
type RunDetail struct {
	ID        int64      `json:"id"`
	Tour      TourName   `json:"tour"`
	Region    Region     `json:"region"`
	Worker    Worker     `json:"worker"`
	Date      string     `json:"date"`
	Status    string     `json:"status"`
	PlannedAt time.Time  `json:"planned_at"`
	StartedAt *time.Time `json:"started_at"`
	// StartCorrected and StopsDiffer are as in Run.
	StartCorrected bool `json:"start_corrected"`
	StopsDiffer    bool `json:"stops_differ"`
	// StopsChanged is as in Run. StopsChange says how: for the worker since they were told or said that they have seen it (SeeStops), for
	// the office since the run was planned; null when nothing has changed, and once the run is started.
	StopsChanged bool         `json:"stops_changed"`
	StopsChange  *StopsChange `json:"stops_change"`
	// IdleStops is as in Run.
	IdleStops     int        `json:"idle_stops"`
	CompletedAt   *time.Time `json:"completed_at"`
	CancelReason  string     `json:"cancel_reason"`
	Progress      Progress   `json:"progress"`
	AgreedMinutes int        `json:"agreed_minutes"`
	Version       int64      `json:"version"`
	// Stops are those of the tour until the run starts, and from then on a copy that no change of the tour touches.
	Stops []RunStop `json:"stops"`
}

// RunStop is a stop of a run and what happened there.
type RunStop struct {
	Position int          `json:"position"`
	Building StopBuilding `json:"building"`
	// Comments are the office's notes about the building, the latest first; none where the address is empty.
	Comments []StopComment `json:"comments"`
	// Manual is the newest manual of the building; null when there is none, and where the address is empty.
	Manual *StopManual `json:"manual"`
	// Collections are those of the run's day and of the next day, by day and kind; none where the address is empty.
	Collections []StopCollection `json:"collections"`
	// Visit is null until the worker has sent something about the stop.
	Visit *Visit `json:"visit"`
	// Corrections are what the office has corrected about the visit, the earliest first.
	Corrections []Correction `json:"corrections"`
}

// RunList is a page of runs.
type RunList struct {
	Items []Run `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// ListRunsParams chooses runs.
type ListRunsParams struct {
	// From and To are the first and last day, YYYY-MM-DD; open when empty.
	From string `query:"from"`
	To   string `query:"to"`
	// Tour limits the list to one tour.
	Tour int64 `query:"tour"`
	// Worker limits the list to one worker.
	Worker int64 `query:"worker"`
	// Region limits the list to one region.
	Region int64 `query:"region"`
	// Status limits the list to planned, started, completed or cancelled runs.
	Status string `query:"status"`
	// Limit is how many runs to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// MyRunsParams chooses among the caller's runs.
type MyRunsParams struct {
	// From and To are the first and last day, YYYY-MM-DD; open when empty.
	From string `query:"from"`
	To   string `query:"to"`
	// Limit is how many runs to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

type runKey struct {
	Date time.Time
	ID   int64
}

// ListRuns returns runs by date. The office sees all, a student their own.
//
// Errors: permission_denied for other roles, invalid_argument for a bad filter, limit or cursor.
//
//encore:api auth method=GET path=/runs
func (s *Service) ListRuns(ctx context.Context, p *ListRunsParams) (*RunList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := access.Runs(caller)
	if err != nil {
		return nil, err
	}
	switch p.Status {
	case "", StatusPlanned, StatusStarted, StatusCompleted, StatusCancelled:
	default:
		return nil, refusal.Invalid("status", refusal.Unknown, "There is no such status.")
	}
	return s.listRuns(ctx, p, store.ListRunsParams{
		SeesAll: scope.All, OwnID: scope.Worker, WorkerID: p.Worker, TourID: p.Tour, RegionID: p.Region, Status: p.Status,
	})
}

// MyRuns returns the caller's own runs by date.
//
// Errors: permission_denied for roles that have no runs, invalid_argument for a bad period, limit or cursor.
//
//encore:api auth method=GET path=/me/runs
func (s *Service) MyRuns(ctx context.Context, p *MyRunsParams) (*RunList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := access.OwnRuns(caller)
	if err != nil {
		return nil, err
	}
	list := &ListRunsParams{From: p.From, To: p.To, Limit: p.Limit, Cursor: p.Cursor}
	return s.listRuns(ctx, list, store.ListRunsParams{SeesAll: scope.All, OwnID: scope.Worker})
}

// GetRun returns a run with its stops, the office's notes about them, their collections, visits, pictures and remarks. To its worker,
// names, addresses, notes and collections of the buildings are empty more than 14 days before and after the run (rule 13).
//
// Errors: not_found when there is none that the caller may see, permission_denied for roles that see no runs.
//
//encore:api auth method=GET path=/runs/:id
func (s *Service) GetRun(ctx context.Context, id int64) (*RunDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := access.Runs(caller); err != nil {
		return nil, err // also when there is no such run
	}
	row, err := s.query.FindRun(ctx, id)
	if err != nil {
		return nil, missingRun(err)
	}
	if err := access.SeeRun(caller, row.WorkerID); err != nil {
		return nil, err
	}
	return s.runDetail(ctx, id)
}

// listRuns reads the page that p asks for, within filter.
func (s *Service) listRuns(ctx context.Context, p *ListRunsParams, filter store.ListRunsParams) (*RunList, error) {
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, _, err := page.After[runKey]("runs", p.Cursor)
	if err != nil {
		return nil, err
	}
	if filter.FromDay, filter.ToDay, err = day.ParsePeriod(p.From, p.To); err != nil {
		return nil, err
	}
	filter.AfterDate, filter.AfterID, filter.RowLimit = after.Date, after.ID, int32(limit+1)
	rows, err := s.query.ByValues().ListRuns(ctx, filter)
	if err != nil {
		return nil, refusal.Failure(err, "list the runs")
	}
	rows, next := page.Cut("runs", rows, limit, func(r store.ListRunsRow) runKey { return runKey{r.Date, r.ID} })
	runs, err := s.runsByID(ctx, s.query, idsOf(rows))
	if err != nil {
		return nil, err
	}
	list := &RunList{Items: make([]Run, 0, len(runs)), NextCursor: next}
	for _, run := range runs {
		list.Items = append(list.Items, run.Run)
	}
	return list, nil
}

func idsOf(rows []store.ListRunsRow) []int64 {
	ids := make([]int64, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

// WithoutWork says that the stops of the run are all left out, because there is nothing to do at them on its day: nobody can start it.
func (r *Run) WithoutWork() bool { return r.Progress.Stops == 0 && r.IdleStops > 0 }

// timedRun is a run with what lateness is computed from.
type timedRun struct {
	Run
	// elapsedMinutes is what may have passed since the start: the agreed minutes of the stops that are over, and of the
	// next one.
	elapsedMinutes int
	// date is the day of the run.
	date time.Time
}

// runsByID reads runs, whichever of ids exist, with their workers: two queries and one call however many there are.
func (s *Service) runsByID(ctx context.Context, query *store.Queries, ids []int64) ([]timedRun, error) {
	rows, err := query.RunsByID(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read the runs")
	}
	workerIDs := make([]int64, 0, len(rows))
	for _, row := range rows {
		workerIDs = append(workerIDs, row.WorkerID)
	}
	workers, err := s.workers(ctx, workerIDs)
	if err != nil {
		return nil, err
	}
	runs := make([]timedRun, 0, len(rows))
	for _, row := range rows {
		runs = append(runs, timedRunOf(row, workers[row.WorkerID]))
	}
	return runs, nil
}

func timedRunOf(row store.RunsByIDRow, worker Worker) timedRun {
	return timedRun{runOf(row, worker), int(row.ElapsedMinutes), row.Date}
}

func runOf(row store.RunsByIDRow, worker Worker) Run {
	return Run{
		ID: row.ID, Tour: TourName{row.TourID, row.TourName}, Region: Region{row.RegionID, row.RegionName},
		Worker: worker, Date: day.Format(row.Date), Status: row.Status, PlannedAt: row.PlannedAt.UTC(),
		StartedAt: utc(row.StartedAt), StartCorrected: row.StartCorrected, StopsDiffer: row.StopsDiffer, StopsChanged: row.StopsChanged, IdleStops: int(row.IdleStops), CompletedAt: utc(row.CompletedAt), CancelReason: row.CancelReason,
		Progress: progressOf(row), AgreedMinutes: int(row.AgreedMinutes), Remarks: int(row.Remarks), Version: row.Version,
	}
}

func progressOf(row store.RunsByIDRow) Progress {
	progress := Progress{
		Stops: int(row.Stops), Done: int(row.Done), Skipped: int(row.Skipped), Failed: int(row.Failed),
		Segments: row.Segments,
	}
	if progress.Stops > 0 {
		progress.Percent = 100 * (progress.Done + progress.Skipped + progress.Failed) / progress.Stops
	}
	return progress
}

// runDetail reads a run that the caller may see.
func (s *Service) runDetail(ctx context.Context, id int64) (*RunDetail, error) {
	// One snapshot, so that progress and visits belong together.
	var (
		run      store.RunsByIDRow
		stops    []store.StopsOfRunRow
		visits   map[int64]*Visit
		comments []store.BuildingComment
		manuals  []store.Manual
		waste    []store.CollectionsOfBuildingsRow
		changed  *StopsChange
		fixes    []store.VisitCorrection
	)
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		rows, err := query.RunsByID(ctx, []int64{id})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return pgx.ErrNoRows
		}
		run = rows[0]
		if stops, err = query.StopsOfRun(ctx, id); err != nil {
			return err
		}
		if access.SeesAddresses(caller, run.Date, s.today()) {
			ids := buildingIDsOf(stops)
			if comments, err = query.CommentsOfBuildings(ctx, ids); err != nil {
				return err
			}
			if manuals, err = query.NewestManuals(ctx, ids); err != nil {
				return err
			}
			period := store.CollectionsOfBuildingsParams{BuildingIds: ids, FromDay: run.Date, ToDay: run.Date.AddDate(0, 0, 1)}
			if waste, err = query.CollectionsOfBuildings(ctx, period); err != nil {
				return err
			}
		} else {
			for i := range stops {
				stops[i] = store.StopsOfRunRow{
					Position: stops[i].Position, BuildingID: stops[i].BuildingID, AgreedMinutes: stops[i].AgreedMinutes,
				}
			}
		}
		row, err := query.FindRun(ctx, id)
		if err != nil {
			return err
		}
		own := caller.ID == row.WorkerID
		if changed, err = stopsChange(ctx, query, row, !own, access.SeesAddresses(caller, run.Date, s.today())); err != nil {
			return err
		}
		if fixes, err = query.CorrectionsOfRun(ctx, id); err != nil {
			return err
		}
		visits, err = visitsOf(ctx, query, id, 0)
		return err
	})
	if err != nil {
		return nil, missingRun(err)
	}
	workers, err := s.workers(ctx, []int64{run.WorkerID})
	if err != nil {
		return nil, err
	}
	if caller.Office() {
		if err := s.tellFirstUses(ctx, visits); err != nil {
			return nil, refusal.Failure(err, "read where photos were used")
		}
	}
	detail := detailOf(runOf(run, workers[run.WorkerID]), stops, visits, stopCommentsOf(comments), stopManualsOf(manuals))
	detail.StopsChange = changed
	corrections, err := s.correctionsOf(ctx, caller, fixes)
	if err != nil {
		return nil, err
	}
	collections := stopCollectionsOf(waste)
	for i := range detail.Stops {
		stop := &detail.Stops[i]
		stop.Collections = append([]StopCollection{}, collections[stop.Building.ID]...)
		stop.Corrections = append([]Correction{}, corrections[stop.Building.ID]...)
	}
	return detail, nil
}

func buildingIDsOf(stops []store.StopsOfRunRow) []int64 {
	ids := make([]int64, len(stops))
	for i := range stops {
		ids[i] = stops[i].BuildingID
	}
	return ids
}

func detailOf(
	run Run, stops []store.StopsOfRunRow, visits map[int64]*Visit, comments map[int64][]StopComment, manuals map[int64]*StopManual,
) *RunDetail {
	detail := &RunDetail{
		ID: run.ID, Tour: run.Tour, Region: run.Region, Worker: run.Worker, Date: run.Date, Status: run.Status,
		PlannedAt: run.PlannedAt, StartedAt: run.StartedAt, StartCorrected: run.StartCorrected, StopsDiffer: run.StopsDiffer, StopsChanged: run.StopsChanged, IdleStops: run.IdleStops, CompletedAt: run.CompletedAt,
		CancelReason: run.CancelReason, Progress: run.Progress, AgreedMinutes: run.AgreedMinutes, Version: run.Version,
		Stops: make([]RunStop, 0, len(stops)),
	}
	for _, stop := range stops {
		detail.Stops = append(detail.Stops, RunStop{
			Position: int(stop.Position),
			Building: StopBuilding{
				ID: stop.BuildingID, Name: stop.Name,
				Address:       Address{stop.Street, stop.HouseNumber, stop.Bus, stop.PostalCode, stop.City},
				AgreedMinutes: int(stop.AgreedMinutes), Coordinates: coordinatesOf(stop.Latitude, stop.Longitude),
				Photo: buildingPhotoOf(stop.BuildingID, stop.PhotoID, stop.PhotoWidth, stop.PhotoHeight),
			},
			Comments: append([]StopComment{}, comments[stop.BuildingID]...),
			Manual:   manuals[stop.BuildingID],
			Visit:    visits[stop.BuildingID],
		})
	}
	return detail
}

// missingRun turns the error of reading a run into the answer.
func missingRun(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return refusal.NotFound("There is no such run.")
	}
	return refusal.Failure(err, "read the run")
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	moment := t.UTC()
	return &moment
}
