package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"encore.dev/cron"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/limit"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

const (
	// maxSwapMessage is how many characters a message has at most.
	maxSwapMessage = 500
	// maxSwapsOfRun is how often a worker asks for one run: all of the region hear of it.
	maxSwapsOfRun = 5
)

// AskSwapParams say which run somebody else should do.
type AskSwapParams struct {
	// ID is made by the client, and stays the same when the request is repeated.
	ID    uuid.UUID `json:"id"`
	RunID int64     `json:"run_id"`
	// Message is what the others should know; up to 500 characters. They all read it.
	Message string `json:"message" encore:"optional"`
}

// ChangeSwapParams say whether the request may have been made already.
type ChangeSwapParams struct {
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// ApproveSwapParams say whose taking over is approved.
type ApproveSwapParams struct {
	// TakenBy is who does the run from now on: who has taken it.
	TakenBy int64 `json:"taken_by"`
	// DespiteAbsence gives them the run although they are absent on the day, or do not work on that day of the week.
	DespiteAbsence bool `json:"despite_absence" encore:"optional"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// RefuseSwapParams say why the run stays its worker's.
type RefuseSwapParams struct {
	// Reason is shown to both workers; up to 1000 characters.
	Reason string `json:"reason"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// AskSwap asks whether somebody else does a planned run of the caller's: until somebody has taken it and the office has approved,
// it stays theirs. The same id again returns the swap and changes nothing, however late (rule 4).
//
// Errors: invalid_argument for a missing id and a message that is too long; already_exists when it is asked already, and when the id
// was used for something else; failed_precondition when the run is started, over, cancelled or past, and when it was asked 5 times
// before; not_found when there is no run that the caller may see; permission_denied for everybody but its worker.
//
//encore:api auth method=POST path=/swaps
func (s *Service) AskSwap(ctx context.Context, p *AskSwapParams) (*Swap, error) {
	caller, err := s.worker(ctx)
	if err != nil {
		return nil, err
	}
	if p.ID == uuid.Nil {
		return nil, refusal.Invalid("id", refusal.Required, "A swap needs an id.")
	}
	message, err := input.Lines("message", p.Message, maxSwapMessage)
	if err != nil {
		return nil, err
	}
	asked, err := askedBefore(ctx, s.query, caller, p, message)
	if err == nil && !asked { // a repetition is answered whosever the run is by now
		err = s.changeRun(ctx, sent{}, p.RunID, access.Work, func(c *change, run store.Run) error {
			if again, err := askedBefore(ctx, c.query, caller, p, message); again || err != nil {
				return err
			}
			if err := s.checkAsk(ctx, c, run); err != nil {
				return err
			}
			err := c.query.InsertSwap(ctx, store.InsertSwapParams{
				ID: p.ID, RunID: run.ID, Date: run.Date, AskedBy: caller.ID, Message: message, AskedAt: c.at,
			})
			if violates(err, "swaps_pkey") { // used for another run since we looked: only this run is locked
				return errIDReused()
			}
			if err != nil {
				return err
			}
			return c.tellOfSwaps(ctx, SwapAsked, nil, []uuid.UUID{p.ID})
		})
	}
	if err != nil {
		return nil, refusal.Failure(err, "ask a swap")
	}
	return s.swap(ctx, caller, p.ID)
}

// askedBefore tells whether the swap was asked already; the id that stands for another one is refused.
func askedBefore(ctx context.Context, query *store.Queries, caller access.Actor, p *AskSwapParams, message string) (bool, error) {
	before, err := query.FindSwap(ctx, p.ID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case before.RunID != p.RunID || before.AskedBy != caller.ID || before.Message != message:
		return false, errIDReused()
	}
	return true, nil
}

// checkAsk refuses what nobody can take over any more, and what is asked already.
func (s *Service) checkAsk(ctx context.Context, c *change, run store.Run) error {
	if err := s.checkToDo(run); err != nil {
		return err
	}
	switch _, err := c.query.LiveSwapOfRun(ctx, run.ID); {
	case err == nil:
		return refusal.Exists("run_id", refusal.SwapAsked, "It is asked already who does this run.")
	case !errors.Is(err, pgx.ErrNoRows):
		return err
	}
	count, err := c.query.CountSwapsOfRun(ctx, store.CountSwapsOfRunParams{RunID: run.ID, AskedBy: run.WorkerID})
	if err == nil && count >= maxSwapsOfRun {
		err = refusal.Precondition("run_id", refusal.TooManyOfThem, "You have asked for this run 5 times. Call the office.")
	}
	return err
}

// checkToDo refuses a run that is not planned any more.
func (s *Service) checkToDo(run store.Run) error {
	switch {
	case run.Status == StatusStarted:
		return refusal.Precondition("", refusal.AlreadyStarted, "The run is started.")
	case run.Status == StatusCompleted:
		return refusal.Precondition("", refusal.AlreadyCompleted, "The run is completed.")
	case run.Status == StatusCancelled:
		return refusal.Precondition("", refusal.RunCancelled, "The run is cancelled.")
	case run.Date.Before(s.today()):
		return refusal.Precondition("", refusal.InPast, "The day of the run has passed.")
	}
	return nil
}

// WithdrawSwap takes back what the caller asked, as long as the office has not decided. Doing it again changes nothing.
//
// Errors: failed_precondition when it was decided or has lapsed; not_found when there is none that the caller may see;
// permission_denied for everybody but who asked.
//
//encore:api auth method=POST path=/swaps/:id/withdraw
func (s *Service) WithdrawSwap(ctx context.Context, id uuid.UUID, p *ChangeSwapParams) (*Swap, error) {
	caller, err := s.worker(ctx)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("WithdrawSwap/", id), p}
	err = s.changeSwap(ctx, caller, request, id, 0, func(c *change, _ store.Run, swap store.Swap) error {
		switch err := access.ChangeSwap(caller, swap.AskedBy); {
		case err != nil:
			return err
		case swap.State == SwapStateWithdrawn:
			return nil
		case !live(swap):
			return errSwapOver()
		}
		return c.setSwap(ctx, SwapWithdrawn, swap, store.SetSwapParams{
			State: SwapStateWithdrawn, TakenBy: swap.TakenBy, TakenAt: swap.TakenAt, EndedAt: &c.at,
		})
	})
	if err != nil {
		return nil, refusal.Failure(err, "withdraw a swap")
	}
	return s.swap(ctx, caller, id)
}

// takesOfPerson bounds how often somebody takes what others ask, and gives it back: each time mail goes out.
var takesOfPerson = limit.Limit{Name: "take-swap:person", Count: 20, Period: time.Hour}

// TakeSwap says that the caller would do the run: it is theirs once the office approves. For a worker who may have it (rule 7);
// that they are absent on that day, do not work on that day of the week or have another run is a warning in the answer, which the
// office sees too. Doing it again changes nothing.
//
// Errors: failed_precondition when somebody else has taken it, when it was decided, withdrawn or has lapsed, and for what the caller
// asked; already_exists when the caller has that tour on that day; invalid_argument when the day has passed; not_found when there is
// none in a region of the caller's; permission_denied for roles that have no runs; resource_exhausted (rate_limited) for who takes
// more than 20 an hour, as each is told to others.
//
//encore:api auth method=POST path=/swaps/:id/take
func (s *Service) TakeSwap(ctx context.Context, id uuid.UUID, p *ChangeSwapParams) (*Swap, error) {
	caller, err := s.worker(ctx)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("TakeSwap/", id), p}
	err = s.changeSwap(ctx, caller, request, id, caller.ID, func(c *change, run store.Run, swap store.Swap) error {
		if swap.AskedBy == caller.ID {
			return refusal.Precondition("", refusal.OwnSwap, "You asked this yourself.")
		}
		problems, err := s.checkPlans(ctx, c, []plan{{run.TourID, caller.ID, run.Date}}, true)
		if err != nil {
			return err
		}
		mine := swap.TakenBy != nil && *swap.TakenBy == caller.ID
		if !mine && !caller.Office() && refusal.ReasonOf(problems[0]) == refusal.OtherRegion {
			return noSwap()
		}
		switch {
		case mine && swap.State == SwapStateTaken:
			return nil
		case swap.State == SwapStateTaken:
			return refusal.Precondition("", refusal.SwapTaken, "Somebody else has taken this run already.")
		case swap.State != SwapStateOpen:
			return errSwapOver()
		case problems[0] != nil:
			return problems[0]
		}
		if wait := s.limiter.Take(ctx, takesOfPerson, strconv.FormatInt(caller.ID, 10)); wait > 0 {
			return refusal.TooMany(refusal.RateLimited, wait, "You take over runs too often. Try again in a while.")
		}
		return c.setSwap(ctx, SwapTaken, swap, store.SetSwapParams{State: SwapStateTaken, TakenBy: &caller.ID, TakenAt: &c.at})
	})
	if err != nil {
		return nil, refusal.Failure(err, "take a swap")
	}
	return s.swap(ctx, caller, id)
}

// GiveSwapBack says that the caller, who had taken a run, would not do it after all: it is open again.
//
// Errors: failed_precondition when it was decided, withdrawn or has lapsed; not_found when the caller has not taken it;
// permission_denied for the office, when somebody else has.
//
//encore:api auth method=POST path=/swaps/:id/give-back
func (s *Service) GiveSwapBack(ctx context.Context, id uuid.UUID, p *ChangeSwapParams) (*Swap, error) {
	caller, err := s.worker(ctx)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("GiveSwapBack/", id), p}
	err = s.changeSwap(ctx, caller, request, id, 0, func(c *change, _ store.Run, swap store.Swap) error {
		if err := access.ChangeSwap(caller, deref(swap.TakenBy)); err != nil {
			return err
		}
		if swap.State != SwapStateTaken {
			return errSwapOver()
		}
		return c.setSwap(ctx, SwapGivenBack, swap, store.SetSwapParams{State: SwapStateOpen})
	})
	if err != nil {
		return nil, refusal.Failure(err, "give a swap back")
	}
	return s.swap(ctx, caller, id)
}

// ApproveSwap gives the run to who has taken it (rule 7). The office only.
//
// Errors: failed_precondition when nobody has taken it, when it was decided, withdrawn or has lapsed, and when the worker is absent
// on that day (absent) or does not work on that day of the week (other_weekdays) and the office does not insist; aborted when
// somebody else has taken it than the request says; invalid_argument and already_exists for a worker who may not have the run, as
// PlanRun says it; not_found when there is no such swap; permission_denied for other roles.
//
//encore:api auth method=POST path=/swaps/:id/approve
func (s *Service) ApproveSwap(ctx context.Context, id uuid.UUID, p *ApproveSwapParams) (*Swap, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	if p.TakenBy == 0 {
		return nil, refusal.Invalid("taken_by", refusal.Required, "Say who does the run.")
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("ApproveSwap/", id), p}
	err = s.changeSwap(ctx, caller, request, id, p.TakenBy, func(c *change, run store.Run, swap store.Swap) error {
		switch {
		case swap.State == SwapStateOpen:
			return refusal.Precondition("", refusal.SwapNotTaken, "Nobody has taken this run.")
		case !live(swap):
			return errSwapOver()
		case *swap.TakenBy != p.TakenBy:
			return changedMeanwhile("swap")
		}
		if err := s.checkToDo(run); err != nil {
			return err
		}
		problems, err := s.checkPlans(ctx, c, []plan{{run.TourID, p.TakenBy, run.Date}}, p.DespiteAbsence)
		if err != nil {
			return err
		}
		if problems[0] != nil {
			return problems[0]
		}
		if err := c.setSwap(ctx, SwapApproved, swap, store.SetSwapParams{
			State: SwapStateApproved, TakenBy: swap.TakenBy, TakenAt: swap.TakenAt, DecidedBy: &caller.ID, EndedAt: &c.at,
		}); err != nil {
			return err
		}
		return c.giveBySwap(ctx, run, p.TakenBy)
	})
	if err != nil {
		return nil, refusal.Failure(err, "approve a swap")
	}
	return s.swap(ctx, caller, id)
}

// giveBySwap makes the run that of who has taken it.
func (c *change) giveBySwap(ctx context.Context, run store.Run, taker int64) error {
	err := c.giveRun(ctx, run, taker)
	if violates(err, "runs_once") { // planned by somebody else meanwhile
		return refusal.Exists("worker_id", refusal.AlreadyPlanned, "This worker has the tour on that date already.")
	}
	if err != nil {
		return err
	}
	after, err := c.query.FindRun(ctx, run.ID)
	if err != nil {
		return err
	}
	event := &RunEvent{
		Type: RunChanged, RunID: run.ID, WorkerID: taker, ActorID: c.caller.ID, Before: new(stateOf(run)), After: stateOf(after), BySwap: true,
	}
	if err := c.audit(ctx, RunChanged, "run", run.ID, event.Before, event.After); err != nil {
		return err
	}
	return outbox.Append(ctx, c.tx, runEvents, event)
}

// RefuseSwap leaves the run to its worker, whether or not somebody has taken it. The office only.
//
// Errors: invalid_argument when the reason is missing or too long; failed_precondition when it was decided, withdrawn or has lapsed;
// not_found when there is no such swap; permission_denied for other roles.
//
//encore:api auth method=POST path=/swaps/:id/refuse
func (s *Service) RefuseSwap(ctx context.Context, id uuid.UUID, p *RefuseSwapParams) (*Swap, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	reason, err := input.RequiredLines("reason", p.Reason, maxReason)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("RefuseSwap/", id), p}
	err = s.changeSwap(ctx, caller, request, id, 0, func(c *change, _ store.Run, swap store.Swap) error {
		if !live(swap) {
			return errSwapOver()
		}
		return c.setSwap(ctx, SwapRefused, swap, store.SetSwapParams{
			State: SwapStateRefused, TakenBy: swap.TakenBy, TakenAt: swap.TakenAt, DecidedBy: &caller.ID, Reason: reason, EndedAt: &c.at,
		})
	})
	if err != nil {
		return nil, refusal.Failure(err, "refuse a swap")
	}
	return s.swap(ctx, caller, id)
}

var _ = cron.NewJob("lapse-swaps", cron.JobConfig{
	Title:    "End the swaps of runs whose day has passed",
	Every:    1 * cron.Hour,
	Endpoint: LapseSwaps,
})

// LapseSwaps ends the swaps of runs whose day has passed. Doing it again changes nothing.
//
//encore:api private method=POST path=/internal/lapse-swaps
func (s *Service) LapseSwaps(ctx context.Context) error {
	err := s.transact(ctx, access.Actor{}, func(c *change) error {
		swaps, err := c.query.PastSwaps(ctx, s.today())
		if err != nil {
			return err
		}
		return c.lapse(ctx, swaps)
	})
	return refusal.Failure(err, "end the swaps of days that have passed")
}

// changeSwap runs do in a transaction that holds the locks of the swap and its run. Nobody deactivates the taker meanwhile, if there
// is one.
func (s *Service) changeSwap(
	ctx context.Context, caller access.Actor, request sent, id uuid.UUID, taker int64, do func(c *change, run store.Run, swap store.Swap) error,
) error {
	_, err := s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		known, err := c.query.FindSwap(ctx, id)
		if err != nil {
			return 0, missingOr(err, noSwap(), "find the swap")
		}
		if taker != 0 { // who gets a run comes before the run, as where somebody's runs are given away
			if err := c.query.LockWorkersForPlanning(ctx, []int64{taker}); err != nil {
				return 0, err
			}
		}
		run, err := c.query.LockRun(ctx, known.RunID)
		if err != nil {
			return 0, missingRun(err)
		}
		swap, err := c.query.LockSwap(ctx, id)
		if err != nil {
			return 0, err
		}
		return run.ID, do(c, run, swap)
	})
	return err
}

// swap reads a swap that the caller may see.
func (s *Service) swap(ctx context.Context, caller access.Actor, id uuid.UUID) (*Swap, error) {
	row, err := s.query.FindSwap(ctx, id)
	if err != nil {
		return nil, missingOr(err, noSwap(), "read the swap")
	}
	swaps, err := s.swapsOf(ctx, caller, []store.Swap{row})
	if err != nil {
		return nil, err
	}
	return &swaps[0], nil
}

func live(swap store.Swap) bool { return swap.State == SwapStateOpen || swap.State == SwapStateTaken }

// setSwap changes a swap that is locked, and tells of it.
func (c *change) setSwap(ctx context.Context, kind string, before store.Swap, to store.SetSwapParams) error {
	to.ID = before.ID
	if _, err := c.query.SetSwap(ctx, to); err != nil {
		return err
	}
	return c.tellOfSwaps(ctx, kind, []store.Swap{before}, []uuid.UUID{before.ID})
}

// lapseSwapsOf ends the live swaps of runs that are locked.
func (c *change) lapseSwapsOf(ctx context.Context, runIDs ...int64) error {
	if len(runIDs) == 0 {
		return nil
	}
	swaps, err := c.query.LiveSwapsOfRuns(ctx, runIDs)
	if err != nil {
		return err
	}
	return c.lapse(ctx, swaps)
}

// lapseSwapsTakenBy ends the swaps of runs that somebody would do who cannot any more. It comes after all locks of runs.
func (c *change) lapseSwapsTakenBy(ctx context.Context, workerID int64) error {
	swaps, err := c.query.SwapsTakenBy(ctx, workerID)
	if err != nil {
		return err
	}
	return c.lapse(ctx, swaps)
}

// lapse ends live swaps that are locked.
func (c *change) lapse(ctx context.Context, swaps []store.Swap) error {
	if len(swaps) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(swaps))
	for i, swap := range swaps {
		ids[i] = swap.ID
	}
	if err := c.query.LapseSwaps(ctx, store.LapseSwapsParams{Ids: ids, EndedAt: &c.at}); err != nil {
		return err
	}
	return c.tellOfSwaps(ctx, SwapLapsed, swaps, ids)
}

// swapState is a swap as the audit log shows it, beside its run. Why it was refused is not kept longer than the two who read it.
type swapState struct {
	SwapID  uuid.UUID `json:"swap_id"`
	State   string    `json:"state"`
	AskedBy int64     `json:"asked_by"`
	TakenBy *int64    `json:"taken_by"`
}

func swapStateOf(swap store.Swap) swapState {
	return swapState{swap.ID, swap.State, swap.AskedBy, swap.TakenBy}
}

// tellOfSwaps adds an event and a line of the audit log for each of the swaps, which were as before says; nil for a new one.
func (c *change) tellOfSwaps(ctx context.Context, kind string, before []store.Swap, ids []uuid.UUID) error {
	swaps, err := c.query.SwapsByID(ctx, ids)
	if err != nil {
		return err
	}
	runIDs := make([]int64, len(swaps))
	for i, swap := range swaps {
		runIDs[i] = swap.RunID
	}
	rows, err := c.query.RegionsOfRuns(ctx, runIDs)
	if err != nil {
		return err
	}
	regions := make(map[int64]int64, len(rows))
	for _, row := range rows {
		regions[row.ID] = row.RegionID
	}
	events, lines := make([]*SwapEvent, len(swaps)), make([]audit.Change, len(swaps))
	for i, swap := range swaps {
		events[i] = &SwapEvent{
			Type: kind, SwapID: swap.ID, RunID: swap.RunID, Date: day.Format(swap.Date), RegionID: regions[swap.RunID],
			State: swap.State, ActorID: c.caller.ID, AskedBy: swap.AskedBy, TakenBy: deref(swap.TakenBy),
		}
		var was any
		if at := slices.IndexFunc(before, func(b store.Swap) bool { return b.ID == swap.ID }); at >= 0 {
			was = swapStateOf(before[at])
			if taker := deref(before[at].TakenBy); taker != events[i].TakenBy {
				events[i].FormerTaker = taker
			}
		}
		lines[i] = c.line(kind, "run", swap.RunID, was, swapStateOf(swap))
	}
	if err := audit.Append(ctx, c.tx, lines...); err != nil {
		return err
	}
	return outbox.AppendAll(ctx, c.tx, swapEvents, events)
}

func noSwap() error { return refusal.NotFound("There is no such swap.") }

func errSwapOver() error {
	return refusal.Precondition("", refusal.SwapOver, "This swap is over: it was decided or withdrawn, or the run has changed.")
}
