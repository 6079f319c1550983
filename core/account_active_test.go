package core

import (
	"context"
	"fmt"
	"testing"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

func (r *rounds) deactivate(as access.Actor, id int64, runs ...RunDecision) error {
	_, err := r.Deactivate(r.as(as), id, &DeactivateParams{Runs: runs})
	return err
}

func (r *rounds) stored(run int64) store.Run {
	r.t.Helper()
	stored, err := r.query.FindRun(r.t.Context(), run)
	require.NoError(r.t, err)
	return stored
}

func TestWhoHasRunsToDoIsDeactivatedWithThemOnly(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	given, cancelled := r.run(), r.run()
	started, _ := r.startedRun()
	r.run(func(p *store.InsertRunParams) { p.WorkerID = lucas.ID }) // another's
	past := r.run(func(p *store.InsertRunParams) { p.Date = today.AddDate(0, 0, -1) })

	open, err := r.OpenRuns(r.as(office), emma.ID)
	require.NoError(t, err)
	require.Len(t, open.Items, 3)

	err = r.deactivate(office, emma.ID, RunDecision{RunID: given, WorkerID: lucas.ID})
	requireDetails(t, err, errs.FailedPrecondition, refusal.Details{
		Field: "runs", Reason: refusal.HasRuns, IDs: []int64{cancelled, started},
	})
	require.False(t, r.gone[emma.ID])
	require.Equal(t, emma.ID, r.stored(given).WorkerID, "all or nothing")

	r.events()
	decisions := []RunDecision{
		{RunID: given, WorkerID: lucas.ID}, {RunID: cancelled, Cancel: true, Reason: " Left "}, {RunID: started, Cancel: true, Reason: "Left"},
	}
	before := len(r.events())
	require.NoError(t, r.deactivate(office, emma.ID, decisions...))
	require.True(t, r.gone[emma.ID])
	require.Equal(t, lucas.ID, r.stored(given).WorkerID)
	require.Equal(t, StatusCancelled, r.stored(cancelled).Status)
	require.Equal(t, "Left", r.stored(cancelled).CancelReason)
	require.Equal(t, StatusCancelled, r.stored(started).Status)
	require.Equal(t, emma.ID, r.stored(past).WorkerID, "what is over stays theirs")
	require.ElementsMatch(t, []string{RunChanged, RunCancelled, RunCancelled}, r.events()[before:])

	require.NoError(t, r.deactivate(office, emma.ID, decisions...), "again changes nothing")
	require.Equal(t, lucas.ID, r.stored(given).WorkerID)
	require.Len(t, r.events(), before+3)

	open, err = r.OpenRuns(r.as(office), emma.ID)
	require.NoError(t, err)
	require.Empty(t, open.Items)
}

func TestRunsAreGivenAwayAsTheyArePlanned(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	started, _ := r.startedRun()
	other := r.run()
	tour := r.stored(other).TourID
	r.run(func(p *store.InsertRunParams) { p.WorkerID, p.TourID = lucas.ID, tour })
	for name, check := range map[string]struct {
		decision RunDecision
		reason   refusal.Reason
	}{
		"nobody":          {RunDecision{RunID: run}, refusal.Required},
		"both":            {RunDecision{RunID: run, WorkerID: lucas.ID, Cancel: true, Reason: "x"}, refusal.Required},
		"no reason":       {RunDecision{RunID: run, Cancel: true}, refusal.Required},
		"unknown":         {RunDecision{RunID: run, WorkerID: 4711}, refusal.Unknown},
		"a syndic":        {RunDecision{RunID: run, WorkerID: martin.ID}, refusal.NotAWorker},
		"who has left":    {RunDecision{RunID: run, WorkerID: retired.ID}, refusal.Inactive},
		"who leaves":      {RunDecision{RunID: run, WorkerID: emma.ID}, refusal.Inactive},
		"a started run":   {RunDecision{RunID: started, WorkerID: lucas.ID}, refusal.AlreadyStarted},
		"who has it":      {RunDecision{RunID: other, WorkerID: lucas.ID}, refusal.AlreadyPlanned},
		"one that is not": {RunDecision{RunID: 4711, WorkerID: lucas.ID}, refusal.ChangedMeanwhile},
	} {
		decisions := []RunDecision{check.decision}
		for _, id := range []int64{run, started, other} {
			if id != check.decision.RunID {
				decisions = append(decisions, RunDecision{RunID: id, Cancel: true, Reason: "Left"})
			}
		}
		err := r.deactivate(office, emma.ID, decisions...)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
		require.Equal(t, []refusal.Row{{Index: 0, Reason: check.reason}}, errs.Details(err).(refusal.Details).Rows, name)
		require.False(t, r.gone[emma.ID], name)
		require.Equal(t, StatusPlanned, r.stored(run).Status, name)
	}
	err := r.deactivate(office, emma.ID, RunDecision{RunID: run, WorkerID: lucas.ID}, RunDecision{RunID: run, WorkerID: lucas.ID})
	require.Equal(t, []refusal.Row{{Index: 1, Reason: refusal.Duplicate}}, errs.Details(err).(refusal.Details).Rows)

	r.regions = nil
	err = r.deactivate(office, emma.ID, RunDecision{RunID: run, WorkerID: lucas.ID},
		RunDecision{RunID: started, Cancel: true, Reason: "x"}, RunDecision{RunID: other, Cancel: true, Reason: "x"})
	require.Equal(t, []refusal.Row{{Index: 0, Reason: refusal.OtherRegion}}, errs.Details(err).(refusal.Details).Rows)
}

func TestOnlyLowerRanksAreDeactivatedReactivatedAndAnonymised(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	for _, check := range []struct{ who, whom access.Actor }{{office, admin}, {office, office}, {admin, admin}} {
		requireRefusal(t, r.deactivate(check.who, check.whom.ID), errs.PermissionDenied, refusal.HigherRank)
		_, err := r.Anonymise(r.as(check.who), check.whom.ID)
		requireRefusal(t, err, errs.PermissionDenied, refusal.HigherRank)
	}
	requireRefusal(t, r.deactivate(emma, lucas.ID), errs.PermissionDenied, refusal.WrongRole)
	requireRefusal(t, r.deactivate(admin, 4711), errs.NotFound, refusal.Missing)
	require.Equal(t, map[int64]bool{retired.ID: true}, r.gone)
	require.NoError(t, r.deactivate(admin, office.ID))
	_, err := r.Reactivate(r.as(admin), office.ID)
	require.NoError(t, err)
	require.False(t, r.gone[office.ID])
}

func TestNobodyIsAnonymisedWithRunsToDo(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run() // the operator deactivates without asking
	_, err := r.Anonymise(r.as(office), emma.ID)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.HasRuns)
	_, err = r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Left"})
	require.NoError(t, err)
	_, err = r.Anonymise(r.as(office), emma.ID)
	require.NoError(t, err)
	require.True(t, r.anonymised[emma.ID])
}

func TestFromWhereWhoIsAnonymisedDidSomethingIsForgotten(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.visit(run, buildings[0], StepArrival)
	_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Left"})
	require.NoError(t, err)
	r.events() // published: the audit log forgets by itself
	count := func(actor int64) (count int) {
		t.Helper()
		require.NoError(t, r.pool.QueryRow(t.Context(),
			`select count(*) from outbox where topic = 'audit-events' and payload->'actor'->>'user_id' = $1::text`, fmt.Sprint(actor)).Scan(&count))
		return count
	}
	require.NotZero(t, count(emma.ID))
	before := count(office.ID)
	require.NotZero(t, before)
	_, err = r.Anonymise(r.as(office), emma.ID)
	require.NoError(t, err)
	require.Zero(t, count(emma.ID))
	require.Equal(t, before, count(office.ID), "others keep theirs")
}

func TestNobodyIsPlannedWhileTheyAreDeactivated(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	err := r.during(func(ctx context.Context, tx pgx.Tx) error {
		if err := r.query.WithTx(tx).LockWorker(ctx, emma.ID); err != nil {
			return err
		}
		_, err := r.setActive(ctx, emma.ID, &auth.SetActiveParams{})
		return err
	}, func() error {
		_, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: day.Format(today)})
		return err
	})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Inactive)
}

func TestARunThatStartsMeanwhileIsNotGivenAway(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	err := r.during(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update runs set status = 'started', started_at = $2, start_received_at = $2 where id = $1`, run, monday)
		return err
	}, func() error {
		return r.deactivate(office, emma.ID, RunDecision{RunID: run, WorkerID: lucas.ID})
	})
	require.Equal(t, errs.InvalidArgument, errs.Code(err), err)
	require.Equal(t, refusal.AlreadyStarted, refusal.ReasonOf(err))
	require.False(t, r.gone[emma.ID])
}

func TestARunThatIsGivenAwayIsNotStartedByWhoHadIt(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	require.NoError(t, r.deactivate(office, emma.ID, RunDecision{RunID: run, WorkerID: lucas.ID}))
	_, err := r.StartRun(r.as(emma), run, r.start())
	requireRefusal(t, err, errs.PermissionDenied, refusal.RunGivenAway)
	_, err = r.StartRun(r.as(lucas), run, r.start())
	require.NoError(t, err)
}

func TestAWorkerChoosesTheirOwnRegions(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	answer, err := r.PutMyRegions(r.as(emma), &PutUserRegionsParams{RegionIDs: []int64{region}})
	require.NoError(t, err)
	require.Equal(t, &UserRegions{emma.ID, []int64{region}}, answer)
	_, err = r.PutMyRegions(r.as(emma), &PutUserRegionsParams{RegionIDs: []int64{region + 1000}})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Unknown)
	_, err = r.PutMyRegions(r.as(martin), &PutUserRegionsParams{})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
}

func TestEverybodyTakesTheirOwnRunsAlong(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.visit(run, buildings[0], StepArrival)
	planned := r.run()
	others := r.run(func(p *store.InsertRunParams) { p.WorkerID = lucas.ID })

	runs, err := r.RunsExport(r.as(emma))
	require.NoError(t, err)
	require.ElementsMatch(t, []int64{run, planned}, runs.IDs)
	detail, err := r.RunExport(r.as(emma), run)
	require.NoError(t, err)
	require.Len(t, detail.Stops[0].Visit.Pictures, 1)
	_, err = r.RunExport(r.as(emma), others)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)

	none, err := r.RunsExport(r.as(martin))
	require.NoError(t, err)
	require.NotNil(t, none.IDs, "who has no runs too")
	require.Empty(t, none.IDs)
}
