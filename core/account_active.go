package core

import (
	"context"
	"fmt"
	"slices"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

// OpenRunsResponse is what a person still has to do.
type OpenRunsResponse struct {
	// Items are the runs that are planned from today on, or started, by date; at most 1000.
	Items []Run `json:"items"`
}

// maxOpenRuns is how many runs of one person are given away at once.
const maxOpenRuns = 1000

// OpenRuns returns the runs that a person still has to do: what deactivating them must speak of. For the office.
//
// Errors: permission_denied for other roles.
//
//encore:api auth method=GET path=/users/:id/open-runs
func (s *Service) OpenRuns(ctx context.Context, id int64) (*OpenRunsResponse, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	ids, err := s.query.RunsToDo(ctx, store.RunsToDoParams{WorkerID: id, Today: s.today(), RowLimit: maxOpenRuns})
	if err != nil {
		return nil, refusal.Failure(err, "list the runs to do")
	}
	runs, err := s.runsByID(ctx, s.query, ids)
	if err != nil {
		return nil, err
	}
	answer := &OpenRunsResponse{Items: make([]Run, 0, len(runs))}
	for _, run := range runs {
		answer.Items = append(answer.Items, run.Run)
	}
	return answer, nil
}

// DeactivateParams say what becomes of the runs that the person still has to do.
type DeactivateParams struct {
	// Runs names every one of GET /users/:id/open-runs, at most 1000.
	Runs []RunDecision `json:"runs" encore:"optional"`
}

// RunDecision gives a run to another worker, or cancels it.
type RunDecision struct {
	RunID int64 `json:"run_id"`
	// WorkerID does the run from now on; 0 when it is cancelled. A run that is started can be cancelled only.
	WorkerID int64 `json:"worker_id" encore:"optional"`
	// Cancel cancels the run.
	Cancel bool `json:"cancel" encore:"optional"`
	// Reason is why it is cancelled; up to 1000 characters.
	Reason string `json:"reason" encore:"optional"`
}

// Deactivate keeps a person of a lower rank from signing in: their sessions and open pages end at once, invitations that they
// made and that wait are withdrawn, and their runs are given to others or cancelled in the same step, all or nothing. What they
// did stays. For the office. Doing it again changes nothing.
//
// Errors: permission_denied for other roles and when a rank forbids it; not_found for a person that does not exist;
// failed_precondition, with the ids, while runs that they still have to do are not named; invalid_argument naming the rows
// whose worker is unknown, not active, a syndic, not of the tour's region or has that tour on that date already, whose run is
// started and is not cancelled, is named twice, or is not to be done any more, and that have neither a worker nor a reason.
//
//encore:api auth method=POST path=/users/:id/deactivate
func (s *Service) Deactivate(ctx context.Context, id int64, p *DeactivateParams) (*auth.User, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	decided, err := decisionsOf(p.Runs)
	if err != nil {
		return nil, err
	}
	var user *auth.User
	err = s.transact(ctx, caller, func(c *change) error {
		if err := lockWorkers(ctx, c.query, id, decided); err != nil {
			return err
		}
		leaving, err := s.personToChange(ctx, caller, id)
		if err != nil {
			return err
		}
		open, err := c.query.LockRunsToDo(ctx, store.LockRunsToDoParams{WorkerID: id, Today: s.today()})
		if err != nil {
			return err
		}
		if err := c.query.LockSwapsOf(ctx, id); err != nil {
			return err
		}
		if err := s.giveAway(ctx, c, leaving, open, p.Runs, decided); err != nil {
			return err
		}
		if err := c.lapseSwapsTakenBy(ctx, id); err != nil {
			return err
		}
		if err := c.query.DeleteCalendarsOf(ctx, id); err != nil {
			return err
		}
		user, err = s.setActive(ctx, id, &auth.SetActiveParams{Active: false, Address: caller.Address})
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "deactivate the person")
	}
	return user, nil
}

// Reactivate lets a person of a lower rank sign in again. For the office. Doing it again changes nothing.
//
// Errors: permission_denied for other roles and when a rank forbids it; not_found for a person that does not exist;
// failed_precondition for one who was anonymised.
//
//encore:api auth method=POST path=/users/:id/reactivate
func (s *Service) Reactivate(ctx context.Context, id int64) (*auth.User, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	user, err := s.setActive(ctx, id, &auth.SetActiveParams{Active: true, Address: caller.Address})
	if err != nil {
		return nil, refusal.Failure(err, "reactivate the person")
	}
	return user, nil
}

// Anonymise takes names, e-mail address and phone number of a deactivated person of a lower rank out of everything, the audit
// log and the log of mail too, for good. Runs and hours stay, under a number. For the office, when the person asks for it.
// Doing it again changes nothing.
//
// Errors: permission_denied for other roles and when a rank forbids it; not_found for a person that does not exist;
// failed_precondition while the person is active, or has runs to do.
//
//encore:api auth method=POST path=/users/:id/anonymise
func (s *Service) Anonymise(ctx context.Context, id int64) (*auth.User, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	var user *auth.User
	err = s.transact(ctx, caller, func(c *change) error {
		if err := c.query.LockWorker(ctx, id); err != nil {
			return err
		}
		if _, err := s.personToChange(ctx, caller, id); err != nil {
			return err
		}
		if err := s.checkNoRuns(ctx, c.query, "", id); err != nil {
			return err
		}
		if err := c.query.ForgetActor(ctx, id); err != nil {
			return err
		}
		// When and why somebody was away says more about a person than their hours do.
		if err := c.query.ForgetAvailability(ctx, id); err != nil {
			return err
		}
		if err := c.query.ForgetUsualWalker(ctx, id); err != nil {
			return err
		}
		if err := c.query.ForgetSwapMessages(ctx, id); err != nil {
			return err
		}
		if err := c.query.DeleteCalendarsOf(ctx, id); err != nil {
			return err
		}
		user, err = s.anonymise(ctx, id, &auth.AnonymiseParams{Address: caller.Address})
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "anonymise the person")
	}
	return user, nil
}

// PutMyRegions says in which regions the caller works. For who may have runs: the office and students. Runs that are planned
// already stay.
//
// Errors: invalid_argument for more than 200 regions and naming the rows with regions that do not exist; permission_denied
// for other roles.
//
//encore:api auth method=PUT path=/me/regions
func (s *Service) PutMyRegions(ctx context.Context, p *PutUserRegionsParams) (*UserRegions, error) {
	caller, err := s.worker(ctx)
	if err != nil {
		return nil, err
	}
	return s.putRegions(ctx, caller, caller.ID, p.RegionIDs)
}

// personToChange returns a person on whom the caller may act.
func (s *Service) personToChange(ctx context.Context, caller access.Actor, id int64) (person, error) {
	people, err := s.people(ctx, []int64{id})
	if err != nil {
		return person{}, refusal.Failure(err, "read the person")
	}
	found, known := people[id]
	if !known {
		return found, refusal.NotFound("There is no such person.")
	}
	return found, access.ActOn(caller, found.role)
}

// decisionsOf reads what becomes of which run; a row that cannot be read is refused.
func decisionsOf(rows []RunDecision) (map[int64]RunDecision, error) {
	if len(rows) > maxOpenRuns {
		return nil, refusal.Invalid("runs", refusal.TooLong, "At most 1000 runs at a time.")
	}
	decided := make(map[int64]RunDecision, len(rows))
	var wrong []refusal.Row
	for i, row := range rows {
		_, twice := decided[row.RunID]
		reason, err := row.Reason, error(nil)
		if row.Cancel {
			reason, err = input.RequiredLines("reason", row.Reason, maxReason)
		}
		switch {
		case twice:
			wrong = append(wrong, refusal.Row{Index: i, Reason: refusal.Duplicate})
		case row.Cancel == (row.WorkerID != 0):
			wrong = append(wrong, refusal.Row{Index: i, Reason: refusal.Required})
		case err != nil:
			wrong = append(wrong, refusal.Row{Index: i, Reason: refusal.ReasonOf(err)})
		}
		row.Reason = reason
		decided[row.RunID] = row
	}
	if len(wrong) > 0 {
		return nil, refusal.InvalidRows("runs", wrong, "Say of every run, once, who does it, or why it is cancelled.")
	}
	return decided, nil
}

// lockWorkers keeps others from planning for the person and for those who get their runs, in the order of their ids.
func lockWorkers(ctx context.Context, query *store.Queries, leaving int64, decided map[int64]RunDecision) error {
	ids := []int64{leaving}
	for _, decision := range decided {
		if decision.WorkerID != 0 {
			ids = append(ids, decision.WorkerID)
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if err := query.LockWorker(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// giveAway does with the open runs of a person what was decided, which must speak of all of them.
func (s *Service) giveAway(
	ctx context.Context, c *change, leaving person, open []store.Run, rows []RunDecision, decided map[int64]RunDecision,
) error {
	var missing []int64
	openIDs := make(map[int64]bool, len(open))
	for _, run := range open {
		openIDs[run.ID] = true
		if _, named := decided[run.ID]; !named {
			missing = append(missing, run.ID)
		}
	}
	if len(missing) > 0 {
		return refusal.PreconditionOf("runs", refusal.HasRuns, missing, fmt.Sprintf(
			"This person still has runs to do (%d that are not named): give each to somebody else, or cancel it.", len(missing)))
	}
	reasons := make(map[int64]refusal.Reason)
	if leaving.active { // a request that comes again names runs that are given away
		for id := range decided {
			if !openIDs[id] {
				reasons[id] = refusal.ChangedMeanwhile
			}
		}
	}
	if err := s.checkTakers(ctx, c.query, open, decided, reasons); err != nil {
		return err
	}
	for _, run := range open {
		if len(reasons) > 0 {
			break
		}
		reason, err := c.settle(ctx, run, decided[run.ID])
		if err != nil {
			return err
		}
		if reason != "" {
			reasons[run.ID] = reason
		}
	}
	var wrong []refusal.Row
	for i, row := range rows {
		if reason, refused := reasons[row.RunID]; refused {
			wrong = append(wrong, refusal.Row{Index: i, Reason: reason})
		}
	}
	if len(wrong) > 0 {
		return refusal.InvalidRows("runs", wrong, "These runs cannot be given away like that.")
	}
	return nil
}

// checkTakers notes the runs that those who shall do them cannot do (rule 7).
func (s *Service) checkTakers(
	ctx context.Context, query *store.Queries, open []store.Run, decided map[int64]RunDecision, reasons map[int64]refusal.Reason,
) error {
	var takers, given, tours []int64
	for _, run := range open {
		if worker := decided[run.ID].WorkerID; worker != 0 {
			takers, given, tours = append(takers, worker), append(given, run.ID), append(tours, run.TourID)
		}
	}
	if len(given) == 0 {
		return nil
	}
	slices.Sort(takers)
	people, err := s.people(ctx, slices.Compact(takers))
	if err != nil {
		return refusal.Failure(err, "read the workers")
	}
	slices.Sort(tours)
	for _, tour := range slices.Compact(tours) {
		if err := query.KeepTour(ctx, tour); err != nil {
			return err
		}
	}
	rows, err := query.RunsByID(ctx, given)
	if err != nil {
		return err
	}
	for _, row := range rows {
		taker, known := people[decided[row.ID].WorkerID]
		switch {
		case row.Status == StatusStarted:
			reasons[row.ID] = refusal.AlreadyStarted
		case !known:
			reasons[row.ID] = refusal.Unknown
		case !access.CanWork(taker.role):
			reasons[row.ID] = refusal.NotAWorker
		case !taker.active, taker.ID == row.WorkerID:
			reasons[row.ID] = refusal.Inactive
		case !slices.Contains(taker.regionIDs, row.RegionID):
			reasons[row.ID] = refusal.OtherRegion
		}
	}
	return nil
}

// settle cancels a run or gives it to another worker; it returns why that worker cannot have it.
func (c *change) settle(ctx context.Context, run store.Run, decision RunDecision) (refusal.Reason, error) {
	if err := c.lapseSwapsOf(ctx, run.ID); err != nil {
		return "", err
	}
	if decision.Cancel {
		err := c.query.CancelRun(ctx, store.CancelRunParams{ID: run.ID, CancelledAt: &c.at, Reason: decision.Reason})
		if err != nil {
			return "", err
		}
		return "", c.appendRunEvent(ctx, RunCancelled, &run, run.ID)
	}
	taken, err := c.query.HasRun(ctx, store.HasRunParams{WorkerID: decision.WorkerID, TourID: run.TourID, Date: run.Date})
	if err != nil {
		return "", err
	}
	if taken {
		return refusal.AlreadyPlanned, nil
	}
	if err := c.giveRun(ctx, run, decision.WorkerID); err != nil {
		return "", err
	}
	if err := c.appendRunEvent(ctx, RunChanged, &run, run.ID); err != nil {
		return "", err
	}
	after, err := c.query.FindRun(ctx, run.ID)
	if err != nil {
		return "", err
	}
	return "", c.audit(ctx, RunChanged, "run", run.ID, stateOf(run), stateOf(after))
}

// setActiveInAuth lets the account in, or not any more.
func setActiveInAuth(ctx context.Context, id int64, p *auth.SetActiveParams) (*auth.User, error) {
	return auth.SetActive(ctx, id, p)
}

// anonymiseInAuth takes out of the account who it was.
func anonymiseInAuth(ctx context.Context, id int64, p *auth.AnonymiseParams) (*auth.User, error) {
	return auth.Anonymise(ctx, id, p)
}
