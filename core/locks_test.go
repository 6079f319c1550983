package core

import (
	"context"
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
