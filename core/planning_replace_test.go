package core

import (
	"context"
	"testing"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func TestSomebodyIsReplacedByOnePerson(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	one, other := r.tour(region), r.tour(region)
	first, second, third := r.plannedRun(one, emma.ID, 1), r.plannedRun(other, emma.ID, 1), r.plannedRun(one, emma.ID, 2)
	r.plannedRun(other, lucas.ID, 1)
	r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = one, today.AddDate(0, 0, -1) }) // nobody does it any more
	running := r.plannedRun(one, emma.ID, 0)
	_, err := r.StartRun(r.as(emma), running.ID, r.start())
	require.NoError(t, err)
	preview, err := r.PreviewReplace(r.as(office), &ReplaceParams{WorkerID: emma.ID, From: onDay(-3), To: onDay(9), TakerID: lucas.ID})
	require.NoError(t, err)
	type row struct {
		run, taker int64
		reason     string
	}
	var rows []row
	for _, r := range preview.Runs {
		rows = append(rows, row{r.Run.ID, r.TakerID, r.Reason})
	}
	require.Equal(t, []row{
		{running.ID, 0, "already_started"}, {first.ID, lucas.ID, ""}, {second.ID, 0, "already_planned"}, {third.ID, lucas.ID, ""},
	}, rows)
	require.Len(t, preview.Workers, 3, "who can be chosen instead")
	left, err := r.query.FindRun(t.Context(), first.ID)
	require.NoError(t, err)
	require.Equal(t, emma.ID, left.WorkerID, "it changes nothing")
}

func TestSomebodyIsProposedForEachRun(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	r.rhythm(tour, "TU", emma.ID, lucas.ID)
	tuesday, wednesday := r.plannedRun(tour, emma.ID, 1), r.plannedRun(tour, emma.ID, 2)
	_, err := r.AddAbsence(r.as(office), &AddAbsenceParams{WorkerID: lucas.ID, FirstDay: onDay(2), LastDay: onDay(2), Reason: AbsenceIll})
	require.NoError(t, err)
	preview, err := r.PreviewReplace(r.as(office), &ReplaceParams{WorkerID: emma.ID, From: onDay(0), To: onDay(6)})
	require.NoError(t, err)
	require.Len(t, preview.Runs, 2)
	require.Equal(t, []any{tuesday.ID, lucas.ID, "usual"}, []any{preview.Runs[0].Run.ID, preview.Runs[0].TakerID, preview.Runs[0].Because})
	require.Equal(t, []any{wednesday.ID, admin.ID, "region"}, []any{preview.Runs[1].Run.ID, preview.Runs[1].TakerID, preview.Runs[1].Because})
	for _, worker := range preview.Workers {
		require.NotEqual(t, emma.ID, worker.Worker.ID)
	}
	_, err = r.PreviewReplace(r.as(office), &ReplaceParams{From: onDay(0), To: onDay(6)})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Required)
	_, err = r.PreviewReplace(r.as(office), &ReplaceParams{WorkerID: emma.ID, From: onDay(0), To: onDay(366)})
	requireRefusal(t, err, errs.InvalidArgument, refusal.OutOfRange)
}

// Who has the tour on the day already cannot take it from somebody else who has it.
func TestWhoHasTheTourAlreadyIsNotProposed(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	r.rhythm(tour, "TU", lucas.ID)
	given := r.plannedRun(tour, emma.ID, 1)
	r.plannedRun(tour, lucas.ID, 1)
	preview, err := r.PreviewReplace(r.as(office), &ReplaceParams{WorkerID: emma.ID, From: onDay(0), To: onDay(6)})
	require.NoError(t, err)
	require.Len(t, preview.Runs, 1)
	require.Equal(t, []any{admin.ID, "region"}, []any{preview.Runs[0].TakerID, preview.Runs[0].Because})
	_, err = r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{{given.ID, given.Version, tour, preview.Runs[0].TakerID, given.Date}}})
	require.NoError(t, err)
}

// A run that somebody moves while the runs are read keeps its own line.
func TestReplacementsKeepTheirRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	later, sooner := r.plannedRun(tour, emma.ID, 2), r.plannedRun(tour, emma.ID, 1)
	preview, err := r.replacements(t.Context(), []store.RunsToGiveRow{{ID: later.ID}, {ID: sooner.ID}})
	require.NoError(t, err)
	require.Equal(t, []int64{later.ID, sooner.ID}, []int64{preview.Runs[0].Run.ID, preview.Runs[1].Run.ID})
}

// A run that is started while it is given away or cancelled with others stays its worker's.
func TestARunIsStartedWhileManyAreChanged(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(r *rounds, runs []*RunDetail) error{
		"given": func(r *rounds, runs []*RunDetail) error {
			p := &ChangeRunsParams{}
			for _, run := range runs {
				p.Items = append(p.Items, RunToChange{run.ID, run.Version, run.Tour.ID, lucas.ID, run.Date})
			}
			_, err := r.ChangeRuns(r.as(office), p)
			return err
		},
		"cancelled": func(r *rounds, runs []*RunDetail) error {
			p := &CancelRunsParams{Reason: "Staking"}
			for _, run := range runs {
				p.Items = append(p.Items, RunToCancel{run.ID, run.Version})
			}
			_, err := r.CancelRuns(r.as(office), p)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRounds(t)
			tour := r.tour(r.region())
			now, later := r.plannedRun(tour, emma.ID, 0), r.plannedRun(tour, emma.ID, 1)
			err := r.during(func(ctx context.Context, tx pgx.Tx) error { // the phone starts it
				query := r.query.WithTx(tx)
				if _, err := query.LockRun(ctx, now.ID); err != nil {
					return err
				}
				return query.StartRun(ctx, store.StartRunParams{ID: now.ID, StartedAt: &monday, ReceivedAt: monday})
			}, func() error { return change(r, []*RunDetail{now, later}) })
			requireDetails(t, err, errs.InvalidArgument, refusal.Details{
				Field: "runs", Reason: refusal.AlreadyStarted, Rows: []refusal.Row{{Index: 0, Reason: refusal.AlreadyStarted}},
			})
			for run, status := range map[int64]string{now.ID: StatusStarted, later.ID: StatusPlanned} {
				left, err := r.query.FindRun(t.Context(), run)
				require.NoError(t, err)
				require.Equal(t, []any{emma.ID, status}, []any{left.WorkerID, left.Status}, "all or nothing")
			}
		})
	}
}
