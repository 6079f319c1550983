package core

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/day"
)

// fillPlan makes what a company has planned: runs on each of the days that end in 4 weeks, one for each tour, of 60 workers, who are absent
// now and then. What lies behind is done.
func (r *rounds) fillPlan(tb testing.TB, days int) {
	tb.Helper()
	from := day.Format(today.AddDate(0, 0, 28-days))
	for _, sql := range []string{
		`truncate runs cascade`,
		fmt.Sprintf(`insert into runs (tour_id, worker_id, date, status, planned_at, planned_by, started_at, completed_at)
			select t.id, 100 + (t.id + n) %% 60, '%[1]s'::date + n, case when '%[1]s'::date + n < '%[2]s' then 'completed' else 'planned' end,
				now(), 2, case when '%[1]s'::date + n < '%[2]s' then now() end, case when '%[1]s'::date + n < '%[2]s' then now() end
			from generate_series(1, %[3]d) n cross join tours t`, from, day.Format(today), days),
		`truncate absences`,
		fmt.Sprintf(`insert into absences (worker_id, first_day, last_day, reason, note, entered_at, entered_by)
			select 100 + w, '%s'::date + 14 * n, '%[1]s'::date + 14 * n + 3, 'exams', '', now(), 2
			from generate_series(0, %d / 14) n cross join generate_series(0, 59) w`, from, days),
		`update tours set rrule = 'FREQ=WEEKLY;BYDAY=MO,TH', rhythm_start = '2026-01-01'`,
		`vacuum analyze`,
	} {
		_, err := r.pool.Exec(tb.Context(), sql)
		require.NoError(tb, err, sql)
	}
}

// plansOfMany are what the planner reads, by each filter.
func (r *rounds) plansOfMany() []listOfMany {
	from, to, month := onDay(0), onDay(6), onDay(27)
	weeks := func(p GetWeekPlanParams) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) {
			plan, err := r.GetWeekPlan(ctx, &p)
			if err != nil {
				return 0, err
			}
			return len(plan.Runs), nil
		}
	}
	runs := func(p ListRunsParams) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) {
			list, err := r.ListRuns(ctx, &p)
			if err != nil {
				return 0, err
			}
			return len(list.Items), nil
		}
	}
	return []listOfMany{
		{"planner: a week", weeks(GetWeekPlanParams{From: from, To: to}), office},
		{"planner: four weeks", weeks(GetWeekPlanParams{From: from, To: month}), office},
		{"planner: a week of a region", weeks(GetWeekPlanParams{From: from, To: to, Region: 7}), office},
		{"planner: needs", func(ctx context.Context) (int, error) {
			list, err := r.ListNeeds(ctx, &ListNeedsParams{From: from, To: to})
			return 1, orNil(list, err)
		}, office},
		{"planner: conflicts", func(ctx context.Context) (int, error) {
			list, err := r.ListConflicts(ctx, &ListConflictsParams{From: from, To: month})
			return 1, orNil(list, err)
		}, office},
		{"planner: replace", func(ctx context.Context) (int, error) {
			preview, err := r.PreviewReplace(ctx, &ReplaceParams{WorkerID: 103, From: from, To: month})
			return 1, orNil(preview, err)
		}, office},
		{"planner: copy", func(ctx context.Context) (int, error) {
			rows, err := r.query.RunsToCopy(ctx, store.RunsToCopyParams{FirstDay: today, LastDay: today.AddDate(0, 0, 6), RowLimit: maxPlans + 1})
			return len(rows), err
		}, office},
		{"planner: copy of a worker", func(ctx context.Context) (int, error) {
			rows, err := r.query.RunsToCopy(ctx, store.RunsToCopyParams{FirstDay: today, LastDay: today.AddDate(0, 0, 6), WorkerID: 103, RowLimit: maxPlans + 1})
			return len(rows), err
		}, office},
		{"planner: what a plan is judged by", func(ctx context.Context) (int, error) {
			rows, err := r.query.RunsTaken(ctx, store.RunsTakenParams{WorkerIds: []int64{103, 104}, FirstDay: today, LastDay: today.AddDate(0, 0, 6)})
			return len(rows), err
		}, office},
		{"runs: all", runs(ListRunsParams{}), office},
		{"runs: a week", runs(ListRunsParams{From: from, To: to}), office},
		{"runs: a week of a worker", runs(ListRunsParams{From: from, To: to, Worker: 103}), office},
		{"runs: a week of a tour", runs(ListRunsParams{From: from, To: to, Tour: 8}), office},
		{"runs: a week of a region", runs(ListRunsParams{From: from, To: to, Region: 7}), office},
		{"runs: what is planned", runs(ListRunsParams{From: from, Status: StatusPlanned}), office},
	}
}

func orNil[Answer any](_ *Answer, err error) error { return err }

var (
	// readsAllRuns is a plan that reads what grows with the years.
	readsAllRuns = regexp.MustCompile(`Seq Scan on (runs|absences|collections)\b`)
	indexOfRuns  = regexp.MustCompile(`Scan using (runs_\w+)|Scan on (runs_\w+)`)
)

// indexesOf are the indexes by which the plans of a list find runs; none of them reads a table whole.
func (r *rounds) indexesOf(tb testing.TB, list listOfMany, settings ...string) []string {
	tb.Helper()
	var found []string
	for _, plan := range r.plans(tb, list, settings...) {
		require.False(tb, readsAllRuns.MatchString(plan), "%s\n%s", list.name, namedIDs.ReplaceAllString(plan, "{…}"))
		for _, match := range indexOfRuns.FindAllStringSubmatch(plan, -1) {
			found = append(found, match[1]+match[2])
		}
	}
	return found
}

// TestThePlannerReadsNoWholeTable has 200,000 runs on 100 tours, which are 2,000 days, and finds them as it finds 2,000, where the database
// would rather read the little that there is, and may not.
func TestThePlannerReadsNoWholeTable(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.fill(t, 4000, 10)
	few := make(map[string][]string)
	r.fillPlan(t, 20)
	for _, list := range r.plansOfMany() {
		few[list.name] = r.indexesOf(t, list, "enable_seqscan = off")
	}
	r.fillPlan(t, 2000)
	for _, list := range r.plansOfMany() {
		found := r.indexesOf(t, list)
		t.Logf("%-30s %v, of 2,000 %v", list.name, found, few[list.name])
		// By day, worker or status first is up to the database, which looks at samples; the plans are the same otherwise.
		require.NotEmpty(t, found, list.name)
		require.Len(t, found, len(few[list.name]), list.name)
	}
}

// TestHoursReadTheRunsOfOneWorker has 40,000 runs of 60 workers, with five stops each, and reads a month of one of them.
func TestHoursReadTheRunsOfOneWorker(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.fill(t, 4000, 2)
	r.fillPlan(t, 400)
	for _, sql := range []string{
		fmt.Sprintf(`update runs set worker_id = %d where worker_id = 103`, emma.ID),
		`insert into run_stops (run_id, position, building_id, agreed_minutes)
			select id, n, 1 + (id * 5 + n) % 4000, 12 from runs cross join generate_series(1, 5) n where started_at is not null`,
		`vacuum analyze`,
	} {
		_, err := r.pool.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	month := &HoursParams{From: "2026-04-01", To: "2026-04-30"}
	count := func(hours *Hours, err error) (int, error) {
		if err != nil {
			return 0, err
		}
		return len(hours.Runs), nil
	}
	for _, list := range []listOfMany{
		{"hours: a worker's own", func(ctx context.Context) (int, error) { return count(r.MyHours(ctx, month)) }, emma},
		{"hours: a worker's, for the office", func(ctx context.Context) (int, error) { return count(r.WorkerHours(ctx, emma.ID, month)) }, office},
	} {
		runs, err := list.read(r.as(list.as))
		require.NoError(t, err, list.name)
		require.Greater(t, runs, 30, list.name)
		found := r.indexesOf(t, list)
		t.Logf("%-30s %v", list.name, found)
		require.NotEmpty(t, found, list.name)
		require.Subset(t, []string{"runs_worker", "runs_once"}, found[:1], "%s: of the days of others nothing is read", list.name)
		for _, plan := range r.plans(t, list) {
			require.NotRegexp(t, `Seq Scan on (run_stops|stops|buildings)\b`, plan, list.name)
		}
	}
}

// BenchmarkWeekPlan reads what 60 people do in 4 weeks, 40 tours a day, beside 200,000 runs of other years, and fails when a question takes
// longer than planBound on a machine without other work.
func BenchmarkWeekPlan(b *testing.B) {
	const planBound = 50 * time.Millisecond
	r := newRounds(b)
	r.fill(b, 1600, 10)
	r.fillPlan(b, 5000)
	recorder := &recordingQueries{DBTX: r.pool}
	r.query = store.New(recorder)
	var times []float64
	var runs int
	for b.Loop() {
		recorder.queries = nil
		began := time.Now()
		plan, err := r.GetWeekPlan(r.as(office), &GetWeekPlanParams{From: onDay(0), To: onDay(27)})
		require.NoError(b, err)
		times, runs = append(times, float64(time.Since(began).Microseconds())/1000), len(plan.Runs)
	}
	b.ReportMetric(float64(len(recorder.queries)), "statements")
	b.ReportMetric(float64(runs), "runs")
	b.ReportMetric(median(times), "ms-median")
	require.Less(b, median(times), float64(planBound.Milliseconds()), "ms")
}

func median(times []float64) float64 {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}
