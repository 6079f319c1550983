package core

import (
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

func TestRule7_WhoIsPlannedWhereAndWhen(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tour := r.tour(region)
	elsewhere := r.region()
	otherTour := r.tour(elsewhere)
	r.regions = []int64{region} // nobody works elsewhere
	empty, err := r.query.InsertTour(t.Context(), store.InsertTourParams{RegionID: region, Name: "Empty"})
	require.NoError(t, err)
	archived := r.tour(region)
	_, err = r.pool.Exec(t.Context(), `update tours set archived_at = now() where id = $1`, archived)
	require.NoError(t, err)
	_, err = r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: lucas.ID, Date: "2026-05-10"})
	require.NoError(t, err)

	for name, check := range map[string]struct {
		params PlanRunParams
		code   errs.ErrCode
		field  string
		reason refusal.Reason
	}{
		"today":                 {PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "2026-05-04"}, errs.OK, "", ""},
		"a year ahead":          {PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "2027-05-04"}, errs.OK, "", ""},
		"the office works too":  {PlanRunParams{TourID: tour, WorkerID: office.ID, Date: "2026-05-04"}, errs.OK, "", ""},
		"yesterday":             {PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "2026-05-03"}, errs.InvalidArgument, "date", refusal.InPast},
		"two years ahead":       {PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "2028-05-04"}, errs.OK, "", ""},
		"later":                 {PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "2028-05-05"}, errs.InvalidArgument, "date", refusal.OutOfRange},
		"no date":               {PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: ""}, errs.InvalidArgument, "date", refusal.Required},
		"not a date":            {PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "4 May"}, errs.InvalidArgument, "date", refusal.Malformed},
		"31 April":              {PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "2027-04-31"}, errs.InvalidArgument, "date", refusal.Malformed},
		"no worker":             {PlanRunParams{TourID: tour, WorkerID: 0, Date: "2026-05-05"}, errs.InvalidArgument, "worker_id", refusal.Required},
		"unknown worker":        {PlanRunParams{TourID: tour, WorkerID: 999, Date: "2026-05-05"}, errs.InvalidArgument, "worker_id", refusal.Unknown},
		"a syndic":              {PlanRunParams{TourID: tour, WorkerID: martin.ID, Date: "2026-05-05"}, errs.InvalidArgument, "worker_id", refusal.NotAWorker},
		"no role":               {PlanRunParams{TourID: tour, WorkerID: nobody.ID, Date: "2026-05-05"}, errs.InvalidArgument, "worker_id", refusal.NotAWorker},
		"not active any more":   {PlanRunParams{TourID: tour, WorkerID: retired.ID, Date: "2026-05-05"}, errs.InvalidArgument, "worker_id", refusal.Inactive},
		"another region":        {PlanRunParams{TourID: otherTour, WorkerID: emma.ID, Date: "2026-05-05"}, errs.InvalidArgument, "worker_id", refusal.OtherRegion},
		"unknown tour":          {PlanRunParams{TourID: 999, WorkerID: emma.ID, Date: "2026-05-05"}, errs.InvalidArgument, "tour_id", refusal.Unknown},
		"an empty tour":         {PlanRunParams{TourID: empty, WorkerID: emma.ID, Date: "2026-05-05"}, errs.FailedPrecondition, "tour_id", refusal.NoStops},
		"an archived tour":      {PlanRunParams{TourID: archived, WorkerID: emma.ID, Date: "2026-05-05"}, errs.FailedPrecondition, "tour_id", refusal.Archived},
		"twice the same":        {PlanRunParams{TourID: tour, WorkerID: lucas.ID, Date: "2026-05-10"}, errs.AlreadyExists, "worker_id", refusal.AlreadyPlanned},
		"another worker's tour": {PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "2026-05-10"}, errs.OK, "", ""},
	} {
		run, err := r.PlanRun(r.as(office), &check.params)
		if check.code == errs.OK {
			require.NoError(t, err, name)
			require.Equal(t, StatusPlanned, run.Status, name)
			require.Equal(t, check.params.Date, run.Date, name)
			require.Equal(t, check.params.WorkerID, run.Worker.ID, name)
			require.Len(t, run.Stops, 2, name)
			continue
		}
		requireRefusal(t, err, check.code, check.reason, name)
		require.Equal(t, check.field, errs.Details(err).(refusal.Details).Field, name)
	}
	require.NotContains(t, r.events(), RunCancelled)
}

func TestRule7_TwoAtOncePlanTheSameRunOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	params := PlanRunParams{TourID: r.tour(r.region()), WorkerID: emma.ID, Date: "2026-05-04"}

	results := together(8, func(int) error {
		_, err := r.PlanRun(r.as(office), &params)
		return err
	})

	requireOneWinner(t, results, errs.AlreadyExists, refusal.AlreadyPlanned)
	require.Equal(t, []string{RunPlanned}, r.events(), "a refused plan has no event")
}

func TestRule7_ACancelledRunMakesRoom(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	params := PlanRunParams{TourID: r.tour(r.region()), WorkerID: emma.ID, Date: "2026-05-04"}
	first, err := r.PlanRun(r.as(office), &params)
	require.NoError(t, err)
	cancelled, err := r.CancelRun(r.as(office), first.ID, &CancelRunParams{Reason: "Ill"})
	require.NoError(t, err)
	require.Equal(t, StatusCancelled, cancelled.Status)
	require.Equal(t, "Ill", cancelled.CancelReason)

	_, err = r.PlanRun(r.as(office), &params)
	require.NoError(t, err)
}

func TestRule2_ARunIsStartedByItsWorkerOnItsDateOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tomorrow := func(p *store.InsertRunParams) { p.Date = today.AddDate(0, 0, 1) }
	yesterday := func(p *store.InsertRunParams) { p.Date = today.AddDate(0, 0, -1) }
	cancelled := r.run()
	_, err := r.CancelRun(r.as(office), cancelled, &CancelRunParams{Reason: "Rain"})
	require.NoError(t, err)
	started, _ := r.startedRun()
	completed, _ := r.startedRun()
	_, err = r.CompleteRun(r.as(emma), completed, r.complete("Rain"))
	require.NoError(t, err)
	r.pass(clockTolerance + time.Second) // since it was cancelled

	for name, check := range map[string]struct {
		actor  access.Actor
		run    int64
		code   errs.ErrCode
		reason refusal.Reason
	}{
		"its worker":        {emma, r.run(), errs.OK, ""},
		"another worker":    {lucas, r.run(), errs.NotFound, refusal.Missing},
		"the office":        {office, r.run(), errs.PermissionDenied, refusal.NotYourRun},
		"tomorrow's":        {emma, r.run(tomorrow), errs.FailedPrecondition, refusal.NotToday},
		"yesterday's":       {emma, r.run(yesterday), errs.FailedPrecondition, refusal.NotToday},
		"a second time":     {emma, started, errs.FailedPrecondition, refusal.AlreadyStarted},
		"a completed one":   {emma, completed, errs.FailedPrecondition, refusal.AlreadyStarted},
		"a cancelled one":   {emma, cancelled, errs.FailedPrecondition, refusal.RunCancelled},
		"one that is not":   {emma, 99999, errs.NotFound, refusal.Missing},
		"the office's none": {office, 99999, errs.NotFound, refusal.Missing},
		"a syndic's none":   {martin, 99999, errs.PermissionDenied, refusal.WrongRole},
	} {
		run, err := r.StartRun(r.as(check.actor), check.run, r.start())
		if check.code == errs.OK {
			require.NoError(t, err, name)
			require.Equal(t, StatusStarted, run.Status, name)
			require.Equal(t, r.clock(), *run.StartedAt, name)
			continue
		}
		requireRefusal(t, err, check.code, check.reason, name)
	}
}

func TestRule2_OfManyStartsAtOnceOneWins(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()

	results := together(8, func(int) error {
		_, err := r.StartRun(r.as(emma), run, r.start())
		return err
	})

	requireOneWinner(t, results, errs.FailedPrecondition, refusal.AlreadyStarted)
	require.Equal(t, []string{RunStarted}, r.events())
	require.Len(t, r.progress(run).Segments, 2, "stops are copied once")
}

func TestRule2_TheLastOutcomeCompletesTheRun(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.visit(run, buildings[0], StepArrival, StepInside, StepDeparture)
	before, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	require.Equal(t, StatusStarted, before.Status)

	r.pass(time.Hour)
	_, err = r.PutOutcome(r.as(emma), run, buildings[1], &PutOutcomeParams{
		ID: newID(), Outcome: OutcomeSkipped, Reason: "The gate is locked", OccurredAt: r.now(),
	})
	require.NoError(t, err)

	after, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	require.Equal(t, StatusCompleted, after.Status)
	require.Equal(t, r.clock(), *after.CompletedAt)
	require.Equal(t, Progress{Stops: 2, Done: 1, Skipped: 1, Percent: 100, Segments: []string{"done", "skipped"}}, after.Progress)
	require.Greater(t, after.Version, before.Version)
	events := r.events()
	require.Equal(t, RunCompleted, events[len(events)-1])
}

func TestRule2_LastOutcomesAtOnceCompleteTheRunOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	var buildings []int64
	for range 6 {
		buildings = append(buildings, r.building(region))
	}
	tour := r.tour(region, buildings...)
	run, _ := r.startedRun(func(p *store.InsertRunParams) { p.TourID = tour })

	for _, err := range together(len(buildings), func(i int) error {
		_, err := r.PutOutcome(r.as(emma), run, buildings[i], &PutOutcomeParams{
			ID: newID(), Outcome: OutcomeFailed, Reason: "No key", OccurredAt: r.now(),
		})
		return err
	}) {
		require.NoError(t, err)
	}

	completions := 0
	for _, kind := range r.events() {
		if kind == RunCompleted {
			completions++
		}
	}
	require.Equal(t, 1, completions)
	require.Equal(t, 6, r.progress(run).Failed)
}

func TestRule2_CompletingByHandSkipsOpenStops(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.visit(run, buildings[0], StepArrival, StepInside, StepDeparture)
	r.visit(run, buildings[1], StepArrival)

	_, err := r.CompleteRun(r.as(emma), run, r.complete("  "))
	requireRefusal(t, err, errs.InvalidArgument, refusal.Required)
	_, err = r.CompleteRun(r.as(emma), run, r.complete(strings.Repeat("é", maxReason+1)))
	requireRefusal(t, err, errs.InvalidArgument, refusal.TooLong)
	_, err = r.CompleteRun(r.as(office), run, r.complete("Storm"))
	requireRefusal(t, err, errs.PermissionDenied, refusal.NotYourRun)

	done, err := r.CompleteRun(r.as(emma), run, r.complete("Storm"))
	require.NoError(t, err)
	require.Equal(t, StatusCompleted, done.Status)
	require.Equal(t, []string{"done", "skipped"}, done.Progress.Segments)
	require.Equal(t, OutcomeDone, *done.Stops[0].Visit.Outcome, "an outcome stays")
	require.Equal(t, "Storm", done.Stops[1].Visit.Reason)
	require.Len(t, done.Stops[1].Visit.Steps, 1, "what was done stays")

	version := r.version(run)
	_, err = r.CompleteRun(r.as(emma), run, r.complete("Storm"))
	require.NoError(t, err, "it is over, as was asked")
	require.Equal(t, version, r.version(run), "and nothing has changed")
	_, err = r.CompleteRun(r.as(emma), r.run(), r.complete("Storm"))
	requireRefusal(t, err, errs.FailedPrecondition, refusal.NotStarted)
}

func TestCancelling(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	started, _ := r.startedRun()
	completed, _ := r.startedRun()
	_, err := r.CompleteRun(r.as(emma), completed, r.complete("Storm"))
	require.NoError(t, err)

	run, err := r.CancelRun(r.as(office), started, &CancelRunParams{Reason: "Accident"})
	require.NoError(t, err, "also a started run")
	require.NotNil(t, run.StartedAt, "history is kept")

	_, err = r.CancelRun(r.as(office), started, &CancelRunParams{Reason: "Accident"})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.RunCancelled)
	_, err = r.CancelRun(r.as(office), completed, &CancelRunParams{Reason: "Accident"})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.AlreadyCompleted)
	_, err = r.CancelRun(r.as(emma), r.run(), &CancelRunParams{Reason: "Accident"})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	_, err = r.CancelRun(r.as(office), r.run(), &CancelRunParams{Reason: strings.Repeat("x", maxReason+1)})
	requireRefusal(t, err, errs.InvalidArgument, refusal.TooLong)
}

func TestRule11_DaysAreBrussels(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run(func(p *store.InsertRunParams) { p.Date = time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC) })

	r.setTime(time.Date(2026, time.June, 30, 21, 59, 59, 0, time.UTC)) // a second to midnight in Brussels
	_, err := r.StartRun(r.as(emma), run, r.start())
	requireRefusal(t, err, errs.FailedPrecondition, refusal.NotToday)

	r.setTime(time.Date(2026, time.June, 30, 22, 0, 0, 0, time.UTC)) // 1 July there, still June in UTC
	_, err = r.PlanRun(r.as(office), &PlanRunParams{TourID: r.tour(r.region()), WorkerID: emma.ID, Date: "2026-06-30"})
	requireRefusal(t, err, errs.InvalidArgument, refusal.InPast)
	_, err = r.StartRun(r.as(emma), run, r.start())
	require.NoError(t, err)
}

func TestRule11_TodayOverTheChangeOfTimeAndYearsEnd(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	for now, want := range map[string]string{
		"2026-03-28T22:59:59Z": "2026-03-28",
		"2026-03-28T23:00:00Z": "2026-03-29", // the day with 23 hours
		"2026-03-29T01:00:00Z": "2026-03-29", // the clock jumps to 3
		"2026-03-29T21:59:59Z": "2026-03-29",
		"2026-03-29T22:00:00Z": "2026-03-30",
		"2026-10-24T22:00:00Z": "2026-10-25", // the day with 25 hours
		"2026-10-25T22:59:59Z": "2026-10-25",
		"2026-10-25T23:00:00Z": "2026-10-26",
		"2026-12-31T22:59:59Z": "2026-12-31",
		"2026-12-31T23:00:00Z": "2027-01-01",
	} {
		moment, err := time.Parse(time.RFC3339, now)
		require.NoError(t, err)
		r.setTime(moment)
		require.Equal(t, want, day.Format(r.today()), now)
		date, err := day.Parse("date", want)
		require.NoError(t, err)

		// Planned for today and not for yesterday, started today and neither a day early nor late.
		plan := func(date time.Time) (*RunDetail, error) {
			return r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: day.Format(date)})
		}
		_, err = plan(date.AddDate(0, 0, -1))
		requireRefusal(t, err, errs.InvalidArgument, refusal.InPast, now)
		run, err := plan(date)
		require.NoError(t, err, now)
		tomorrow, err := plan(date.AddDate(0, 0, 1))
		require.NoError(t, err, now)
		_, err = r.StartRun(r.as(emma), tomorrow.ID, r.start())
		requireRefusal(t, err, errs.FailedPrecondition, refusal.NotToday, now)
		_, err = r.StartRun(r.as(emma), run.ID, r.start())
		require.NoError(t, err, now)

		dashboard, err := r.GetDashboard(r.as(office), &GetDashboardParams{})
		require.NoError(t, err, now)
		require.Equal(t, want, dashboard.Date, now)
		for _, id := range []int64{run.ID, tomorrow.ID} { // another moment plans them anew
			_, err = r.pool.Exec(t.Context(), `update runs set worker_id = 1000 + id, status = 'cancelled', cancelled_at = now() where id = $1`, id)
			require.NoError(t, err)
		}
	}
}

func TestListRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tour := r.tour(region)
	var mine []int64
	for day := range 5 {
		mine = append(mine, r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, day) }))
	}
	other := r.run(func(p *store.InsertRunParams) { p.WorkerID = lucas.ID })

	list := func(actor access.Actor, p ListRunsParams) (ids []int64) {
		t.Helper()
		for {
			page, err := r.ListRuns(r.as(actor), &p)
			require.NoError(t, err)
			for _, run := range page.Items {
				ids = append(ids, run.ID)
			}
			if p.Cursor = page.NextCursor; p.Cursor == "" {
				return ids
			}
		}
	}
	require.Equal(t, []int64{mine[0], other, mine[1], mine[2], mine[3], mine[4]}, list(office, ListRunsParams{}))
	require.Equal(t, mine, list(emma, ListRunsParams{}), "their own only")
	require.Empty(t, list(emma, ListRunsParams{Worker: lucas.ID}), "a filter never widens")
	require.Equal(t, mine, list(office, ListRunsParams{Tour: tour, Limit: 2}), "page by page")
	require.Equal(t, mine, list(office, ListRunsParams{Region: region}))
	require.Equal(t, []int64{other}, list(office, ListRunsParams{Worker: lucas.ID}))
	require.Equal(t, mine[1:3], list(office, ListRunsParams{From: "2026-05-05", To: "2026-05-06"}))
	require.Empty(t, list(office, ListRunsParams{Status: StatusStarted}))

	own, err := r.MyRuns(r.as(emma), &MyRunsParams{From: "2026-05-04", To: "2026-05-04"})
	require.NoError(t, err)
	require.Len(t, own.Items, 1)
	require.Equal(t, Worker{emma.ID, "First3", "Last3", "+32470000003"}, own.Items[0].Worker)

	for name, p := range map[string]ListRunsParams{
		"limit too high": {Limit: 201}, "limit below 0": {Limit: -1}, "foreign cursor": {Cursor: "%%"},
		"cursor of another kind": {Cursor: "Ilwi"}, "not a date": {From: "yesterday"}, "backwards": {From: "2026-05-05", To: "2026-05-04"},
		"no such status": {Status: "lost"},
	} {
		_, err := r.ListRuns(r.as(office), &p)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
	}
}

func TestAWorkerWithoutAccountKeepsTheHistoryReadable(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run(func(p *store.InsertRunParams) { p.WorkerID = 12345 })

	detail, err := r.GetRun(r.as(office), run)
	require.NoError(t, err)
	require.Equal(t, Worker{ID: 12345}, detail.Worker)
}

// together calls do n times at once and returns the errors.
func together(n int, do func(i int) error) []error {
	results := make([]error, n)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-begin
			results[i] = do(i)
		})
	}
	close(begin)
	all.Wait()
	return results
}

func requireOneWinner(t *testing.T, results []error, code errs.ErrCode, reason refusal.Reason) {
	t.Helper()
	winners := 0
	for _, err := range results {
		if err == nil {
			winners++
			continue
		}
		requireRefusal(t, err, code, reason)
	}
	require.Equal(t, 1, winners)
}
