package core

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// outcome writes what became of a stop of emma's at this moment.
func (r *rounds) outcome(run, building int64, outcome, reason string) {
	r.t.Helper()
	_, err := r.PutOutcome(r.as(emma), run, building, &PutOutcomeParams{
		ID: newID(), Outcome: outcome, Reason: reason, OccurredAt: r.now(),
	})
	require.NoError(r.t, err)
}

// board is the dashboard of a day in a region, as the office sees it.
func (r *rounds) board(date string, region int64) *Dashboard {
	r.t.Helper()
	board, err := r.GetDashboard(r.as(office), &GetDashboardParams{Date: date, Region: region})
	require.NoError(r.t, err)
	return board
}

func TestTheDashboardHasWhatIsLateFirst(t *testing.T) {
	t.Parallel()
	run := func(id int64, status string, late int, tour string) DashboardRun {
		reason := lateNone
		if late > 0 {
			reason = map[string]string{
				StatusPlanned: lateNotStarted, StatusStarted: lateBehind, StatusCompleted: lateTookLonger,
			}[status]
		}
		return DashboardRun{ID: id, Status: status, LateMinutes: late, LateReason: reason, Tour: TourName{Name: tour}}
	}
	runs := []DashboardRun{
		run(1, StatusCancelled, 0, "A"), run(2, StatusCompleted, 90, "A"), run(3, StatusCompleted, 0, "A"), run(4, StatusPlanned, 0, "A"),
		run(5, StatusStarted, 0, "B"), run(6, StatusStarted, 0, "A"), run(7, StatusPlanned, 30, "A"), run(8, StatusStarted, 5, "A"),
		run(9, StatusStarted, 20, "A"),
	}
	slices.SortStableFunc(runs, byUrgency)
	var ids []int64
	for _, run := range runs {
		ids = append(ids, run.ID)
	}
	require.Equal(t, []int64{9, 8, 7, 6, 5, 4, 2, 3, 1}, ids)
}

func TestRule2ARunThatGoesPastMidnightIsTodaysOnDashboardAndMap(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, _ := r.startedRun()
	r.setTime(time.Date(2026, time.May, 4, 23, 30, 0, 0, time.UTC)) // half past one in Brussels, the next day
	board := r.board("", 0)
	require.Equal(t, "2026-05-05", board.Date)
	require.Len(t, board.Runs, 1)
	require.Equal(t, run, board.Runs[0].ID)
	require.Equal(t, lateBehind, board.Runs[0].LateReason)
	stops, err := r.GetDayStops(r.as(office), &GetDashboardParams{})
	require.NoError(t, err)
	require.Len(t, stops.Items, 2)
	require.Empty(t, r.board("2026-05-06", 0).Runs, "tomorrow it is not there yet")

	_, err = r.CompleteRun(r.as(emma), run, r.complete("It is late"))
	require.NoError(t, err)
	require.Empty(t, r.board("", 0).Runs, "it is over")
}

func TestADayIsSeenRegionByRegion(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	north, south := r.region(), r.region()
	inNorth := r.building(north, func(p *store.InsertBuildingParams) { p.Latitude, p.Longitude = new(51.05), new(3.72) })
	inSouth := r.building(south)
	first, _ := r.startedRun(func(p *store.InsertRunParams) { p.TourID = r.tour(north, inNorth) })
	second, _ := r.startedRun(func(p *store.InsertRunParams) { p.TourID = r.tour(south, inSouth) })
	r.remarked(second, inSouth, "The gate sticks")
	r.incident(inNorth)

	all, one, other := r.board("", 0), r.board("", north), r.board("", south)
	require.Len(t, all.Runs, 2)
	require.Equal(t, 2, all.Counts.Stops)
	require.Equal(t, 1, all.Counts.Remarks)
	require.Equal(t, 1, all.Counts.OpenIncidents)
	require.Len(t, one.Runs, 1)
	require.Equal(t, first, one.Runs[0].ID)
	require.Equal(t, DashboardCount{Started: 1, Stops: 1, OpenIncidents: 1}, one.Counts)
	require.Equal(t, second, other.Runs[0].ID)
	require.Equal(t, DashboardCount{Started: 1, Stops: 1, Remarks: 1}, other.Counts)

	stops, err := r.GetDayStops(r.as(office), &GetDashboardParams{Region: north})
	require.NoError(t, err)
	require.True(t, stops.Complete)
	require.Len(t, stops.Items, 1)
	require.Equal(t, DayStop{
		RunID: first, Position: 1, Segment: "open", Coordinates: &Coordinates{51.05, 3.72}, Building: stops.Items[0].Building,
	}, stops.Items[0])
	require.Equal(t, inNorth, stops.Items[0].Building.ID)

	feed, err := r.GetDayFeed(r.as(office), &GetDayFeedParams{Region: south})
	require.NoError(t, err)
	require.Len(t, feed.Items, 1)
	require.Equal(t, newsRemark, feed.Items[0].Kind)
	feed, err = r.GetDayFeed(r.as(office), &GetDayFeedParams{Region: north})
	require.NoError(t, err)
	require.Len(t, feed.Items, 1)
	require.Equal(t, newsIncident, feed.Items[0].Kind)
	_, err = r.GetDaySummary(r.as(office), &GetDashboardParams{Region: 4_000_000})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}

func TestTheFeedHasTheLatestFirstAndGoesOnPageByPage(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	r.pass(time.Minute)
	r.remarked(run, stops[0], "The gate sticks")
	r.pass(time.Minute)
	r.outcome(run, stops[0], OutcomeSkipped, "Road works")
	r.pass(time.Minute)
	incident := r.incident(stops[1])
	r.pass(time.Minute)
	deleted := r.remarked(run, stops[1], "A mistake")
	_, err := r.DeleteRemark(r.as(emma), deleted.ID, &DeleteRemarkParams{})
	require.NoError(t, err)

	feed, err := r.GetDayFeed(r.as(office), &GetDayFeedParams{})
	require.NoError(t, err)
	require.Empty(t, feed.NextCursor)
	require.Len(t, feed.Items, 3)
	require.Equal(t, newsIncident, feed.Items[0].Kind)
	require.Equal(t, incident.Incident.ID, feed.Items[0].IncidentID)
	require.Equal(t, []string{newsStop, OutcomeSkipped, "Road works"}, []string{feed.Items[1].Kind, feed.Items[1].Detail, feed.Items[1].Text})
	require.Equal(t, run, feed.Items[1].Run.ID)
	require.Equal(t, emma.ID, feed.Items[1].Run.Worker.ID)
	require.Equal(t, []string{newsRemark, "The gate sticks"}, []string{feed.Items[2].Kind, feed.Items[2].Text})
	require.Equal(t, stops[0], feed.Items[2].Building.ID)

	var paged []string
	for p := (&GetDayFeedParams{Limit: 1}); ; {
		page, err := r.GetDayFeed(r.as(office), p)
		require.NoError(t, err)
		for _, item := range page.Items {
			paged = append(paged, item.ID)
		}
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			break
		}
	}
	require.Equal(t, []string{feed.Items[0].ID, feed.Items[1].ID, feed.Items[2].ID}, paged)

	empty, err := r.GetDayFeed(r.as(office), &GetDayFeedParams{Date: "2026-05-03"})
	require.NoError(t, err)
	require.NotNil(t, empty.Items)
	require.Empty(t, empty.Items)
}

// A day by hand: one run completed 16 minutes late with a stop skipped and one done, one that was never started, one cancelled.
func TestTheSummaryOfADayAddsUp(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	remark := r.remarked(run, stops[0], "The gate sticks")
	require.Equal(t, 200, r.send(emma, r.remarkForm(remark)).status)
	r.outcome(run, stops[0], OutcomeSkipped, "Road works")
	r.pass(36 * time.Minute) // agreed are 10 for each of two stops
	r.visit(run, stops[1], StepArrival, StepInside, StepDeparture)
	missed := r.run()
	cancelled := r.run(func(p *store.InsertRunParams) { p.WorkerID = lucas.ID })
	_, err := r.CancelRun(r.as(office), cancelled, &CancelRunParams{Reason: "Rain"})
	require.NoError(t, err)
	incident := r.incident(stops[1])
	r.run(func(p *store.InsertRunParams) { p.Date = today.AddDate(0, 0, 1) })
	mistake := r.remarked(run, stops[1], "A mistake")
	require.NoError(t, second(r.DeleteRemark(r.as(emma), mistake.ID, &DeleteRemarkParams{})))
	r.setTime(time.Date(2026, time.May, 4, 22, 0, 0, 0, time.UTC)) // midnight in Brussels: the next day
	r.incident(stops[1])
	r.setTime(monday.AddDate(0, 0, 3))

	got, err := r.GetDaySummary(r.as(office), &GetDashboardParams{Date: "2026-05-04"})
	require.NoError(t, err)
	require.Equal(t, SummaryCount{
		Planned: 1, Completed: 1, Cancelled: 1, Late: 2, WorkedMinutes: 36, AgreedMinutes: 20,
		Stops: 4, StopsDone: 1, StopsSkipped: 1, Remarks: 1, Incidents: 1,
	}, got.Counts)
	require.Nil(t, got.Region)
	require.Equal(t, []int64{missed, run, cancelled}, []int64{got.Runs[0].ID, got.Runs[1].ID, got.Runs[2].ID})
	require.Equal(t, []any{lateNotStarted, 240}, []any{got.Runs[0].LateReason, got.Runs[0].LateMinutes}, "as at the end of the day")
	require.Equal(t, []any{lateTookLonger, 16, 36}, []any{got.Runs[1].LateReason, got.Runs[1].LateMinutes, *got.Runs[1].WorkedMinutes})
	require.Equal(t, "Rain", got.Runs[2].CancelReason)
	require.Len(t, got.StopsNotDone, 1)
	require.Equal(t, []any{OutcomeSkipped, "Road works", stops[0]},
		[]any{got.StopsNotDone[0].Outcome, got.StopsNotDone[0].Reason, got.StopsNotDone[0].Building.ID})
	require.Len(t, got.Remarks, 1)
	require.Equal(t, []any{"The gate sticks", 1}, []any{got.Remarks[0].Text, got.Remarks[0].Photos})
	require.Len(t, got.Incidents, 1)
	require.Equal(t, incident.Incident.ID, got.Incidents[0].ID)

	forMail, err := r.DaySummaryForMail(context.Background(), &DaySummaryForMailParams{Date: "2026-05-04"})
	require.NoError(t, err)
	require.Equal(t, got, forMail)
	empty, err := r.GetDaySummary(r.as(office), &GetDashboardParams{Date: "2020-01-01"})
	require.NoError(t, err)
	require.Equal(t, &DaySummary{
		Date: "2020-01-01", Runs: []SummaryRun{}, StopsNotDone: []SummaryStop{}, Remarks: []SummaryRemark{}, Incidents: []SummaryIncident{},
	}, empty)
}

func TestOnlyTheOfficeSeesTheDay(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	for _, actor := range []access.Actor{emma, martin, nobody} {
		_, err := r.GetDayStops(r.as(actor), &GetDashboardParams{})
		requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
		_, err = r.GetDayFeed(r.as(actor), &GetDayFeedParams{})
		requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
		_, err = r.GetDaySummary(r.as(actor), &GetDashboardParams{})
		requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	}
}

// A year of runs, visits, remarks and incidents: what is read of one day comes from indexes.
func TestNothingOfADayReadsAWholeTable(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	buildings := make([]int64, 40)
	for i := range buildings {
		buildings[i] = r.building(region)
	}
	r.tour(region, buildings...)
	for _, sql := range []string{
		`insert into runs (tour_id, worker_id, date, planned_at, planned_by, status, started_at, completed_at)
			select 1, 100 + n, '2026-05-04'::date - n / 10, '2025-01-01', 2, 'completed', '2026-05-04T07:00Z'::timestamptz - n / 10 * interval '1 day',
				'2026-05-04T09:00Z'::timestamptz - n / 10 * interval '1 day' from generate_series(0, 3649) n`,
		`insert into run_stops (run_id, position, building_id, agreed_minutes) select r.id, s.position, s.building_id, 10 from runs r, stops s`,
		`insert into visits (run_id, building_id, outcome, reason, outcome_at, outcome_received_at)
			select s.run_id, s.building_id, case when s.position = 3 then 'skipped' else 'done' end, 'x', r.started_at, r.started_at
			from run_stops s join runs r on r.id = s.run_id`,
		`insert into visit_steps (id, run_id, building_id, step, claimed_at, occurred_at, received_at, corrected)
			select gen_random_uuid(), v.run_id, v.building_id, 'arrival', v.outcome_at, v.outcome_at, v.outcome_at, false from visits v`,
		`insert into remarks (id, run_id, building_id, text, sha256, written_by, claimed_at, occurred_at, received_at, corrected)
			select gen_random_uuid(), s.run_id, s.building_id, 'x', decode(repeat('00', 32), 'hex'), 100, r.started_at, r.started_at, r.started_at, false
			from run_stops s join runs r on r.id = s.run_id where s.position < 3`,
		`insert into incidents (client_id, building_id, kind, text, reported_through, reported_by, claimed_at, occurred_at, opened_at)
			select gen_random_uuid(), s.building_id, 'dirty', 'x', 'office', 2, r.started_at, r.started_at, r.started_at
			from run_stops s join runs r on r.id = s.run_id where s.position < 3`,
		`insert into runs (tour_id, worker_id, date, planned_at, planned_by, status, cancelled_at)
			select 1, 100, '2025-01-01'::date - n / 10, '2020-01-01', 2, 'cancelled', '2025-01-01' from generate_series(0, 49999) n`,
		`vacuum analyze`,
	} {
		_, err := r.pool.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	for _, filter := range []struct{ region int64 }{{0}, {region}} {
		for name, read := range map[string]func(context.Context) (int, error){
			"dashboard": func(ctx context.Context) (int, error) {
				_, err := r.GetDashboard(ctx, &GetDashboardParams{Region: filter.region})
				return 1, err
			},
			"stops": func(ctx context.Context) (int, error) {
				_, err := r.GetDayStops(ctx, &GetDashboardParams{Region: filter.region})
				return 1, err
			},
			"feed": func(ctx context.Context) (int, error) {
				_, err := r.GetDayFeed(ctx, &GetDayFeedParams{Region: filter.region})
				return 1, err
			},
		} {
			for _, plan := range r.plans(t, listOfMany{name, read, office}) {
				for line := range strings.SplitSeq(plan, "\n") {
					require.NotRegexp(t, `Seq Scan on (runs|run_stops|visits|visit_steps|remarks|incidents)\b`, line, "%s\n%s", name, plan)
				}
			}
		}
	}
}
