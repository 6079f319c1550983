package core

import (
	"context"
	"errors"
	"slices"

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
	// Date is today or later, YYYY-MM-DD.
	Date string `json:"date"`
}

// CompleteRunParams says why stops stay open.
type CompleteRunParams struct {
	// Reason is given to every stop that has no outcome yet; up to 1000 characters.
	Reason string `json:"reason"`
}

// CancelRunParams says why a run does not take place.
type CancelRunParams struct {
	// Reason is shown to the worker; up to 1000 characters.
	Reason string `json:"reason"`
}

// PlanRun plans a run. The office only.
//
// Errors: invalid_argument when the tour or worker is unknown, the worker is a syndic, not active or not of the tour's
// region, or the date is past (rule 7); failed_precondition when the tour is archived or has no stops; already_exists
// when the worker has that tour on that date; permission_denied for other roles.
//
//encore:api auth method=POST path=/runs
func (s *Service) PlanRun(ctx context.Context, p *PlanRunParams) (*RunDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.Plan(caller); err != nil {
		return nil, err
	}
	date, err := day.Parse("date", p.Date)
	if err != nil {
		return nil, err
	}
	if date.Before(s.today()) {
		return nil, refusal.Invalid("date", refusal.InPast, "The date has passed.")
	}
	worker, err := s.plannableWorker(ctx, p.WorkerID)
	if err != nil {
		return nil, err
	}
	var id int64
	err = s.transact(ctx, func(tx pgx.Tx, query *store.Queries) error {
		if err := checkTour(ctx, query, p.TourID, worker); err != nil {
			return err
		}
		id, err = query.InsertRun(ctx, store.InsertRunParams{
			TourID: p.TourID, WorkerID: worker.ID, Date: date, PlannedAt: s.clock(), PlannedBy: caller.ID,
		})
		if violates(err, "runs_once") {
			return refusal.Exists("worker_id", refusal.AlreadyPlanned, "This worker has the tour on that date already.")
		}
		if err != nil {
			return err
		}
		return s.appendRunEvent(ctx, tx, RunPlanned, id)
	})
	if err != nil {
		return nil, refusal.Failure(err, "plan the run")
	}
	return s.runDetail(ctx, id)
}

// plannableWorker returns the person if runs may be given to that person at all (rule 7).
func (s *Service) plannableWorker(ctx context.Context, id int64) (person, error) {
	if id == 0 {
		return person{}, refusal.Invalid("worker_id", refusal.Required, "Choose a worker.")
	}
	people, err := s.people(ctx, []int64{id})
	if err != nil {
		return person{}, refusal.Failure(err, "read the worker")
	}
	worker, known := people[id]
	switch {
	case !known:
		return person{}, refusal.Invalid("worker_id", refusal.Unknown, "There is no such worker.")
	case !access.CanWork(worker.role):
		return person{}, refusal.Invalid("worker_id", refusal.NotAWorker, "Runs are not for this person's role.")
	case !worker.active:
		return person{}, refusal.Invalid("worker_id", refusal.Inactive, "This worker's account is not active.")
	}
	return worker, nil
}

func checkTour(ctx context.Context, query *store.Queries, id int64, worker person) error {
	tour, err := query.TourForPlanning(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return refusal.Invalid("tour_id", refusal.Unknown, "There is no such tour.")
	case err != nil:
		return err
	case tour.Archived:
		return refusal.Precondition("tour_id", refusal.Archived, "The tour is archived.")
	case !tour.HasStops:
		return refusal.Precondition("tour_id", refusal.NoStops, "The tour has no stops.")
	case !slices.Contains(worker.regionIDs, tour.RegionID):
		return refusal.Invalid("worker_id", refusal.OtherRegion, "The worker does not work in the region of this tour.")
	}
	return nil
}

// StartRun starts a run: from now on its stops are fixed, and visits can be made. For its own worker, on its date, once
// (rule 2).
//
// Errors: failed_precondition when the run is started already, over, cancelled, not of today or without stops;
// not_found when there is none that the caller may see; permission_denied for everybody but its worker.
//
//encore:api auth method=POST path=/runs/:id/start
func (s *Service) StartRun(ctx context.Context, id int64) (*RunDetail, error) {
	err := s.changeRun(ctx, id, access.Work, func(tx pgx.Tx, query *store.Queries, run store.Run) error {
		switch {
		case run.Status == StatusCancelled:
			return refusal.Precondition("", refusal.RunCancelled, "The run is cancelled.")
		case run.Status != StatusPlanned:
			return refusal.Precondition("", refusal.AlreadyStarted, "The run was started before.")
		case !run.Date.Equal(s.today()):
			return refusal.Precondition("", refusal.NotToday, "A run is started on its own date.")
		}
		now := s.clock()
		if err := query.StartRun(ctx, store.StartRunParams{ID: id, StartedAt: &now}); err != nil {
			return err
		}
		copied, err := query.CopyStops(ctx, id)
		if err != nil {
			return err
		}
		if copied == 0 {
			return refusal.Precondition("", refusal.NoStops, "The tour has no stops.")
		}
		return s.appendRunEvent(ctx, tx, RunStarted, id)
	})
	if err != nil {
		return nil, refusal.Failure(err, "start the run")
	}
	return s.runDetail(ctx, id)
}

// CompleteRun ends a run by hand: stops without an outcome are skipped with the reason. For its own worker. What the
// worker did at such a stop but had not sent yet is still accepted for 24 hours, and replaces the skip.
//
// Errors: failed_precondition when the run is not going on; invalid_argument when the reason is missing or too long;
// not_found when there is none that the caller may see; permission_denied for everybody but its worker.
//
//encore:api auth method=POST path=/runs/:id/complete
func (s *Service) CompleteRun(ctx context.Context, id int64, p *CompleteRunParams) (*RunDetail, error) {
	reason, err := input.RequiredText("reason", p.Reason, maxReason)
	if err != nil {
		return nil, err
	}
	err = s.changeRun(ctx, id, access.Work, func(tx pgx.Tx, query *store.Queries, run store.Run) error {
		if err := ongoing(run); err != nil {
			return err
		}
		now := s.clock()
		skipped, err := query.SkipOpenStops(ctx, store.SkipOpenStopsParams{RunID: id, Reason: reason, Now: now})
		if err != nil {
			return err
		}
		if err := query.CompleteRun(ctx, store.CompleteRunParams{ID: id, CompletedAt: &now, Reason: reason}); err != nil {
			return err
		}
		if err := appendOutcomeEvents(ctx, tx, query, run, skipped); err != nil {
			return err
		}
		return s.appendRunEvent(ctx, tx, RunCompleted, id)
	})
	if err != nil {
		return nil, refusal.Failure(err, "complete the run")
	}
	return s.runDetail(ctx, id)
}

// ongoing refuses unless the run is started and not over.
func ongoing(run store.Run) error {
	switch run.Status {
	case StatusStarted:
		return nil
	case StatusPlanned:
		return refusal.Precondition("", refusal.NotStarted, "The run is not started.")
	case StatusCancelled:
		return refusal.Precondition("", refusal.RunCancelled, "The run is cancelled.")
	}
	return refusal.Precondition("", refusal.AlreadyCompleted, "The run is completed.")
}

// CancelRun takes a run back, planned or started. The office only. What its visits recorded is kept.
//
// Errors: failed_precondition when the run is completed or cancelled already; invalid_argument when the reason is
// missing or too long; not_found when there is no such run; permission_denied for other roles.
//
//encore:api auth method=POST path=/runs/:id/cancel
func (s *Service) CancelRun(ctx context.Context, id int64, p *CancelRunParams) (*RunDetail, error) {
	reason, err := input.RequiredText("reason", p.Reason, maxReason)
	if err != nil {
		return nil, err
	}
	office := func(caller access.Actor, _ int64) error { return access.Plan(caller) }
	err = s.changeRun(ctx, id, office, func(tx pgx.Tx, query *store.Queries, run store.Run) error {
		switch run.Status {
		case StatusCompleted:
			return refusal.Precondition("", refusal.AlreadyCompleted, "The run is completed.")
		case StatusCancelled:
			return refusal.Precondition("", refusal.RunCancelled, "The run is cancelled already.")
		}
		now := s.clock()
		if err := query.CancelRun(ctx, store.CancelRunParams{ID: id, CancelledAt: &now, Reason: reason}); err != nil {
			return err
		}
		return s.appendRunEvent(ctx, tx, RunCancelled, id)
	})
	if err != nil {
		return nil, refusal.Failure(err, "cancel the run")
	}
	return s.runDetail(ctx, id)
}

// changeRun runs change in a transaction that holds the run's lock, if decide lets the caller do it to the worker's run.
// Whoever may not do it to any run is told so, whether or not the run exists.
func (s *Service) changeRun(
	ctx context.Context, id int64, decide func(caller access.Actor, workerID int64) error,
	change func(tx pgx.Tx, query *store.Queries, run store.Run) error,
) error {
	caller, err := s.caller(ctx)
	if err != nil {
		return err
	}
	// Asked about an own run, a refusal can only come from the role.
	if err := decide(caller, caller.ID); err != nil {
		return err
	}
	return s.transact(ctx, func(tx pgx.Tx, query *store.Queries) error {
		run, err := query.LockRun(ctx, id)
		if err != nil {
			return missingRun(err)
		}
		if err := decide(caller, run.WorkerID); err != nil {
			return err
		}
		return change(tx, query, run)
	})
}

// violates tells whether err is the violation of the named constraint.
func violates(err error, constraint string) bool {
	violation, ok := errors.AsType[*pgconn.PgError](err)
	return ok && violation.ConstraintName == constraint
}
