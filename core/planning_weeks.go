package core

import (
	"context"
	"slices"
	"time"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

const (
	// maxPlanningRuns is how many runs a plan shows at most.
	maxPlanningRuns = 5000
	// maxPlanningTours is how many tours a plan shows at most.
	maxPlanningTours = 1000
)

// GetWeekPlanParams choose what is planned.
type GetWeekPlanParams struct {
	// From and To are the first and last day, YYYY-MM-DD; at most 35 days.
	From string `query:"from"`
	To   string `query:"to"`
	// Region limits the plan to the tours of a region, those who work there, and those who have runs there.
	Region int64 `query:"region"`
}

// WeekPlan is what the office plans by: people, tours and runs on some days.
type WeekPlan struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Workers are by name: those who may be given runs, and those who have runs on these days although they may not any more.
	Workers []PlanningWorker `json:"workers"`
	// Tours are by name: those that are in use, and those of the runs.
	Tours []PlanningTour `json:"tours"`
	// Runs are all runs of the workers on these days, by day, also those in other regions; without those that are cancelled.
	Runs []PlanningRun `json:"runs"`
	// RunsOfOthers are the runs of the tours on these days that people have who are not among the workers.
	RunsOfOthers []PlanningRunOfOthers `json:"runs_of_others"`
}

// PlanningRunOfOthers is a run that is not planned here, and that makes another run of its tour and day one too many.
type PlanningRunOfOthers struct {
	ID     int64  `json:"id"`
	TourID int64  `json:"tour_id"`
	Date   string `json:"date"`
}

// PlanningWorker is somebody who does runs, with when they can.
type PlanningWorker struct {
	ID        int64  `json:"id"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	// RegionIDs are where they work.
	RegionIDs []int64 `json:"region_ids"`
	// CanWork is false for those who have runs although their account is not active, or not of a role that does runs.
	CanWork bool `json:"can_work"`
	// Weekdays are the days on which they can work: 1 is Monday, 7 is Sunday.
	Weekdays []int `json:"weekdays"`
	// WeeklyMinutes is what was agreed, in minutes a week; 0 when nothing was.
	WeeklyMinutes int `json:"weekly_minutes"`
	// Absences are those that touch the days of the plan.
	Absences []PlanningAbsence `json:"absences"`
}

// PlanningAbsence is when somebody cannot work.
type PlanningAbsence struct {
	FirstDay string `json:"first_day"`
	LastDay  string `json:"last_day"`
	// Reason is holiday, exams, ill or other.
	Reason AbsenceReason `json:"reason"`
}

// PlanningTour is a tour as it is planned.
type PlanningTour struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Region Region `json:"region"`
	// Archived tours have runs on these days, and get no others.
	Archived bool `json:"archived"`
	// Stops is how many stops there are, and AgreedMinutes what they are agreed to take together.
	Stops         int `json:"stops"`
	AgreedMinutes int `json:"agreed_minutes"`
	// HidesIdleStops is true when runs leave out the stops that have no work on their day (Tour.HideIdleStops).
	HidesIdleStops bool `json:"hides_idle_stops"`
	// Work are the days on which there is work at one stop at least.
	Work []PlanningWork `json:"work"`
}

// PlanningWork says how much of a tour has work on a day.
type PlanningWork struct {
	Date string `json:"date"`
	// Stops are those with work, and AgreedMinutes what they are agreed to take together.
	Stops         int `json:"stops"`
	AgreedMinutes int `json:"agreed_minutes"`
}

// PlanningRun is a run as it is planned.
type PlanningRun struct {
	ID       int64  `json:"id"`
	TourID   int64  `json:"tour_id"`
	WorkerID int64  `json:"worker_id"`
	Date     string `json:"date"`
	// Status is planned, started or completed.
	Status string `json:"status"`
	// Stops and AgreedMinutes are what the run has to do on its day.
	Stops         int `json:"stops"`
	AgreedMinutes int `json:"agreed_minutes"`
	// Version grows with every change of the run and of its visits.
	Version int64 `json:"version"`
	// StopsChanged is as in Run.
	StopsChanged bool `json:"stops_changed"`
}

// GetWeekPlan returns the people, tours and runs of some days with what decides who can do what when, in one answer. The office only.
//
// Errors: invalid_argument for a day that is missing or wrong, more than 35 days, and more than 1,000 tours or 5,000 runs; permission_denied
// for other roles.
//
//encore:api auth method=GET path=/planning/weeks
func (s *Service) GetWeekPlan(ctx context.Context, p *GetWeekPlanParams) (*WeekPlan, error) {
	if _, err := s.office(ctx); err != nil {
		return nil, err
	}
	first, last, err := readPlanningPeriod(p.From, p.To)
	if err != nil {
		return nil, err
	}
	plan := &WeekPlan{From: day.Format(first), To: day.Format(last)}
	ids, err := s.planningWorkers(ctx, plan, first, last, p.Region)
	if err != nil {
		return nil, err
	}
	rows, err := s.query.RunsForWeeks(ctx, store.RunsForWeeksParams{
		WorkerIds: ids, FirstDay: first, LastDay: last, RowLimit: maxPlanningRuns + 1,
	})
	switch {
	case err != nil:
		return nil, refusal.Failure(err, "read the runs of the weeks")
	case len(rows) > maxPlanningRuns:
		return nil, refusal.Invalid("to", refusal.TooLong, "These are more than 5,000 runs. Choose a region or fewer days.")
	}
	known, err := s.planningTours(ctx, plan, rows, first, last, p.Region)
	if err != nil {
		return nil, err
	}
	plan.Runs = make([]PlanningRun, len(rows))
	for i, row := range rows {
		plan.Runs[i] = known.run(row)
	}
	plan.RunsOfOthers = []PlanningRunOfOthers{}
	if p.Region == 0 { // everybody who has runs is among the workers
		return plan, nil
	}
	tours := make([]int64, len(plan.Tours))
	for i, tour := range plan.Tours {
		tours[i] = tour.ID
	}
	others, err := s.query.RunsOfOthers(ctx, store.RunsOfOthersParams{
		TourIds: tours, WorkerIds: ids, FirstDay: first, LastDay: last, RowLimit: maxPlanningRuns,
	})
	if err != nil {
		return nil, refusal.Failure(err, "read the runs of others")
	}
	for _, row := range others {
		plan.RunsOfOthers = append(plan.RunsOfOthers, PlanningRunOfOthers{row.ID, row.TourID, day.Format(row.Date)})
	}
	return plan, nil
}

// planningWorkers reads who does runs, with when they can, and returns their ids.
func (s *Service) planningWorkers(ctx context.Context, plan *WeekPlan, first, last time.Time, region int64) (ids []int64, err error) {
	if region == 0 {
		ids, err = s.query.WorkersOnDays(ctx, store.WorkersOnDaysParams{FirstDay: first, LastDay: last})
	} else {
		ids, err = s.query.WorkersOfRegion(ctx, store.WorkersOfRegionParams{FirstDay: first, LastDay: last, RegionID: region})
	}
	if err != nil {
		return nil, refusal.Failure(err, "find who has runs")
	}
	asked := &auth.WorkersParams{IDs: ids}
	if region != 0 {
		asked.RegionIDs = []int64{region}
	}
	users, err := s.allWorkers(ctx, asked)
	if err != nil {
		return nil, refusal.Failure(err, "read the workers")
	}
	place := make(map[int64]int, len(users.Users))
	plan.Workers = make([]PlanningWorker, 0, len(users.Users))
	for _, user := range users.Users {
		place[user.ID] = len(plan.Workers)
		plan.Workers = append(plan.Workers, PlanningWorker{
			ID: user.ID, FirstName: user.FirstName, LastName: user.LastName, RegionIDs: user.RegionIDs,
			CanWork: user.Active && access.CanWork(user.Role),
		})
	}
	for _, id := range ids { // whose account is gone
		if _, known := place[id]; !known {
			place[id] = len(plan.Workers)
			plan.Workers = append(plan.Workers, PlanningWorker{ID: id, RegionIDs: []int64{}})
		}
	}
	ids = make([]int64, len(plan.Workers))
	for i := range plan.Workers {
		worker := &plan.Workers[i]
		ids[i], worker.Weekdays, worker.Absences = worker.ID, []int{1, 2, 3, 4, 5, 6, 7}, []PlanningAbsence{}
	}
	available, err := s.query.Availabilities(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read when the workers can work")
	}
	for _, row := range available {
		worker := &plan.Workers[place[row.WorkerID]]
		worker.WeeklyMinutes, worker.Weekdays = int(row.WeeklyMinutes), make([]int, len(row.Weekdays))
		for i, weekday := range row.Weekdays {
			worker.Weekdays[i] = int(weekday)
		}
	}
	absences, err := s.query.AbsencesDuring(ctx, store.AbsencesDuringParams{WorkerIds: ids, FromDay: first, ToDay: last})
	if err != nil {
		return nil, refusal.Failure(err, "read when the workers are absent")
	}
	for _, row := range absences {
		worker := &plan.Workers[place[row.WorkerID]]
		worker.Absences = append(worker.Absences, PlanningAbsence{day.Format(row.FirstDay), day.Format(row.LastDay), AbsenceReason(row.Reason)})
	}
	return ids, nil
}

// toursOfPlan are tours by their ids, and what there is to do on them by day.
type toursOfPlan struct {
	tours map[int64]PlanningTour
	work  map[tourDay]PlanningWork
}

type tourDay struct {
	tourID int64
	date   time.Time
}

// planningTours reads the tours of a plan, and on which of its days there is work at their stops.
func (s *Service) planningTours(
	ctx context.Context, plan *WeekPlan, runs []store.RunsForWeeksRow, first, last time.Time, region int64,
) (known toursOfPlan, err error) {
	ids := make([]int64, len(runs))
	for i, run := range runs {
		ids[i] = run.TourID
	}
	slices.Sort(ids)
	rows, err := s.query.ToursForWeeks(ctx, store.ToursForWeeksParams{RegionID: region, Ids: slices.Compact(ids), RowLimit: maxPlanningTours + 1})
	switch {
	case err != nil:
		return known, refusal.Failure(err, "read the tours of the weeks")
	case len(rows) > maxPlanningTours:
		return known, refusal.Invalid("region", refusal.TooLong, "These are more than 1,000 tours. Choose a region.")
	}
	known = toursOfPlan{make(map[int64]PlanningTour, len(rows)), make(map[tourDay]PlanningWork)}
	all := make([]int64, len(rows))
	for i, row := range rows {
		all[i] = row.ID
	}
	work, err := s.query.WorkOfTours(ctx, store.WorkOfToursParams{TourIds: all, FirstDay: first, LastDay: last})
	if err != nil {
		return known, refusal.Failure(err, "read on which days there is work")
	}
	days := make(map[int64][]PlanningWork, len(rows))
	for _, row := range work {
		done := PlanningWork{day.Format(row.Day), int(row.Stops), int(row.AgreedMinutes)}
		known.work[tourDay{row.TourID, row.Day}] = done
		days[row.TourID] = append(days[row.TourID], done)
	}
	plan.Tours = make([]PlanningTour, len(rows))
	for i, row := range rows {
		plan.Tours[i] = PlanningTour{
			ID: row.ID, Name: row.Name, Region: Region{row.RegionID, row.RegionName}, Archived: row.Archived, Stops: int(row.Stops),
			AgreedMinutes: int(row.AgreedMinutes), HidesIdleStops: row.HideIdleStops, Work: append([]PlanningWork{}, days[row.ID]...),
		}
		known.tours[row.ID] = plan.Tours[i]
	}
	return known, nil
}

// run is a run as it is planned: until it starts it has to do what its tour has on its day.
func (k toursOfPlan) run(row store.RunsForWeeksRow) PlanningRun {
	run := PlanningRun{
		ID: row.ID, TourID: row.TourID, WorkerID: row.WorkerID, Date: day.Format(row.Date), Status: row.Status,
		Stops: int(row.Stops), AgreedMinutes: int(row.AgreedMinutes), StopsChanged: row.StopsChanged,
		Version: row.Version,
	}
	switch tour := k.tours[row.TourID]; {
	case row.Started:
	case tour.HidesIdleStops:
		work := k.work[tourDay{row.TourID, row.Date}]
		run.Stops, run.AgreedMinutes = work.Stops, work.AgreedMinutes
	default:
		run.Stops, run.AgreedMinutes = tour.Stops, tour.AgreedMinutes
	}
	return run
}
