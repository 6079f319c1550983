package rights

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/storage/sqldb"
	"encore.dev/types/uuid"
	"github.com/alexedwards/argon2id"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/day"
	"encore.app/internal/settings"
	"encore.app/mail"
)

// The databases of the services, for what no endpoint makes without another: the first accounts, and pictures, whose
// endpoint is raw.
var (
	accounts = sqldb.Named("auth")
	rounds   = sqldb.Named("core")
	mails    = sqldb.Named("mail")
	changes  = sqldb.Named("audit")
)

// company is a person of every role, and makes what they ask for. The tests share the databases: every company has its own
// people and regions.
type company struct {
	t                                                         *testing.T
	admin, superstudent, worker, student, syndic, withoutRole account

	// registered is the address of somebody who can sign in with password; empty until somebody needs one.
	registered string
}

// account is somebody who has signed in; the password is password.
type account struct {
	id, session int64
	email       string
	role        auth.Role
}

func (a *account) uid() encoreauth.UID { return encoreauth.UID(strconv.FormatInt(a.id, 10)) }

func (a *account) data() *auth.Data {
	return &auth.Data{UserID: a.id, SessionID: a.session, Scope: auth.ScopeWrite, Role: a.role, Language: "en"}
}

func newCompany(t *testing.T) *company {
	t.Helper()
	c := &company{t: t}
	c.admin, c.superstudent = c.account(auth.RoleAdmin), c.account(auth.RoleSuperstudent)
	c.worker, c.student = c.account(auth.RoleStudent), c.account(auth.RoleStudent)
	c.syndic, c.withoutRole = c.account(auth.RoleSyndic), c.account(auth.RoleNone)
	return c
}

var passwordHash = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(password, &argon2id.Params{
		Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32,
	})
	if err != nil {
		panic(err)
	}
	return hash
})

var counter atomic.Int64

// next makes names that nothing else has.
// absences counts the days that are taken.
var absences atomic.Int64

func next() string { return strconv.FormatInt(counter.Add(1), 10) }

func (c *company) account(role auth.Role) account {
	c.t.Helper()
	made := account{role: role, email: fmt.Sprintf("person%s@rights.example", next())}
	err := accounts.QueryRow(c.t.Context(), `
		with person as (
			insert into users (email, first_name, last_name, role, password_hash) values ($1, 'Robin', 'Maes', $2, $3) returning id
		)
		insert into sessions (token_hash, user_id, created_at, last_used_at, expires_at)
		select sha256($1::text::bytea), id, now(), now(), now() + interval '1 day' from person returning user_id, id`,
		made.email, string(role), passwordHash()).Scan(&made.id, &made.session)
	require.NoError(c.t, err)
	return made
}

// deactivated is a student who may not sign in any more.
func (c *company) deactivated() account {
	c.t.Helper()
	made := c.account(auth.RoleStudent)
	_, err := core.Deactivate(c.asAdmin(), made.id, &core.DeactivateParams{})
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
		RegionID: region, Name: "Residentie " + number, SyndicIDs: []int64{c.syndic.id}, AgreedMinutes: 12,
		Address: core.AddressParams{Street: "Coupure", HouseNumber: number, PostalCode: "9000", City: "Gent"},
	}
}

func (c *company) building(region int64) *core.Building {
	c.t.Helper()
	building, err := core.CreateBuilding(c.asAdmin(), c.buildingParams(region))
	require.NoError(c.t, err)
	return building
}

// wasteKind makes a kind of waste of which nothing is collected.
func (c *company) wasteKind() *core.WasteKind {
	c.t.Helper()
	kind, err := core.CreateWasteKind(c.asAdmin(), &core.CreateWasteKindParams{
		Code: "W" + next(), NameNL: "Hout", NameEN: "Wood", NameFR: "Bois", Colour: "#885522", Icon: "wood",
	})
	require.NoError(c.t, err)
	return kind
}

// collectionParams describe a collection that is accepted.
func (c *company) collectionParams(building int64) *core.CollectionParams {
	return &core.CollectionParams{BuildingID: building, Type: "PMD", Date: "2030-01-07", PutOut: true, BringIn: true}
}

func (c *company) collection(building int64) *core.Collection {
	c.t.Helper()
	collection, err := core.CreateCollection(c.asAdmin(), c.collectionParams(building))
	require.NoError(c.t, err)
	return collection
}

// ruleParams describe a rule that is accepted.
func (c *company) ruleParams(building int64) *core.CollectionRuleParams {
	return &core.CollectionRuleParams{
		Type: "PMD", RRule: "FREQ=WEEKLY", StartDate: "2030-01-07", BuildingIDs: []int64{building}, PutOut: true, BringIn: true,
	}
}

func (c *company) collectionRule(building int64) *core.CollectionRule {
	c.t.Helper()
	result, err := core.CreateCollectionRule(c.asAdmin(), c.ruleParams(building))
	require.NoError(c.t, err)
	return &result.Rule
}

// comment is a note of the office about a building of the syndic.
func (c *company) comment() *core.Comment {
	c.t.Helper()
	comment, err := core.AddComment(c.asAdmin(), c.building(c.region()).ID, &core.AddCommentParams{Text: "Code 4711"})
	require.NoError(c.t, err)
	return comment
}

// incidentParams describe a problem at a stop of a run of the worker.
func (c *company) incidentParams() *core.CreateIncidentParams {
	c.t.Helper()
	run, building := c.startedRun()
	return &core.CreateIncidentParams{
		ID: newID(), BuildingID: building, RunID: run, Kind: core.Damaged, Text: "Deksel stuk", OccurredAt: time.Now(),
	}
}

// incident is one that the worker reported.
func (c *company) incident() *core.Incident {
	c.t.Helper()
	made, err := core.CreateIncident(c.asWorker(), c.incidentParams())
	require.NoError(c.t, err)
	return &made.Incident
}

// incidentPicture is one that the worker added, as an upload leaves it.
func (c *company) incidentPicture() uuid.UUID {
	c.t.Helper()
	id := newID()
	_, err := rounds.Exec(c.t.Context(), `
		insert into incident_pictures (id, incident_id, added_at, added_by, width, height, sha256)
		values ($1, $2, now(), $3, 64, 48, sha256($1::uuid::text::bytea))`, id, c.incident().ID, c.worker.id)
	require.NoError(c.t, err)
	return id
}

// absenceParams are a day of worker's on which they are not absent yet.
func (c *company) absenceParams() *core.AddAbsenceParams {
	c.t.Helper()
	free := day.Format(day.Of(time.Now(), time.UTC).AddDate(0, 0, 2+int(absences.Add(1))))
	return &core.AddAbsenceParams{WorkerID: c.worker.id, FirstDay: free, LastDay: free, Reason: core.AbsenceHoliday}
}

// absence is one of worker's.
func (c *company) absence() core.Absence {
	c.t.Helper()
	made, err := core.AddAbsence(c.asAdmin(), c.absenceParams())
	require.NoError(c.t, err)
	return made.Absence
}

// swap is one that the worker asks, which nobody has taken.
func (c *company) swap() *core.Swap {
	c.t.Helper()
	swap, err := core.AskSwap(c.asWorker(), &core.AskSwapParams{ID: newID(), RunID: c.run().ID})
	require.NoError(c.t, err)
	return swap
}

// manual is one of a building of the syndic, as an upload leaves it.
func (c *company) manual() (id int64) {
	c.t.Helper()
	require.NoError(c.t, rounds.QueryRow(c.t.Context(), `
		insert into manuals (building_id, version, sha256, size, uploaded_at, uploaded_by)
		values ($1, 1, sha256('manual'), 6, now(), $2) returning id`,
		c.building(c.region()).ID, c.admin.id).Scan(&id))
	return id
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

// remark is one of the worker's.
func (c *company) remark() *core.Remark {
	c.t.Helper()
	run, building := c.startedRun()
	remark, err := core.AddRemark(c.asWorker(), run, &core.AddRemarkParams{
		ID: newID(), BuildingID: building, Text: "Shut", OccurredAt: time.Now(),
	})
	require.NoError(c.t, err)
	return remark
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

// entry is a change in the audit log.
func (c *company) entry() int64 {
	c.t.Helper()
	var id int64
	err := changes.QueryRow(c.t.Context(), `
		insert into entries (event_id, kind, thing_kind, thing_id, actor_id, session_id, address, account_id, occurred_at)
		values (gen_random_uuid(), 'account.password_changed', 'account', $1, 0, 0, '', 0, now()) returning id`,
		strconv.FormatInt(c.worker.id, 10)).Scan(&id)
	require.NoError(c.t, err)
	return id
}

// notificationDeviceParams are those of a new browser.
func (c *company) notificationDeviceParams() *mail.PutNotificationDeviceParams {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(c.t, err)
	devices, err := mail.ListNotificationDevices(c.asWorker())
	require.NoError(c.t, err)
	return &mail.PutNotificationDeviceParams{
		Endpoint: "https://push.example.com/" + rand.Text(), P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		Auth: base64.RawURLEncoding.EncodeToString(make([]byte, 16)), PublicKey: devices.PublicKey,
	}
}

// notificationDevice is a browser of the worker's.
func (c *company) notificationDevice() int64 {
	device, err := mail.PutNotificationDevice(c.asWorker(), c.notificationDeviceParams())
	require.NoError(c.t, err)
	return device.ID
}

// template is one that the office keeps.
func (c *company) template() *mail.Template {
	c.t.Helper()
	template, err := mail.CreateTemplate(c.asAdmin(), templateParams())
	require.NoError(c.t, err)
	return template
}

func templateParams() *mail.TemplateParams {
	return &mail.TemplateParams{Name: "Sleutels " + newID().String(), Subject: "Sleutels", Body: "Dag {{first_name}}"}
}

// resetToken is the token of a link to choose a new password.
func (c *company) resetToken() string {
	c.t.Helper()
	token := newID().String()
	_, err := accounts.Exec(c.t.Context(), `
		insert into password_resets (user_id, token_hash, nonce, created_at, expires_at)
		values ($1, sha256($2::text::bytea), sha256('nonce'), now(), now() + interval '1 hour')`,
		c.account(auth.RoleStudent).id, token)
	require.NoError(c.t, err)
	return token
}

// confirmationToken is the token of a link to confirm another address.
func (c *company) confirmationToken() string {
	c.t.Helper()
	token := newID().String()
	_, err := accounts.Exec(c.t.Context(), `
		insert into email_changes (user_id, email, token_hash, nonce, created_at, expires_at)
		values ($1, $2, sha256($3::text::bytea), sha256('nonce'), now(), now() + interval '1 hour')`,
		c.account(auth.RoleStudent).id, "confirmed"+next()+"@rights.example", token)
	require.NoError(c.t, err)
	return token
}

// enrol sets up a second factor of the person of the context and returns the recovery codes.
func (c *company) enrol(ctx context.Context) ([]string, error) {
	c.t.Helper()
	begun, err := auth.BeginSecondFactor(ctx, &auth.BeginSecondFactorParams{Password: password})
	if err != nil {
		return nil, err
	}
	code, err := totp.GenerateCode(begun.Key, time.Now())
	require.NoError(c.t, err)
	confirmed, err := auth.ConfirmSecondFactor(ctx, &auth.ConfirmSecondFactorParams{Code: code})
	if err != nil {
		return nil, err
	}
	return confirmed.RecoveryCodes, nil
}

// token is the id of one of a person's tokens.
func (c *company) token(userID int64) (id int64) {
	c.t.Helper()
	require.NoError(c.t, accounts.QueryRow(c.t.Context(), `
		insert into tokens (user_id, name, token_hash, scope, created_at, expires_at)
		values ($1, 'Export', sha256($2::text::bytea), 'read', now(), now() + interval '1 day') returning id`,
		userID, newID().String()).Scan(&id))
	return id
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV4()) }
