package core

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// today is a Monday.
func (r *rounds) plannedFrom(days int) []RunPlan {
	r.t.Helper()
	list, err := r.ListRuns(r.as(office), &ListRunsParams{From: onDay(days), Limit: 200})
	require.NoError(r.t, err)
	plans := []RunPlan{}
	for _, run := range list.Items {
		plans = append(plans, RunPlan{run.Tour.ID, run.Worker.ID, run.Date})
	}
	return plans
}

func TestRule5ManyRunsArePlannedTogetherOrNot(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	one, other := r.tour(region), r.tour(region)
	plans := []RunPlan{{one, emma.ID, onDay(1)}, {other, emma.ID, onDay(1)}, {one, lucas.ID, onDay(1)}, {one, emma.ID, onDay(2)}}
	key := uuid.Must(uuid.NewV4()).String()
	made, err := r.PlanRuns(r.as(office), &PlanRunsParams{Runs: plans, IdempotencyKey: key})
	require.NoError(t, err)
	require.Len(t, made.IDs, 4)
	require.Empty(t, made.Skipped)
	require.ElementsMatch(t, plans, r.plannedFrom(0))
	require.Equal(t, []string{RunPlanned, RunPlanned, RunPlanned, RunPlanned}, r.events())
	again, err := r.PlanRuns(r.as(office), &PlanRunsParams{Runs: plans, IdempotencyKey: key})
	require.NoError(t, err)
	require.Equal(t, made, again, "the answer was lost")

	archived := r.tour(region)
	require.NoError(t, r.query.SetTourArchived(t.Context(), store.SetTourArchivedParams{ID: archived, ArchivedAt: &monday}))
	empty, err := r.query.InsertTour(t.Context(), store.InsertTourParams{RegionID: region, Name: "Leeg"})
	require.NoError(t, err)
	elsewhere, err := r.query.InsertRegion(t.Context(), "Elders")
	require.NoError(t, err)
	_, err = r.absent(office, 5, 6)
	require.NoError(t, err)
	bad := []RunPlan{
		{one, emma.ID, onDay(3)}, // the only one that could be
		{one, emma.ID, onDay(1)},
		{one, emma.ID, onDay(-1)},
		{one, emma.ID, onDay(800)},
		{one, martin.ID, onDay(3)},
		{one, retired.ID, onDay(3)},
		{one, 99999, onDay(3)},
		{99999, emma.ID, onDay(3)},
		{archived, emma.ID, onDay(3)},
		{empty, emma.ID, onDay(3)},
		{r.tour(elsewhere), emma.ID, onDay(3)},
		{one, emma.ID, onDay(3)},
		{one, emma.ID, onDay(5)},
		{one, 0, onDay(3)},
	}
	_, err = r.PlanRuns(r.as(office), &PlanRunsParams{Runs: bad})
	reasons := []refusal.Reason{
		refusal.AlreadyPlanned, refusal.InPast, refusal.OutOfRange, refusal.NotAWorker, refusal.Inactive, refusal.Unknown,
		refusal.Unknown, refusal.Archived, refusal.NoStops, refusal.OtherRegion, refusal.Duplicate, refusal.Absent, refusal.Required,
	}
	rows := make([]refusal.Row, len(reasons))
	for i, reason := range reasons {
		rows[i] = refusal.Row{Index: i + 1, Reason: reason}
	}
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "runs", Reason: refusal.AlreadyPlanned, Rows: rows})
	require.Len(t, r.plannedFrom(0), 4, "nothing was planned")
	require.Equal(t, AbsenceCreated, r.events()[4])
	require.Len(t, r.events(), 5)

	_, err = r.PlanRuns(r.as(office), &PlanRunsParams{Runs: []RunPlan{{one, emma.ID, onDay(5)}}, DespiteAbsence: true})
	require.NoError(t, err)
	_, err = r.PlanRuns(r.as(office), &PlanRunsParams{})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Required)
	_, err = r.PlanRuns(r.as(office), &PlanRunsParams{Runs: make([]RunPlan, 1001)})
	requireRefusal(t, err, errs.InvalidArgument, refusal.TooLong)
	_, err = r.PlanRuns(r.as(office), &PlanRunsParams{Runs: []RunPlan{{one, emma.ID, "morgen"}}})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Malformed)
}

// What nobody has is given to one person, also when two who plan give it to different people at once.
func TestWhatIsNeededIsPlannedOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	one, other := r.tour(r.region()), r.tour(r.region())
	needed := func(worker int64) error {
		_, err := r.PlanRuns(r.as(office), &PlanRunsParams{OnlyNeeded: true, Runs: []RunPlan{
			{other, worker, onDay(1)}, {one, worker, onDay(1)},
		}})
		return err
	}
	workers := []int64{emma.ID, lucas.ID, office.ID, admin.ID}
	results := together(len(workers), func(i int) error { return needed(workers[i]) })
	refused := slices.DeleteFunc(slices.Clone(results), func(err error) bool { return err == nil })
	require.Len(t, refused, len(workers)-1)
	for _, err := range refused {
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "runs", Reason: refusal.TourTaken, Rows: []refusal.Row{
			{Index: 0, Reason: refusal.TourTaken}, {Index: 1, Reason: refusal.TourTaken},
		}})
	}
	require.Len(t, r.plannedFrom(0), 2)

	_, err := r.PlanRuns(r.as(office), &PlanRunsParams{OnlyNeeded: true, Runs: []RunPlan{{one, emma.ID, onDay(2)}, {one, lucas.ID, onDay(2)}}})
	require.Equal(t, refusal.TourTaken, refusal.ReasonOf(err), "the list has it for two")
	_, err = r.PlanRuns(r.as(office), &PlanRunsParams{Runs: []RunPlan{{one, emma.ID, onDay(2)}, {one, lucas.ID, onDay(2)}}})
	require.NoError(t, err, "a second person who is wanted")
}

// Also whoever plans it by hand at the same moment, for whom a second person is no fault, comes before or after it.
func TestWhatIsNeededWaitsForWhoPlansIt(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	err := r.during(func(ctx context.Context, tx pgx.Tx) error {
		query := r.query.WithTx(tx)
		if err := query.KeepTours(ctx, []int64{tour}); err != nil {
			return err
		}
		_, err := query.InsertRuns(ctx, store.InsertRunsParams{
			TourIds: []int64{tour}, WorkerIds: []int64{lucas.ID}, Dates: []time.Time{today}, PlannedAt: monday, PlannedBy: office.ID,
		})
		return err
	}, func() error {
		_, err := r.PlanRuns(r.as(office), &PlanRunsParams{OnlyNeeded: true, Runs: []RunPlan{{tour, emma.ID, onDay(0)}}})
		return err
	})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{
		Field: "runs", Reason: refusal.TourTaken, Rows: []refusal.Row{{Index: 0, Reason: refusal.TourTaken}},
	})
	require.Len(t, r.plannedFrom(0), 1)
}

func TestRule6WeeksOfRunsAreCopiedOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	one, other := r.tour(region), r.tour(region)
	plan := func(plans ...RunPlan) {
		_, err := r.PlanRuns(r.as(office), &PlanRunsParams{Runs: plans})
		require.NoError(t, err)
	}
	plan(RunPlan{one, emma.ID, onDay(0)}, RunPlan{other, lucas.ID, onDay(6)}, RunPlan{one, lucas.ID, onDay(3)}, RunPlan{one, emma.ID, onDay(7)})
	list, err := r.ListRuns(r.as(office), &ListRunsParams{From: onDay(3), To: onDay(3)})
	require.NoError(t, err)
	_, err = r.CancelRun(r.as(office), list.Items[0].ID, &CancelRunParams{Reason: "Staking"})
	require.NoError(t, err)
	_, err = r.AddAbsence(r.as(office), &AddAbsenceParams{WorkerID: lucas.ID, FirstDay: onDay(20), LastDay: onDay(20), Reason: AbsenceIll})
	require.NoError(t, err)

	// Any day stands for its week: this one, to the next two.
	copying := CopyRunsParams{From: onDay(2), To: onDay(2), Weeks: []string{onDay(9), onDay(14)}}
	wanted := []RunPlan{{other, lucas.ID, onDay(13)}, {one, emma.ID, onDay(14)}}
	skipped := []SkippedRun{
		{RunPlan{one, emma.ID, onDay(7)}, "already_planned"}, {RunPlan{other, lucas.ID, onDay(20)}, "absent"},
	}
	preview, err := r.PreviewCopyRuns(r.as(office), &copying)
	require.NoError(t, err)
	require.Equal(t, &CopyRunsPreview{Made: wanted, Skipped: skipped}, preview)
	require.Empty(t, r.plannedFrom(8), "it was a preview")

	made, err := r.CopyRuns(r.as(office), &copying)
	require.NoError(t, err)
	require.Len(t, made.IDs, 2)
	require.Equal(t, skipped, made.Skipped)
	require.ElementsMatch(t, wanted, r.plannedFrom(8))

	again, err := r.CopyRuns(r.as(office), &copying)
	require.NoError(t, err)
	require.Empty(t, again.IDs)
	require.Len(t, again.Skipped, 4)
	copying.DespiteAbsence = true
	insisted, err := r.CopyRuns(r.as(office), &copying)
	require.NoError(t, err)
	require.Len(t, insisted.IDs, 1)
}

func TestACopyOfRunsIsLimited(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	one, other := r.tour(region), r.tour(region)
	_, err := r.PlanRuns(r.as(office), &PlanRunsParams{Runs: []RunPlan{{one, emma.ID, onDay(0)}, {other, lucas.ID, onDay(1)}}})
	require.NoError(t, err)
	copied := func(change func(p *CopyRunsParams)) []RunPlan {
		p := &CopyRunsParams{From: onDay(0), To: onDay(6), Weeks: []string{onDay(7)}}
		change(p)
		preview, err := r.PreviewCopyRuns(r.as(office), p)
		require.NoError(t, err)
		return preview.Made
	}
	require.Len(t, copied(func(*CopyRunsParams) {}), 2)
	require.Equal(t, []RunPlan{{one, emma.ID, onDay(7)}}, copied(func(p *CopyRunsParams) { p.TourID = one }))
	require.Equal(t, []RunPlan{{other, lucas.ID, onDay(8)}}, copied(func(p *CopyRunsParams) { p.WorkerID = lucas.ID }))
	require.Empty(t, copied(func(p *CopyRunsParams) { p.RegionID = region + 1 }))
	require.Len(t, copied(func(p *CopyRunsParams) { p.RegionID = region }), 2)

	for name, p := range map[string]*CopyRunsParams{
		"into itself":    {From: onDay(0), To: onDay(6), Weeks: []string{onDay(6)}},
		"twice":          {From: onDay(0), To: onDay(6), Weeks: []string{onDay(7), onDay(8)}},
		"nowhere":        {From: onDay(0), To: onDay(6)},
		"backwards":      {From: onDay(7), To: onDay(0), Weeks: []string{onDay(14)}},
		"no date":        {From: "gisteren", To: onDay(6), Weeks: []string{onDay(7)}},
		"more than 1000": {From: onDay(0), To: onDay(6), Weeks: slices.Repeat([]string{onDay(7)}, 54)},
	} {
		_, err := r.CopyRuns(r.as(office), p)
		require.Equal(t, errs.InvalidArgument.String(), errs.Code(err).String(), name)
	}
	require.Empty(t, r.plannedFrom(7))
}

// Two offices copy the same week at once: every run is planned once.
func TestTwoCopyAWeekAtOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tours := []int64{r.tour(region), r.tour(region), r.tour(region)}
	plans := []RunPlan{}
	for _, tour := range tours {
		for days := range 5 {
			plans = append(plans, RunPlan{tour, emma.ID, onDay(days)}, RunPlan{tour, lucas.ID, onDay(days)})
		}
	}
	_, err := r.PlanRuns(r.as(office), &PlanRunsParams{Runs: plans})
	require.NoError(t, err)
	var wait sync.WaitGroup
	for _, actor := range []access.Actor{office, admin, office, admin} {
		wait.Go(func() {
			_, err := r.CopyRuns(r.as(actor), &CopyRunsParams{From: onDay(0), To: onDay(0), Weeks: []string{onDay(7)}})
			if err != nil && refusal.ReasonOf(err) != refusal.AlreadyPlanned {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	require.Len(t, r.plannedFrom(7), len(plans))
}

// A tour that is archived while runs are planned for it is refused, or the runs were first.
func TestPlanningManyWaitsForATourThatChanges(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	err := r.during(func(ctx context.Context, tx pgx.Tx) error {
		return r.query.WithTx(tx).SetTourArchived(ctx, store.SetTourArchivedParams{ID: tour, ArchivedAt: &monday})
	}, func() error {
		_, err := r.PlanRuns(r.as(office), &PlanRunsParams{Runs: []RunPlan{{tour, emma.ID, onDay(1)}}})
		return err
	})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{
		Field: "runs", Reason: refusal.Archived, Rows: []refusal.Row{{Index: 0, Reason: refusal.Archived}},
	})
}
