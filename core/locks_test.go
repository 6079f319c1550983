package core

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

func TestStopsWaitForABuildingThatIsMoving(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region, elsewhere := r.region(), r.region()
	building := r.building(region)
	tour := r.tour(region)

	err := r.during(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update buildings set region_id = $1 where id = $2`, elsewhere, building)
		return err
	}, func() error {
		_, err := r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: []int64{building}, Version: 1})
		return err
	})

	requireDetails(t, err, errs.InvalidArgument, refusal.Details{
		Field: "building_ids", Reason: refusal.ElsewhereRegion, Rows: []refusal.Row{{Index: 0, Reason: refusal.ElsewhereRegion}},
	})
}

func TestPlanningWaitsForATourThatChanges(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		do     func(ctx context.Context, query *store.Queries, tour int64) error
		reason refusal.Reason
	}{
		"it is archived": {func(ctx context.Context, query *store.Queries, tour int64) error {
			return query.SetTourArchived(ctx, store.SetTourArchivedParams{ID: tour, ArchivedAt: &monday})
		}, refusal.Archived},
		"it loses its stops": {func(ctx context.Context, query *store.Queries, tour int64) error {
			if err := query.TouchTour(ctx, tour); err != nil {
				return err
			}
			return query.DeleteStops(ctx, tour)
		}, refusal.NoStops},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRounds(t)
			tour := r.tour(r.region())

			err := r.during(func(ctx context.Context, tx pgx.Tx) error {
				return change.do(ctx, r.query.WithTx(tx), tour)
			}, func() error {
				_, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: day.Format(today)})
				return err
			})

			requireDetails(t, err, errs.FailedPrecondition, refusal.Details{Field: "tour_id", Reason: change.reason})
		})
	}
}

// A run locks itself only: an id that another run takes at the same moment is not seen before it is written.
func TestRule4_AnIDThatAnotherRunTakesAtTheSameMomentIsRefused(t *testing.T) {
	t.Parallel()
	id := newID()
	for name, race := range map[string]struct {
		// taken lets the other run, which is started, have the id.
		taken func(ctx context.Context, query *store.Queries, run, building int64) error
		// again asks for it for this run, which is started too.
		again func(r *rounds, run, building int64) error
	}{
		"start": {func(ctx context.Context, query *store.Queries, run, _ int64) error {
			return query.StartRun(ctx, store.StartRunParams{
				ID: run, StartID: &id, StartedAt: &monday, ClaimedAt: &monday, ReceivedAt: monday,
			})
		}, func(r *rounds, _, _ int64) error {
			return second(r.StartRun(r.as(emma), r.run(), &StartRunParams{ID: id, OccurredAt: r.now()}))
		}},
		"complete": {func(ctx context.Context, query *store.Queries, run, _ int64) error {
			return query.CompleteRun(ctx, store.CompleteRunParams{
				ID: run, CompleteID: &id, CompletedAt: monday, ClaimedAt: &monday, ReceivedAt: &monday, Reason: "Dark",
			})
		}, func(r *rounds, run, _ int64) error {
			return second(r.CompleteRun(r.as(emma), run, &CompleteRunParams{ID: id, OccurredAt: r.now(), Reason: "Dark"}))
		}},
		"step": {func(ctx context.Context, query *store.Queries, run, building int64) error {
			return errors.Join(query.EnsureVisit(ctx, store.EnsureVisitParams{RunID: run, BuildingID: building}),
				query.InsertStep(ctx, store.InsertStepParams{
					ID: id, RunID: run, BuildingID: building, Step: StepArrival,
					ClaimedAt: monday, OccurredAt: monday, ReceivedAt: monday,
				}))
		}, func(r *rounds, run, building int64) error {
			r.picture(run, building, StepArrival)
			return second(r.PutStep(r.as(emma), run, building, StepArrival, &PutStepParams{ID: id, OccurredAt: r.now()}))
		}},
		"outcome": {func(ctx context.Context, query *store.Queries, run, building int64) error {
			return errors.Join(query.EnsureVisit(ctx, store.EnsureVisitParams{RunID: run, BuildingID: building}),
				query.SetOutcome(ctx, store.SetOutcomeParams{
					RunID: run, BuildingID: building, Outcome: OutcomeSkipped, Reason: "Closed", OutcomeID: &id,
					ClaimedAt: &monday, OccurredAt: monday, ReceivedAt: monday,
				}))
		}, func(r *rounds, run, building int64) error {
			return second(r.PutOutcome(r.as(emma), run, building, &PutOutcomeParams{
				ID: id, Outcome: OutcomeSkipped, Reason: "Closed", OccurredAt: r.now(),
			}))
		}},
		"picture": {func(ctx context.Context, query *store.Queries, run, building int64) error {
			return second(query.InsertPicture(ctx, store.InsertPictureParams{
				ID: id, RunID: run, BuildingID: building, Step: StepArrival, ClaimedAt: monday, ClaimedFrom: takenFromPhone, TakenAt: monday, ReceivedAt: monday,
				Width: 4, Height: 3, Sha256: make([]byte, 32),
			}))
		}, func(r *rounds, run, building int64) error {
			f := r.form(run, building, StepArrival)
			f.fields["id"] = id.String()
			code, details := r.send(emma, f).refusal(r.t)
			if code != "already_exists" {
				return fmt.Errorf("the answer is %s", code)
			}
			return refusal.Exists(details.Field, details.Reason, "The upload was refused.")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRounds(t)
			other, otherStops := r.startedRun()
			run, stops := r.startedRun()

			err := r.during(func(ctx context.Context, tx pgx.Tx) error {
				return race.taken(ctx, r.query.WithTx(tx), other, otherStops[0])
			}, func() error { return race.again(r, run, stops[0]) })

			requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused)
			events := r.events()
			for _, done := range []string{RunCompleted, VisitStepped, VisitOutcome} {
				require.NotContains(t, events, done)
			}
		})
	}
}

// What a run may do and what the office takes out of use at the same moment: both, or a refusal, and never half of either.
func TestRule8_StartingAndCompletingWhileTourOrBuildingIsArchived(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	for range 12 {
		tour := r.tour(r.region())
		detail, err := r.GetTour(r.as(office), tour)
		require.NoError(t, err)
		buildings := stopsOf(detail)
		started, _ := r.startedRun(func(p *store.InsertRunParams) { p.TourID = tour })
		planned := r.run(func(p *store.InsertRunParams) { p.TourID, p.WorkerID = tour, lucas.ID })
		start, complete := r.start(), r.complete("Storm")
		start.BuildingIDs = buildings

		changes := []func() error{
			func() error { return second(r.StartRun(r.as(lucas), planned, start)) },
			func() error { return second(r.CompleteRun(r.as(emma), started, complete)) },
			func() error { return second(r.ArchiveBuilding(r.as(office), buildings[0])) },
			func() error { return second(r.ArchiveBuilding(r.as(office), buildings[1])) },
			func() error { return second(r.ArchiveTour(r.as(office), tour)) },
		}
		results := together(len(changes), func(i int) error { return changes[i]() })
		for i, err := range results[:4] {
			require.NoError(t, err, i)
		}
		if results[4] != nil { // the other worker had not started yet
			requireRefusal(t, results[4], errs.FailedPrecondition, refusal.InUse)
			require.NoError(t, second(r.ArchiveTour(r.as(office), tour)))
		}

		// Rule 1: the stops that the phones showed are the runs', whatever was archived when.
		for run, want := range map[int64]string{planned: StatusStarted, started: StatusCompleted} {
			got, err := r.GetRun(r.as(office), run)
			require.NoError(t, err)
			require.Equal(t, want, got.Status)
			require.Equal(t, buildings, runStops(got))
		}
	}
	count := map[string]int{}
	for _, kind := range r.events() {
		count[kind]++
	}
	require.Equal(t, 24, count[RunStarted])
	require.Equal(t, 12, count[RunCompleted])
	require.Equal(t, 24, count["building.archived"])
}

func TestARunIsReadAsItWasAtOneMoment(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()

	var detail *RunDetail
	err := r.during(func(ctx context.Context, tx pgx.Tx) error {
		// The run's row and progress are read before this table, its visits after it.
		if _, err := tx.Exec(ctx, `lock table buildings in access exclusive mode`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into visits (run_id, building_id, outcome, reason, outcome_id, outcome_at, outcome_claimed_at, outcome_received_at)
			values ($1, $2, 'skipped', 'Closed', gen_random_uuid(), $3, $3, $3)`, run, buildings[0], monday)
		return err
	}, func() (err error) {
		detail, err = r.runDetail(r.as(office), run)
		return err
	})

	require.NoError(t, err)
	require.Zero(t, detail.Progress.Skipped)
	require.Nil(t, detail.Stops[0].Visit, "progress and visits belong together")
}

// during makes a change in a transaction of its own, and commits it as soon as do waits for it, or has not waited. It
// returns the error of do.
func (r *rounds) during(change func(ctx context.Context, tx pgx.Tx) error, do func() error) error {
	r.t.Helper()
	ctx := r.t.Context()
	tx, err := r.pool.Begin(ctx)
	require.NoError(r.t, err)
	defer tx.Rollback(ctx)
	require.NoError(r.t, change(ctx, tx))
	done := make(chan error, 1)
	go func() { done <- do() }()
	waits := func() (waiting bool) {
		err := r.pool.QueryRow(ctx, `select exists (
			select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')`).Scan(&waiting)
		return err == nil && waiting
	}
	require.Eventually(r.t, func() bool { return waits() || len(done) > 0 }, 30*time.Second, 5*time.Millisecond)
	require.NoError(r.t, tx.Commit(ctx))
	return <-done
}
