package core

import (
	"context"
	"time"

	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// RunToChange is a run that is moved or given away, with what it becomes.
type RunToChange struct {
	ID int64 `json:"id"`
	// Version is that of the run that was changed.
	Version int64 `json:"version"`
	// TourID, WorkerID and Date are the ones that it gets or keeps; Date is YYYY-MM-DD.
	TourID   int64  `json:"tour_id"`
	WorkerID int64  `json:"worker_id"`
	Date     string `json:"date"`
}

// ChangeRunsParams say what becomes of runs.
type ChangeRunsParams struct {
	// Items are the runs, each once; 1,000 at most.
	Items []RunToChange `json:"items"`
	// DespiteAbsence gives runs also to those who are absent on the day, or do not work on that day of the week.
	DespiteAbsence bool `json:"despite_absence" encore:"optional"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// RunToCancel is a run that is cancelled with others.
type RunToCancel struct {
	ID int64 `json:"id"`
	// Version is that of the run that was cancelled.
	Version int64 `json:"version"`
}

// CancelRunsParams say which runs do not take place, and why.
type CancelRunsParams struct {
	// Items are the runs, each once; 1,000 at most.
	Items []RunToCancel `json:"items"`
	// Reason is shown to the workers; up to 1000 characters.
	Reason string `json:"reason"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// ChangedRuns are runs as they are after a change.
type ChangedRuns struct {
	// Items are in the order of the request.
	Items []ChangedRun `json:"items"`
}

// ChangedRun is a run after a change.
type ChangedRun struct {
	ID       int64  `json:"id"`
	TourID   int64  `json:"tour_id"`
	WorkerID int64  `json:"worker_id"`
	Date     string `json:"date"`
	// Version grows with every change of the run and of its visits.
	Version int64 `json:"version"`
}

// ChangeRuns moves runs to other days and gives them to other workers or tours, all or nothing (rules 5 and 7). They may take each
// other's places. Only runs that are not started change: what was seen and done on the way stays as it was. The office only.
//
// Errors: invalid_argument with rows for what is no run (unknown), is named twice (duplicate), is started, completed or cancelled, and
// for what cannot be planned, as PlanRuns says it; aborted with rows for those that somebody else has changed since that version
// (changed_meanwhile); permission_denied for other roles.
//
//encore:api auth method=PUT path=/planning/runs
func (s *Service) ChangeRuns(ctx context.Context, p *ChangeRunsParams) (*ChangedRuns, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	runs, named := make([]RunPlan, len(p.Items)), make([]RunToCancel, len(p.Items))
	for i, item := range p.Items {
		runs[i], named[i] = RunPlan{item.TourID, item.WorkerID, item.Date}, RunToCancel{item.ID, item.Version}
	}
	plans, err := readPlans(runs)
	if err != nil {
		return nil, err
	}
	if err := checkRunsOnce(named); err != nil {
		return nil, err
	}
	result, err := answerOnce(ctx, s, caller, sent{p.IdempotencyKey, "ChangeRuns", p}, func(c *change) (*ChangedRuns, error) {
		// Those who get runs come before the runs, as where somebody's runs are given away.
		if err := c.query.LockWorkersForPlanning(ctx, workersOf(plans)); err != nil {
			return nil, err
		}
		before, err := c.lockRuns(ctx, named)
		if err != nil {
			return nil, err
		}
		if err := c.query.SetRunsAside(ctx, idsOfRuns(before)); err != nil {
			return nil, err
		}
		problems, err := s.checkPlans(ctx, c, plans, p.DespiteAbsence)
		if err != nil {
			return nil, err
		}
		if rows := rowsOf(problems); len(rows) > 0 {
			return nil, refusal.InvalidRows("runs", rows, "Some of these runs cannot be moved there; the rows say which, and why.")
		}
		return c.changePlannedRuns(ctx, before, plans)
	})
	return result, refusal.Failure(err, "move the runs")
}

// CancelRuns takes runs back that are planned and not started, all or nothing (rule 5). A run that is on its way is cancelled by itself,
// with CancelRun. The office only.
//
// Errors: invalid_argument with rows for what is no run (unknown), is named twice (duplicate), or is started, completed or cancelled, and
// when the reason is missing or too long; aborted with rows for those that somebody else has changed since that version
// (changed_meanwhile); permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/runs/cancel
func (s *Service) CancelRuns(ctx context.Context, p *CancelRunsParams) (*ChangedRuns, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	reason, err := input.RequiredLines("reason", p.Reason, maxReason)
	if err != nil {
		return nil, err
	}
	if err := checkRunsOnce(p.Items); err != nil {
		return nil, err
	}
	result, err := answerOnce(ctx, s, caller, sent{p.IdempotencyKey, "CancelRuns", p}, func(c *change) (*ChangedRuns, error) {
		before, err := c.lockRuns(ctx, p.Items)
		if err != nil {
			return nil, err
		}
		after, err := c.query.CancelRuns(ctx, store.CancelRunsParams{Ids: idsOfRuns(before), CancelledAt: c.at, Reason: reason})
		if err != nil {
			return nil, err
		}
		return c.tellOfRuns(ctx, RunCancelled, before, after)
	})
	return result, refusal.Failure(err, "cancel the runs")
}

// checkRunsOnce refuses a list that is empty or too long, or names a run twice.
func checkRunsOnce(items []RunToCancel) error {
	switch {
	case len(items) == 0:
		return refusal.Invalid("runs", refusal.Required, "Say which runs.")
	case len(items) > maxPlans:
		return refusal.Invalid("runs", refusal.TooLong, "At most 1,000 runs at a time.")
	}
	seen := make(map[int64]bool, len(items))
	var rows []refusal.Row
	for i, item := range items {
		if seen[item.ID] {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Duplicate})
		}
		seen[item.ID] = true
	}
	if len(rows) > 0 {
		return refusal.InvalidRows("runs", rows, "Every one is another run; the rows say which are not.")
	}
	return nil
}

// lockRuns locks runs that are planned and in these versions, and returns them in the order of items.
func (c *change) lockRuns(ctx context.Context, items []RunToCancel) ([]store.Run, error) {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	locked, err := c.query.LockRuns(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]store.Run, len(locked))
	for _, run := range locked {
		found[run.ID] = run
	}
	runs := make([]store.Run, len(items))
	var wrong, changed []refusal.Row
	for i, item := range items {
		run, exists := found[item.ID]
		runs[i] = run
		switch {
		case !exists:
			wrong = append(wrong, refusal.Row{Index: i, Reason: refusal.Unknown})
		case run.Status == StatusStarted:
			wrong = append(wrong, refusal.Row{Index: i, Reason: refusal.AlreadyStarted})
		case run.Status == StatusCompleted:
			wrong = append(wrong, refusal.Row{Index: i, Reason: refusal.AlreadyCompleted})
		case run.Status == StatusCancelled:
			wrong = append(wrong, refusal.Row{Index: i, Reason: refusal.RunCancelled})
		case run.Version != item.Version:
			changed = append(changed, refusal.Row{Index: i, Reason: refusal.ChangedMeanwhile})
		}
	}
	switch {
	case len(wrong) > 0:
		return nil, refusal.InvalidRows("runs", wrong, "Some of these runs are not planned any more; the rows say which, and why.")
	case len(changed) > 0:
		return nil, refusal.ConflictRows("runs", changed, "Somebody else has changed some of the runs; the rows say which.")
	}
	return runs, nil
}

// changePlannedRuns makes of each run what its plan says, and tells of each.
func (c *change) changePlannedRuns(ctx context.Context, before []store.Run, plans []plan) (*ChangedRuns, error) {
	row := store.ChangeRunsParams{Ids: idsOfRuns(before)}
	var given []store.Run
	for i, p := range plans {
		if p.workerID != before[i].WorkerID {
			given = append(given, before[i])
		}
		row.TourIds, row.WorkerIds, row.Dates = append(row.TourIds, p.tourID), append(row.WorkerIds, p.workerID), append(row.Dates, p.date)
	}
	after, err := c.query.ChangeRuns(ctx, row)
	if violates(err, "runs_once") { // planned by somebody else meanwhile
		return nil, refusal.Exists("worker_id", refusal.AlreadyPlanned, "A worker has the tour on that date already.")
	}
	if err != nil {
		return nil, err
	}
	if err := c.noteFormerWorkers(ctx, given...); err != nil {
		return nil, err
	}
	return c.tellOfRuns(ctx, RunChanged, before, after)
}

// tellOfRuns adds an event and a line of the audit log for each run, and answers with them in the order of before.
func (c *change) tellOfRuns(ctx context.Context, kind string, before, after []store.Run) (*ChangedRuns, error) {
	now := make(map[int64]store.Run, len(after))
	for _, run := range after {
		now[run.ID] = run
	}
	result := &ChangedRuns{Items: make([]ChangedRun, len(before))}
	events, lines := make([]*RunEvent, len(before)), make([]audit.Change, len(before))
	var others []int64 // what a swap was about is another run now, or none
	for i, was := range before {
		run := now[was.ID]
		if run.WorkerID != was.WorkerID || run.TourID != was.TourID || !run.Date.Equal(was.Date) || run.Status != was.Status {
			others = append(others, run.ID)
		}
		result.Items[i] = ChangedRun{run.ID, run.TourID, run.WorkerID, day.Format(run.Date), run.Version}
		events[i] = &RunEvent{
			Type: kind, RunID: run.ID, WorkerID: run.WorkerID, ActorID: c.caller.ID, Before: new(stateOf(was)), After: stateOf(run),
		}
		lines[i] = c.line(kind, "run", run.ID, events[i].Before, events[i].After)
	}
	if err := c.lapseSwapsOf(ctx, others...); err != nil {
		return nil, err
	}
	if err := audit.Append(ctx, c.tx, lines...); err != nil {
		return nil, err
	}
	return result, outbox.AppendAll(ctx, c.tx, runEvents, events)
}

func idsOfRuns(runs []store.Run) []int64 {
	ids := make([]int64, len(runs))
	for i := range runs {
		ids[i] = runs[i].ID
	}
	return ids
}

func workersOf(plans []plan) []int64 {
	ids := make([]int64, len(plans))
	for i, p := range plans {
		ids[i] = p.workerID
	}
	return ids
}

func toursOf(plans []plan) []int64 {
	ids := make([]int64, len(plans))
	for i, p := range plans {
		ids[i] = p.tourID
	}
	return ids
}

// daysOf are the first and the last day of plans, of which there is one at least.
func daysOf(plans []plan) (first, last time.Time) {
	first, last = plans[0].date, plans[0].date
	for _, p := range plans {
		if p.date.Before(first) {
			first = p.date
		}
		if p.date.After(last) {
			last = p.date
		}
	}
	return first, last
}

// rowsOf names the places at which there is a problem.
func rowsOf(problems []error) (rows []refusal.Row) {
	for i, problem := range problems {
		if problem != nil {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.ReasonOf(problem)})
		}
	}
	return rows
}
