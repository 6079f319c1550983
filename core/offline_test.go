package core

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// What a phone sends after it was without network (rules 2 to 4).

func TestRule2_TheDayOnThePhoneCounts(t *testing.T) {
	t.Parallel()
	evening := time.Date(2026, time.May, 4, 21, 58, 30, 0, time.UTC) // 23:58:30 in Brussels
	for name, check := range map[string]struct {
		late   time.Duration
		date   time.Time
		code   errs.ErrCode
		reason refusal.Reason
	}{
		"after midnight":          {2 * time.Minute, today, errs.OK, ""},
		"36 hours late":           {startGrace, today, errs.OK, ""},
		"later":                   {startGrace + time.Second, today, errs.FailedPrecondition, refusal.TooLate},
		"the run of the next day": {2 * time.Minute, today.AddDate(0, 0, 1), errs.FailedPrecondition, refusal.NotToday},
	} {
		r := newRounds(t)
		run := r.run(func(p *store.InsertRunParams) { p.Date = check.date })
		r.setTime(evening.Add(check.late))
		started, err := r.StartRun(r.as(emma), run, &StartRunParams{ID: newID(), OccurredAt: evening})
		if check.code != errs.OK {
			requireRefusal(t, err, check.code, check.reason, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, evening, *started.StartedAt, name)
		require.False(t, started.StartCorrected, name)

		// And so do the times of what happened then.
		stop := started.Stops[0].Building.ID
		r.picture(run, stop, StepArrival)
		visit, err := r.PutStep(r.as(emma), run, stop, StepArrival, &PutStepParams{ID: newID(), OccurredAt: evening.Add(time.Minute)})
		require.NoError(t, err, name)
		require.Equal(t, evening.Add(time.Minute), visit.Steps[0].OccurredAt, name)
		require.False(t, visit.Steps[0].Corrected, name)
	}
}

func TestRule3_AnImpossibleStartIsCorrectedAndFlagged(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]struct {
		ahead     time.Duration
		corrected bool
	}{
		"now":                         {0, false},
		"as far ahead as clocks are":  {clockTolerance, false},
		"further ahead":               {clockTolerance + time.Second, true},
		"before the run was planned":  {-time.Hour - time.Second, true},
		"when the run was planned":    {-time.Hour, false},
		"a phone that lives tomorrow": {24 * time.Hour, true},
	} {
		r := newRounds(t)
		run := r.run()
		r.pass(time.Hour)
		now := r.clock()
		started, err := r.StartRun(r.as(emma), run, &StartRunParams{ID: newID(), OccurredAt: now.Add(check.ahead)})
		require.NoError(t, err, name)
		require.Equal(t, check.corrected, started.StartCorrected, name)
		if check.corrected {
			require.Equal(t, now, *started.StartedAt, name)
		} else {
			require.Equal(t, now.Add(check.ahead), *started.StartedAt, name)
		}
	}
}

// lastSecondWestOf9999 is of the year 9999 where it is told, and of the year 10000 in UTC, which no JSON can hold.
var lastSecondWestOf9999 = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.FixedZone("", -11*60*60))

func TestRule3_AClockThatIsDecadesOffIsCorrected(t *testing.T) {
	t.Parallel()
	for name, claimed := range map[string]time.Time{
		"a phone that lost its clock": time.Unix(0, 0), "before any phone": time.Date(1, time.January, 1, 0, 0, 1, 0, time.UTC),
		"the last moment of all": time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC),
	} {
		r := newRounds(t)
		run := r.run()
		started, err := r.StartRun(r.as(emma), run, &StartRunParams{ID: newID(), OccurredAt: claimed})
		require.NoError(t, err, name)
		require.True(t, started.StartCorrected, name)
		stop := started.Stops[0].Building.ID
		photo := r.form(run, stop, StepArrival)
		photo.fields["taken_at"] = claimed.UTC().Format(time.RFC3339)
		picture := r.send(emma, photo).picture(t)
		require.True(t, picture.Corrected, name)
		require.Equal(t, r.clock(), picture.TakenAt, name)
		visit, err := r.PutStep(r.as(emma), run, stop, StepArrival, &PutStepParams{ID: newID(), OccurredAt: claimed})
		require.NoError(t, err, name)
		require.True(t, visit.Steps[0].Corrected, name)
		require.Equal(t, r.clock(), visit.Steps[0].OccurredAt, name)
		_, err = r.CompleteRun(r.as(emma), run, &CompleteRunParams{ID: newID(), OccurredAt: claimed, Reason: "Dark"})
		require.NoError(t, err, name)
	}
}

func TestATimeThatIsNoneInUTCIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	planned := r.run()
	run, stops := r.startedRun()
	r.picture(run, stops[0], StepArrival)
	for name, err := range map[string]error{
		"start":    second(r.StartRun(r.as(emma), planned, &StartRunParams{ID: newID(), OccurredAt: lastSecondWestOf9999})),
		"step":     second(r.PutStep(r.as(emma), run, stops[0], StepArrival, &PutStepParams{ID: newID(), OccurredAt: lastSecondWestOf9999})),
		"complete": second(r.CompleteRun(r.as(emma), run, &CompleteRunParams{ID: newID(), OccurredAt: lastSecondWestOf9999, Reason: "Dark"})),
	} {
		requireRefusal(t, err, errs.InvalidArgument, refusal.OutOfRange, name)
	}
}

// second returns the error of an answer that nobody looks at.
func second[T any](_ T, err error) error { return err }

func TestRule4_TheFirstCompletionOfACancelledRunStands(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, _ := r.startedRun()
	first, other := r.complete("Dark"), r.complete("Storm")
	_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Accident"})
	require.NoError(t, err)
	_, err = r.CompleteRun(r.as(emma), run, first)
	require.NoError(t, err)
	_, err = r.CompleteRun(r.as(emma), run, other)
	require.NoError(t, err, "another phone of the worker")
	r.pass(writeGrace + time.Hour)
	again, err := r.CompleteRun(r.as(emma), run, first)
	require.NoError(t, err, "however late")
	require.Equal(t, "Dark", again.Stops[0].Visit.Reason)
}

func TestRule4_StartingAndCompletingAgainReturnTheFirstResult(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, other := r.run(), r.run()
	start := r.start()
	first, err := r.StartRun(r.as(emma), run, start)
	require.NoError(t, err)
	again, err := r.StartRun(r.as(emma), run, start)
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = r.StartRun(r.as(emma), other, start)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another run")
	_, err = r.StartRun(r.as(emma), run, &StartRunParams{ID: start.ID, OccurredAt: start.OccurredAt.Add(time.Second)})
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another time")

	complete := r.complete("Storm")
	done, err := r.CompleteRun(r.as(emma), run, complete)
	require.NoError(t, err)
	r.pass(30 * 24 * time.Hour) // an outbox retries for ever
	for i := range done.Stops { // but addresses are not told for ever (rule 13)
		done.Stops[i].Building.Name, done.Stops[i].Building.Address = "", Address{}
	}
	again, err = r.CompleteRun(r.as(emma), run, complete)
	require.NoError(t, err)
	require.Equal(t, done, again)
	again, err = r.StartRun(r.as(emma), run, start)
	require.NoError(t, err)
	require.Equal(t, done, again)
	other2, err := r.StartRun(r.as(emma), r.run(func(p *store.InsertRunParams) { p.Date = today.AddDate(0, 0, 30) }), r.start())
	require.NoError(t, err)
	_, err = r.CompleteRun(r.as(emma), other2.ID, complete)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another run")
	changed := *complete
	changed.Reason = "Rain"
	_, err = r.CompleteRun(r.as(emma), run, &changed)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "another reason")
}

func TestAReasonMayHaveLines(t *testing.T) {
	t.Parallel()
	const reason = "Gate closed.\nNobody answers."
	r := newRounds(t)
	run, stops := r.startedRun()
	skip := &PutOutcomeParams{ID: newID(), OccurredAt: r.now(), Outcome: OutcomeSkipped, Reason: " Gate closed.\r\nNobody answers. \n"}
	visit, err := r.PutOutcome(r.as(emma), run, stops[0], skip)
	require.NoError(t, err)
	require.Equal(t, reason, visit.Reason)
	complete := r.complete(reason)
	done, err := r.CompleteRun(r.as(emma), run, complete)
	require.NoError(t, err)
	require.Equal(t, reason, done.Stops[1].Visit.Reason)
	cancelled, err := r.CancelRun(r.as(office), r.run(), &CancelRunParams{Reason: reason})
	require.NoError(t, err)
	require.Equal(t, reason, cancelled.CancelReason)

	// As they were stored before: a phone that did not hear the answer sends them again.
	_, err = r.pool.Exec(t.Context(), `update visits set reason = replace(reason, e'\n', ' ')`)
	require.NoError(t, err)
	_, err = r.pool.Exec(t.Context(), `update runs set complete_reason = replace(complete_reason, e'\n', ' ')`)
	require.NoError(t, err)
	_, err = r.PutOutcome(r.as(emma), run, stops[0], skip)
	require.NoError(t, err)
	_, err = r.CompleteRun(r.as(emma), run, complete)
	require.NoError(t, err)
}

func TestRule4_RepetitionsAtOnceCountOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	start := r.start()
	for _, err := range together(8, func(int) error {
		_, err := r.StartRun(r.as(emma), run, start)
		return err
	}) {
		require.NoError(t, err)
	}
	complete := r.complete("Storm")
	for _, err := range together(8, func(int) error {
		_, err := r.CompleteRun(r.as(emma), run, complete)
		return err
	}) {
		require.NoError(t, err)
	}
	count := map[string]int{}
	for _, kind := range r.events() {
		count[kind]++
	}
	require.Equal(t, 1, count[RunStarted])
	require.Equal(t, 1, count[RunCompleted])
	require.Equal(t, 2, count[VisitOutcome], "one for each stop")
}

func TestRule4_OneStartIDForTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	runs := []int64{r.run(), r.run()}
	start := r.start()
	requireOneWinner(t, together(2, func(i int) error {
		_, err := r.StartRun(r.as(emma), runs[i], start)
		return err
	}), errs.AlreadyExists, refusal.IDReused)
}

func TestRule4_WhatHappenedBeforeACancellationIsTaken(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	begun, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	stops := []int64{begun.Stops[0].Building.ID, begun.Stops[1].Building.ID}
	started, arrived, skipped := r.clock().Add(time.Minute), r.clock().Add(10*time.Minute), r.clock().Add(20*time.Minute)
	r.pass(30 * time.Minute)
	_, err = r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Accident"})
	require.NoError(t, err)
	cancelled := r.clock()

	r.pass(writeGrace)
	detail, err := r.StartRun(r.as(emma), run, &StartRunParams{ID: newID(), OccurredAt: started})
	require.NoError(t, err)
	require.Equal(t, StatusCancelled, detail.Status, "it stays cancelled")
	require.Equal(t, started, *detail.StartedAt)
	photo := r.form(run, stops[0], StepArrival)
	photo.fields["taken_at"] = arrived.Format(time.RFC3339)
	require.Equal(t, http.StatusOK, r.send(emma, photo).status)
	visit, err := r.PutStep(r.as(emma), run, stops[0], StepArrival, &PutStepParams{ID: newID(), OccurredAt: arrived})
	require.NoError(t, err)
	require.Equal(t, arrived, visit.Steps[0].OccurredAt)
	_, err = r.PutOutcome(r.as(emma), run, stops[1], &PutOutcomeParams{
		ID: newID(), Outcome: OutcomeSkipped, Reason: "Closed", OccurredAt: skipped,
	})
	require.NoError(t, err)
	detail, err = r.CompleteRun(r.as(emma), run, &CompleteRunParams{ID: newID(), Reason: "Dark", OccurredAt: skipped.Add(time.Minute)})
	require.NoError(t, err)
	require.Equal(t, StatusCancelled, detail.Status)
	require.Equal(t, []string{"skipped", "skipped"}, detail.Progress.Segments)
	require.Equal(t, "Closed", detail.Stops[1].Visit.Reason)

	// What happened after it is not, nor what comes more than a day later.
	_, err = r.PutStep(r.as(emma), run, stops[0], StepInside, &PutStepParams{
		ID: newID(), OccurredAt: cancelled.Add(clockTolerance + time.Second),
	})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.RunCancelled)
	r.pass(time.Second)
	_, err = r.PutStep(r.as(emma), run, stops[0], StepInside, &PutStepParams{ID: newID(), OccurredAt: arrived})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.TooLate)
	code, details := r.send(emma, r.form(run, stops[0], StepInside)).refusal(t)
	require.Equal(t, "failed_precondition", code)
	require.Equal(t, refusal.TooLate, details.Reason)
}

func TestRule4_AWrongClockLosesNothingAfterACancellation(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Accident"})
	require.NoError(t, err)
	cancelled := r.clock()
	r.pass(time.Hour)
	for i, claimed := range []time.Time{
		cancelled.Add(clockTolerance),                          // a clock that is a little ahead
		r.clock().Add(clockTolerance + time.Second),            // one that cannot tell when it was
		time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC), // nor can this one
	} {
		_, err := r.PutOutcome(r.as(emma), run, stops[i%len(stops)], &PutOutcomeParams{
			ID: newID(), Outcome: OutcomeSkipped, Reason: "Closed", OccurredAt: claimed,
		})
		if i < len(stops) {
			require.NoError(t, err, claimed)
		} else {
			requireRefusal(t, err, errs.AlreadyExists, refusal.OutcomeExists, claimed)
		}
	}
}

func TestRule3_NoStepComesBeforeTheOneBefore(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	ahead := r.clock().Add(clockTolerance)
	for _, step := range []string{StepArrival, StepInside} {
		r.picture(run, stops[0], step)
	}
	_, err := r.PutStep(r.as(emma), run, stops[0], StepArrival, &PutStepParams{ID: newID(), OccurredAt: ahead})
	require.NoError(t, err)
	visit, err := r.PutStep(r.as(emma), run, stops[0], StepInside, &PutStepParams{ID: newID(), OccurredAt: r.clock()})
	require.NoError(t, err, "the clock of the phone was put right")
	require.True(t, visit.Steps[1].Corrected)
	require.Equal(t, ahead, visit.Steps[1].OccurredAt, "not before the arrival, which was taken as it was")
}

func TestRule3_ACompletionBeforeTheStartIsCorrected(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	r.pass(time.Hour)
	_, err := r.StartRun(r.as(emma), run, r.start())
	require.NoError(t, err)
	begun := r.clock()
	r.pass(time.Minute)
	done, err := r.CompleteRun(r.as(emma), run, &CompleteRunParams{ID: newID(), OccurredAt: begun.Add(-time.Second), Reason: "Dark"})
	require.NoError(t, err)
	require.Equal(t, r.clock(), *done.CompletedAt)
}

func TestRule4_ACompletionThatComesLateLeavesADayForTheRest(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	complete := r.complete("Dark")
	r.pass(30 * time.Hour) // without network
	_, err := r.CompleteRun(r.as(emma), run, complete)
	require.NoError(t, err)
	r.pass(writeGrace)
	require.Equal(t, http.StatusOK, r.send(emma, r.form(run, stops[0], StepArrival)).status)
	r.pass(time.Second)
	_, details := r.send(emma, r.form(run, stops[0], StepArrival)).refusal(t)
	require.Equal(t, refusal.TooLate, details.Reason)
}

func TestRule4_AnOutcomeIDStandsForOneStop(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	p := &PutOutcomeParams{ID: newID(), Outcome: OutcomeSkipped, Reason: "Closed", OccurredAt: r.now()}
	_, err := r.PutOutcome(r.as(emma), run, stops[0], p)
	require.NoError(t, err)
	_, err = r.PutOutcome(r.as(emma), run, stops[1], p)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused)
}

func TestAPictureMakesTheRunNewer(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	before := r.version(run)
	r.picture(run, stops[0], StepArrival)
	require.Greater(t, r.version(run), before)
}

func TestRule2_TheOfficeIsToldOfAnotherOrder(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	planned, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	stops := runStops(planned)
	p := r.start()
	p.BuildingIDs = make([]int64, maxStops+1)
	_, err = r.StartRun(r.as(emma), run, p)
	requireRefusal(t, err, errs.InvalidArgument, refusal.TooLong)
	slices.Reverse(stops)
	p.BuildingIDs = stops
	started, err := r.StartRun(r.as(emma), run, p)
	require.NoError(t, err)
	require.Equal(t, stops, runStops(started))
	require.True(t, started.StopsDiffer)
}

func TestRule2_TheStopsThatThePhoneShowedAreTheRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b, c, elsewhere := r.building(region), r.building(region), r.building(region), r.building(region)
	tour := r.tour(region, a, b, c)
	onTour := func(p *store.InsertRunParams) { p.TourID = tour }
	run, later := r.run(onTour), r.run(onTour, func(p *store.InsertRunParams) { p.WorkerID = lucas.ID })
	before, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	r.pass(time.Hour)
	_, err = r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: []int64{c, a}, Version: before.Version})
	require.NoError(t, err)

	for _, stops := range [][]int64{{a, elsewhere}, {a, a}, {a, 99999}} {
		p := r.start()
		p.BuildingIDs = stops
		_, err = r.StartRun(r.as(emma), run, p)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), stops)
	}
	p := r.start()
	p.BuildingIDs = []int64{a, b, c}
	started, err := r.StartRun(r.as(emma), run, p)
	require.NoError(t, err)
	require.Equal(t, []int64{a, b, c}, runStops(started))
	require.True(t, started.StopsDiffer, "the office is told")
	r.visit(run, b, StepArrival, StepInside, StepDeparture)

	same := r.start()
	same.BuildingIDs = []int64{c, a}
	started, err = r.StartRun(r.as(lucas), later, same)
	require.NoError(t, err)
	require.False(t, started.StopsDiffer)

	// A stop that was taken off before the run was planned is not its phone's to show.
	planned := r.run(onTour, func(p *store.InsertRunParams) {
		p.Date, p.PlannedAt = today.AddDate(0, 0, 1), r.clock().Add(time.Second)
	})
	r.setTime(monday.AddDate(0, 0, 1))
	p = r.start()
	p.BuildingIDs = []int64{a, b, c}
	_, err = r.StartRun(r.as(emma), planned, p)
	require.Equal(t, errs.InvalidArgument, errs.Code(err))
}

func runStops(run *RunDetail) (buildings []int64) {
	for _, stop := range run.Stops {
		buildings = append(buildings, stop.Building.ID)
	}
	return buildings
}

func TestRule2_ARunPastMidnightStaysOnTodaysDashboard(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	r.setTime(time.Date(2026, time.May, 4, 21, 57, 0, 0, time.UTC)) // 23:57 in Brussels
	_, err := r.StartRun(r.as(emma), run, r.start())
	require.NoError(t, err)
	r.pass(3*time.Minute + 20*time.Second)

	board, err := r.GetDashboard(r.as(office), &GetDashboardParams{})
	require.NoError(t, err)
	require.Equal(t, "2026-05-05", board.Date)
	require.Len(t, board.Runs, 1)
	require.Equal(t, run, board.Runs[0].ID)
	require.Equal(t, 1, board.Counts.Started)
	future, err := r.GetDashboard(r.as(office), &GetDashboardParams{Date: "2026-05-06"})
	require.NoError(t, err)
	require.Empty(t, future.Runs, "only today's")

	_, err = r.CompleteRun(r.as(emma), run, r.complete("Dark"))
	require.NoError(t, err)
	board, err = r.GetDashboard(r.as(office), &GetDashboardParams{})
	require.NoError(t, err)
	require.Empty(t, board.Runs)
}

// everyWrite sends one of each thing that a worker writes, and returns what sends each again as somebody, and with other content.
func (r *rounds) everyWrite() (run int64, again, other map[string]func(actor access.Actor) error) {
	r.t.Helper()
	run = r.run()
	detail, err := r.GetRun(r.as(emma), run)
	require.NoError(r.t, err)
	stops := runStops(detail)
	start := r.start()
	start.BuildingIDs = stops
	photo, step := r.form(run, stops[0], StepArrival), &PutStepParams{ID: newID(), OccurredAt: r.now()}
	remark := &AddRemarkParams{ID: newID(), BuildingID: stops[0], Text: "Gate shut", OccurredAt: r.now()}
	change := &PutRemarkParams{ID: newID(), Text: "Gate open"}
	incident := r.incidentParams(stops[0], run)
	incidentPhoto := map[string]string{"id": newID().String(), "incident": incident.ID.String()}
	skip := &PutOutcomeParams{ID: newID(), OccurredAt: r.now(), Outcome: OutcomeSkipped, Reason: "Closed"}
	done := &PutOutcomeParams{ID: newID(), OccurredAt: r.now(), Outcome: OutcomeDone}
	complete := r.complete("Dark")

	codes := map[string]errs.ErrCode{
		"already_exists": errs.AlreadyExists, "not_found": errs.NotFound, "permission_denied": errs.PermissionDenied,
	}
	told := func(answer answer) error {
		if answer.status == http.StatusOK {
			return nil
		}
		code, details := answer.refusal(r.t)
		return &errs.Error{Code: codes[code], Details: details}
	}
	type write = func(actor access.Actor) error
	sendStart := func(p StartRunParams) write {
		return func(a access.Actor) error { return second(r.StartRun(r.as(a), run, &p)) }
	}
	sendPhoto := func(file []byte) write {
		return func(a access.Actor) error {
			f := *photo
			f.file = file
			return told(r.send(a, &f))
		}
	}
	sendStep := func(p PutStepParams) write {
		return func(a access.Actor) error { return second(r.PutStep(r.as(a), run, stops[0], StepArrival, &p)) }
	}
	sendOutcome := func(stop int64, p PutOutcomeParams) write {
		return func(a access.Actor) error { return second(r.PutOutcome(r.as(a), run, stop, &p)) }
	}
	sendRemark := func(p AddRemarkParams) write {
		return func(a access.Actor) error { return second(r.AddRemark(r.as(a), run, &p)) }
	}
	sendChange := func(p PutRemarkParams) write {
		return func(a access.Actor) error { return second(r.PutRemark(r.as(a), remark.ID, &p)) }
	}
	sendIncident := func(p CreateIncidentParams) write {
		return func(a access.Actor) error { return second(r.CreateIncident(r.as(a), &p)) }
	}
	sendIncidentPhoto := func(file []byte) write {
		return func(a access.Actor) error { return told(r.uploadIncidentPicture(r.as(a), incidentPhoto, file)) }
	}
	sendComplete := func(p CompleteRunParams) write {
		return func(a access.Actor) error { return second(r.CompleteRun(r.as(a), run, &p)) }
	}
	again = map[string]write{
		"start": sendStart(*start), "picture": sendPhoto(photo.file), "step": sendStep(*step), "remark": sendRemark(*remark),
		"remark change": sendChange(*change), "incident": sendIncident(*incident),
		"incident picture": sendIncidentPhoto(jpegFile(r.t, 64, 48)), "skip": sendOutcome(stops[1], *skip),
		"done": sendOutcome(stops[0], *done), "complete": sendComplete(*complete),
	}
	for _, name := range []string{"start", "picture", "step"} {
		require.NoError(r.t, again[name](emma), name)
	}
	r.visit(run, stops[0], StepInside, StepDeparture)
	for _, name := range []string{"done", "remark", "remark change", "incident", "incident picture", "complete", "skip"} {
		require.NoError(r.t, again[name](emma), name)
	}

	differs := func(at time.Time) time.Time { return at.Add(time.Second) }
	slices.Reverse(stops)
	otherStart, otherStep, otherRemark, otherChange := *start, *step, *remark, *change
	otherIncident, otherSkip, otherDone, otherComplete := *incident, *skip, *done, *complete
	otherStart.BuildingIDs, otherStep.OccurredAt = slices.Clone(stops), differs(step.OccurredAt)
	slices.Reverse(stops)
	otherRemark.Text, otherChange.Text, otherIncident.Kind = "Gate ajar", "Gate ajar", Dirty
	otherSkip.Reason, otherDone.OccurredAt, otherComplete.Reason = "Rain", differs(done.OccurredAt), "Rain"
	other = map[string]write{
		"start": sendStart(otherStart), "picture": sendPhoto(jpegFile(r.t, 65, 48)), "step": sendStep(otherStep),
		"remark": sendRemark(otherRemark), "remark change": sendChange(otherChange), "incident": sendIncident(otherIncident),
		"incident picture": sendIncidentPhoto(jpegFile(r.t, 65, 48)), "skip": sendOutcome(stops[1], otherSkip),
		"done": sendOutcome(stops[0], otherDone), "complete": sendComplete(otherComplete),
	}
	return run, again, other
}

func TestRule4_WhateverBecomesOfARunWhatIsSentAgainGetsTheFirstResult(t *testing.T) {
	t.Parallel()
	promoted := access.Actor{ID: emma.ID, Role: auth.RoleSuperstudent}
	for name, check := range map[string]struct {
		become func(r *rounds, run int64)
		actor  access.Actor
	}{
		"it is completed":             {func(*rounds, int64) {}, emma},
		"months go by":                {func(r *rounds, _ int64) { r.pass(100 * 24 * time.Hour) }, emma},
		"the worker is in the office": {func(r *rounds, _ int64) { r.pass(time.Hour) }, promoted},
		"its photos are removed": {func(r *rounds, _ int64) {
			r.pass(3 * 366 * 24 * time.Hour)
			require.NoError(t, r.RemoveOldPhotos(t.Context()))
		}, emma},
		"the office has corrected it": {func(r *rounds, _ int64) {
			list, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
			require.NoError(t, err)
			_, err = r.PutIncident(r.as(office), list.Items[0].ID, &PutIncidentParams{
				Status: IncidentOpen, Kind: OtherProblem, Version: list.Items[0].Version,
			})
			require.NoError(t, err)
		}, emma},
	} {
		r := newRounds(t)
		run, again, other := r.everyWrite()
		check.become(r, run)
		events := r.events()
		for what, send := range again {
			require.NoError(t, send(check.actor), "%s, when %s", what, name)
		}
		for what, send := range other {
			requireRefusal(t, send(check.actor), errs.AlreadyExists, refusal.IDReused, "%s, when %s", what, name)
		}
		require.Equal(t, events, r.events(), "nothing happens again when %s", name)
		for _, stranger := range []access.Actor{lucas, {ID: emma.ID, Role: auth.RoleNone}, martin} {
			for what, send := range again {
				require.Contains(t, []errs.ErrCode{errs.NotFound, errs.PermissionDenied, errs.AlreadyExists}, errs.Code(send(stranger)),
					"%s of another, when %s", what, name)
			}
		}
		require.Equal(t, events, r.events())
	}
}

func TestRule4_AfterACancellationWhatIsSentAgainGetsTheFirstResult(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	form := r.form(run, stops[0], StepArrival)
	picture := r.send(emma, form).picture(t)
	step := &PutStepParams{ID: newID(), OccurredAt: r.now()}
	remark := &AddRemarkParams{ID: newID(), BuildingID: stops[0], Text: "Gate shut", OccurredAt: r.now()}
	skip := &PutOutcomeParams{ID: newID(), OccurredAt: r.now(), Outcome: OutcomeSkipped, Reason: "Closed"}
	send := func() []error {
		return []error{
			second(r.PutStep(r.as(emma), run, stops[0], StepArrival, step)), second(r.AddRemark(r.as(emma), run, remark)),
			second(r.PutOutcome(r.as(emma), run, stops[1], skip)),
		}
	}
	for _, err := range send() {
		require.NoError(t, err)
	}
	_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Accident"})
	require.NoError(t, err)
	r.pass(30 * 24 * time.Hour)
	for _, err := range send() {
		require.NoError(t, err)
	}
	require.Equal(t, picture, r.send(emma, form).picture(t))
}
