package core

import (
	"context"
	"errors"
	"slices"
	"time"

	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

// correctedOutcome is what of a visit is corrected beside the times of its steps.
const correctedOutcome = "outcome"

// maxCorrections is how many corrections a visit has at most.
const maxCorrections = 50

// Correction is what the office has corrected about a visit.
type Correction struct {
	ID uuid.UUID `json:"id"`
	// What is arrival, inside, departure or outcome.
	What string `json:"what"`
	// TimeBefore and TimeAfter are those of a step; null for an outcome.
	TimeBefore *time.Time `json:"time_before"`
	TimeAfter  *time.Time `json:"time_after"`
	// OutcomeBefore and OutcomeAfter are done, skipped or failed, with the reasons for these; null for a step.
	OutcomeBefore *string `json:"outcome_before"`
	OutcomeAfter  *string `json:"outcome_after"`
	ReasonBefore  string  `json:"reason_before"`
	ReasonAfter   string  `json:"reason_after"`
	// Reason says why it was corrected.
	Reason      string    `json:"reason"`
	CorrectedAt time.Time `json:"corrected_at"`
	// CorrectedBy is for the office; null for others.
	CorrectedBy *CommentAuthor `json:"corrected_by"`
}

// CorrectVisitParams correct one thing about a visit.
type CorrectVisitParams struct {
	// ID is made by the client, and stays the same when the request is repeated.
	ID uuid.UUID `json:"id"`
	// What is arrival, inside, departure or outcome.
	What string `json:"what"`
	// OccurredAt is when the step happened; for steps only.
	OccurredAt *time.Time `json:"occurred_at" encore:"optional"`
	// Outcome is done, skipped or failed; for outcomes only.
	Outcome string `json:"outcome" encore:"optional"`
	// OutcomeReason is needed for skipped and failed; up to 1000 characters.
	OutcomeReason string `json:"outcome_reason" encore:"optional"`
	// Reason says why it is corrected; up to 1000 characters.
	Reason string `json:"reason"`
}

// CorrectVisit corrects the time of a step, or how a visit ended, at any time after it was stored, and says why. Times keep the order of
// the steps, lie after the start of the run and not in the future. A departure takes the end of its run along when that was the last
// outcome. The audit log keeps what it was before, and the run shows it. The same id again changes nothing, nor does
// what is so already. The office only.
//
// Errors: invalid_argument when the id, what, the time, the outcome or a reason is missing or wrong, and when the time is out of order
// (out_of_range); failed_precondition when there is no such step or outcome yet (not_started), or the visit
// was corrected 50 times (too_many); already_exists when the id was used for something else; not_found when there is no such run
// or stop; permission_denied for other roles.
//
//encore:api auth method=POST path=/runs/:id/visits/:buildingID/corrections
func (s *Service) CorrectVisit(ctx context.Context, id int64, buildingID int64, p *CorrectVisitParams) (*RunDetail, error) {
	wanted, err := checkCorrection(p)
	if err != nil {
		return nil, err
	}
	wanted.RunID, wanted.BuildingID = id, buildingID
	err = s.changeRun(ctx, sent{}, id, officeOnly, func(c *change, run store.Run) error {
		stored, err := c.query.FindCorrection(ctx, p.ID)
		if err == nil { // a repetition
			if !isSameCorrection(stored, wanted) {
				return errIDReused()
			}
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		stop, err := c.query.RunStop(ctx, store.RunStopParams{RunID: id, BuildingID: buildingID})
		if err != nil {
			return missingOr(err, refusal.NotFound("The building is not a stop of this run."), "read the stop")
		}
		count, err := c.query.CountCorrections(ctx, store.CountCorrectionsParams{RunID: id, BuildingID: buildingID})
		switch {
		case err != nil:
			return err
		case count >= maxCorrections:
			return refusal.Precondition("", refusal.TooManyOfThem, "A visit is corrected 50 times at most.")
		}
		wanted.CorrectedAt, wanted.CorrectedBy = c.at, c.caller.ID
		kind := VisitStepped
		if p.What == correctedOutcome {
			kind, err = VisitOutcome, c.correctOutcome(ctx, &wanted)
		} else {
			err = c.correctStep(ctx, run, &wanted)
		}
		switch {
		case errors.Is(err, errSame):
			return nil
		case err != nil:
			return err
		}
		err = c.query.InsertCorrection(ctx, wanted)
		if violates(err, "visit_corrections_pkey") { // used for another run since we looked: only that run was not locked
			return errIDReused()
		}
		if err != nil {
			return err
		}
		if err := c.query.CorrectCompletion(ctx, id); err != nil {
			return err
		}
		before := correctionState{OccurredAt: wanted.TimeBefore, Outcome: wanted.OutcomeBefore, OutcomeReason: wanted.ReasonBefore}
		after := correctionState{
			OccurredAt: wanted.TimeAfter, Outcome: wanted.OutcomeAfter, OutcomeReason: wanted.ReasonAfter, Reason: wanted.Reason,
		}
		if p.What != correctedOutcome {
			after.Step = p.What
		}
		_, err = c.visitChangedLoggedAs(ctx, run, stop, "visit.corrected", visitChange{kind, before, after})
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "correct the visit")
	}
	return s.runDetail(ctx, id)
}

// isSameCorrection tells whether a request is the one that was stored, sent again; what was before the correction does not count.
func isSameCorrection(stored store.VisitCorrection, wanted store.InsertCorrectionParams) bool {
	return stored.RunID == wanted.RunID && stored.BuildingID == wanted.BuildingID && stored.What == wanted.What &&
		deref(stored.TimeAfter).Equal(deref(wanted.TimeAfter)) && deref(stored.OutcomeAfter) == deref(wanted.OutcomeAfter) &&
		sameReason(stored.ReasonAfter, wanted.ReasonAfter) && sameReason(stored.Reason, wanted.Reason)
}

// correctionState is what was corrected, as the audit log shows it.
type correctionState struct {
	Step          string     `json:"step,omitempty"`
	OccurredAt    *time.Time `json:"occurred_at,omitempty"`
	Outcome       *string    `json:"outcome,omitempty"`
	OutcomeReason string     `json:"outcome_reason,omitempty"`
	Reason        string     `json:"reason,omitempty"`
}

// checkCorrection cleans what is to be corrected.
func checkCorrection(p *CorrectVisitParams) (wanted store.InsertCorrectionParams, err error) {
	if p.ID == uuid.Nil {
		return wanted, refusal.Invalid("id", refusal.Required, "Make a UUID and send it as id.")
	}
	wanted.ID, wanted.What = p.ID, p.What
	switch {
	case slices.Contains(stepOrder, p.What):
		if p.OccurredAt == nil || p.OccurredAt.IsZero() {
			return wanted, refusal.Invalid("occurred_at", refusal.Required, "Say when it happened.")
		}
		wanted.TimeAfter = new(p.OccurredAt.UTC().Truncate(time.Microsecond))
	case p.What == correctedOutcome:
		switch p.Outcome {
		case OutcomeDone:
		case OutcomeSkipped, OutcomeFailed:
			if wanted.ReasonAfter, err = input.RequiredLines("outcome_reason", p.OutcomeReason, maxReason); err != nil {
				return wanted, err
			}
		default:
			return wanted, refusal.Invalid("outcome", refusal.Unknown, "The outcomes are done, skipped and failed.")
		}
		wanted.OutcomeAfter = &p.Outcome
	default:
		return wanted, refusal.Invalid("what", refusal.Unknown, "Arrival, inside, departure and outcome can be corrected.")
	}
	wanted.Reason, err = input.RequiredLines("reason", p.Reason, maxReason)
	return wanted, err
}

// correctStep gives a step another time, between the steps beside it.
func (c *change) correctStep(ctx context.Context, run store.Run, wanted *store.InsertCorrectionParams) error {
	steps, err := c.query.StepsOfRun(ctx, store.StepsOfRunParams{RunID: wanted.RunID, BuildingID: wanted.BuildingID})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(steps, func(step store.VisitStep) bool { return step.Step == wanted.What })
	if at < 0 || run.StartedAt == nil {
		return refusal.Precondition("what", refusal.NotStarted, "The step has no time yet that could be corrected.")
	}
	earliest, last := *run.StartedAt, c.at
	if at > 0 {
		earliest = latest(earliest, steps[at-1].OccurredAt)
	}
	if at+1 < len(steps) {
		last = steps[at+1].OccurredAt
	}
	switch {
	case wanted.TimeAfter.Before(earliest), wanted.TimeAfter.After(last):
		return refusal.Invalid("occurred_at", refusal.OutOfRange,
			"The time lies between the step before, or the start of the run, and the step after, or now.")
	case wanted.TimeAfter.Equal(steps[at].OccurredAt):
		return errSame
	}
	wanted.TimeBefore = &steps[at].OccurredAt
	err = c.query.CorrectStep(ctx, store.CorrectStepParams{
		RunID: wanted.RunID, BuildingID: wanted.BuildingID, Step: wanted.What, OccurredAt: *wanted.TimeAfter,
	})
	if err != nil || wanted.What != StepDeparture {
		return err
	}
	return c.query.CorrectDepartureOutcome(ctx, store.CorrectDepartureOutcomeParams{
		RunID: wanted.RunID, BuildingID: wanted.BuildingID, OccurredAt: *wanted.TimeAfter,
	})
}

// correctOutcome lets a visit have ended otherwise.
func (c *change) correctOutcome(ctx context.Context, wanted *store.InsertCorrectionParams) error {
	visit, err := c.query.FindVisit(ctx, store.FindVisitParams{RunID: wanted.RunID, BuildingID: wanted.BuildingID})
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && visit.Outcome == nil:
		return refusal.Precondition("what", refusal.NotStarted, "The visit has no outcome yet that could be corrected.")
	case err != nil:
		return err
	case *visit.Outcome == *wanted.OutcomeAfter && visit.Reason == wanted.ReasonAfter:
		return errSame
	}
	wanted.OutcomeBefore, wanted.ReasonBefore = visit.Outcome, visit.Reason
	return c.query.CorrectOutcome(ctx, store.CorrectOutcomeParams{
		RunID: wanted.RunID, BuildingID: wanted.BuildingID, Outcome: *wanted.OutcomeAfter, Reason: wanted.ReasonAfter,
	})
}

// errSame ends a correction that would change nothing.
var errSame = errors.New("it is so already")

// isSentAgain tells whether an outcome that a phone sends is the one that the office has corrected since (rule 4).
func isSentAgain(ctx context.Context, query *store.Queries, stored store.Visit, outcome, reason string) (bool, error) {
	first, err := query.FirstOutcomeCorrection(ctx, store.FirstOutcomeCorrectionParams{RunID: stored.RunID, BuildingID: stored.BuildingID})
	if errors.Is(err, pgx.ErrNoRows) {
		return *stored.Outcome == outcome && sameReason(stored.Reason, reason), nil
	}
	return err == nil && deref(first.OutcomeBefore) == outcome && sameReason(first.ReasonBefore, reason), err
}

// correctionsOf reads what was corrected about the visits of a run, by building; with who did it for the office.
func (s *Service) correctionsOf(ctx context.Context, caller access.Actor, rows []store.VisitCorrection) (map[int64][]Correction, error) {
	corrections := make(map[int64][]Correction)
	if len(rows) == 0 {
		return corrections, nil
	}
	people := make([]int64, len(rows))
	for i, row := range rows {
		people[i] = row.CorrectedBy
	}
	who, err := s.authorsFor(ctx, caller, people)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		corrections[row.BuildingID] = append(corrections[row.BuildingID], Correction{
			ID: row.ID, What: row.What, TimeBefore: utc(row.TimeBefore), TimeAfter: utc(row.TimeAfter),
			OutcomeBefore: row.OutcomeBefore, OutcomeAfter: row.OutcomeAfter, ReasonBefore: row.ReasonBefore, ReasonAfter: row.ReasonAfter,
			Reason: row.Reason, CorrectedAt: row.CorrectedAt.UTC(), CorrectedBy: who[row.CorrectedBy],
		})
	}
	return corrections, nil
}
