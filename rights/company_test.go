package rights

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/storage/sqldb"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/day"
	"encore.app/internal/settings"
)

// The databases of the services, for what no endpoint makes without another: the first accounts, and pictures, whose
// endpoint is raw.
var (
	accounts = sqldb.Named("auth")
	rounds   = sqldb.Named("core")
	mails    = sqldb.Named("mail")
)

// company is a person of every role, and makes what they ask for. The tests share the databases: every company has its own
// people and regions.
type company struct {
	t                                                         *testing.T
	admin, superstudent, worker, student, syndic, withoutRole account

	// registered is the address of somebody who can sign in with password; empty until somebody needs one.
	registered string
}

type account struct {
	id   int64
	role auth.Role
}

func (a *account) uid() encoreauth.UID { return encoreauth.UID(strconv.FormatInt(a.id, 10)) }

func (a *account) data() *auth.Data {
	return &auth.Data{UserID: a.id, Scope: auth.ScopeWrite, Role: a.role, Language: "en"}
}

func newCompany(t *testing.T) *company {
	t.Helper()
	c := &company{t: t}
	c.admin, c.superstudent = c.account(auth.RoleAdmin), c.account(auth.RoleSuperstudent)
	c.worker, c.student = c.account(auth.RoleStudent), c.account(auth.RoleStudent)
	c.syndic, c.withoutRole = c.account(auth.RoleSyndic), c.account(auth.RoleNone)
	return c
}

var counter atomic.Int64

// next makes names that nothing else has.
func next() string { return strconv.FormatInt(counter.Add(1), 10) }

func (c *company) account(role auth.Role) account {
	c.t.Helper()
	made := account{role: role}
	err := accounts.QueryRow(c.t.Context(),
		`insert into users (email, first_name, last_name, role) values ($1, 'Robin', 'Maes', $2) returning id`,
		fmt.Sprintf("person%s@rights.example", next()), string(role)).Scan(&made.id)
	require.NoError(c.t, err)
	return made
}

// asAdmin is a request of the admin, for what a test needs to be there.
func (c *company) asAdmin() context.Context { return c.admin.in(c.t.Context()) }

func (c *company) asWorker() context.Context { return c.worker.in(c.t.Context()) }

// region makes a region, in which the worker works.
func (c *company) region() int64 {
	c.t.Helper()
	region, err := core.CreateRegion(c.asAdmin(), &core.RegionParams{Name: "Region " + next()})
	require.NoError(c.t, err)
	_, err = auth.AssignRegions(c.t.Context(), &auth.AssignRegionsParams{UserID: c.worker.id, RegionIDs: []int64{region.ID}})
	require.NoError(c.t, err)
	return region.ID
}

// buildingParams describe a building of the syndic.
func (c *company) buildingParams(region int64) *core.BuildingParams {
	number := next()
	return &core.BuildingParams{
		RegionID: region, Name: "Residentie " + number, SyndicID: &c.syndic.id, AgreedMinutes: 12,
		Address: core.AddressParams{Street: "Coupure", HouseNumber: number, PostalCode: "9000", City: "Gent"},
	}
}

func (c *company) building(region int64) *core.Building {
	c.t.Helper()
	building, err := core.CreateBuilding(c.asAdmin(), c.buildingParams(region))
	require.NoError(c.t, err)
	return building
}

// tour makes a tour of one building.
func (c *company) tour(region int64) *core.TourDetail {
	c.t.Helper()
	tour, err := core.CreateTour(c.asAdmin(), &core.TourParams{RegionID: region, Name: "Tour " + next()})
	require.NoError(c.t, err)
	tour, err = core.PutStops(c.asAdmin(), tour.ID, &core.PutStopsParams{
		BuildingIDs: []int64{c.building(region).ID}, Version: tour.Version,
	})
	require.NoError(c.t, err)
	return tour
}

// planParams give the worker a run today.
func (c *company) planParams() *core.PlanRunParams {
	c.t.Helper()
	set, err := settings.Load()
	require.NoError(c.t, err)
	tour := c.tour(c.region())
	return &core.PlanRunParams{TourID: tour.ID, WorkerID: c.worker.id, Date: day.Format(day.Of(time.Now(), set.TimeZone))}
}

func (c *company) run() *core.RunDetail {
	c.t.Helper()
	run, err := core.PlanRun(c.asAdmin(), c.planParams())
	require.NoError(c.t, err)
	return run
}

// startedRun is a run that the worker has started, and its stop.
func (c *company) startedRun() (run, building int64) {
	c.t.Helper()
	started, err := core.StartRun(c.asWorker(), c.run().ID, &core.StartRunParams{ID: newID(), OccurredAt: time.Now()})
	require.NoError(c.t, err)
	return started.ID, started.Stops[0].Building.ID
}

// picture is one of the arrival, as an upload leaves it.
func (c *company) picture(run, building int64) uuid.UUID {
	c.t.Helper()
	id := newID()
	_, err := rounds.Exec(c.t.Context(), `
		insert into pictures (id, run_id, building_id, step, claimed_at, taken_at, received_at, width, height, sha256)
		values ($1, $2, $3, 'arrival', now(), now(), now(), 64, 48, sha256($1::uuid::text::bytea))`, id, run, building)
	require.NoError(c.t, err)
	return id
}

// invitation is one that waits, with its token.
func (c *company) invitation() *auth.InviteResponse {
	c.t.Helper()
	invited, err := core.Invite(c.asAdmin(), c.inviteParams())
	require.NoError(c.t, err)
	return invited
}

func (c *company) inviteParams() *core.InviteParams {
	return &core.InviteParams{Email: "invited" + next() + "@rights.example", Role: auth.RoleStudent}
}

// message is a mail to the worker that was sent.
func (c *company) message() int64 {
	c.t.Helper()
	var id int64
	err := mails.QueryRow(c.t.Context(), `
		insert into messages (source, kind, user_id, status, next_try_at, expires_at, message_id, occurred_at, created_at, ended_at)
		values ($1, 'password-changed', $2, 'sent', now(), now(), $1, now(), now(), now()) returning id`,
		"rights:"+next(), c.worker.id).Scan(&id)
	require.NoError(c.t, err)
	return id
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV4()) }
