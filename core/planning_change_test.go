package core

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// planned plans runs, and returns them as they would be moved: to where they are.
func (r *rounds) planned(plans ...RunPlan) []RunToChange {
	r.t.Helper()
	made, err := r.PlanRuns(r.as(office), &PlanRunsParams{Runs: plans, DespiteAbsence: true})
	require.NoError(r.t, err)
	items := make([]RunToChange, len(plans))
	for i, plan := range plans {
		items[i] = RunToChange{made.IDs[i], 1, plan.TourID, plan.WorkerID, plan.Date}
	}
	r.events()
	return items
}

func TestRule5ManyRunsAreMovedTogetherOrNot(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	one, other := r.tour(region), r.tour(region)
	items := r.planned(RunPlan{one, emma.ID, onDay(1)}, RunPlan{one, lucas.ID, onDay(1)}, RunPlan{other, emma.ID, onDay(2)})
	told := len(r.events())
	// The first two take each other's places, the third goes to another person, tour and day.
	items[0].WorkerID, items[1].WorkerID = lucas.ID, emma.ID
	items[2].WorkerID, items[2].TourID, items[2].Date = lucas.ID, one, onDay(4)
	key := uuid.Must(uuid.NewV4()).String()
	moved, err := r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: items, IdempotencyKey: key})
	require.NoError(t, err)
	require.Equal(t, &ChangedRuns{Items: []ChangedRun{
		{items[0].ID, one, lucas.ID, onDay(1), 2}, {items[1].ID, one, emma.ID, onDay(1), 2}, {items[2].ID, one, lucas.ID, onDay(4), 2},
	}}, moved)
	require.ElementsMatch(t, []RunPlan{
		{one, lucas.ID, onDay(1)}, {one, emma.ID, onDay(1)}, {one, lucas.ID, onDay(4)},
	}, r.plannedFrom(0))
	require.Equal(t, []string{RunChanged, RunChanged, RunChanged}, r.events()[told:])
	again, err := r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: items, IdempotencyKey: key})
	require.NoError(t, err)
	require.Equal(t, moved, again, "the answer was lost")

	before := r.plannedFrom(0)
	elsewhere, err := r.query.InsertRegion(t.Context(), "Elders")
	require.NoError(t, err)
	far := r.tour(elsewhere)
	_, err = r.AddAbsence(r.as(office), &AddAbsenceParams{WorkerID: emma.ID, FirstDay: onDay(5), LastDay: onDay(5), Reason: AbsenceIll})
	require.NoError(t, err)
	at := func(i int, tour, worker int64, date string) RunToChange {
		return RunToChange{items[i].ID, 2, tour, worker, date}
	}
	refused := func(reasons []refusal.Reason, items ...RunToChange) {
		t.Helper()
		_, err := r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: items})
		var rows []refusal.Row
		for i, reason := range reasons {
			if reason != "" {
				rows = append(rows, refusal.Row{Index: i, Reason: reason})
			}
		}
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "runs", Reason: rows[0].Reason, Rows: rows})
		require.ElementsMatch(t, before, r.plannedFrom(0))
	}
	refused([]refusal.Reason{"", refusal.InPast}, at(0, one, emma.ID, onDay(3)), at(1, one, emma.ID, onDay(-1)))
	refused([]refusal.Reason{refusal.OtherRegion, refusal.NotAWorker}, at(0, far, emma.ID, onDay(1)), at(1, one, martin.ID, onDay(1)))
	refused([]refusal.Reason{refusal.Absent}, at(0, one, emma.ID, onDay(5)))
	refused([]refusal.Reason{refusal.AlreadyPlanned}, at(0, one, emma.ID, onDay(1)))
	refused([]refusal.Reason{"", refusal.Duplicate}, at(0, one, emma.ID, onDay(3)), at(1, one, emma.ID, onDay(3)))
	refused([]refusal.Reason{"", refusal.Duplicate}, at(0, one, emma.ID, onDay(3)), at(0, one, emma.ID, onDay(4)))
	refused([]refusal.Reason{refusal.Unknown}, RunToChange{99999, 1, one, emma.ID, onDay(3)})
	_, err = r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{at(0, one, emma.ID, onDay(5))}, DespiteAbsence: true})
	require.NoError(t, err)
	_, err = r.ChangeRuns(r.as(emma), &ChangeRunsParams{Items: items})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	_, err = r.ChangeRuns(r.as(office), &ChangeRunsParams{})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Required)
	_, err = r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: make([]RunToChange, 1001)})
	requireRefusal(t, err, errs.InvalidArgument, refusal.TooLong)
}

func TestRule1AStartedRunIsNotMovedNorCancelledWithOthers(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	items := r.planned(RunPlan{tour, emma.ID, onDay(0)}, RunPlan{tour, lucas.ID, onDay(1)}, RunPlan{tour, emma.ID, onDay(2)})
	_, err := r.StartRun(r.as(emma), items[0].ID, r.start())
	require.NoError(t, err)
	_, err = r.CancelRun(r.as(office), items[1].ID, &CancelRunParams{Reason: "Staking"})
	require.NoError(t, err)
	rows := []refusal.Row{{Index: 0, Reason: refusal.AlreadyStarted}, {Index: 1, Reason: refusal.RunCancelled}}
	_, err = r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: items})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "runs", Reason: refusal.AlreadyStarted, Rows: rows})
	_, err = r.CancelRuns(r.as(office), &CancelRunsParams{Items: cancelling(items), Reason: "Sneeuw"})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "runs", Reason: refusal.AlreadyStarted, Rows: rows})
	require.Contains(t, r.plannedFrom(0), RunPlan{tour, emma.ID, onDay(2)})
}

func cancelling(items []RunToChange) []RunToCancel {
	cancelled := make([]RunToCancel, len(items))
	for i, item := range items {
		cancelled[i] = RunToCancel{item.ID, item.Version}
	}
	return cancelled
}

func TestRule5ManyRunsAreCancelledTogetherOrNot(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	plans := []RunPlan{{tour, emma.ID, onDay(1)}, {tour, lucas.ID, onDay(2)}}
	items := r.planned(plans...)
	stale := cancelling(items)
	stale[1].Version = 7
	_, err := r.CancelRuns(r.as(office), &CancelRunsParams{Items: stale, Reason: "Sneeuw"})
	requireDetails(t, err, errs.Aborted, refusal.Details{
		Field: "runs", Reason: refusal.ChangedMeanwhile, Rows: []refusal.Row{{Index: 1, Reason: refusal.ChangedMeanwhile}},
	})
	_, err = r.CancelRuns(r.as(office), &CancelRunsParams{Items: cancelling(items)})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Required)
	_, err = r.CancelRuns(r.as(emma), &CancelRunsParams{Items: cancelling(items), Reason: "Sneeuw"})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	told := len(r.events())
	_, err = r.CancelRuns(r.as(office), &CancelRunsParams{Items: cancelling(items), Reason: "Sneeuw"})
	require.NoError(t, err)
	require.Equal(t, []string{RunCancelled, RunCancelled}, r.events()[told:])
	run, err := r.GetRun(r.as(office), items[0].ID)
	require.NoError(t, err)
	require.Equal(t, "Sneeuw", run.CancelReason)
	// Undone by planning the same again.
	r.planned(plans...)
}

// Two who plan move the same run at once: one of them is told that it was moved meanwhile, and nothing is overwritten.
func TestTwoMoveARunAtOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	items := r.planned(RunPlan{tour, emma.ID, onDay(1)})
	var (
		wait    sync.WaitGroup
		mu      sync.Mutex
		refused []error
		done    []string
	)
	for day, actor := range []access.Actor{office, admin, office, admin} {
		wait.Go(func() {
			item := items[0]
			item.Date = onDay(2 + day)
			_, err := r.ChangeRuns(r.as(actor), &ChangeRunsParams{Items: []RunToChange{item}})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				refused = append(refused, err)
			} else {
				done = append(done, item.Date)
			}
		})
	}
	wait.Wait()
	require.Len(t, done, 1)
	for _, err := range refused {
		requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	}
	require.Equal(t, []RunPlan{{tour, emma.ID, done[0]}}, r.plannedFrom(0))
}

// Two move different runs to the same place at once: one is refused, and both runs still exist.
func TestTwoMoveToOnePlaceAtOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	items := r.planned(RunPlan{tour, emma.ID, onDay(1)}, RunPlan{tour, emma.ID, onDay(2)})
	var wait sync.WaitGroup
	answers := make([]error, 2)
	for i := range items {
		wait.Go(func() {
			item := items[i]
			item.Date = onDay(3)
			_, answers[i] = r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{item}})
		})
	}
	wait.Wait()
	failed := slices.DeleteFunc(answers, func(err error) bool { return err == nil })
	require.Len(t, failed, 1)
	require.Equal(t, refusal.AlreadyPlanned, refusal.ReasonOf(failed[0]))
	require.Len(t, r.plannedFrom(0), 2)
	require.Contains(t, r.plannedFrom(3), RunPlan{tour, emma.ID, onDay(3)})
}

// A run that its worker starts at the same moment is not moved any more.
func TestMovingARunThatStarts(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	items := r.planned(RunPlan{tour, emma.ID, onDay(0)})
	err := r.during(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update runs set status = 'started', started_at = $2, version = version + 1 where id = $1`, items[0].ID, monday)
		return err
	}, func() error {
		_, err := r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{{items[0].ID, 1, tour, lucas.ID, onDay(0)}}})
		return err
	})
	requireRefusal(t, err, errs.InvalidArgument, refusal.AlreadyStarted)
}

// A tour that is archived while a run is moved to it is refused.
func TestMovingToATourThatIsArchived(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tour, archived := r.tour(region), r.tour(region)
	items := r.planned(RunPlan{tour, emma.ID, onDay(1)})
	err := r.during(func(ctx context.Context, tx pgx.Tx) error {
		return r.query.WithTx(tx).SetTourArchived(ctx, store.SetTourArchivedParams{ID: archived, ArchivedAt: &monday})
	}, func() error {
		items[0].TourID = archived
		_, err := r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: items})
		return err
	})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Archived)
	require.Equal(t, []RunPlan{{tour, emma.ID, onDay(1)}}, r.plannedFrom(0))
}

func TestWhatIsMovedAndCancelledTogetherIsInTheAuditLogRunByRun(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	first, second := r.plannedRun(tour, emma.ID, 1), r.plannedRun(tour, emma.ID, 2)
	_, err := r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{
		{first.ID, first.Version, tour, emma.ID, onDay(3)}, {second.ID, second.Version, tour, emma.ID, onDay(4)},
	}})
	require.NoError(t, err)
	_, err = r.CancelRuns(r.as(office), &CancelRunsParams{
		Items: []RunToCancel{{first.ID, first.Version + 1}, {second.ID, second.Version + 1}}, Reason: "Storm",
	})
	require.NoError(t, err)
	for _, run := range []int64{first.ID, second.ID} {
		for _, kind := range []string{RunPlanned, RunChanged, RunCancelled} {
			require.Contains(t, r.auditLines(), fmt.Sprint(kind, " run ", run), "rule 12")
		}
	}
}
