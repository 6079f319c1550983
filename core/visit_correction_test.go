package core

import (
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/internal/audit"
	"encore.app/internal/refusal"
)

// correctTimeOf asks for another time of a step.
func correctTimeOf(step string, at time.Time) *CorrectVisitParams {
	return &CorrectVisitParams{ID: newID(), What: step, OccurredAt: &at, Reason: "Phone was off"}
}

func TestTheOfficeCorrectsTimesInTheirOrderAndSaysWhy(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	start := r.now()
	for _, building := range stops {
		r.pass(10 * time.Minute)
		r.visit(run, building, StepArrival)
		r.pass(time.Minute)
		r.visit(run, building, StepInside)
		r.pass(time.Minute)
		r.visit(run, building, StepDeparture)
	}
	last, left := stops[1], r.now()
	for name, wrong := range map[string]*CorrectVisitParams{
		"before the step before": correctTimeOf(StepDeparture, left.Add(-2*time.Minute)),
		"in the future":          correctTimeOf(StepDeparture, left.Add(time.Minute)),
		"before the start":       correctTimeOf(StepArrival, start.Add(-time.Second)),
		"after the step after":   correctTimeOf(StepInside, left.Add(time.Second)),
	} {
		_, err := r.CorrectVisit(r.as(office), run, last, wrong)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
		requireRefusal(t, err, errs.InvalidArgument, refusal.OutOfRange)
	}
	r.pass(time.Hour)
	correction := correctTimeOf(StepDeparture, left.Add(5*time.Minute))
	var after *RunDetail
	for range 2 { // sent again
		var err error
		after, err = r.CorrectVisit(r.as(office), run, last, correction)
		require.NoError(t, err)
	}
	stop := after.Stops[1]
	require.Equal(t, left.Add(5*time.Minute), stop.Visit.Steps[2].OccurredAt)
	require.True(t, stop.Visit.Steps[2].Corrected)
	require.Equal(t, left.Add(5*time.Minute), *after.CompletedAt, "the run was over then")
	require.Len(t, stop.Corrections, 1)
	made := stop.Corrections[0]
	require.Equal(t, left, *made.TimeBefore)
	require.Equal(t, "Phone was off", made.Reason)
	require.Equal(t, &CommentAuthor{office.ID, "First2 Last2"}, made.CorrectedBy)
	require.Empty(t, after.Stops[0].Corrections)

	seen, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	require.Nil(t, seen.Stops[1].Corrections[0].CorrectedBy, "a worker reads why, not who")
	same := correctTimeOf(StepDeparture, left.Add(5*time.Minute))
	after, err = r.CorrectVisit(r.as(office), run, last, same)
	require.NoError(t, err)
	require.Len(t, after.Stops[1].Corrections, 1, "what is so already is no correction")

	otherTime := *correction
	otherTime.OccurredAt = new(left.Add(6 * time.Minute))
	_, err = r.CorrectVisit(r.as(office), run, last, &otherTime)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused)
	correction.What = StepArrival
	_, err = r.CorrectVisit(r.as(office), run, last, correction)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused)
	_, err = r.CorrectVisit(r.as(emma), run, last, correctTimeOf(StepArrival, start))
	require.Equal(t, errs.PermissionDenied, errs.Code(err))
	_, err = r.CorrectVisit(r.as(office), run, 99999, correctTimeOf(StepArrival, start))
	require.Equal(t, errs.NotFound, errs.Code(err))
	noReason := correctTimeOf(StepArrival, start)
	noReason.Reason = " "
	_, err = r.CorrectVisit(r.as(office), run, last, noReason)
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "reason", Reason: refusal.Required})
}

func TestACorrectedOutcomeStandsAndThePhoneThatSendsItAgainIsAnswered(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	skipped := &PutOutcomeParams{ID: newID(), Outcome: OutcomeSkipped, Reason: "Shut", OccurredAt: r.now()}
	outcome := &CorrectVisitParams{
		ID: newID(), What: correctedOutcome, Outcome: OutcomeFailed, OutcomeReason: "Bins were locked", Reason: "The syndic called",
	}
	_, err := r.CorrectVisit(r.as(office), run, stops[0], outcome)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.NotStarted)
	_, err = r.PutOutcome(r.as(emma), run, stops[0], skipped)
	require.NoError(t, err)

	after, err := r.CorrectVisit(r.as(office), run, stops[0], outcome)
	require.NoError(t, err)
	require.Equal(t, OutcomeFailed, *after.Stops[0].Visit.Outcome)
	require.Equal(t, 1, after.Progress.Failed)
	require.Equal(t, 0, after.Progress.Skipped)
	made := after.Stops[0].Corrections[0]
	require.Equal(t, []string{OutcomeSkipped, "Shut", OutcomeFailed, "Bins were locked"},
		[]string{*made.OutcomeBefore, made.ReasonBefore, *made.OutcomeAfter, made.ReasonAfter})

	require.NoError(t, second(r.CorrectVisit(r.as(office), run, stops[0], outcome)), "sent again")
	for _, change := range []func(p *CorrectVisitParams){
		func(p *CorrectVisitParams) { p.Outcome, p.OutcomeReason = OutcomeDone, "" },
		func(p *CorrectVisitParams) { p.OutcomeReason = "Nobody was there" },
		func(p *CorrectVisitParams) { p.Reason = "The worker called" },
	} {
		otherwise := *outcome
		change(&otherwise)
		requireRefusal(t, second(r.CorrectVisit(r.as(office), run, stops[0], &otherwise)), errs.AlreadyExists, refusal.IDReused)
	}

	visit, err := r.PutOutcome(r.as(emma), run, stops[0], skipped)
	require.NoError(t, err, "rule 4: its answer was lost")
	require.Equal(t, OutcomeFailed, *visit.Outcome, "what the office corrected stands")
	other := *skipped
	other.Reason = "Forgotten"
	_, err = r.PutOutcome(r.as(emma), run, stops[0], &other)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused)

	for name, wrong := range map[string]CorrectVisitParams{
		"no outcome":        {ID: newID(), What: correctedOutcome, Reason: "x"},
		"no outcome reason": {ID: newID(), What: correctedOutcome, Outcome: OutcomeFailed, Reason: "x"},
		"no time":           {ID: newID(), What: StepArrival, Reason: "x"},
		"no such thing":     {ID: newID(), What: "start", Reason: "x"},
		"no id":             {What: correctedOutcome, Outcome: OutcomeDone, Reason: "x"},
	} {
		_, err := r.CorrectVisit(r.as(office), run, stops[0], &wrong)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
	}
}

func TestWhatTheOfficeCorrectsIsInTheAuditLogBeforeAndAfter(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	r.outcome(run, stops[0], OutcomeSkipped, "Shut")
	_, err := r.CorrectVisit(r.as(office), run, stops[0], &CorrectVisitParams{
		ID: newID(), What: correctedOutcome, Outcome: OutcomeDone, Reason: "The syndic saw it",
	})
	require.NoError(t, err)
	r.events()
	var found []string
	for _, message := range r.topic.messages {
		if message.Topic == audit.Topic {
			change, err := audit.Decode(message)
			require.NoError(t, err)
			if change.Kind == "visit.corrected" {
				require.Equal(t, office.ID, change.Actor.UserID)
				found = append(found, string(change.Before), string(change.After))
			}
		}
	}
	require.Len(t, found, 2)
	require.JSONEq(t, `{"outcome": "skipped", "outcome_reason": "Shut"}`, found[0])
	require.JSONEq(t, `{"outcome": "done", "reason": "The syndic saw it"}`, found[1])
}

func TestAVisitIsCorrectedFiftyTimes(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	r.visit(run, stops[0], StepArrival)
	r.pass(time.Hour)
	correct := func(i int) error {
		return second(r.CorrectVisit(r.as(office), run, stops[0], correctTimeOf(StepArrival, r.now().Add(-time.Duration(i)*time.Second))))
	}
	for i := range maxCorrections {
		require.NoError(t, correct(i))
	}
	requireRefusal(t, correct(maxCorrections), errs.FailedPrecondition, refusal.TooManyOfThem)
}

func TestARunThatWasCompletedByHandWasOverThen(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	r.visit(run, stops[0], StepArrival, StepInside, StepDeparture)
	r.pass(time.Minute)
	completed, err := r.CompleteRun(r.as(emma), run, r.complete("Rain"))
	require.NoError(t, err)
	r.pass(time.Hour)
	after, err := r.CorrectVisit(r.as(office), run, stops[0], correctTimeOf(StepDeparture, r.now()))
	require.NoError(t, err)
	require.Equal(t, completed.CompletedAt, after.CompletedAt)
}

func TestTheEndOfAVisitThatTheWorkerGaveStaysWhenItWas(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	r.visit(run, stops[0], StepArrival, StepInside, StepDeparture)
	r.visit(run, stops[1], StepArrival, StepInside)
	r.outcome(run, stops[1], OutcomeFailed, "Bins were locked")
	ended := r.now()
	r.pass(time.Hour)
	r.visit(run, stops[1], StepDeparture)
	for _, correction := range []*CorrectVisitParams{
		{ID: newID(), What: correctedOutcome, Outcome: OutcomeDone, Reason: "They were opened"},
		correctTimeOf(StepDeparture, ended.Add(time.Minute)),
	} {
		after, err := r.CorrectVisit(r.as(office), run, stops[1], correction)
		require.NoError(t, err)
		require.Equal(t, ended, *after.CompletedAt)
	}
}

// What was skipped when the run was completed by hand gives way to what the worker did; what the office said of it does not.
func TestWhatComesLateLeavesACorrectedOutcome(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	require.NoError(t, second(r.CompleteRun(r.as(emma), run, r.complete("Rain"))))
	after, err := r.CorrectVisit(r.as(office), run, stops[0], &CorrectVisitParams{
		ID: newID(), What: correctedOutcome, Outcome: OutcomeFailed, OutcomeReason: "Bins were locked", Reason: "The syndic called",
	})
	require.NoError(t, err)
	require.Equal(t, OutcomeFailed, *after.Stops[0].Visit.Outcome)
	for _, building := range stops {
		r.visit(run, building, StepArrival, StepInside, StepDeparture)
	}
	late, err := r.GetRun(r.as(office), run)
	require.NoError(t, err)
	require.Equal(t, []string{OutcomeFailed, OutcomeDone}, []string{*late.Stops[0].Visit.Outcome, *late.Stops[1].Visit.Outcome})
	require.Len(t, late.Stops[0].Visit.Steps, 3, "nothing is lost")
}
