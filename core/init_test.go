package core

import (
	"bytes"
	"context"
	"strconv"
	"testing"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// The service as the framework starts it: settings and the database are found, callers and people are those of the
// service auth, and files are in the bucket.
func TestTheServiceStarts(t *testing.T) { //nolint:paralleltest // it uses the databases of the process
	s, err := initService()
	require.NoError(t, err)
	ctx := t.Context()
	asCaller := func(id int64, role auth.Role) {
		et.OverrideAuthInfo(encoreauth.UID(strconv.FormatInt(id, 10)), &auth.Data{UserID: id, SessionID: 7, Role: role, Scope: auth.ScopeWrite})
	}

	_, err = s.ListTours(ctx, &ListToursParams{})
	requireRefusal(t, err, errs.Unauthenticated, refusal.SignedOut)

	admin := makeAdmin(t)
	asCaller(admin, auth.RoleAdmin)
	caller, err := signedIn(ctx)
	require.NoError(t, err)
	require.Equal(t, admin, caller.ID)
	require.EqualValues(t, 7, caller.SessionID)
	require.Equal(t, auth.RoleAdmin, caller.Role)

	region, err := s.CreateRegion(ctx, &RegionParams{Name: newID().String()})
	require.NoError(t, err)
	invitation, err := s.Invite(ctx, &InviteParams{Email: newID().String() + "@example.org", Role: auth.RoleStudent, RegionIDs: []int64{region.ID}})
	require.NoError(t, err)
	again := &InviteParams{Email: newID().String() + "@example.org", Role: auth.RoleStudent, IdempotencyKey: newID().String()}
	first, err := s.Invite(ctx, again)
	require.NoError(t, err)
	second, err := s.Invite(ctx, again)
	require.NoError(t, err)
	require.Equal(t, first, second, "the answer was lost")
	var keys string
	require.NoError(t, database.QueryRow(ctx, `select string_agg(idempotency_keys::text, '') from idempotency_keys`).Scan(&keys))
	require.NotContains(t, keys, first.Token)
	other := *again
	other.Role = auth.RoleSyndic
	_, err = s.Invite(ctx, &other)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused)

	_, err = s.DeleteRegion(ctx, region.ID, &DeleteRegionParams{})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.InUse, "an invitation waits")
	registered, err := auth.Register(ctx, &auth.RegisterParams{
		Token: invitation.Token, FirstName: "Noor", LastName: "Claes", Password: "wheels before breakfast", Phone: "0470 12 34 56",
	})
	require.NoError(t, err)
	worker := registered.Account.ID

	building, err := s.CreateBuilding(ctx, &BuildingParams{
		RegionID: region.ID, SyndicIDs: []int64{}, Address: AddressParams{Street: newID().String(), HouseNumber: "1", PostalCode: "9000", City: "Gent"}, AgreedMinutes: 5,
	})
	require.NoError(t, err)
	tour, err := s.CreateTour(ctx, &TourParams{RegionID: region.ID, Name: "Start"})
	require.NoError(t, err)
	_, err = s.PutStops(ctx, tour.ID, &PutStopsParams{BuildingIDs: []int64{building.ID}, Version: tour.Version})
	require.NoError(t, err)
	run, err := s.PlanRun(ctx, &PlanRunParams{TourID: tour.ID, WorkerID: worker, Date: day.Format(s.today())})
	require.NoError(t, err, "auth says that the person works in the region")
	require.Equal(t, Worker{worker, "Noor", "Claes", "+32470123456"}, run.Worker)
	_, err = s.ChangeRole(ctx, worker, &ChangeRoleParams{Role: auth.RoleSyndic})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.HasRuns)
	_, err = s.PutUserRegions(ctx, worker, &PutUserRegionsParams{})
	require.NoError(t, err)
	_, err = s.PlanRun(ctx, &PlanRunParams{TourID: tour.ID, WorkerID: worker, Date: day.Format(s.today().AddDate(0, 0, 1))})
	requireRefusal(t, err, errs.InvalidArgument, refusal.OtherRegion)
	_, err = s.PlanRun(ctx, &PlanRunParams{TourID: tour.ID, WorkerID: 1 << 40, Date: day.Format(s.today())})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Unknown)

	asCaller(worker, auth.RoleStudent)
	started, err := s.StartRun(ctx, run.ID, &StartRunParams{ID: newID(), OccurredAt: s.clock()})
	require.NoError(t, err)
	require.Equal(t, StatusStarted, started.Status)
}

// makeAdmin makes an account in the database of the service auth, which has nobody who could invite.
func makeAdmin(t *testing.T) (id int64) {
	t.Helper()
	err := sqldb.Named("auth").QueryRow(t.Context(), `insert into users (email, password_hash, first_name, last_name, role, language)
		values ('admin-' || gen_random_uuid() || '@example.org', '', 'Ada', 'Peeters', 'admin', 'nl') returning id`).Scan(&id)
	require.NoError(t, err)
	return id
}

func TestFilesOfPicturesAreInTheBucket(t *testing.T) {
	t.Parallel()
	ctx, files, name := t.Context(), bucketFiles{}, "starts/"+newID().String()
	for _, content := range [][]byte{[]byte("first"), bytes.Repeat([]byte("second"), 1<<16)} {
		require.NoError(t, files.write(ctx, name, content))
		stored, err := files.read(ctx, name)
		require.NoError(t, err)
		require.Equal(t, content, stored, "writing it again replaces it")
	}
	for range 2 {
		require.NoError(t, files.remove(ctx, name), "also when it is gone")
	}
	_, err := files.read(ctx, name)
	require.Error(t, err)

	gone, cancel := context.WithCancel(ctx)
	cancel()
	require.Error(t, files.write(gone, name, []byte("late")))
	_, err = files.read(ctx, name)
	require.Error(t, err, "completely or not at all")
}
