package core

import (
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/refusal"
)

// phoneWrites are all that a phone sends for a run, as its answers; an upload's is read from its body.
func (r *rounds) phoneWrites(actor access.Actor, run *RunDetail) map[string]error {
	r.t.Helper()
	ctx, building := r.as(actor), run.Stops[0].Building.ID
	uploaded := func(a answer) error {
		code, details := a.refusal(r.t)
		return &errs.Error{Code: map[string]errs.ErrCode{"permission_denied": errs.PermissionDenied, "not_found": errs.NotFound}[code], Details: details}
	}
	return map[string]error{
		"start":    second(r.StartRun(ctx, run.ID, r.start())),
		"step":     second(r.PutStep(ctx, run.ID, building, StepArrival, &PutStepParams{ID: newID(), OccurredAt: r.now()})),
		"outcome":  second(r.PutOutcome(ctx, run.ID, building, &PutOutcomeParams{ID: newID(), Outcome: OutcomeSkipped, Reason: "Poort", OccurredAt: r.now()})),
		"remark":   second(r.AddRemark(ctx, run.ID, r.remark(building, "Kapot"))),
		"photo":    uploaded(r.send(actor, r.form(run.ID, building, StepArrival))),
		"part":     second(r.partial(run.ID, building, 3_000_000).start(actor)),
		"incident": second(r.CreateIncident(ctx, r.incidentParams(building, run.ID))),
		"complete": second(r.CompleteRun(ctx, run.ID, r.complete("Regen"))),
	}
}

func TestWhoseARunWasIsToldThatItIsTheirsNoMore(t *testing.T) {
	t.Parallel()
	for name, give := range map[string]func(r *rounds, run *RunDetail) error{
		"by a swap": func(r *rounds, run *RunDetail) error {
			swap := r.ask(run)
			require.NoError(r.t, second(r.TakeSwap(r.as(office), swap.ID, &ChangeSwapParams{})))
			return second(r.ApproveSwap(r.as(admin), swap.ID, &ApproveSwapParams{TakenBy: office.ID}))
		},
		"in the planning": func(r *rounds, run *RunDetail) error {
			return second(r.ChangeRuns(r.as(admin), &ChangeRunsParams{Items: []RunToChange{{run.ID, run.Version, run.Tour.ID, office.ID, run.Date}}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRounds(t)
			run := r.plannedRun(r.tour(r.region()), emma.ID, 0)
			since := r.now()
			require.NoError(t, give(r, run))
			r.pass(time.Hour)
			before, err := r.GetRun(r.as(office), run.ID)
			require.NoError(t, err)

			for what, err := range r.phoneWrites(emma, run) {
				requireRefusal(t, err, errs.PermissionDenied, refusal.RunGivenAway, what)
				details, _ := errs.Details(err).(refusal.Details)
				require.Equal(t, refusal.Details{Reason: refusal.RunGivenAway, Since: &since}, details, what)
			}
			for what, err := range r.phoneWrites(lucas, run) {
				requireRefusal(t, err, errs.NotFound, refusal.Missing, "of a stranger: "+what)
			}
			requireRefusal(t, second(r.GetRun(r.as(emma), run.ID)), errs.NotFound, refusal.Missing, "they see it no more")
			after, err := r.GetRun(r.as(office), run.ID)
			require.NoError(t, err)
			require.Equal(t, before, after, "the run of who has it now is as it was")

			// It comes back: it is theirs as it was before.
			require.NoError(t, second(r.ChangeRuns(r.as(admin), &ChangeRunsParams{
				Items: []RunToChange{{run.ID, after.Version, run.Tour.ID, emma.ID, run.Date}},
			})))
			require.NoError(t, second(r.StartRun(r.as(emma), run.ID, r.start())))
		})
	}
}

func TestAMoveWithinTheirOwnRunsGivesNothingAway(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	run := r.plannedRun(tour, emma.ID, 3)
	require.NoError(t, second(r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{{run.ID, run.Version, tour, emma.ID, onDay(4)}}})))
	var former int
	require.NoError(t, r.pool.QueryRow(t.Context(), "select count(*) from former_workers").Scan(&former))
	require.Zero(t, former)
}

func TestTheOfficeIsToldTooThatARunOfTheirsWasGivenAway(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.plannedRun(r.tour(r.region()), office.ID, 0)
	require.NoError(t, second(r.ChangeRuns(r.as(admin), &ChangeRunsParams{Items: []RunToChange{{run.ID, run.Version, run.Tour.ID, emma.ID, run.Date}}})))
	for what, err := range r.phoneWrites(office, run) {
		if what == "incident" { // the office reports what it likes
			continue
		}
		requireRefusal(t, err, errs.PermissionDenied, refusal.RunGivenAway, what)
	}
	requireRefusal(t, second(r.StartRun(r.as(admin), run.ID, r.start())), errs.PermissionDenied, refusal.NotYourRun)
}
