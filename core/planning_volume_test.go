package core

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
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

// fillRunStops gives each run that was started five stops.
func (r *rounds) fillRunStops(tb testing.TB) {
	tb.Helper()
	for _, sql := range []string{
		`alter table run_stops disable trigger all`, // what they refer to exists
		`insert into run_stops (run_id, position, building_id, agreed_minutes)
			select id, n, 1 + (id * 5 + n) % (select count(*) from buildings), 12
			from runs cross join generate_series(1, 5) n where started_at is not null`,
		`alter table run_stops enable trigger all`,
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
		{"runs: what is started", runs(ListRunsParams{Status: StatusStarted}), office},
		{"runs: of a tour", runs(ListRunsParams{Tour: 8}), office},
		{"runs: of a tour, completed", runs(ListRunsParams{Tour: 8, Status: StatusCompleted}), office},
		{"runs: of a tour, cancelled", runs(ListRunsParams{Tour: 8, Status: StatusCancelled}), office},
		{"runs: of a region", runs(ListRunsParams{Region: 7}), office},
		{"runs: of a region, cancelled", runs(ListRunsParams{Region: 7, Status: StatusCancelled}), office},
		{"runs: of a region without runs", runs(ListRunsParams{Region: newRegion}), office},
		{"runs: of a worker", runs(ListRunsParams{Worker: 103}), office},
		{"runs: of who has none", runs(ListRunsParams{Worker: lucas.ID}), office},
		{"runs: a worker's own", runs(ListRunsParams{}), emma},
		{"runs: a worker's own, a week", runs(ListRunsParams{From: from, To: to}), emma},
		{"runs: what somebody has to do", func(ctx context.Context) (int, error) {
			rows, err := r.query.RunsToDo(ctx, store.RunsToDoParams{WorkerID: 103, Today: today, RowLimit: 100})
			return len(rows), err
		}, office},
		{"runs: during an absence", func(ctx context.Context) (int, error) {
			rows, err := r.query.RunsDuring(ctx, store.RunsDuringParams{WorkerID: 103, FirstDay: today, LastDay: today.AddDate(0, 0, 6), RowLimit: 100})
			return len(rows), err
		}, office},
		{"runs: to tell of a tour", func(ctx context.Context) (int, error) {
			rows, err := r.query.PlannedRunsOfTours(ctx, store.PlannedRunsOfToursParams{TourIds: []int64{8, 9}, Day: today})
			return len(rows), err
		}, office},
		{"runs: to remind of", func(ctx context.Context) (int, error) {
			answer, err := r.PlannedRuns(ctx, &PlannedRunsParams{Date: from})
			return 1, orNil(answer, err)
		}, office},
		{"runs: the dashboard", func(ctx context.Context) (int, error) {
			board, err := r.GetDashboard(ctx, &GetDashboardParams{})
			return 1, orNil(board, err)
		}, office},
		{"runs: the dashboard of a region", func(ctx context.Context) (int, error) {
			board, err := r.GetDashboard(ctx, &GetDashboardParams{Region: 7})
			return 1, orNil(board, err)
		}, office},
		{"runs: a worker's calendar", func(ctx context.Context) (int, error) {
			rows, err := r.query.FeedRuns(ctx, store.FeedRunsParams{WorkerID: 103, FirstDay: today, LastDay: today.AddDate(0, 0, 27), RowLimit: 1000})
			return len(rows), err
		}, office},
		{"runs: a tour's calendar", func(ctx context.Context) (int, error) {
			rows, err := r.query.FeedRuns(ctx, store.FeedRunsParams{TourID: 8, FirstDay: today, LastDay: today.AddDate(0, 0, 27), RowLimit: 1000})
			return len(rows), err
		}, office},
		{"runs: that will come to a building", func(ctx context.Context) (int, error) {
			list, err := r.ListPlannedVisits(ctx, 9)
			return 1, orNil(list, err)
		}, office},
		{"runs: tours of a worker", func(ctx context.Context) (int, error) {
			list, err := r.ListTours(ctx, &ListToursParams{})
			return 1, orNil(list, err)
		}, emma},
	}
}

func orNil[Answer any](_ *Answer, err error) error { return err }

var (
	// readsAllRuns is a plan that reads what grows with the years.
	readsAllRuns = regexp.MustCompile(`Seq Scan on (runs|absences|collections)\b`)
	indexOfRuns  = regexp.MustCompile(`Scan using (runs_\w+)|Scan on (runs_\w+)`)
)

// indexesOf are the indexes by which the plans of a list find runs; none of them reads a table whole.
func (r *rounds) indexesOf(tb testing.TB, list listOfMany) []string {
	tb.Helper()
	var found []string
	for _, plan := range r.plans(tb, list) {
		require.False(tb, readsAllRuns.MatchString(plan), "%s\n%s", list.name, namedIDs.ReplaceAllString(plan, "{…}"))
		for _, match := range indexOfRuns.FindAllStringSubmatch(plan, -1) {
			found = append(found, match[1]+match[2])
		}
	}
	return found
}

// step is a part of a plan as the database has done it.
type step struct {
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Filtered float64 `json:"Rows Removed by Filter"`
	Hit      int     `json:"Shared Hit Blocks"`
	Read     int     `json:"Shared Read Blocks"`
	Plans    []step  `json:"Plans"`
}

// rows are those that were taken out of tables, wanted or not.
func (s step) rows() (n float64) {
	if s.Relation != "" {
		n = s.Loops * (s.Rows + s.Filtered)
	}
	for _, part := range s.Plans {
		n += part.rows()
	}
	return n
}

// work is what a list made the database touch.
type work struct {
	blocks int
	rows   float64
}

// workOf is what the database does for a list that it has been asked for before, as often as it takes until it may plan for any values.
func (r *rounds) workOf(tb testing.TB, list listOfMany) (total work) {
	tb.Helper()
	ctx := tb.Context()
	tx, err := r.pool.Begin(ctx)
	require.NoError(tb, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	exec := func(sql string) {
		tb.Helper()
		_, err := tx.Exec(ctx, sql)
		require.NoError(tb, err, "%s: %s", list.name, sql)
	}
	for i, q := range r.recorded(tb, list) {
		args := q.args
		exec("set local plan_cache_mode = auto")
		if len(args) > 0 && args[0] == pgx.QueryExecModeCacheDescribe { // store.ByValues
			args = args[1:]
			exec("set local plan_cache_mode = force_custom_plan")
		}
		name := fmt.Sprintf("work_%d", i)
		exec("prepare " + name + " as " + q.sql)
		described, err := tx.Conn().Prepare(ctx, "", q.sql)
		require.NoError(tb, err, q.sql)
		values := make([]string, len(args))
		for n, arg := range args {
			text, err := tx.Conn().TypeMap().Encode(described.ParamOIDs[n], pgx.TextFormatCode, arg, []byte{})
			require.NoError(tb, err, q.sql)
			values[n] = "null"
			if text != nil {
				values[n] = "'" + strings.ReplaceAll(string(text), "'", "''") + "'"
			}
		}
		call := "execute " + name
		if len(values) > 0 {
			call += " (" + strings.Join(values, ", ") + ")"
		}
		for range 6 {
			exec(call)
		}
		var done []struct {
			Plan step `json:"Plan"`
		}
		require.NoError(tb, tx.QueryRow(ctx, "explain (analyze, buffers, timing off, format json) "+call).Scan(&done))
		total.blocks += done[0].Plan.Hit + done[0].Plan.Read
		total.rows += done[0].Plan.rows()
		exec("deallocate " + name)
	}
	return total
}

// fillRuns makes what was planned and done on so many days, where emma has the runs of one of 60, and a region without any.
func (r *rounds) fillRuns(tb testing.TB, days int) {
	tb.Helper()
	r.fillPlan(tb, days)
	for _, sql := range []string{
		fmt.Sprintf(`update runs set worker_id = %d where worker_id = 150`, emma.ID),
		fmt.Sprintf(`insert into regions (id, name) overriding system value values (%d, 'Nieuw') on conflict do nothing`, newRegion),
		fmt.Sprintf(`insert into tours (region_id, name) select %d, 'Nieuw' where not exists (select from tours where region_id = %[1]d)`, newRegion),
		fmt.Sprintf(`delete from runs where tour_id in (select id from tours where region_id = %d)`, newRegion),
	} {
		_, err := r.pool.Exec(tb.Context(), sql)
		require.NoError(tb, err, sql)
	}
	r.fillRunStops(tb)
}

const (
	// Runs are found among so many days of 100, of which 28 are to come.
	fewDays  = 100
	manyDays = 2000
	// newRegion has a tour that nobody has walked.
	newRegion = 1000
)

// TestThePlannerReadsNoWholeTable has 200,000 runs on 100 tours, which are 2,000 days, and touches no more for a list than with 10,000.
func TestThePlannerReadsNoWholeTable(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.fill(t, 4000, 10)
	few := make(map[string]work)
	r.fillRuns(t, fewDays)
	for _, list := range r.plansOfMany() {
		few[list.name] = r.workOf(t, list)
	}
	r.fillRuns(t, manyDays)
	for _, list := range r.plansOfMany() {
		found := r.indexesOf(t, list)
		before, now := few[list.name], r.workOf(t, list)
		t.Logf("%-36s %6d blocks, of 10,000 runs %6d; %6.0f rows, of 10,000 runs %6.0f; %v",
			list.name, now.blocks, before.blocks, now.rows, before.rows, found)
		require.NotEmpty(t, found, list.name)
		// By day, worker or status first is up to the database, which looks at samples: then it may read what is planned for all.
		require.LessOrEqual(t, now.blocks, 2*before.blocks+150, "%s: blocks", list.name)
		require.LessOrEqual(t, now.rows, 2*before.rows+100*28+200, "%s: rows", list.name)
	}
}

// BenchmarkListsOfRuns tells how long each list takes with 10,000 and with 200,000 runs, and what it touches.
func BenchmarkListsOfRuns(b *testing.B) {
	r := newRounds(b)
	r.fill(b, 4000, 10)
	type figures struct {
		work
		median, worst float64
	}
	measure := func() map[string]figures {
		found := make(map[string]figures)
		for _, list := range r.plansOfMany() {
			var times []float64
			for range 15 {
				began := time.Now()
				_, err := list.read(r.as(list.as))
				require.NoError(b, err, list.name)
				times = append(times, float64(time.Since(began).Microseconds())/1000)
			}
			found[list.name] = figures{r.workOf(b, list), median(times), slices.Max(times[1:])}
		}
		return found
	}
	for b.Loop() {
		r.fillRuns(b, fewDays)
		few := measure()
		r.fillRuns(b, manyDays)
		many := measure()
		for _, list := range r.plansOfMany() {
			before, now := few[list.name], many[list.name]
			b.Logf("%-36s median %6.1f ms, with 200,000 %6.1f (worst %6.1f); blocks %6d, %6d; rows %6.0f, %6.0f", list.name,
				before.median, now.median, now.worst, before.blocks, now.blocks, before.rows, now.rows)
		}
	}
}

// TestHoursReadTheRunsOfOneWorker has 40,000 runs of 60 workers, with five stops each, and reads a month of one of them.
func TestHoursReadTheRunsOfOneWorker(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.fill(t, 4000, 2)
	r.fillPlan(t, 400)
	_, err := r.pool.Exec(t.Context(), `update runs set worker_id = $1 where worker_id = 103`, emma.ID)
	require.NoError(t, err)
	r.fillRunStops(t)
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
