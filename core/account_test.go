package core

import (
	"context"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/internal/refusal"
)

func TestAnInvitationIsForRegionsThatExist(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	r.regions = nil // nobody works there yet
	invite := func(ids ...int64) error {
		_, err := r.Invite(r.as(office), &auth.InviteParams{Email: "new@example.org", Role: auth.RoleStudent, RegionIDs: ids})
		return err
	}
	err := invite(region, region+1000)
	require.Equal(t, errs.InvalidArgument, errs.Code(err))
	require.Equal(t, []refusal.Row{{Index: 1, Reason: refusal.Unknown}}, errs.Details(err).(refusal.Details).Rows)
	require.Equal(t, "region_ids", errs.Details(err).(refusal.Details).Field)
	require.Empty(t, r.invited, "nobody was invited")
	err = invite(make([]int64, auth.MaxRegions+1)...)
	require.Equal(t, refusal.TooLong, refusal.ReasonOf(err))

	require.NoError(t, invite(region))
	_, err = r.DeleteRegion(r.as(admin), region)
	require.Equal(t, refusal.InUse, refusal.ReasonOf(err), "an invitation waits for it")
}

func TestARegionIsNotDeletedWhileSomebodyIsInvitedToIt(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	r.regions = nil
	invite := r.invite
	inviting, deleted := make(chan struct{}), make(chan error, 1)
	r.invite = func(ctx context.Context, p *auth.InviteParams) (*auth.InviteResponse, error) {
		close(inviting)
		return invite(ctx, p)
	}
	go func() {
		<-inviting // the invitation is being made, and is not seen yet
		_, err := r.DeleteRegion(r.as(admin), region)
		deleted <- err
	}()
	_, err := r.Invite(r.as(office), &auth.InviteParams{Email: "new@example.org", Role: auth.RoleStudent, RegionIDs: []int64{region}})
	require.NoError(t, err)
	require.Equal(t, refusal.InUse, refusal.ReasonOf(<-deleted))
}

func TestAPersonHasAtMost200Regions(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	_, err := r.PutUserRegions(r.as(office), emma.ID, &PutUserRegionsParams{RegionIDs: make([]int64, auth.MaxRegions+1)})
	require.Equal(t, refusal.TooLong, refusal.ReasonOf(err))
	require.Empty(t, r.assigned)
}

func TestWhoHasRunsToDoStaysAWorker(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	r.run()
	change := func(role auth.Role) error {
		_, err := r.ChangeRole(r.as(admin), emma.ID, &auth.ChangeRoleParams{Role: role})
		return err
	}
	for _, role := range []auth.Role{auth.RoleSyndic, auth.RoleNone} {
		err := change(role)
		require.Equal(t, errs.FailedPrecondition, errs.Code(err))
		require.Equal(t, refusal.HasRuns, refusal.ReasonOf(err))
		require.ErrorContains(t, err, "2 runs")
	}
	require.Empty(t, r.given)
	require.NoError(t, change(auth.RoleSuperstudent), "who plans may walk too")

	_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Rain"})
	require.NoError(t, err)
	require.ErrorContains(t, change(auth.RoleNone), "a run to do")
	r.pass(24 * time.Hour)
	require.NoError(t, change(auth.RoleNone), "nobody can start a run of yesterday")
	require.Equal(t, auth.RoleNone, r.given[emma.ID])
}

func TestNobodyIsPlannedWhileTheirRoleChanges(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	changed := make(chan error, 1)
	var once sync.Once
	people := r.Service.people
	r.Service.people = func(ctx context.Context, ids []int64) (map[int64]person, error) {
		found, err := people(ctx, ids) // emma is a student, and the run is not planned yet
		once.Do(func() {
			go func() {
				_, err := r.ChangeRole(r.as(admin), emma.ID, &auth.ChangeRoleParams{Role: auth.RoleSyndic})
				changed <- err
			}()
			for waits := false; !waits && len(changed) == 0; {
				require.NoError(t, r.pool.QueryRow(t.Context(), `select exists (
					select from pg_locks join pg_database on pg_database.oid = pg_locks.database
					where datname = current_database() and locktype = 'advisory' and not granted)`).Scan(&waits))
			}
		})
		return found, err
	}
	_, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "2026-05-05"})
	require.NoError(t, err)
	require.Equal(t, refusal.HasRuns, refusal.ReasonOf(<-changed))
	require.Empty(t, r.given)
}
