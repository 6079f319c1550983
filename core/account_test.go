package core

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/internal/refusal"
)

func TestAnInvitationIsForRegionsThatExist(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	r.regions = nil // nobody works there yet
	invite := func(ids ...int64) error {
		_, err := r.Invite(r.as(office), &InviteParams{Email: "new@example.org", Role: auth.RoleStudent, RegionIDs: ids})
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
	_, err = r.DeleteRegion(r.as(admin), region, &DeleteRegionParams{})
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
		_, err := r.DeleteRegion(r.as(admin), region, &DeleteRegionParams{})
		deleted <- err
	}()
	_, err := r.Invite(r.as(office), &InviteParams{Email: "new@example.org", Role: auth.RoleStudent, RegionIDs: []int64{region}})
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
		_, err := r.ChangeRole(r.as(admin), emma.ID, &ChangeRoleParams{Role: role})
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
				_, err := r.ChangeRole(r.as(admin), emma.ID, &ChangeRoleParams{Role: auth.RoleSyndic})
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

// Through the services themselves: what auth tells the audit log of a request that goes through this service.
func TestRule12TheAuditLogNamesTheSessionAndTheAddressBehindACall(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	r.invite, r.changeRole, r.assign = inviteInAuth, changeRoleInAuth, assignInAuth
	accounts := sqldb.Named("auth")
	account := func(role auth.Role) (id int64) {
		require.NoError(t, accounts.QueryRow(t.Context(), `
			insert into users (email, first_name, last_name, role) values ($1, 'A', 'B', $2::text::role) returning id`,
			rand.Text()+"@trottoir.test", role).Scan(&id))
		return id
	}
	boss := access.Actor{ID: account(auth.RoleAdmin), Role: auth.RoleAdmin, SessionID: 77, Address: "192.0.2.77"}
	worker := account(auth.RoleStudent)
	people := r.Service.people
	r.Service.people = func(ctx context.Context, ids []int64) (map[int64]person, error) {
		found, err := people(ctx, ids)
		found[worker] = person{Worker: Worker{ID: worker}, role: auth.RoleStudent, active: true}
		return found, err
	}
	et.OverrideAuthInfo(encoreauth.UID(strconv.FormatInt(boss.ID, 10)), &auth.Data{
		UserID: boss.ID, SessionID: boss.SessionID, Scope: auth.ScopeWrite, Role: boss.Role,
	})
	invited, err := r.Invite(r.as(boss), &InviteParams{Email: rand.Text() + "@trottoir.test", Role: auth.RoleStudent})
	require.NoError(t, err)
	_, err = r.PutUserRegions(r.as(boss), worker, &PutUserRegionsParams{RegionIDs: []int64{region}})
	require.NoError(t, err)
	_, err = r.ChangeRole(r.as(boss), worker, &ChangeRoleParams{Role: auth.RoleSuperstudent})
	require.NoError(t, err)
	for kind, thing := range map[string]int64{
		"invitation.created": invited.Invitation.ID, "account.regions_changed": worker, "account.role_changed": worker,
	} {
		var actor string
		require.NoError(t, accounts.QueryRow(t.Context(), `
			select payload->>'actor' from outbox
			where topic = 'audit-events' and payload->>'kind' = $1 and payload->>'thing_id' = $2`,
			kind, strconv.FormatInt(thing, 10)).Scan(&actor), kind)
		require.JSONEq(t, fmt.Sprintf(`{"user_id": %d, "session_id": 77, "address": "192.0.2.77"}`, boss.ID), actor, kind)
	}
}
