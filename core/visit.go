package core

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// The steps of a visit, in order.
const (
	StepArrival   = "arrival"
	StepInside    = "inside"
	StepDeparture = "departure"
)

var stepOrder = []string{StepArrival, StepInside, StepDeparture}

// The outcomes of a visit.
const (
	OutcomeDone    = "done"
	OutcomeSkipped = "skipped"
	OutcomeFailed  = "failed"
)

const (
	// writeGrace is how long after its completion or cancellation a run still takes what the phone could not send before.
	writeGrace = 24 * time.Hour
	// startGrace is how long after it happened on the phone a start is still taken.
	startGrace = 36 * time.Hour
	// clockTolerance is how far a phone's clock may be ahead without being taken for wrong.
	clockTolerance = 2 * time.Minute
)

// Visit is what happened at one stop of a run.
type Visit struct {
	RunID      int64 `json:"run_id"`
	BuildingID int64 `json:"building_id"`
	// Outcome is done, skipped or failed; null while the visit is open.
	Outcome *string `json:"outcome"`
	// Reason says why the visit was skipped or failed.
	Reason string `json:"reason"`
	Steps  []Step `json:"steps"`
	// Pictures are those of the steps.
	Pictures []Picture `json:"pictures"`
	// Remarks are what the worker had to say, the earliest first.
	Remarks []Remark `json:"remarks"`
}

// Step is a moment of a visit: arrival, inside or departure.
type Step struct {
	Step string `json:"step"`
	// ID is the one that the client made.
	ID uuid.UUID `json:"id"`
	// OccurredAt is when it happened on the phone, unless that was corrected.
	OccurredAt time.Time `json:"occurred_at"`
	// ReceivedAt is when the server got to know it.
	ReceivedAt time.Time `json:"received_at"`
	// Corrected is true when the phone's time lay in the future, before the start of the run or before the step before;
	// OccurredAt is the time of receipt then.
	Corrected bool `json:"corrected"`
}

// PutStepParams confirms a step.
type PutStepParams struct {
	// ID is made by the client, and stays the same when the request is repeated.
	ID uuid.UUID `json:"id"`
	// OccurredAt is when it happened, by the phone's clock.
	OccurredAt time.Time `json:"occurred_at"`
}

// PutOutcomeParams ends a visit.
type PutOutcomeParams struct {
	// ID is made by the client, and stays the same when the request is repeated.
	ID uuid.UUID `json:"id"`
	// Outcome is done, skipped or failed.
	Outcome string `json:"outcome"`
	// Reason is needed for skipped and failed; up to 1000 characters.
	Reason string `json:"reason"`
	// OccurredAt is when it happened, by the phone's clock.
	OccurredAt time.Time `json:"occurred_at"`
}

// PutStep confirms a step (arrival, inside, departure) of the visit at a stop. For the run's own worker, from the start
// of the run until 24 hours after its completion. Upload a picture of the step first (rule 3). The departure makes the
// outcome done, and the last outcome completes the run (rule 2). The same id again returns the visit and changes
// nothing, however late (rule 4).
//
// Errors: invalid_argument for an unknown step or a missing id or time; failed_precondition when the run does not take
// visits now, a step before is missing, or the step has no picture; already_exists when the step was confirmed under
// another id or the id was used for something else; not_found when there is no such run that the caller may see, or
// the building is no stop of it; permission_denied for everybody but the run's worker, with run_given_away
// for whose it was before.
//
//encore:api auth method=PUT path=/runs/:id/visits/:buildingID/steps/:step
func (s *Service) PutStep(ctx context.Context, id int64, buildingID int64, step string, p *PutStepParams) (*Visit, error) {
	position := slices.Index(stepOrder, step)
	if position < 0 {
		return nil, refusal.Invalid("step", refusal.Unknown, "The steps are arrival, inside and departure.")
	}
	if err := checkClientWrite(p.ID, "occurred_at", p.OccurredAt); err != nil {
		return nil, err
	}
	claimed := p.OccurredAt.UTC().Truncate(time.Microsecond)
	var visit *Visit
	err := s.changeRun(ctx, sent{}, id, access.Work, func(c *change, run store.Run) error {
		stored, err := c.query.FindStep(ctx, p.ID)
		if err == nil { // a repetition
			if stored.RunID != id || stored.BuildingID != buildingID || stored.Step != step || !stored.ClaimedAt.Equal(claimed) {
				return errIDReused()
			}
			visit, err = visitOf(ctx, c.query, id, buildingID)
			return err
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		stop, err := s.openStop(ctx, c.query, run, buildingID, claimed)
		if err != nil {
			return err
		}
		if err := insertStep(ctx, c.query, run, store.InsertStepParams{
			ID: p.ID, RunID: id, BuildingID: buildingID, Step: step, ClaimedAt: claimed, ReceivedAt: c.at,
		}); err != nil {
			return err
		}
		changed := []visitChange{{kind: VisitStepped, after: stepState{Step: step, ID: p.ID, ClaimedAt: claimed}}}
		if step == StepDeparture {
			before, finished, err := s.finishVisit(ctx, c.query, id, buildingID)
			if err != nil {
				return err
			}
			if finished {
				changed = append(changed, visitChange{VisitOutcome, before, visitOutcome{Outcome: new(OutcomeDone)}})
			}
		}
		visit, err = c.visitChanged(ctx, run, stop, changed...)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "confirm the step")
	}
	return visit, nil
}

// insertStep adds a step if its order and pictures allow it.
func insertStep(ctx context.Context, query *store.Queries, run store.Run, step store.InsertStepParams) error {
	before, err := query.StepsOfRun(ctx, store.StepsOfRunParams{RunID: run.ID, BuildingID: step.BuildingID})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(before, func(b store.VisitStep) bool { return b.Step == step.Step }) {
		return refusal.Exists("id", refusal.StepExists, "The step was confirmed before.")
	}
	// Steps come in order, so there are as many as lie before this one.
	if len(before) != slices.Index(stepOrder, step.Step) {
		return refusal.Precondition("step", refusal.WrongOrder, "Confirm the steps in order: arrival, inside, departure.")
	}
	found, err := query.StepHasPicture(ctx, store.StepHasPictureParams{
		RunID: run.ID, BuildingID: step.BuildingID, Step: step.Step,
	})
	if err != nil {
		return err
	}
	if !found {
		return refusal.Precondition("step", refusal.PhotoMissing, "Upload a photo of the step first.")
	}
	earliest := *run.StartedAt
	if len(before) > 0 {
		earliest = latest(earliest, before[len(before)-1].OccurredAt)
	}
	step.OccurredAt, step.Corrected = correctTime(step.ClaimedAt, earliest, step.ReceivedAt)
	err = query.InsertStep(ctx, step)
	if violates(err, "visit_steps_pkey") { // used for another run since we looked: only that run was not locked
		return errIDReused()
	}
	return err
}

// finishVisit makes the outcome done after the departure, unless the worker gave another one. It tells whether it did, and
// what the outcome was before.
func (s *Service) finishVisit(
	ctx context.Context, query *store.Queries, runID, buildingID int64,
) (before visitOutcome, finished bool, err error) {
	visit, err := query.FindVisit(ctx, store.FindVisitParams{RunID: runID, BuildingID: buildingID})
	if err != nil {
		return before, false, err
	}
	before = visitOutcome{visit.Outcome, visit.Reason}
	if visit.Outcome != nil && !visit.OutcomeAssumed {
		return before, false, nil
	}
	steps, err := query.StepsOfRun(ctx, store.StepsOfRunParams{RunID: runID, BuildingID: buildingID})
	if err != nil {
		return before, false, err
	}
	departure := steps[len(steps)-1]
	return before, true, query.SetOutcome(ctx, store.SetOutcomeParams{
		RunID: runID, BuildingID: buildingID, Outcome: OutcomeDone,
		OccurredAt: departure.OccurredAt, ReceivedAt: departure.ReceivedAt, Corrected: departure.Corrected,
	})
}

// PutOutcome ends the visit at a stop: skipped or failed with a reason, or done once all three steps are confirmed
// (which the departure does already). For the run's own worker, from the start of the run until 24 hours after its
// completion. The last outcome completes the run (rule 2). The same id again returns the visit and changes nothing,
// however late (rule 4).
//
// Errors: invalid_argument for an unknown outcome, a missing id, time or reason, or a reason that is too long;
// failed_precondition when the run does not take visits now, or done is claimed without all steps; already_exists when
// the visit has another outcome or the id was used for something else; not_found when there is no such run that the
// caller may see, or the building is no stop of it; permission_denied for everybody but the run's worker, with run_given_away
// for whose it was before.
//
//encore:api auth method=PUT path=/runs/:id/visits/:buildingID/outcome
func (s *Service) PutOutcome(ctx context.Context, id int64, buildingID int64, p *PutOutcomeParams) (*Visit, error) {
	reason, err := checkOutcome(p)
	if err != nil {
		return nil, err
	}
	claimed := p.OccurredAt.UTC().Truncate(time.Microsecond)
	var visit *Visit
	err = s.changeRun(ctx, sent{}, id, access.Work, func(c *change, run store.Run) error {
		stored, err := c.query.FindVisitByOutcomeID(ctx, &p.ID)
		if err == nil { // a repetition
			same, err := isSentAgain(ctx, c.query, stored, p.Outcome, reason)
			if err != nil {
				return err
			}
			if !same || stored.RunID != id || stored.BuildingID != buildingID || !stored.OutcomeClaimedAt.Equal(claimed) {
				return errIDReused()
			}
			visit, err = visitOf(ctx, c.query, id, buildingID)
			return err
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		stop, err := s.openStop(ctx, c.query, run, buildingID, claimed)
		if err != nil {
			return err
		}
		current, err := c.query.FindVisit(ctx, store.FindVisitParams{RunID: id, BuildingID: buildingID})
		if err != nil {
			return err
		}
		if current.Outcome != nil && !current.OutcomeAssumed {
			if *current.Outcome == p.Outcome && current.OutcomeID == nil { // done by its departure
				visit, err = c.nameOutcome(ctx, store.NameOutcomeParams{RunID: id, BuildingID: buildingID, OutcomeID: &p.ID, ClaimedAt: &claimed})
				return err
			}
			if *current.Outcome == p.Outcome && p.Outcome == OutcomeDone { // another device of the worker has named it
				visit, err = visitOf(ctx, c.query, id, buildingID)
				return err
			}
			return refusal.Exists("outcome", refusal.OutcomeExists, "The visit has an outcome already.")
		}
		if p.Outcome == OutcomeDone { // with all steps the departure would have made it done
			return refusal.Precondition("outcome", refusal.WrongOrder, "Confirm arrival, inside and departure first.")
		}
		occurred, corrected := correctTime(claimed, *run.StartedAt, c.at)
		err = c.query.SetOutcome(ctx, store.SetOutcomeParams{
			RunID: id, BuildingID: buildingID, Outcome: p.Outcome, Reason: reason, OutcomeID: &p.ID,
			ClaimedAt: &claimed, OccurredAt: occurred, ReceivedAt: c.at, Corrected: corrected,
		})
		if violates(err, "visits_outcome_id_key") {
			return errIDReused()
		}
		if err != nil {
			return err
		}
		visit, err = c.visitChanged(ctx, run, stop, visitChange{
			VisitOutcome, visitOutcome{current.Outcome, current.Reason}, visitOutcome{&p.Outcome, reason},
		})
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "set the outcome")
	}
	return visit, nil
}

// nameOutcome keeps the id under which a phone sends the outcome that a departure made: sent again, it is known (rule 4).
func (c *change) nameOutcome(ctx context.Context, name store.NameOutcomeParams) (*Visit, error) {
	err := c.query.NameOutcome(ctx, name)
	if violates(err, "visits_outcome_id_key") {
		return nil, errIDReused()
	}
	if err != nil {
		return nil, err
	}
	return visitOf(ctx, c.query, name.RunID, name.BuildingID)
}

func checkOutcome(p *PutOutcomeParams) (reason string, err error) {
	switch p.Outcome {
	case OutcomeDone:
		reason, err = input.Lines("reason", p.Reason, maxReason)
	case OutcomeSkipped, OutcomeFailed:
		reason, err = input.RequiredLines("reason", p.Reason, maxReason)
	case "":
		err = refusal.Invalid("outcome", refusal.Required, "Give an outcome.")
	default:
		err = refusal.Invalid("outcome", refusal.Unknown, "The outcomes are done, skipped and failed.")
	}
	if err != nil {
		return "", err
	}
	return reason, checkClientWrite(p.ID, "occurred_at", p.OccurredAt)
}

// sameReason compares a reason that is stored with one that is sent again. White space does not count: reasons that were
// stored before they could have several lines have one.
func sameReason(stored, sent string) bool {
	return slices.Equal(strings.Fields(stored), strings.Fields(sent))
}

// checkClientWrite checks what everything that a worker writes carries: an id of its own, and a time that can be written down in
// UTC. A clock that is decades off is wrong as one that is minutes off is: correctTime deals with it (rule 3).
func checkClientWrite(id uuid.UUID, timeField string, at time.Time) error {
	switch {
	case id == uuid.Nil:
		return refusal.Invalid("id", refusal.Required, "Make a UUID and send it as id.")
	case at.IsZero():
		return refusal.Invalid(timeField, refusal.Required, "Say when it happened.")
	case at.UTC().Year() < 1, at.UTC().Year() > 9999:
		return refusal.Invalid(timeField, refusal.OutOfRange, "The time lies too far off.")
	}
	return nil
}

// openStop returns the stop of a run that takes what happened at the time that the phone claims, and makes sure that it has
// a visit.
func (s *Service) openStop(
	ctx context.Context, query *store.Queries, run store.Run, buildingID int64, claimed time.Time,
) (store.RunStopRow, error) {
	if err := s.checkTakesVisits(run, claimed); err != nil {
		return store.RunStopRow{}, err
	}
	stop, err := query.RunStop(ctx, store.RunStopParams{RunID: run.ID, BuildingID: buildingID})
	if errors.Is(err, pgx.ErrNoRows) {
		return stop, refusal.NotFound("The building is not a stop of this run.")
	}
	if err != nil {
		return stop, err
	}
	return stop, query.EnsureVisit(ctx, store.EnsureVisitParams{RunID: run.ID, BuildingID: buildingID})
}

// checkTakesVisits refuses what happened on a run at the time that the phone claims, unless the run is started, or was and is not
// over for more than a day (rule 4).
func (s *Service) checkTakesVisits(run store.Run, claimed time.Time) error {
	switch {
	case run.Status == StatusCancelled:
		if err := s.checkAfterCancelling(run, claimed); err != nil {
			return err
		}
	case run.Status == StatusCompleted && s.now().After(latest(*run.CompletedAt, deref(run.CompleteReceivedAt)).Add(writeGrace)):
		return refusal.Precondition("", refusal.TooLate, "The run was completed more than 24 hours ago.")
	}
	if run.StartedAt == nil {
		return refusal.Precondition("", refusal.NotStarted, "The run is not started.")
	}
	return nil
}

// checkAfterCancelling refuses what happened after a run was cancelled, and what comes more than a day after that. A phone
// whose clock is ahead cannot tell when it happened; it gets the benefit of the doubt.
func (s *Service) checkAfterCancelling(run store.Run, claimed time.Time) error {
	now, end := s.now(), run.CancelledAt.Add(clockTolerance)
	switch {
	case now.After(run.CancelledAt.Add(writeGrace)):
		return refusal.Precondition("", refusal.TooLate, "The run was cancelled more than 24 hours ago.")
	case claimed.After(end) && !claimed.After(now.Add(clockTolerance)):
		return refusal.Precondition("", refusal.RunCancelled, "The run is cancelled.")
	}
	return nil
}

// deref returns what p points to, the zero value when it points to nothing.
func deref[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// correctTime returns when something happened. A phone's clock may be wrong: what lies in the future by more than the
// tolerance, or before it was possible, happened when it was received, as far as we know (rule 3).
func correctTime(claimed, earliest, received time.Time) (occurred time.Time, corrected bool) {
	if claimed.After(received.Add(clockTolerance)) || claimed.Before(earliest) {
		return latest(received, earliest), true // what came before may itself lie within the tolerance
	}
	return claimed, false
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// visitChange is what happened to a visit: the type of its event, and what the audit log shows.
type visitChange struct {
	kind          string
	before, after any
}

// stepState is a step as the audit log shows it.
type stepState struct {
	Step      string    `json:"step"`
	ID        uuid.UUID `json:"id"`
	ClaimedAt time.Time `json:"claimed_at"`
}

// visitChanged ends a change of a visit: the version grows, the run completes when this was its last outcome (rule 2),
// and the events are appended. It returns the visit as it is now.
func (c *change) visitChanged(
	ctx context.Context, run store.Run, stop store.RunStopRow, changes ...visitChange,
) (*Visit, error) {
	return c.visitChangedLoggedAs(ctx, run, stop, "", changes...)
}

// visitChangedLoggedAs is visitChanged with a kind of its own in the audit log; empty for those of the events.
func (c *change) visitChangedLoggedAs(
	ctx context.Context, run store.Run, stop store.RunStopRow, logged string, changes ...visitChange,
) (*Visit, error) {
	if err := c.query.TouchRun(ctx, run.ID); err != nil {
		return nil, err
	}
	completed, err := c.query.CompleteRunWhenDone(ctx, store.CompleteRunWhenDoneParams{ID: run.ID, ReceivedAt: c.at})
	if err != nil {
		return nil, err
	}
	visit, err := visitOf(ctx, c.query, run.ID, stop.BuildingID)
	if err != nil {
		return nil, err
	}
	progress, err := progressIn(ctx, c.query, run.ID)
	if err != nil {
		return nil, err
	}
	for _, change := range changes {
		event := c.visitEvent(change.kind, run, stop)
		event.Visit, event.Progress = visit, progress
		if err := outbox.Append(ctx, c.tx, visitEvents, event); err != nil {
			return nil, err
		}
		if err := c.audit(ctx, cmp.Or(logged, change.kind), "visit", visitID(run.ID, stop.BuildingID), change.before, change.after); err != nil {
			return nil, err
		}
	}
	moved := &VisitEvent{Type: RunProgressMoved, RunID: run.ID, WorkerID: run.WorkerID, ActorID: c.caller.ID, Progress: progress}
	if err := outbox.Append(ctx, c.tx, visitEvents, moved); err != nil {
		return nil, err
	}
	kind := RunChanged
	if completed > 0 {
		kind = RunCompleted
	}
	return visit, c.appendRunEvent(ctx, kind, &run, run.ID)
}

func (c *change) visitEvent(kind string, run store.Run, stop store.RunStopRow) *VisitEvent {
	return &VisitEvent{
		Type: kind, RunID: run.ID, WorkerID: run.WorkerID, ActorID: c.caller.ID, BuildingID: stop.BuildingID,
		SyndicIDs: stop.SyndicIds,
	}
}

// visitOf reads the visit at a stop that has one.
func visitOf(ctx context.Context, query *store.Queries, runID, buildingID int64) (*Visit, error) {
	visits, err := visitsOf(ctx, query, runID, buildingID)
	if err != nil {
		return nil, err
	}
	return visits[buildingID], nil
}

// visitsOf reads the visits of a run by building, with steps, pictures and remarks, in five queries; buildingID 0 is every stop.
// Pictures that came before anything else make a visit too.
func visitsOf(ctx context.Context, query *store.Queries, runID, buildingID int64) (map[int64]*Visit, error) {
	rows, err := query.VisitsOfRun(ctx, store.VisitsOfRunParams{RunID: runID, BuildingID: buildingID})
	if err != nil {
		return nil, err
	}
	steps, err := query.StepsOfRun(ctx, store.StepsOfRunParams{RunID: runID, BuildingID: buildingID})
	if err != nil {
		return nil, err
	}
	pictures, err := query.PicturesOfRun(ctx, store.PicturesOfRunParams{RunID: runID, BuildingID: buildingID})
	if err != nil {
		return nil, err
	}
	remarkRows, err := query.RemarksOfRun(ctx, store.RemarksOfRunParams{RunID: runID, BuildingID: buildingID})
	if err != nil {
		return nil, err
	}
	remarks, err := remarksOf(ctx, query, remarkRows)
	if err != nil {
		return nil, err
	}
	visits := make(map[int64]*Visit, len(rows))
	at := func(building int64) *Visit {
		if visits[building] == nil {
			visits[building] = &Visit{RunID: runID, BuildingID: building, Steps: []Step{}, Pictures: []Picture{}, Remarks: []Remark{}}
		}
		return visits[building]
	}
	for _, row := range rows {
		visit := at(row.BuildingID)
		visit.Outcome, visit.Reason = row.Outcome, row.Reason
	}
	for _, row := range steps {
		visit := at(row.BuildingID)
		visit.Steps = append(visit.Steps, stepOf(row))
	}
	for _, row := range pictures {
		visit := at(row.BuildingID)
		visit.Pictures = append(visit.Pictures, pictureOf(row))
	}
	for _, remark := range remarks {
		visit := at(remark.BuildingID)
		visit.Remarks = append(visit.Remarks, remark)
	}
	return visits, nil
}

// ForSyndic is the visit without what is the office's and the worker's: see Picture.ForSyndic.
func (v Visit) ForSyndic() Visit {
	v.Pictures, v.Remarks = forSyndic(v.Pictures), slices.Clone(v.Remarks)
	for i := range v.Remarks {
		v.Remarks[i] = v.Remarks[i].ForSyndic()
	}
	return v
}

// tellFirstUses says of the pictures of visits that were used before where that was, in one query. For the office only: it names
// addresses.
func (s *Service) tellFirstUses(ctx context.Context, visits map[int64]*Visit) error {
	var again []*Picture
	collect := func(pictures []Picture) {
		for i := range pictures {
			if pictures[i].DuplicateOf != nil {
				again = append(again, &pictures[i])
			}
		}
	}
	for _, visit := range visits {
		collect(visit.Pictures)
		for i := range visit.Remarks {
			collect(visit.Remarks[i].Pictures)
		}
	}
	if len(again) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(again))
	for i, picture := range again {
		ids[i] = *picture.DuplicateOf
	}
	rows, err := s.query.UsesOfPictures(ctx, ids)
	if err != nil {
		return err
	}
	uses := make(map[uuid.UUID]*PictureUse, len(rows))
	for _, row := range rows {
		uses[row.ID] = &PictureUse{
			RunID: row.RunID, BuildingID: row.BuildingID, Street: row.Street, HouseNumber: row.HouseNumber, Bus: row.Bus, TakenAt: row.TakenAt.UTC(),
		}
	}
	for _, picture := range again {
		picture.FirstUse = uses[*picture.DuplicateOf]
	}
	return nil
}

func stepOf(row store.VisitStep) Step {
	return Step{
		Step: row.Step, ID: row.ID, OccurredAt: row.OccurredAt.UTC(), ReceivedAt: row.ReceivedAt.UTC(), Corrected: row.Corrected,
	}
}

func errIDReused() error {
	return refusal.Exists("id", refusal.IDReused, "This id stands for something else that was sent before.")
}
