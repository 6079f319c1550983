package core

import (
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func TestRule1_TwoArrivalsAtOnceBothCount(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	for _, building := range buildings {
		r.picture(run, building, StepArrival)
	}

	for _, err := range together(2, func(i int) error {
		_, err := r.PutStep(r.as(emma), run, buildings[i], StepArrival, &PutStepParams{ID: newID(), OccurredAt: r.now()})
		return err
	}) {
		require.NoError(t, err)
	}

	require.Equal(t, Progress{Stops: 2, Segments: []string{"arrived", "arrived"}}, r.progress(run))
}

func TestRule1_ARepeatedRequestCannotSkewProgress(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.picture(run, buildings[0], StepArrival)
	step := &PutStepParams{ID: newID(), OccurredAt: r.now()}

	for _, err := range together(6, func(int) error {
		_, err := r.PutStep(r.as(emma), run, buildings[0], StepArrival, step)
		return err
	}) {
		require.NoError(t, err)
	}

	require.Equal(t, []string{"arrived", "open"}, r.progress(run).Segments)
	require.Equal(t, []string{RunStarted, PictureAdded, VisitStepped, RunProgressMoved, RunChanged}, r.events(), "told once")
}

func TestRule1_EditingTheTourNeverChangesAStartedRun(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tour := r.tour(region)
	planned := r.run(func(p *store.InsertRunParams) { p.TourID, p.WorkerID = tour, lucas.ID })
	started, buildings := r.startedRun(func(p *store.InsertRunParams) { p.TourID = tour })
	r.visit(started, buildings[0], StepArrival)

	_, err := r.pool.Exec(t.Context(), `delete from stops where tour_id = $1 and building_id = $2`, tour, buildings[0])
	require.NoError(t, err)
	require.NoError(t, r.query.InsertStop(t.Context(), store.InsertStopParams{TourID: tour, Position: 9, BuildingID: r.building(region)}))
	_, err = r.pool.Exec(t.Context(), `update buildings set agreed_minutes = 60 where id = $1`, buildings[1])
	require.NoError(t, err)

	run, err := r.GetRun(r.as(emma), started)
	require.NoError(t, err)
	require.Equal(t, []string{"arrived", "open"}, run.Progress.Segments)
	require.Equal(t, 20, run.AgreedMinutes)
	require.Equal(t, buildings[0], run.Stops[0].Building.ID)
	before, err := r.GetRun(r.as(lucas), planned)
	require.NoError(t, err)
	require.Equal(t, buildings[1], before.Stops[0].Building.ID, "a planned run follows its tour")
	require.Equal(t, 70, before.AgreedMinutes)
}

func TestRule1_ProgressThroughAVisit(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()

	for _, check := range []struct {
		step, segment string
		percent       int
	}{{StepArrival, "arrived", 0}, {StepInside, "inside", 0}, {StepDeparture, "done", 50}} {
		r.visit(run, buildings[1], check.step)
		progress := r.progress(run)
		require.Equal(t, []string{"open", check.segment}, progress.Segments)
		require.Equal(t, check.percent, progress.Percent)
	}
}

func TestRule3_StepsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	put := func(step string) error {
		_, err := r.PutStep(r.as(emma), run, buildings[0], step, &PutStepParams{ID: newID(), OccurredAt: r.now()})
		return err
	}
	for _, step := range stepOrder {
		r.picture(run, buildings[0], step)
	}

	requireRefusal(t, put(StepInside), errs.FailedPrecondition, refusal.WrongOrder)
	requireRefusal(t, put(StepDeparture), errs.FailedPrecondition, refusal.WrongOrder)
	require.NoError(t, put(StepArrival))
	requireRefusal(t, put(StepArrival), errs.AlreadyExists, refusal.StepExists)
	requireRefusal(t, put(StepDeparture), errs.FailedPrecondition, refusal.WrongOrder)
	require.NoError(t, put(StepInside))
	require.NoError(t, put(StepDeparture))
	requireRefusal(t, put("lunch"), errs.InvalidArgument, refusal.Unknown)
}

func TestRule3_EachStepWantsAPhoto(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	arrival := &PutStepParams{ID: newID(), OccurredAt: r.now()}

	_, err := r.PutStep(r.as(emma), run, buildings[0], StepArrival, arrival)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.PhotoMissing)
	r.picture(run, buildings[1], StepArrival)
	r.picture(run, buildings[0], StepInside)
	_, err = r.PutStep(r.as(emma), run, buildings[0], StepArrival, arrival)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.PhotoMissing, "not of another building or step")

	picture := r.picture(run, buildings[0], StepArrival)
	visit, err := r.PutStep(r.as(emma), run, buildings[0], StepArrival, arrival)
	require.NoError(t, err)
	require.Contains(t, visit.Pictures, picture)
	require.Nil(t, visit.Outcome)
}

func TestRule3_ImpossibleTimesAreCorrectedAndFlagged(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.pass(30 * time.Minute)
	now := r.clock()
	for _, building := range buildings {
		for _, step := range stepOrder {
			r.picture(run, building, step)
		}
	}

	for _, check := range []struct {
		name      string
		building  int64
		step      string
		claimed   time.Time
		corrected bool
	}{
		{"in the future", buildings[0], StepArrival, now.Add(clockTolerance + time.Second), true},
		{"before the start", buildings[1], StepArrival, monday.Add(-time.Second), true},
		{"now", buildings[0], StepInside, now, false},
		{"before the step before", buildings[0], StepDeparture, now.Add(-time.Second), true},
		{"as far ahead as clocks are", buildings[1], StepInside, now.Add(clockTolerance), false},
	} {
		visit, err := r.PutStep(r.as(emma), run, check.building, check.step, &PutStepParams{ID: newID(), OccurredAt: check.claimed})
		require.NoError(t, err, check.name)
		step := visit.Steps[len(visit.Steps)-1]
		require.Equal(t, check.corrected, step.Corrected, check.name)
		require.Equal(t, now, step.ReceivedAt, check.name)
		if check.corrected {
			require.Equal(t, now, step.OccurredAt, check.name)
		}
	}

	// Sent late, but possible: the phone's time counts.
	other, stops := r.startedRun()
	started := r.clock()
	r.picture(other, stops[0], StepArrival)
	r.pass(3 * time.Hour)
	visit, err := r.PutStep(r.as(emma), other, stops[0], StepArrival, &PutStepParams{
		ID: newID(), OccurredAt: started.Add(5 * time.Minute).In(time.FixedZone("", 7200)),
	})
	require.NoError(t, err)
	require.Equal(t, started.Add(5*time.Minute), visit.Steps[0].OccurredAt)
	require.Equal(t, r.clock(), visit.Steps[0].ReceivedAt)
	require.False(t, visit.Steps[0].Corrected)
}

func TestRule4_WritingAgainReturnsTheFirstResult(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.picture(run, buildings[0], StepArrival)
	step := &PutStepParams{ID: newID(), OccurredAt: r.now()}
	first, err := r.PutStep(r.as(emma), run, buildings[0], StepArrival, step)
	require.NoError(t, err)
	outcome := &PutOutcomeParams{ID: newID(), Outcome: OutcomeFailed, Reason: " No key ", OccurredAt: r.now()}
	failed, err := r.PutOutcome(r.as(emma), run, buildings[0], outcome)
	require.NoError(t, err)
	require.Equal(t, "No key", failed.Reason)
	version := r.version(run)

	r.pass(48 * time.Hour) // an outbox retries for ever
	_, err = r.CompleteRun(r.as(emma), run, r.complete("Forgotten"))
	require.NoError(t, err)
	r.pass(48 * time.Hour)
	again, err := r.PutStep(r.as(emma), run, buildings[0], StepArrival, step)
	require.NoError(t, err)
	require.Equal(t, first.Steps, again.Steps)
	again, err = r.PutOutcome(r.as(emma), run, buildings[0], outcome)
	require.NoError(t, err)
	require.Equal(t, failed, again)
	require.Equal(t, version+1, r.version(run), "only the completion changed something")
}

func TestRule4_AnIDStandsForOneThing(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	other, otherBuildings := r.startedRun()
	for _, building := range buildings {
		r.picture(run, building, StepArrival)
	}
	r.picture(other, otherBuildings[0], StepArrival)
	step := PutStepParams{ID: newID(), OccurredAt: r.now()}
	_, err := r.PutStep(r.as(emma), run, buildings[0], StepArrival, &step)
	require.NoError(t, err)

	_, err = r.PutStep(r.as(emma), run, buildings[1], StepArrival, &step)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another building")
	_, err = r.PutStep(r.as(emma), run, buildings[0], StepInside, &step)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another step")
	_, err = r.PutStep(r.as(emma), other, otherBuildings[0], StepArrival, &step)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another run")
	_, err = r.PutStep(r.as(emma), run, buildings[0], StepArrival, &PutStepParams{ID: step.ID, OccurredAt: step.OccurredAt.Add(-time.Second)})
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another time")

	outcome := PutOutcomeParams{ID: newID(), Outcome: OutcomeSkipped, Reason: "Closed", OccurredAt: r.now()}
	_, err = r.PutOutcome(r.as(emma), run, buildings[0], &outcome)
	require.NoError(t, err)
	changed := outcome
	changed.Reason = "Open"
	_, err = r.PutOutcome(r.as(emma), run, buildings[0], &changed)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another reason")
	_, err = r.PutOutcome(r.as(emma), other, otherBuildings[0], &outcome)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another run")
	changed.ID = newID()
	_, err = r.PutOutcome(r.as(emma), run, buildings[0], &changed)
	requireRefusal(t, err, errs.AlreadyExists, refusal.OutcomeExists)
}

func TestRule4_OneIDForTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	var runs, buildings [2]int64
	for i := range runs {
		run, stops := r.startedRun()
		r.picture(run, stops[0], StepArrival)
		runs[i], buildings[i] = run, stops[0]
	}
	step := &PutStepParams{ID: newID(), OccurredAt: r.now()}

	requireOneWinner(t, together(2, func(i int) error {
		_, err := r.PutStep(r.as(emma), runs[i], buildings[i], StepArrival, step)
		return err
	}), errs.AlreadyExists, refusal.IDReused)
}

func TestRule4_WhatWasDoneBeforeCompletionIsNotLost(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	_, err := r.CompleteRun(r.as(emma), run, r.complete("Battery almost empty"))
	require.NoError(t, err)

	r.pass(24 * time.Hour)
	r.visit(run, buildings[0], StepArrival, StepInside, StepDeparture)
	_, err = r.PutOutcome(r.as(emma), run, buildings[1], &PutOutcomeParams{
		ID: newID(), Outcome: OutcomeFailed, Reason: "No key", OccurredAt: r.now(),
	})
	require.NoError(t, err)
	require.Equal(t, []string{"done", "failed"}, r.progress(run).Segments)

	r.pass(time.Second)
	_, err = r.PutOutcome(r.as(emma), run, buildings[1], &PutOutcomeParams{
		ID: newID(), Outcome: OutcomeFailed, Reason: "No key", OccurredAt: r.now(),
	})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.TooLate)
	code, details := r.send(emma, r.form(run, buildings[1], StepArrival)).refusal(t)
	require.Equal(t, "failed_precondition", code)
	require.Equal(t, refusal.TooLate, details.Reason)
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	valid := func() PutOutcomeParams {
		return PutOutcomeParams{ID: newID(), Outcome: OutcomeSkipped, Reason: "Closed", OccurredAt: r.now()}
	}

	for name, check := range map[string]struct {
		change func(*PutOutcomeParams)
		code   errs.ErrCode
		reason refusal.Reason
	}{
		"no id":               {func(p *PutOutcomeParams) { p.ID = [16]byte{} }, errs.InvalidArgument, refusal.Required},
		"no outcome":          {func(p *PutOutcomeParams) { p.Outcome = "" }, errs.InvalidArgument, refusal.Required},
		"unknown outcome":     {func(p *PutOutcomeParams) { p.Outcome = "lost" }, errs.InvalidArgument, refusal.Unknown},
		"no reason":           {func(p *PutOutcomeParams) { p.Reason = " \n" }, errs.InvalidArgument, refusal.Required},
		"too long a reason":   {func(p *PutOutcomeParams) { p.Reason = strings.Repeat("x", 1001) }, errs.InvalidArgument, refusal.TooLong},
		"what no text holds":  {func(p *PutOutcomeParams) { p.Reason = "a\x00b" }, errs.InvalidArgument, refusal.Malformed},
		"not UTF-8":           {func(p *PutOutcomeParams) { p.Reason = "a\xffb" }, errs.InvalidArgument, refusal.Malformed},
		"no time":             {func(p *PutOutcomeParams) { p.OccurredAt = time.Time{} }, errs.InvalidArgument, refusal.Required},
		"a time out of range": {func(p *PutOutcomeParams) { p.OccurredAt = lastSecondWestOf9999 }, errs.InvalidArgument, refusal.OutOfRange},
		"done without steps":  {func(p *PutOutcomeParams) { p.Outcome = OutcomeDone }, errs.FailedPrecondition, refusal.WrongOrder},
	} {
		p := valid()
		check.change(&p)
		_, err := r.PutOutcome(r.as(emma), run, buildings[0], &p)
		requireRefusal(t, err, check.code, check.reason, name)
	}

	r.visit(run, buildings[0], StepArrival, StepInside, StepDeparture)
	done := valid()
	done.Outcome, done.Reason = OutcomeDone, ""
	visit, err := r.PutOutcome(r.as(emma), run, buildings[0], &done)
	require.NoError(t, err, "the departure has said so already")
	require.Equal(t, OutcomeDone, *visit.Outcome)
	skipped := valid()
	_, err = r.PutOutcome(r.as(emma), run, buildings[0], &skipped)
	requireRefusal(t, err, errs.AlreadyExists, refusal.OutcomeExists)
	require.Equal(t, []string{"done", "open"}, r.progress(run).Segments)
}

func TestOnlyItsWorkerVisits(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	planned := r.run()
	cancelled, cancelledStops := r.startedRun()
	_, err := r.CancelRun(r.as(office), cancelled, &CancelRunParams{Reason: "Accident"})
	require.NoError(t, err)
	stranger := r.building(r.region())
	r.pass(clockTolerance + time.Second) // since it was cancelled

	for name, check := range map[string]struct {
		actor         access.Actor
		run, building int64
		code          errs.ErrCode
		reason        refusal.Reason
	}{
		"another worker":  {lucas, run, buildings[0], errs.NotFound, refusal.Missing},
		"the office":      {admin, run, buildings[0], errs.PermissionDenied, refusal.NotYourRun},
		"a syndic":        {martin, run, buildings[0], errs.PermissionDenied, refusal.WrongRole},
		"nobody":          {nobody, run, buildings[0], errs.PermissionDenied, refusal.WrongRole},
		"no such run":     {emma, 99999, buildings[0], errs.NotFound, refusal.Missing},
		"not a stop":      {emma, run, stranger, errs.NotFound, refusal.Missing},
		"not started yet": {emma, planned, buildings[0], errs.FailedPrecondition, refusal.NotStarted},
		"cancelled":       {emma, cancelled, cancelledStops[0], errs.FailedPrecondition, refusal.RunCancelled},
	} {
		ctx := r.as(check.actor)
		_, err := r.PutStep(ctx, check.run, check.building, StepArrival, &PutStepParams{ID: newID(), OccurredAt: r.now()})
		requireRefusal(t, err, check.code, check.reason, name)
		_, err = r.PutOutcome(ctx, check.run, check.building, &PutOutcomeParams{
			ID: newID(), Outcome: OutcomeSkipped, Reason: "Closed", OccurredAt: r.now(),
		})
		requireRefusal(t, err, check.code, check.reason, name)
		code, details := r.send(check.actor, r.form(check.run, check.building, StepArrival)).refusal(t)
		require.Equal(t, check.code.String(), code, name)
		require.Equal(t, check.reason, details.Reason, name)
	}
	require.Equal(t, []string{"open", "open"}, r.progress(run).Segments)
}

func (r *rounds) version(run int64) int64 {
	r.t.Helper()
	row, err := r.query.FindRun(r.t.Context(), run)
	require.NoError(r.t, err)
	return row.Version
}
