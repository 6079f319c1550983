package core

import (
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func (r *rounds) weekPlan(p *GetWeekPlanParams) *WeekPlan {
	r.t.Helper()
	plan, err := r.GetWeekPlan(r.as(office), p)
	require.NoError(r.t, err)
	return plan
}

func TestAWeekPlanHasPeopleToursAndRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	putOut, bringIn, idle := r.building(region), r.building(region), r.building(region)
	one, hiding := r.tour(region, putOut, bringIn, idle), r.tour(region, putOut, bringIn, idle)
	r.hides(hiding, true)
	r.collection(putOut, onDay(3)) // put out on day 2, brought in on day 3
	_, err := r.CreateCollection(r.as(office), &CollectionParams{BuildingID: bringIn, Type: "PMD", Date: onDay(3), BringIn: true})
	require.NoError(t, err)
	_, err = r.CreateCollection(r.as(office), &CollectionParams{BuildingID: idle, Type: "PMD", Date: onDay(8), PutOut: true})
	require.NoError(t, err, "outside of the week, by a day too many")
	_, err = r.PutAvailability(r.as(office), emma.ID, &PutAvailabilityParams{Weekdays: []int{1, 2}, WeeklyMinutes: 600})
	require.NoError(t, err)
	_, err = r.AddAbsence(r.as(office), &AddAbsenceParams{WorkerID: lucas.ID, FirstDay: onDay(5), LastDay: onDay(9), Reason: AbsenceExams})
	require.NoError(t, err)
	items := r.planned(
		RunPlan{one, emma.ID, onDay(0)}, RunPlan{hiding, emma.ID, onDay(2)}, RunPlan{hiding, lucas.ID, onDay(3)},
		RunPlan{hiding, lucas.ID, onDay(4)}, RunPlan{one, lucas.ID, onDay(5)}, RunPlan{one, lucas.ID, onDay(7)},
	)
	_, err = r.StartRun(r.as(emma), items[0].ID, r.start())
	require.NoError(t, err)
	_, err = r.CancelRun(r.as(office), items[4].ID, &CancelRunParams{Reason: "Staking"})
	require.NoError(t, err)

	plan := r.weekPlan(&GetWeekPlanParams{From: onDay(0), To: onDay(6)})
	var workers []int64
	for _, worker := range plan.Workers {
		workers = append(workers, worker.ID)
		require.True(t, worker.CanWork)
	}
	require.Equal(t, []int64{admin.ID, office.ID, emma.ID, lucas.ID}, workers)
	require.Equal(t, []int{1, 2}, plan.Workers[2].Weekdays)
	require.Equal(t, 600, plan.Workers[2].WeeklyMinutes)
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7}, plan.Workers[3].Weekdays, "nobody said otherwise")
	require.Equal(t, []PlanningAbsence{{onDay(5), onDay(9), AbsenceExams}}, plan.Workers[3].Absences)
	require.Equal(t, []PlanningRun{
		{items[0].ID, one, emma.ID, onDay(0), StatusStarted, 3, 30, 2, false},
		{items[1].ID, hiding, emma.ID, onDay(2), StatusPlanned, 1, 10, 1, false},
		{items[2].ID, hiding, lucas.ID, onDay(3), StatusPlanned, 2, 20, 1, false},
		{items[3].ID, hiding, lucas.ID, onDay(4), StatusPlanned, 0, 0, 1, false},
	}, plan.Runs)
	require.Len(t, plan.Tours, 2)
	for _, tour := range plan.Tours {
		require.Equal(t, 3, tour.Stops)
		require.Equal(t, 30, tour.AgreedMinutes)
		require.Equal(t, tour.ID == hiding, tour.HidesIdleStops)
		require.Equal(t, []PlanningWork{{onDay(2), 1, 10}, {onDay(3), 2, 20}}, tour.Work)
	}
	// What it says of a run is what the run says of itself.
	for _, planned := range plan.Runs {
		run, err := r.GetRun(r.as(office), planned.ID)
		require.NoError(t, err)
		require.Equal(t, run.Progress.Stops, planned.Stops)
		require.Equal(t, run.AgreedMinutes, planned.AgreedMinutes)
		require.Equal(t, run.Version, planned.Version)
	}
}

func TestAWeekPlanOfARegionHasWhoWorksThereAndWhatElseTheyDo(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	here, elsewhere := r.region(), r.region()
	mine, other := r.tour(here), r.tour(elsewhere)
	r.planned(RunPlan{mine, emma.ID, onDay(1)}, RunPlan{other, emma.ID, onDay(2)}, RunPlan{other, lucas.ID, onDay(2)})
	r.regions = []int64{elsewhere} // nobody works here any more
	plan := r.weekPlan(&GetWeekPlanParams{From: onDay(0), To: onDay(6), Region: here})
	require.Len(t, plan.Workers, 1, "she has a run here")
	require.Equal(t, emma.ID, plan.Workers[0].ID)
	require.Len(t, plan.Runs, 2, "what she does elsewhere counts for her too")
	require.Len(t, plan.Tours, 2)

	r.gone[emma.ID] = true
	require.NoError(t, r.query.SetTourArchived(t.Context(), store.SetTourArchivedParams{ID: mine, ArchivedAt: &monday}))
	plan = r.weekPlan(&GetWeekPlanParams{From: onDay(0), To: onDay(6), Region: here})
	require.False(t, plan.Workers[0].CanWork)
	require.Len(t, plan.Runs, 2, "they do not go away")
	archived := map[int64]bool{}
	for _, tour := range plan.Tours {
		archived[tour.ID] = tour.Archived
	}
	require.Equal(t, map[int64]bool{mine: true, other: false}, archived)
}

// Whoever looks at a region sees that a tour is planned twice, also when one of the two works elsewhere.
func TestAWeekPlanOfARegionTellsOfRunsOfOthers(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	here, elsewhere := r.region(), r.region()
	mine, other := r.tour(here), r.tour(elsewhere)
	items := r.planned(
		RunPlan{mine, emma.ID, onDay(1)}, RunPlan{other, emma.ID, onDay(2)}, RunPlan{other, lucas.ID, onDay(2)},
		RunPlan{other, lucas.ID, onDay(9)}, RunPlan{other, lucas.ID, onDay(3)},
	)
	_, err := r.CancelRun(r.as(office), items[4].ID, &CancelRunParams{Reason: "Staking"})
	require.NoError(t, err)
	r.regions = []int64{elsewhere}
	plan := r.weekPlan(&GetWeekPlanParams{From: onDay(0), To: onDay(6), Region: here})
	require.Len(t, plan.Runs, 2, "what she does")
	require.Equal(t, []PlanningRunOfOthers{{items[2].ID, other, onDay(2)}}, plan.RunsOfOthers)
	require.Empty(t, r.weekPlan(&GetWeekPlanParams{From: onDay(0), To: onDay(6)}).RunsOfOthers, "everybody is shown")
}

func TestAWeekPlanIsLimited(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.weekPlan(&GetWeekPlanParams{From: onDay(0), To: onDay(34)})
	for name, p := range map[string]*GetWeekPlanParams{
		"no days": {}, "backwards": {From: onDay(1), To: onDay(0)}, "more than 5 weeks": {From: onDay(0), To: onDay(35)},
		"no date": {From: "gisteren", To: onDay(0)},
	} {
		_, err := r.GetWeekPlan(r.as(office), p)
		require.Equal(t, errs.InvalidArgument.String(), errs.Code(err).String(), name)
	}
	_, err := r.GetWeekPlan(r.as(emma), &GetWeekPlanParams{From: onDay(0), To: onDay(6)})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
}

// However many people, tours and runs there are, the plan asks the database the same few questions.
func TestAWeekPlanAsksNoQuestionPerRow(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	asked := func() int {
		recorder := &recordingQueries{DBTX: r.pool}
		r.query = store.New(recorder)
		defer func() { r.query = store.New(r.pool) }()
		r.weekPlan(&GetWeekPlanParams{From: onDay(0), To: onDay(27), Region: region})
		return len(recorder.queries)
	}
	r.planned(RunPlan{r.tour(region), emma.ID, onDay(1)})
	few := asked()
	var plans []RunPlan
	for range 10 {
		tour := r.tour(region)
		for days := range 5 {
			plans = append(plans, RunPlan{tour, emma.ID, onDay(days)}, RunPlan{tour, lucas.ID, onDay(days)})
		}
	}
	r.planned(plans...)
	require.Equal(t, few, asked())
}
