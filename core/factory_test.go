package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/limit"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// The people of every test.
var (
	admin   = access.Actor{ID: 1, Role: auth.RoleAdmin}
	office  = access.Actor{ID: 2, Role: auth.RoleSuperstudent}
	emma    = access.Actor{ID: 3, Role: auth.RoleStudent} // the worker
	lucas   = access.Actor{ID: 4, Role: auth.RoleStudent} // another worker
	martin  = access.Actor{ID: 5, Role: auth.RoleSyndic}  // manages every building unless said otherwise
	nadia   = access.Actor{ID: 6, Role: auth.RoleSyndic}  // manages nothing
	nobody  = access.Actor{ID: 7, Role: auth.RoleNone}
	retired = access.Actor{ID: 8, Role: auth.RoleStudent} // not active any more
)

// monday is when tests take place, 9 o'clock in Brussels, and today is its date.
var (
	monday = time.Date(2026, time.May, 4, 7, 0, 0, 0, time.UTC)
	today  = time.Date(2026, time.May, 4, 0, 0, 0, 0, time.UTC)
)

// rounds is the service with a database, a clock and files of its own.
type rounds struct {
	*Service
	t     testing.TB
	files *memoryFiles
	// pdfs are the files of manuals.
	pdfs  *memoryManuals
	topic *recordingTopic

	mu      sync.Mutex
	time    time.Time
	regions []int64 // of the workers
	// invited are the regions of invitations, and given the roles that were given to people.
	invited []int64
	given   map[int64]auth.Role
	// gone are the people who were deactivated, anonymised those who were that too.
	gone, anonymised map[int64]bool
	// assigned are the regions that were given to people.
	assigned map[int64][]int64
}

func newRounds(tb testing.TB) *rounds {
	tb.Helper()
	database, err := et.NewTestDatabase(tb.Context(), "core")
	require.NoError(tb, err)
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	r := &rounds{t: tb, files: &memoryFiles{content: make(map[string][]byte)}, topic: &recordingTopic{}, time: monday,
		assigned: make(map[int64][]int64), given: make(map[int64]auth.Role), gone: map[int64]bool{retired.ID: true}, anonymised: make(map[int64]bool)}
	r.Service = newService(sqldb.Driver[*pgxpool.Pool](database), r.files, r.topic.publish, zone)
	r.late = Lateness{20 * time.Hour, 15 * time.Minute, zone}
	r.pdfs = &memoryManuals{content: make(map[string][]byte)}
	r.manuals = r.pdfs
	r.now = func() time.Time {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.time
	}
	r.limiter = limit.New(nil, r.now)
	r.webApp = url.URL{Scheme: "https", Host: "trottoir.example"}
	r.caller = callerIn
	r.Service.people = r.lookUp
	r.allWorkers = r.workersOf
	r.regionInUse = func(_ context.Context, region int64) (*auth.RegionInUseResponse, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		return &auth.RegionInUseResponse{
			ByUsers: slices.Contains(r.regions, region), ByInvitations: slices.Contains(r.invited, region),
		}, nil
	}
	r.invite = func(_ context.Context, p *auth.InviteParams) (*auth.InviteResponse, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.invited = append(r.invited, p.RegionIDs...)
		return &auth.InviteResponse{Invitation: &auth.Invitation{ID: 1}, Token: "token"}, nil
	}
	r.changeRole = func(_ context.Context, user int64, p *auth.ChangeRoleParams) (*auth.User, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.given[user] = p.Role
		return &auth.User{ID: user, Role: p.Role}, nil
	}
	r.assign = func(_ context.Context, p *auth.AssignRegionsParams) ([]int64, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.assigned[p.UserID] = slices.Sorted(slices.Values(p.RegionIDs))
		return r.assigned[p.UserID], nil
	}
	r.setActive = func(_ context.Context, id int64, p *auth.SetActiveParams) (*auth.User, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.gone[id] = !p.Active
		return &auth.User{ID: id, Active: p.Active}, nil
	}
	r.anonymise = func(_ context.Context, id int64, _ *auth.AnonymiseParams) (*auth.User, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.anonymised[id] = true
		return &auth.User{ID: id}, nil
	}
	return r
}

type callerKey struct{}

// as is a request of the actor.
func (r *rounds) as(actor access.Actor) context.Context {
	return context.WithValue(r.t.Context(), callerKey{}, actor)
}

func callerIn(ctx context.Context) (access.Actor, error) {
	actor, ok := ctx.Value(callerKey{}).(access.Actor)
	if !ok {
		return actor, refusal.Unauthenticated(refusal.SignedOut, "Sign in first.")
	}
	return actor, nil
}

func (r *rounds) lookUp(_ context.Context, ids []int64) (map[int64]person, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	people := make(map[int64]person)
	for _, actor := range []access.Actor{admin, office, emma, lucas, martin, nadia, nobody, retired} {
		for _, id := range ids {
			if id == actor.ID {
				people[id] = person{
					Worker: Worker{id, fmt.Sprint("First", id), fmt.Sprint("Last", id), "+3247000000" + fmt.Sprint(id)},
					role:   actor.Role, regionIDs: r.regions, active: !r.gone[id],
				}
			}
		}
	}
	return people, nil
}

// workersOf returns who can be given runs in regions, by their ids.
func (r *rounds) workersOf(ctx context.Context, p *auth.WorkersParams) (*auth.UsersResponse, error) {
	everybody := []int64{admin.ID, office.ID, emma.ID, lucas.ID, martin.ID, nadia.ID, nobody.ID, retired.ID}
	people, err := r.lookUp(ctx, everybody)
	answer := &auth.UsersResponse{}
	for _, id := range everybody {
		found := people[id]
		inRegion := len(p.RegionIDs) == 0 ||
			slices.ContainsFunc(p.RegionIDs, func(region int64) bool { return slices.Contains(found.regionIDs, region) })
		if slices.Contains(p.IDs, id) || inRegion && found.active && access.CanWork(found.role) {
			answer.Users = append(answer.Users, &auth.User{
				ID: id, FirstName: found.FirstName, LastName: found.LastName, Role: found.role, RegionIDs: found.regionIDs, Active: found.active,
			})
		}
	}
	return answer, err
}

func (r *rounds) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.time = r.time.Add(d)
}

func (r *rounds) setTime(t time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.time = t
}

var counter struct {
	sync.Mutex
	n int
}

func next() string {
	counter.Lock()
	defer counter.Unlock()
	counter.n++
	return strconv.Itoa(counter.n)
}

// region makes a region in which all workers work.
func (r *rounds) region() int64 {
	r.t.Helper()
	id, err := r.query.InsertRegion(r.t.Context(), "Region "+next())
	require.NoError(r.t, err)
	r.regions = append(r.regions, id)
	return id
}

// building makes a building of martin's; change may alter it first.
func (r *rounds) building(regionID int64, change ...func(*store.InsertBuildingParams)) int64 {
	r.t.Helper()
	number := next()
	params := store.InsertBuildingParams{
		RegionID: regionID, Name: "Building " + number, Street: "Veldstraat", HouseNumber: number, PostalCode: "9000",
		City: "Gent", SyndicID: &martin.ID, AgreedMinutes: 10,
	}
	for _, c := range change {
		c(&params)
	}
	id, err := r.query.InsertBuilding(r.t.Context(), params)
	require.NoError(r.t, err)
	return id
}

// tour makes a tour of the buildings, or of two new ones.
func (r *rounds) tour(regionID int64, buildings ...int64) int64 {
	r.t.Helper()
	if len(buildings) == 0 {
		buildings = []int64{r.building(regionID), r.building(regionID)}
	}
	id, err := r.query.InsertTour(r.t.Context(), store.InsertTourParams{RegionID: regionID, Name: "Tour " + next()})
	require.NoError(r.t, err)
	for i, building := range buildings {
		require.NoError(r.t, r.query.InsertStop(r.t.Context(), store.InsertStopParams{
			TourID: id, Position: int32(i + 1), BuildingID: building,
		}))
	}
	return id
}

// run plans a run of emma's for today, on a new tour of two buildings; change may alter it first.
func (r *rounds) run(change ...func(*store.InsertRunParams)) int64 {
	r.t.Helper()
	params := store.InsertRunParams{WorkerID: emma.ID, Date: today, PlannedAt: monday, PlannedBy: office.ID}
	for _, c := range change {
		c(&params)
	}
	if params.TourID == 0 {
		params.TourID = r.tour(r.region())
	}
	id, err := r.query.InsertRun(r.t.Context(), params)
	require.NoError(r.t, err)
	return id
}

// startedRun is a run of emma's today that she has started, and its buildings in order.
func (r *rounds) startedRun(change ...func(*store.InsertRunParams)) (id int64, buildings []int64) {
	r.t.Helper()
	run, err := r.StartRun(r.as(emma), r.run(change...), r.start())
	require.NoError(r.t, err)
	for _, stop := range run.Stops {
		buildings = append(buildings, stop.Building.ID)
	}
	return run.ID, buildings
}

// start is a start at this moment, with the stops of the tour.
func (r *rounds) start() *StartRunParams { return &StartRunParams{ID: newID(), OccurredAt: r.now()} }

// complete is a completion at this moment.
func (r *rounds) complete(reason string) *CompleteRunParams {
	return &CompleteRunParams{ID: newID(), OccurredAt: r.now(), Reason: reason}
}

// visit uploads pictures for the steps and confirms them.
func (r *rounds) visit(run, building int64, steps ...string) {
	r.t.Helper()
	for _, step := range steps {
		r.picture(run, building, step)
		_, err := r.PutStep(r.as(emma), run, building, step, &PutStepParams{ID: newID(), OccurredAt: r.now()})
		require.NoError(r.t, err)
	}
}

// picture uploads a picture of a step.
func (r *rounds) picture(run, building int64, step string) Picture {
	r.t.Helper()
	answer := r.send(emma, r.form(run, building, step))
	require.Equal(r.t, http.StatusOK, answer.status, string(answer.body))
	return answer.picture(r.t)
}

// progress is how far a run is, as the office sees it.
func (r *rounds) progress(run int64) Progress {
	r.t.Helper()
	detail, err := r.GetRun(r.as(office), run)
	require.NoError(r.t, err)
	return detail.Progress
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV4()) }

// form is an upload that is accepted.
type form struct {
	fields   map[string]string
	fileName string
	file     []byte
	// fileFirst puts the file before the fields.
	fileFirst bool
}

func (r *rounds) form(run, building int64, step string) *form {
	return &form{
		fields: map[string]string{
			"id": newID().String(), "run": fmt.Sprint(run), "building": fmt.Sprint(building), "step": step,
			"taken_at": r.now().Format(time.RFC3339Nano),
		},
		fileName: "photo.jpg", file: jpegFile(r.t, 64, 48),
	}
}

// answer is what a raw endpoint answered.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) picture(tb testing.TB) (picture Picture) {
	tb.Helper()
	require.Equal(tb, http.StatusOK, a.status, string(a.body))
	require.NoError(tb, json.Unmarshal(a.body, &picture), string(a.body))
	return picture
}

// refusal is the code and the details of an error answer; ok when it is none.
func (a answer) refusal(tb testing.TB) (code string, details refusal.Details) {
	tb.Helper()
	if a.status < 400 {
		return "ok", details
	}
	var body struct {
		Code    string
		Details refusal.Details
	}
	require.NoError(tb, json.Unmarshal(a.body, &body), string(a.body))
	return body.Code, body.Details
}

// send uploads the form.
func (r *rounds) send(actor access.Actor, form *form) answer {
	r.t.Helper()
	return r.sendIn(r.as(actor), form)
}

func (r *rounds) sendIn(ctx context.Context, form *form) answer {
	body, contentType := form.encode()
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/pictures", bytes.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	recorder := httptest.NewRecorder()
	r.UploadPicture(recorder, req)
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func (f *form) encode() (body []byte, contentType string) {
	var buffer bytes.Buffer // takes everything: there are no errors to check
	writer := multipart.NewWriter(&buffer)
	writeFile := func() {
		part, _ := writer.CreateFormFile("file", f.fileName)
		_, _ = part.Write(f.file)
	}
	if f.fileFirst {
		writeFile()
	}
	for name, text := range f.fields {
		_ = writer.WriteField(name, text)
	}
	if !f.fileFirst {
		writeFile()
	}
	_ = writer.Close()
	return buffer.Bytes(), writer.FormDataContentType()
}

// fetch reads a picture's file.
func (r *rounds) fetch(ctx context.Context, id, size, etag string) answer {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/pictures/"+id+"/"+size, nil)
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	recorder := httptest.NewRecorder()
	if err := r.servePicture(recorder, req, id, size); err != nil {
		refusal.Write(recorder, err)
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

// jpegFile is a photo with a red upper left corner.
func jpegFile(tb testing.TB, width, height int) []byte {
	tb.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{90, 120, 160, 255}
			if x < width/2 && y < height/2 {
				c = color.RGBA{200, 30, 30, 255}
			}
			picture.Set(x, y, c)
		}
	}
	var file bytes.Buffer
	require.NoError(tb, jpeg.Encode(&file, picture, nil))
	return file.Bytes()
}

// memoryFiles keeps files in memory. fail makes writing fail, failRemove removing; afterWrite is called after each file.
type memoryFiles struct {
	mu         sync.Mutex
	content    map[string][]byte
	fail       error
	failRemove func(name string) error
	afterWrite func()
}

func (m *memoryFiles) write(_ context.Context, name string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.content[name] = content
	if m.afterWrite != nil {
		m.afterWrite()
	}
	return nil
}

func (m *memoryFiles) read(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.content[name]
	if !ok {
		return nil, errors.New("there is no file " + name)
	}
	return content, nil
}

func (m *memoryFiles) remove(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failRemove != nil {
		if err := m.failRemove(name); err != nil {
			return err
		}
	}
	delete(m.content, name)
	return nil
}

// names are the files that there are, sorted.
func (m *memoryFiles) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.content))
}

// recordingTopic stands for both topics. fail makes publishing fail.
type recordingTopic struct {
	mu       sync.Mutex
	messages []outbox.Message
	fail     error
}

func (topic *recordingTopic) publish(_ context.Context, message outbox.Message) error {
	topic.mu.Lock()
	defer topic.mu.Unlock()
	if topic.fail != nil {
		return topic.fail
	}
	topic.messages = append(topic.messages, message)
	return nil
}

// events publishes what is in the outbox and returns the types of all events so far, in order, without those of the audit log.
func (r *rounds) events() []string {
	r.t.Helper()
	_, err := r.relay.Drain(r.t.Context())
	require.NoError(r.t, err)
	r.topic.mu.Lock()
	defer r.topic.mu.Unlock()
	types := make([]string, 0, len(r.topic.messages))
	for _, message := range r.topic.messages {
		if message.Topic == audit.Topic {
			continue
		}
		var event struct{ Type string }
		require.NoError(r.t, json.Unmarshal(message.Payload, &event))
		types = append(types, event.Type)
	}
	return types
}

// buildingParams describe a building that is accepted.
func (r *rounds) buildingParams(regionID int64) *BuildingParams {
	number := next()
	return &BuildingParams{
		RegionID: regionID, Name: "Residentie " + number, SyndicIDs: []int64{martin.ID}, AgreedMinutes: 12,
		Address: AddressParams{Street: "Coupure", HouseNumber: number, Bus: "b", PostalCode: "9000", City: "Gent"},
	}
}

// edit is the building as its form would send it.
func edit(b *Building) *BuildingParams {
	syndics := []int64{}
	for _, syndic := range b.Syndics {
		syndics = append(syndics, syndic.ID)
	}
	return &BuildingParams{
		RegionID: b.Region.ID, Name: b.Name, SyndicIDs: syndics, AgreedMinutes: b.AgreedMinutes, Version: b.Version,
		Address: AddressParams(b.Address), CustomerNumber: b.CustomerNumber, Coordinates: b.Coordinates,
	}
}

// stopsOf are the buildings of a tour in order.
func stopsOf(tour *TourDetail) (buildings []int64) {
	for _, stop := range tour.Stops {
		buildings = append(buildings, stop.Building.ID)
	}
	return buildings
}

// requireDetails checks the code and the details of an error.
func requireDetails(t *testing.T, err error, code errs.ErrCode, details refusal.Details, about ...any) {
	t.Helper()
	requireRefusal(t, err, code, details.Reason, about...)
	require.Equal(t, details, errs.Details(err), about...)
}

// requireRefusal checks the code and the reason of an error.
func requireRefusal(t *testing.T, err error, code errs.ErrCode, reason refusal.Reason, about ...any) {
	t.Helper()
	require.Error(t, err, about...)
	require.Equal(t, code.String(), errs.Code(err).String(), about...)
	require.Equal(t, reason, refusal.ReasonOf(err), about...)
}

// recordingQueries keeps what is asked of the database.
type recordingQueries struct {
	store.DBTX
	queries []recordedQuery
}

type recordedQuery struct {
	sql  string
	args []any
}

func (r *recordingQueries) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	r.queries = append(r.queries, recordedQuery{sql, args})
	return r.DBTX.Query(ctx, sql, args...)
}

func (r *recordingQueries) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	r.queries = append(r.queries, recordedQuery{sql, args})
	return r.DBTX.Exec(ctx, sql, args...)
}
