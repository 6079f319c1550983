package core

import (
	"context"
	"errors"
	"slices"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/day"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// RunPlan says who does which tour when.
type RunPlan struct {
	TourID   int64 `json:"tour_id"`
	WorkerID int64 `json:"worker_id"`
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
}

// PlanRunsParams are runs to plan.
type PlanRunsParams struct {
	// Runs are 1,000 at most.
	Runs []RunPlan `json:"runs"`
	// DespiteAbsence plans also those whose worker is absent on the day, or does not work on that day of the week.
	DespiteAbsence bool `json:"despite_absence" encore:"optional"`
	// OnlyNeeded refuses runs of tours that somebody has on the day already (tour_taken): what nobody had when it was looked at is
	// not given to two people by two who plan at once.
	OnlyNeeded bool `json:"only_needed" encore:"optional"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// PlanRunsResult says what was planned.
type PlanRunsResult struct {
	// IDs are the runs that were planned, in the order of the request, or of the days.
	IDs []int64 `json:"ids"`
	// Skipped are those that were not planned, and why; only copying skips, planning is all or nothing.
	Skipped []SkippedRun `json:"skipped"`
}

// SkippedRun was not planned.
type SkippedRun struct {
	Run RunPlan `json:"run"`
	// Reason is already_planned, in_past, out_of_range (more than 2 years ahead), archived or no_stops (the tour), inactive,
	// not_a_worker, other_region, absent or other_weekdays (the worker).
	Reason string `json:"reason"`
}

// CopyRunsParams choose runs, and say to which weeks they are copied.
type CopyRunsParams struct {
	// From and To are the first and last day of what is copied, YYYY-MM-DD: whole weeks, from the Monday before to the Sunday after.
	From string `json:"from"`
	To   string `json:"to"`
	// Weeks name, by any of their days, the weeks at which the copies begin; 53 at most, all after the last week that is copied.
	Weeks []string `json:"weeks"`
	// TourID, WorkerID and RegionID limit the copy; 0 does not.
	TourID   int64 `json:"tour_id" encore:"optional"`
	WorkerID int64 `json:"worker_id" encore:"optional"`
	RegionID int64 `json:"region_id" encore:"optional"`
	// DespiteAbsence plans also those whose worker is absent on the day, or does not work on that day of the week.
	DespiteAbsence bool `json:"despite_absence" encore:"optional"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// CopyRunsPreview says what a copy would plan.
type CopyRunsPreview struct {
	// Made are the runs that would be planned, by week and day.
	Made []RunPlan `json:"made"`
	// Skipped are those that would not be planned, and why.
	Skipped []SkippedRun `json:"skipped"`
}

// maxPlans is how many runs are planned at once.
const maxPlans = 1000

// PlanRuns plans many runs at once, all or nothing (rule 5). The office only.
//
// Errors: invalid_argument with the rows that cannot be planned, each for the reason for which PlanRun refuses it, or because
// the list has it twice, and for no or more than 1,000 runs; permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/runs
func (s *Service) PlanRuns(ctx context.Context, p *PlanRunsParams) (*PlanRunsResult, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	plans, err := readPlans(p.Runs)
	if err != nil {
		return nil, err
	}
	result, err := answerOnce(ctx, s, caller, sent{p.IdempotencyKey, "PlanRuns", p}, func(c *change) (*PlanRunsResult, error) {
		if p.OnlyNeeded {
			if err := c.lockNeeds(ctx, plans); err != nil {
				return nil, err
			}
		}
		problems, err := s.checkPlans(ctx, c, plans, p.DespiteAbsence)
		if err != nil {
			return nil, err
		}
		if p.OnlyNeeded {
			if err := c.checkNeeded(ctx, plans, problems); err != nil {
				return nil, err
			}
		}
		if rows := rowsOf(problems); len(rows) > 0 {
			return nil, refusal.InvalidRows("runs", rows, "Some of these runs cannot be planned; the rows say which, and why.")
		}
		return c.insertPlans(ctx, plans)
	})
	return result, refusal.Failure(err, "plan the runs")
}

// CopyRuns plans the runs of some weeks again in later ones: the same worker, tour and day of the week (rule 6). What cannot be
// planned there is skipped; the same copy again plans nothing. The office only.
//
// Errors: invalid_argument for a field that is missing or wrong, for weeks with rows, and for more than 1,000 copies;
// permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/runs/copy
func (s *Service) CopyRuns(ctx context.Context, p *CopyRunsParams) (*PlanRunsResult, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	weeks, err := readWeeks(p.From, p.To, p.Weeks)
	if err != nil {
		return nil, err
	}
	result, err := answerOnce(ctx, s, caller, sent{p.IdempotencyKey, "CopyRuns", p}, func(c *change) (*PlanRunsResult, error) {
		made, skipped, err := s.copies(ctx, c, p, weeks)
		if err != nil {
			return nil, err
		}
		result, err := c.insertPlans(ctx, made)
		if err != nil {
			return nil, err
		}
		result.Skipped = skipped
		return result, nil
	})
	return result, refusal.Failure(err, "copy the runs")
}

// PreviewCopyRuns shows what CopyRuns would plan and skip now, and changes nothing. The office only.
//
// Errors: as CopyRuns.
//
//encore:api auth method=POST path=/planning/runs/copy/preview
func (s *Service) PreviewCopyRuns(ctx context.Context, p *CopyRunsParams) (*CopyRunsPreview, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	weeks, err := readWeeks(p.From, p.To, p.Weeks)
	if err != nil {
		return nil, err
	}
	preview := &CopyRunsPreview{Made: []RunPlan{}}
	err = s.transact(ctx, caller, func(c *change) error {
		made, skipped, err := s.copies(ctx, c, p, weeks)
		if err != nil {
			return err
		}
		for _, plan := range made {
			preview.Made = append(preview.Made, plan.shown())
		}
		preview.Skipped = skipped
		return errPreviewed
	})
	if !errors.Is(err, errPreviewed) {
		return nil, refusal.Failure(err, "preview the copies")
	}
	return preview, nil
}

// plan is a RunPlan that was read.
type plan struct {
	tourID, workerID int64
	date             time.Time
}

func (p plan) shown() RunPlan { return RunPlan{p.tourID, p.workerID, day.Format(p.date)} }

func readPlans(runs []RunPlan) ([]plan, error) {
	switch {
	case len(runs) == 0:
		return nil, refusal.Invalid("runs", refusal.Required, "Say which runs.")
	case len(runs) > maxPlans:
		return nil, refusal.Invalid("runs", refusal.TooLong, "At most 1,000 runs at a time.")
	}
	plans := make([]plan, len(runs))
	var rows []refusal.Row
	for i, run := range runs {
		date, err := day.Parse("date", run.Date)
		if err != nil {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.ReasonOf(err)})
		}
		plans[i] = plan{run.TourID, run.WorkerID, date}
	}
	if len(rows) > 0 {
		return nil, refusal.InvalidRows("runs", rows, "Write the dates as YYYY-MM-DD; the rows say which are not.")
	}
	return plans, nil
}

// copies are the runs that a copy makes, and those that it skips.
func (s *Service) copies(ctx context.Context, c *change, p *CopyRunsParams, w weeks) (made []plan, skipped []SkippedRun, err error) {
	originals, err := c.query.RunsToCopy(ctx, store.RunsToCopyParams{
		FirstDay: w.first, LastDay: w.last, TourID: p.TourID, WorkerID: p.WorkerID, RegionID: p.RegionID, RowLimit: maxPlans + 1,
	})
	if err != nil {
		return nil, nil, err
	}
	if len(originals)*len(w.mondays) > maxPlans {
		return nil, nil, refusal.Invalid("weeks", refusal.TooLong, "At most 1,000 runs at a time.")
	}
	plans := make([]plan, 0, len(originals)*len(w.mondays))
	for _, monday := range w.mondays {
		for _, original := range originals {
			date := original.Date.AddDate(0, 0, int(monday.Sub(w.first)/(24*time.Hour)))
			plans = append(plans, plan{original.TourID, original.WorkerID, date})
		}
	}
	problems, err := s.checkPlans(ctx, c, plans, p.DespiteAbsence)
	if err != nil {
		return nil, nil, err
	}
	skipped = []SkippedRun{}
	for i, problem := range problems {
		if problem == nil {
			made = append(made, plans[i])
			continue
		}
		skipped = append(skipped, SkippedRun{plans[i].shown(), string(refusal.ReasonOf(problem))})
	}
	return made, skipped, nil
}

// checkPlans says of each plan why it cannot be made (rule 7); nil when it can, and then it stays so until the transaction ends.
func (s *Service) checkPlans(ctx context.Context, c *change, plans []plan, despiteAbsence bool) (problems []error, err error) {
	problems = make([]error, len(plans))
	if len(plans) == 0 {
		return problems, nil
	}
	known, err := s.planningFacts(ctx, c, plans)
	if err != nil {
		return nil, err
	}
	today := s.today()
	planned := make(map[plan]bool, len(plans))
	for i, p := range plans {
		problem := known.problem(p, today)
		if problem == nil && !despiteAbsence {
			problem = known.availability(p)
		}
		if problem == nil && planned[p] {
			problem = refusal.Invalid("runs", refusal.Duplicate, "The list has this run twice.")
		}
		planned[p] = true
		problems[i] = problem
	}
	return problems, nil
}

// lockNeeds waits for whoever plans these tours, and lets nobody plan them until the transaction ends; the workers come before the tours.
func (c *change) lockNeeds(ctx context.Context, plans []plan) error {
	if err := c.query.LockWorkersForPlanning(ctx, workersOf(plans)); err != nil {
		return err
	}
	return c.query.LockTours(ctx, toursOf(plans))
}

// checkNeeded adds to problems those of plans whose tour somebody has on the day, or gets from an earlier one of them.
func (c *change) checkNeeded(ctx context.Context, plans []plan, problems []error) error {
	first, last := daysOf(plans)
	rows, err := c.query.ToursTaken(ctx, store.ToursTakenParams{TourIds: toursOf(plans), FirstDay: first, LastDay: last})
	if err != nil {
		return err
	}
	taken := make(map[tourDay]bool, len(rows)+len(plans))
	for _, row := range rows {
		taken[tourDay{row.TourID, row.Date}] = true
	}
	for i, p := range plans {
		on := tourDay{p.tourID, p.date}
		if problems[i] == nil && taken[on] {
			problems[i] = refusal.Exists("tour_id", refusal.TourTaken, "Somebody has this tour on that date already.")
		}
		taken[on] = true
	}
	return nil
}

// planningFacts are what plans are judged by.
type planningFacts struct {
	people   map[int64]person
	tours    map[int64]store.ToursForPlanningRow
	taken    map[plan]bool
	absences map[int64][]store.AbsencesDuringRow
	weekdays map[int64][]int16
}

func (s *Service) planningFacts(ctx context.Context, c *change, plans []plan) (*planningFacts, error) {
	workers, tours := workersOf(plans), toursOf(plans)
	slices.Sort(workers)
	slices.Sort(tours)
	workers, tours = slices.Compact(workers), slices.Compact(tours)
	first, last := daysOf(plans)
	if err := c.query.LockWorkersForPlanning(ctx, workers); err != nil {
		return nil, err
	}
	known := &planningFacts{tours: make(map[int64]store.ToursForPlanningRow), taken: make(map[plan]bool)}
	var err error
	if known.people, err = s.people(ctx, workers); err != nil {
		return nil, refusal.Failure(err, "read the workers")
	}
	if err := c.query.KeepTours(ctx, tours); err != nil {
		return nil, err
	}
	rows, err := c.query.ToursForPlanning(ctx, tours)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		known.tours[row.ID] = row
	}
	taken, err := c.query.RunsTaken(ctx, store.RunsTakenParams{WorkerIds: workers, FirstDay: first, LastDay: last})
	if err != nil {
		return nil, err
	}
	for _, row := range taken {
		known.taken[plan{row.TourID, row.WorkerID, row.Date}] = true
	}
	if err := known.readAvailability(ctx, c.query, workers, first, last); err != nil {
		return nil, err
	}
	return known, nil
}

// readAvailability reads when the workers can work on days from first to last.
func (k *planningFacts) readAvailability(ctx context.Context, query *store.Queries, workers []int64, first, last time.Time) error {
	k.absences, k.weekdays = make(map[int64][]store.AbsencesDuringRow), make(map[int64][]int16)
	absences, err := query.AbsencesDuring(ctx, store.AbsencesDuringParams{WorkerIds: workers, FromDay: first, ToDay: last})
	if err != nil {
		return err
	}
	for _, row := range absences {
		k.absences[row.WorkerID] = append(k.absences[row.WorkerID], row)
	}
	available, err := query.Availabilities(ctx, workers)
	if err != nil {
		return err
	}
	for _, row := range available {
		k.weekdays[row.WorkerID] = row.Weekdays
	}
	return nil
}

// problem refuses a plan that nobody can make (rule 7).
func (k *planningFacts) problem(p plan, today time.Time) error {
	worker, isKnown := k.people[p.workerID]
	tour, exists := k.tours[p.tourID]
	switch {
	case p.date.Before(today):
		return refusal.Invalid("date", refusal.InPast, "The date has passed.")
	case p.date.After(today.AddDate(maxYearsAhead, 0, 0)):
		return refusal.Invalid("date", refusal.OutOfRange, "Runs are planned at most 2 years ahead.")
	case p.workerID == 0:
		return refusal.Invalid("worker_id", refusal.Required, "Choose a worker.")
	case !isKnown:
		return refusal.Invalid("worker_id", refusal.Unknown, "There is no such worker.")
	case !access.CanWork(worker.role):
		return refusal.Invalid("worker_id", refusal.NotAWorker, "Runs are not for this person's role.")
	case !worker.active:
		return refusal.Invalid("worker_id", refusal.Inactive, "This worker's account is not active.")
	case !exists:
		return refusal.Invalid("tour_id", refusal.Unknown, "There is no such tour.")
	case tour.Archived:
		return refusal.Precondition("tour_id", refusal.Archived, "The tour is archived.")
	case !tour.HasStops:
		return refusal.Precondition("tour_id", refusal.NoStops, "The tour has no stops.")
	case !slices.Contains(worker.regionIDs, tour.RegionID):
		return refusal.Invalid("worker_id", refusal.OtherRegion, "The worker does not work in the region of this tour.")
	case k.taken[p]:
		return refusal.Exists("worker_id", refusal.AlreadyPlanned, "This worker has the tour on that date already.")
	}
	return nil
}

// availability refuses a day on which the worker cannot work.
func (k *planningFacts) availability(p plan) error {
	for _, absence := range k.absences[p.workerID] {
		if !p.date.Before(absence.FirstDay) && !p.date.After(absence.LastDay) {
			return refusal.Precondition("worker_id", refusal.Absent, "The worker is absent on that day.")
		}
	}
	weekday := int16(p.date.Weekday()+6)%7 + 1
	if weekdays, said := k.weekdays[p.workerID]; said && !slices.Contains(weekdays, weekday) {
		return refusal.Precondition("worker_id", refusal.OtherWeekdays, "The worker does not work on that day of the week.")
	}
	return nil
}

// insertPlans plans runs that checkPlans has found nothing against, and tells of each.
func (c *change) insertPlans(ctx context.Context, plans []plan) (*PlanRunsResult, error) {
	result := &PlanRunsResult{IDs: []int64{}, Skipped: []SkippedRun{}}
	if len(plans) == 0 {
		return result, nil
	}
	row := store.InsertRunsParams{PlannedAt: c.at, PlannedBy: c.caller.ID}
	for _, p := range plans {
		row.TourIds, row.WorkerIds, row.Dates = append(row.TourIds, p.tourID), append(row.WorkerIds, p.workerID), append(row.Dates, p.date)
	}
	runs, err := c.query.InsertRuns(ctx, row)
	if violates(err, "runs_once") { // planned by somebody else meanwhile
		return nil, refusal.Exists("worker_id", refusal.AlreadyPlanned, "A worker has the tour on that date already.")
	}
	if err != nil {
		return nil, err
	}
	events, lines := make([]*RunEvent, len(runs)), make([]audit.Change, len(runs))
	for i, run := range runs {
		result.IDs = append(result.IDs, run.ID)
		events[i] = &RunEvent{Type: RunPlanned, RunID: run.ID, WorkerID: run.WorkerID, ActorID: c.caller.ID, After: stateOf(run)}
		lines[i] = c.line(RunPlanned, "run", run.ID, nil, events[i].After)
	}
	if err := audit.Append(ctx, c.tx, lines...); err != nil {
		return nil, err
	}
	return result, outbox.AppendAll(ctx, c.tx, runEvents, events)
}
