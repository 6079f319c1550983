package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

// PlanRunParams says who does which tour when.
type PlanRunParams struct {
	TourID   int64 `json:"tour_id"`
	WorkerID int64 `json:"worker_id"`
	// Date is today or later, at most 2 years ahead, YYYY-MM-DD.
	Date string `json:"date"`
	// DespiteAbsence plans the run although the worker is absent on that day, or does not work on that day of the week.
	DespiteAbsence bool `json:"despite_absence" encore:"optional"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// StartRunParams say when a run was started, and with which stops.
type StartRunParams struct {
	// ID is made by the client, and stays the same when the request is repeated.
	ID uuid.UUID `json:"id"`
	// OccurredAt is when it happened, by the phone's clock.
	OccurredAt time.Time `json:"occurred_at"`
	// BuildingIDs are the stops in the order in which the phone shows them, at most 200. They become the stops of the run, also
	// when the tour has changed meanwhile. Empty takes the tour's: without those that have no work on that day, when the tour leaves
	// these out.
	BuildingIDs []int64 `json:"building_ids" encore:"optional"`
}

// CompleteRunParams says why stops stay open.
type CompleteRunParams struct {
	// ID is made by the client, and stays the same when the request is repeated.
	ID uuid.UUID `json:"id"`
	// OccurredAt is when it happened, by the phone's clock.
	OccurredAt time.Time `json:"occurred_at"`
	// Reason is given to every stop that has no outcome yet; up to 1000 characters.
	Reason string `json:"reason"`
}

// CancelRunParams says why a run does not take place.
type CancelRunParams struct {
	// Reason is shown to the worker; up to 1000 characters.
	Reason string `json:"reason"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// maxYearsAhead is how far ahead runs are planned.
const maxYearsAhead = 2

// PlanRun plans a run. The office only.
//
// Errors: invalid_argument when the tour or worker is unknown, the worker is a syndic, not active or not of the tour's
// region, or the date is past (rule 7) or more than 2 years ahead; failed_precondition when the tour is archived or has no stops, and when
// the worker is absent on that day (absent) or does not work on that day of the week (other_weekdays); already_exists
// when the worker has that tour on that date; permission_denied for other roles.
//
//encore:api auth method=POST path=/runs
func (s *Service) PlanRun(ctx context.Context, p *PlanRunParams) (*RunDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	date, err := day.Parse("date", p.Date)
	if err != nil {
		return nil, err
	}
	planned := plan{p.TourID, p.WorkerID, date}
	id, err := s.transactOnce(ctx, caller, sent{p.IdempotencyKey, "PlanRun", p}, func(c *change) (int64, error) {
		problems, err := s.checkPlans(ctx, c, []plan{planned}, p.DespiteAbsence)
		if err != nil {
			return 0, err
		}
		if problems[0] != nil {
			return 0, problems[0]
		}
		result, err := c.insertPlans(ctx, []plan{planned})
		if err != nil {
			return 0, err
		}
		return result.IDs[0], nil
	})
	if err != nil {
		return nil, refusal.Failure(err, "plan the run")
	}
	return s.runDetail(ctx, id)
}

// StartRun starts a run: from now on its stops are fixed, and visits can be made. For its own worker, on its date, once
// (rule 2). The day that counts is the one on which it happened on the phone; a start arrives up to 36 hours late. The same
// id again returns the run and changes nothing, however late (rule 4). A run that was cancelled after the start stays
// cancelled, and keeps what happened on it before.
//
// Errors: invalid_argument for a missing id or time, and for stops that are not, and were not, the tour's; failed_precondition
// when the run was started before under another id, is over, was cancelled before the start, is not of that day or without
// stops, or when the start comes too late; already_exists when the id was used for something else; not_found when there is
// none that the caller may see; permission_denied for everybody but its worker, with run_given_away for whose it was before.
//
//encore:api auth method=POST path=/runs/:id/start
func (s *Service) StartRun(ctx context.Context, id int64, p *StartRunParams) (*RunDetail, error) {
	if err := checkClientWrite(p.ID, "occurred_at", p.OccurredAt); err != nil {
		return nil, err
	}
	if len(p.BuildingIDs) > maxStops {
		return nil, refusal.Invalid("building_ids", refusal.TooLong, "A run has at most 200 stops.")
	}
	claimed := p.OccurredAt.UTC().Truncate(time.Microsecond)
	err := s.changeRun(ctx, sent{}, id, access.Work, func(c *change, run store.Run) error {
		switch stored, err := c.query.FindRunByStartID(ctx, &p.ID); {
		case err == nil: // a repetition
			same := stored.ID == id && stored.StartClaimedAt.Equal(claimed)
			if same && len(p.BuildingIDs) > 0 {
				walked, err := c.query.RunStopIDs(ctx, id)
				if err != nil {
					return err
				}
				same = slices.Equal(walked, p.BuildingIDs)
			}
			if !same {
				return errIDReused()
			}
			return nil
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		now := c.at
		started, corrected := correctTime(claimed, run.PlannedAt, now)
		if err := s.checkStart(run, claimed, started, now); err != nil {
			return err
		}
		walk, err := stopsToWalk(ctx, c.query, id, p.BuildingIDs)
		if err != nil {
			return err
		}
		err = c.query.StartRun(ctx, store.StartRunParams{
			ID: id, StartID: &p.ID, StartedAt: &started, ClaimedAt: &claimed, ReceivedAt: now, Corrected: corrected,
			StopsDiffer: walk.differ, IdleStopCount: walk.idle,
		})
		if violates(err, "runs_start_id_key") { // used for another run since we looked: only that run was not locked
			return errIDReused()
		}
		if err != nil {
			return err
		}
		if err := c.query.InsertRunStops(ctx, store.InsertRunStopsParams{RunID: id, BuildingIds: walk.stops}); err != nil {
			return err
		}
		if err := c.lapseSwapsOf(ctx, id); err != nil {
			return err
		}
		return c.appendRunEvent(ctx, RunStarted, &run, id)
	})
	if err != nil {
		return nil, refusal.Failure(err, "start the run")
	}
	return s.runDetail(ctx, id)
}

// checkStart refuses a start that a run does not take (rule 2).
func (s *Service) checkStart(run store.Run, claimed, started, received time.Time) error {
	switch {
	case run.StartedAt != nil:
		return refusal.Precondition("", refusal.AlreadyStarted, "The run was started before.")
	case run.Status == StatusCancelled:
		if err := s.checkAfterCancelling(run, claimed); err != nil {
			return err
		}
	}
	switch {
	case received.Sub(started) > startGrace:
		return refusal.Precondition("", refusal.TooLate, "The run was started more than 36 hours ago.")
	case !run.Date.Equal(day.Of(started, s.zone)):
		return refusal.Precondition("", refusal.NotToday, "A run is started on its own date.")
	}
	return nil
}

// walk is what a run that starts goes along.
type walk struct {
	// stops are the buildings in order.
	stops []int64
	// differ is set when the phone shows others than the tour has now.
	differ bool
	// idle is how many stops of the tour are left out for want of work on that day.
	idle int32
}

// stopsToWalk returns the stops of a run that starts: those that the phone shows, else the tour's that are not left out. What
// has become idle, or got work, since the phone looked is no reason to refuse what it shows.
func stopsToWalk(ctx context.Context, query *store.Queries, runID int64, shown []int64) (found walk, err error) {
	rows, err := query.PhoneStops(ctx, runID)
	if err != nil {
		return found, err
	}
	known := make(map[int64]bool, len(rows))
	var current, idle []int64
	for _, row := range rows {
		known[row.BuildingID] = true
		switch {
		case row.Current && row.Idle:
			idle = append(idle, row.BuildingID)
		case row.Current:
			current = append(current, row.BuildingID)
		}
	}
	if len(shown) == 0 {
		switch {
		case len(current) == 0 && len(idle) > 0:
			err = refusal.Precondition("", refusal.NoWork, "No stop of the tour has work on this day.")
		case len(current) == 0:
			err = refusal.Precondition("", refusal.NoStops, "The tour has no stops.")
		}
		return walk{stops: current, idle: int32(len(idle))}, err
	}
	var wrong []refusal.Row
	seen := make(map[int64]bool, len(shown))
	for i, id := range shown {
		switch {
		case !known[id]:
			wrong = append(wrong, refusal.Row{Index: i, Reason: refusal.Unknown})
		case seen[id]:
			wrong = append(wrong, refusal.Row{Index: i, Reason: refusal.Duplicate})
		}
		seen[id] = true
	}
	if len(wrong) > 0 {
		return found, refusal.InvalidRows("building_ids", wrong, "Every stop is another building of the tour; the rows say which are not.")
	}
	idle = slices.DeleteFunc(idle, func(id int64) bool { return seen[id] })
	return walk{stops: shown, differ: !slices.Equal(shown, current), idle: int32(len(idle))}, nil
}

// CompleteRun ends a run by hand: stops without an outcome are skipped with the reason. For its own worker. What the
// worker did at such a stop but had not sent yet is still accepted for 24 hours, and replaces the skip. The same id again
// returns the run and changes nothing, however late (rule 4), and so does completing a run that is completed. A run that was
// cancelled meanwhile takes the skips for 24 hours and stays cancelled.
//
// Errors: failed_precondition when the run is not started, or was cancelled before; invalid_argument when the id, the time or
// the reason is missing, or the reason too long; already_exists when the id was used for something else; not_found when there
// is none that the caller may see; permission_denied for everybody but its worker, with run_given_away for whose it was before.
//
//encore:api auth method=POST path=/runs/:id/complete
func (s *Service) CompleteRun(ctx context.Context, id int64, p *CompleteRunParams) (*RunDetail, error) {
	reason, err := input.RequiredLines("reason", p.Reason, maxReason)
	if err != nil {
		return nil, err
	}
	if err := checkClientWrite(p.ID, "occurred_at", p.OccurredAt); err != nil {
		return nil, err
	}
	claimed := p.OccurredAt.UTC().Truncate(time.Microsecond)
	err = s.changeRun(ctx, sent{}, id, access.Work, func(c *change, run store.Run) error {
		switch stored, err := c.query.FindRunByCompleteID(ctx, &p.ID); {
		case err == nil: // a repetition
			if stored.ID != id || !stored.CompleteClaimedAt.Equal(claimed) || !sameReason(stored.CompleteReason, reason) {
				return errIDReused()
			}
			return nil
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		if run.Status == StatusCompleted || run.CompleteID != nil { // a cancelled run stays cancelled
			return nil
		}
		if err := s.checkTakesVisits(run, claimed); err != nil {
			return err
		}
		now := c.at
		completed, corrected := correctTime(claimed, *run.StartedAt, now)
		skipped, err := c.query.SkipOpenStops(ctx, store.SkipOpenStopsParams{
			RunID: id, Reason: reason, OccurredAt: completed, ReceivedAt: now,
		})
		if err != nil {
			return err
		}
		err = c.query.CompleteRun(ctx, store.CompleteRunParams{
			ID: id, CompleteID: &p.ID, CompletedAt: completed, ClaimedAt: &claimed, ReceivedAt: &now, Corrected: corrected,
			Reason: reason,
		})
		if violates(err, "runs_complete_id_key") { // used for another run since we looked: only that run was not locked
			return errIDReused()
		}
		if err != nil {
			return err
		}
		if err := c.appendOutcomeEvents(ctx, run, skipped); err != nil {
			return err
		}
		kind := RunCompleted
		if run.Status == StatusCancelled { // it stays cancelled; that the worker ended it is in the log all the same
			kind = RunChanged
		}
		return c.appendRunEventLoggedAs(ctx, kind, RunCompleted, &run, id)
	})
	if err != nil {
		return nil, refusal.Failure(err, "complete the run")
	}
	return s.runDetail(ctx, id)
}

// CancelRun takes a run back, planned or started. The office only. What its visits recorded is kept.
//
// Errors: failed_precondition when the run is completed or cancelled already; invalid_argument when the reason is
// missing or too long; not_found when there is no such run; permission_denied for other roles.
//
//encore:api auth method=POST path=/runs/:id/cancel
func (s *Service) CancelRun(ctx context.Context, id int64, p *CancelRunParams) (*RunDetail, error) {
	reason, err := input.RequiredLines("reason", p.Reason, maxReason)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("CancelRun/", id), p}
	err = s.changeRun(ctx, request, id, officeOnly, func(c *change, run store.Run) error {
		switch run.Status {
		case StatusCompleted:
			return refusal.Precondition("", refusal.AlreadyCompleted, "The run is completed.")
		case StatusCancelled:
			return refusal.Precondition("", refusal.RunCancelled, "The run is cancelled already.")
		}
		if err := c.query.CancelRun(ctx, store.CancelRunParams{ID: id, CancelledAt: &c.at, Reason: reason}); err != nil {
			return err
		}
		if err := c.lapseSwapsOf(ctx, id); err != nil {
			return err
		}
		return c.appendRunEvent(ctx, RunCancelled, &run, id)
	})
	if err != nil {
		return nil, refusal.Failure(err, "cancel the run")
	}
	return s.runDetail(ctx, id)
}

// changeRun runs do in a transaction that holds the run's lock, if decide lets the caller do it to the worker's run.
// Whoever may not do it to any run is told so, whether or not the run exists.
func (s *Service) changeRun(
	ctx context.Context, request sent, id int64, decide func(caller access.Actor, workerID int64) error,
	do func(c *change, run store.Run) error,
) error {
	caller, err := s.caller(ctx)
	if err != nil {
		return err
	}
	// Asked about a run of their own, a refusal can only come from the role.
	if err := decide(caller, caller.ID); err != nil {
		return err
	}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		run, err := c.query.LockRun(ctx, id)
		if err != nil {
			return 0, missingRun(err)
		}
		if err := decide(caller, run.WorkerID); err != nil {
			return 0, wasTheirs(ctx, c.query, caller, id, err)
		}
		return id, do(c, run)
	})
	return err
}

// wasTheirs answers who may not go on with a run, which err says, that it was theirs before it was given to somebody else: their phone
// may not have known when they went on with it.
func wasTheirs(ctx context.Context, query *store.Queries, caller access.Actor, runID int64, err error) error {
	if errs.Code(err) != errs.NotFound && refusal.ReasonOf(err) != refusal.NotYourRun {
		return err
	}
	since, failed := query.FormerWorkerSince(ctx, store.FormerWorkerSinceParams{RunID: runID, WorkerID: caller.ID})
	switch {
	case errors.Is(failed, pgx.ErrNoRows):
		return err
	case failed != nil:
		return failed
	}
	return access.WasTheirs(since)
}

// giveRun makes a run that is locked somebody else's.
func (c *change) giveRun(ctx context.Context, run store.Run, workerID int64) error {
	if err := c.query.GiveRun(ctx, store.GiveRunParams{ID: run.ID, WorkerID: workerID}); err != nil {
		return err
	}
	return c.noteFormerWorkers(ctx, run)
}

// noteFormerWorkers keeps whose the runs were that are somebody else's from now on.
func (c *change) noteFormerWorkers(ctx context.Context, before ...store.Run) error {
	if len(before) == 0 {
		return nil
	}
	former := store.NoteFormerWorkersParams{Since: c.at}
	for _, run := range before {
		former.RunIds, former.WorkerIds = append(former.RunIds, run.ID), append(former.WorkerIds, run.WorkerID)
	}
	return c.query.NoteFormerWorkers(ctx, former)
}

// violates tells whether err is the violation of the named constraint.
func violates(err error, constraint string) bool {
	violation, ok := errors.AsType[*pgconn.PgError](err)
	return ok && violation.ConstraintName == constraint
}
