package realtime

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/storage/sqldb"
	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
)

func TestAFormerSyndicHearsNoMoreOfTheBuilding(t *testing.T) {
	t.Parallel()
	address := newMiniredis(t).address
	here, there := setup(t, address), setup(t, address)
	former, board := there.connect(t, syndic), there.connect(t, office)
	former.subscribe(t, "building:7", "")
	board.subscribe(t, "building:7", "")

	visit := &core.VisitEvent{ID: "e1", Type: core.VisitOutcome, RunID: 12, BuildingID: 7}
	require.NoError(t, here.OnVisitEvent(t.Context(), visit))
	require.Equal(t, core.VisitOutcome, former.receive(t).Type)
	require.Equal(t, core.VisitOutcome, board.receive(t).Type)

	require.NoError(t, here.OnBuildingEvent(t.Context(), &core.BuildingEvent{
		ID: "e2", Type: "building.changed", BuildingID: 7, SyndicIDs: []int64{99}, FormerSyndicIDs: []int64{syndic.userID},
	}))
	ended := former.receive(t)
	require.Equal(t, []string{"error", "building:7", errs.PermissionDenied.String()}, []string{ended.Op, ended.Channel, ended.Code})
	changed := board.receive(t)
	require.Equal(t, "building.changed", changed.Type)
	require.JSONEq(t, `{"building_id":7,"archived":false}`, string(changed.Data), "and nobody's id")
	former.send(t, `{"op":"ping"}`)
	require.Equal(t, "pong", former.receive(t).Op, "nothing else came")
}

func TestASyndicHearsOfTheirOwnBuildingOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	manager, worker := b.connect(t, syndic), b.connect(t, student)
	manager.subscribe(t, "building:7", "")
	worker.subscribe(t, "run:12", "")
	for _, kind := range []string{core.VisitStepped, core.VisitOutcome} {
		require.NoError(t, b.OnVisitEvent(t.Context(), &core.VisitEvent{
			ID: kind, Type: kind, RunID: 12, BuildingID: 7, Visit: &core.Visit{RunID: 12, BuildingID: 7},
			Progress: &core.Progress{Stops: 3, Segments: []string{"done", "open", "open"}},
		}))
		onBuilding, onRun := manager.receive(t), worker.receive(t)
		require.Equal(t, kind, onBuilding.Type)
		require.Contains(t, string(onBuilding.Data), `"visit":{"run_id":12,"building_id":7`)
		require.NotContains(t, string(onBuilding.Data), "progress", "how far the run is at the buildings of others")
		require.NotContains(t, string(onBuilding.Data), "segments")
		require.Contains(t, string(onRun.Data), `"segments":["done","open","open"]`)
	}
}

func TestTheOfficeKeepsTheChannelsOfWhatItHadItself(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	board := b.connect(t, office)
	board.subscribe(t, "building:7", "")
	board.subscribe(t, "run:12", "")
	require.NoError(t, b.OnBuildingEvent(t.Context(), &core.BuildingEvent{
		ID: "e1", Type: "building.changed", BuildingID: 7, SyndicIDs: []int64{99}, FormerSyndicIDs: []int64{office.userID},
	}))
	require.NoError(t, b.OnRunEvent(t.Context(), &core.RunEvent{
		ID: "e2", Type: core.RunStarted, RunID: 12, WorkerID: 99, Before: &core.RunState{WorkerID: office.userID},
	}))
	for _, want := range []string{"building.changed", core.RunStarted} {
		got := board.receive(t)
		require.Equal(t, []string{"event", want}, []string{got.Op, got.Type}, got.Code)
	}
}

func TestNothingThatTheSnapshotHoldsComesAgain(t *testing.T) {
	t.Parallel()
	at := func(n uint64) position {
		p, err := parsePosition("1000-" + strconv.FormatUint(n, 10))
		require.NoError(t, err)
		return p
	}
	that := func(n uint64) entry { return entry{id: at(n), event: event{Type: "e" + strconv.FormatUint(n, 10)}} }
	for name, from := range map[string]snapshot{
		"what was missed is sent":         {at: at(5), missed: []entry{that(4)}, recovered: true},
		"nothing was asked for":           {at: at(5)},
		"the channel is older than it is": {at: at(5), recovered: true},
	} {
		c := &connection{queue: make(chan [][]byte, queueLength), closed: make(chan struct{})}
		place := &subscription{name: "runs"}
		place.deliver(c, that(4)) // between the place and the snapshot: in it
		place.deliver(c, that(5))
		place.deliver(c, that(6)) // after it
		place.begin(c, from)
		place.deliver(c, that(5)) // the feed is read again
		place.deliver(c, that(7))
		var types []string
		for len(c.queue) > 0 {
			for _, frame := range <-c.queue {
				got, err := decode[received](frame)
				require.NoError(t, err)
				types = append(types, got.Op+got.Type)
			}
		}
		want := []string{"subscribed", "evente6", "evente7"}
		if len(from.missed) > 0 {
			want = []string{"subscribed", "evente4", "evente6", "evente7"}
		}
		require.Equal(t, want, types, name)
	}
}

func TestAFormerWorkerHearsNoMoreOfTheRun(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	former := b.connect(t, student)
	former.subscribe(t, "run:12", "")
	require.NoError(t, b.OnRunEvent(t.Context(), &core.RunEvent{
		ID: "e1", Type: core.RunStarted, RunID: 12, WorkerID: 99, Before: &core.RunState{WorkerID: student.userID},
	}))
	require.Equal(t, errs.PermissionDenied.String(), former.receive(t).Code)
	former.send(t, `{"op":"ping"}`)
	require.Equal(t, "pong", former.receive(t).Op, "nothing else came")
}

func TestARightThatEndsWhileItIsAskedForIsNone(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	b.mayFollowBuilding = func(ctx context.Context, who identity, id int64) error {
		err := b.OnBuildingEvent(ctx, &core.BuildingEvent{ID: "e1", BuildingID: id, SyndicIDs: []int64{99}, FormerSyndicIDs: []int64{who.userID}})
		for err == nil && len(b.hub.channel(channelOfBuilding(id))) > 0 {
			<-time.After(time.Millisecond) // until the event is here
		}
		return err // allowed: it was so when the question was answered
	}
	c := b.connect(t, syndic)
	c.send(t, `{"op":"subscribe","channel":"building:7"}`)
	for range 2 { // told by the event, and as the answer
		require.Equal(t, errs.PermissionDenied.String(), c.receive(t).Code)
	}
	require.Empty(t, b.hub.channel("building:7"))
}

// channel returns who follows a channel.
func (h *hub) channel(name string) map[*connection]*subscription {
	h.mu.RLock()
	defer h.mu.RUnlock()
	followers := map[*connection]*subscription{}
	maps.Copy(followers, h.byChannel[name])
	return followers
}

func TestAClientThatSendsTooFastIsDisconnected(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	frames := b.connect(t, office)
	for range 2 * maxBurst {
		if frames.WriteMessage(websocket.TextMessage, []byte(`{"op":"unsubscribe","channel":"runs"}`)) != nil {
			break // it is closed already
		}
	}
	frames.requireClosed(t, closeTooFast)

	pings := b.connect(t, office)
	for range 2 * maxBurst {
		if pings.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)) != nil {
			break
		}
	}
	pings.requireClosed(t, closeTooFast)

	page := b.connect(t, office)
	for range maxSubscriptions {
		page.subscribe(t, "runs", "") // what a page does when it comes back
	}
}

func TestWhatOneMinuteOfABusyCompanyBringsIsReplayed(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	first := b.connect(t, office)
	first.subscribe(t, "runs", "")
	require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e", core.RunChanged)))
	at := first.receive(t).ID
	require.NoError(t, first.Close())
	for i := range maxReplay {
		require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e"+strconv.Itoa(i), core.RunChanged)))
	}
	again := b.connect(t, office)
	require.True(t, again.subscribe(t, "runs", at).Recovered)
	for range maxReplay {
		require.Equal(t, core.RunChanged, again.receive(t).Type)
	}
	require.GreaterOrEqual(t, maxReplay, 400, "200 people with a step every half minute")
}

// TestRightsAreAskedOfTheServices runs what the other tests replace, against the services themselves. What it makes there stays:
// it is called as nothing else is.
func TestRightsAreAskedOfTheServices(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var region, building, tour, run int64
	rounds, accounts := sqldb.Named("core"), sqldb.Named("auth")
	require.NoError(t, rounds.QueryRow(ctx, `insert into regions (name) values (gen_random_uuid()) returning id`).Scan(&region))
	require.NoError(t, rounds.QueryRow(ctx, `
		insert into buildings (region_id, name, street, house_number, postal_code, city, syndic_id)
		values ($1, 'B', gen_random_uuid(), '1', '9000', 'Gent', $2) returning id`, region, syndic.userID).Scan(&building))
	require.NoError(t, rounds.QueryRow(ctx, `insert into tours (region_id, name) values ($1, 'T') returning id`, region).Scan(&tour))
	require.NoError(t, rounds.QueryRow(ctx, `
		insert into runs (tour_id, worker_id, date, planned_at, planned_by) values ($1, $2, current_date, now(), 1) returning id`, tour, student.userID).Scan(&run))

	for name, who := range map[string]identity{"office": office, "student": student, "syndic": syndic} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, map[string]errs.ErrCode{
				"office": errs.OK, "student": errs.OK, "syndic": errs.PermissionDenied,
			}[name], errs.Code(askRun(ctx, who, run)))
			require.Equal(t, map[string]errs.ErrCode{
				"office": errs.OK, "student": errs.PermissionDenied, "syndic": errs.OK,
			}[name], errs.Code(askBuilding(ctx, who, building)))
		})
	}
	other := identity{userID: 99, role: auth.RoleStudent}
	require.Equal(t, errs.NotFound, errs.Code(askRun(ctx, other, run)))
	require.Equal(t, errs.NotFound, errs.Code(askRun(ctx, office, 1<<40)))
	other.role = auth.RoleSyndic
	require.Equal(t, errs.NotFound, errs.Code(askBuilding(ctx, other, building)))
	require.Equal(t, errs.NotFound, errs.Code(askBuilding(ctx, office, 0)))

	got, exists, err := runFromCore(ctx, 1<<40)
	require.NoError(t, err)
	require.False(t, exists, got)

	state, err := askSession(ctx, 1<<40)
	require.NoError(t, err)
	require.False(t, state.Active)
	var user, session int64
	require.NoError(t, accounts.QueryRow(ctx, `
		insert into users (email, first_name, last_name, role) values (gen_random_uuid() || '@trottoir.test', 'A', 'B', 'student') returning id`).Scan(&user))
	require.NoError(t, accounts.QueryRow(ctx, `
		insert into sessions (user_id, token_hash, created_at, last_used_at, expires_at)
		values ($1, sha256(gen_random_uuid()::text::bytea), now(), now(), now() + interval '1 hour') returning id`, user).Scan(&session))
	state, err = askSession(ctx, session)
	require.NoError(t, err)
	require.True(t, state.Active)
	require.Equal(t, user, state.UserID)
	require.Equal(t, auth.RoleStudent, state.Role)
}

// TestWhoLosesARightHearsNoMore follows what happens to people from the change that takes a right from them, made by the services
// themselves, to their open connections. What it makes there stays.
func TestWhoLosesARightHearsNoMore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	rounds, accounts := sqldb.Named("core"), sqldb.Named("auth")
	person := func(role auth.Role) (who identity, email string) {
		require.NoError(t, accounts.QueryRow(ctx, `
			with person as (
				insert into users (email, first_name, last_name, role) values (gen_random_uuid() || '@trottoir.test', 'A', 'B', $1)
				returning id, email
			), session as (
				insert into sessions (user_id, token_hash, created_at, last_used_at, expires_at)
				select id, sha256(gen_random_uuid()::text::bytea), now(), now(), now() + interval '1 hour' from person returning id
			)
			select person.id, person.email, session.id from person, session`, string(role)).Scan(&who.userID, &email, &who.sessionID))
		who.role = role
		return who, email
	}
	boss, _ := person(auth.RoleAdmin)
	asBoss := encoreauth.WithContext(ctx, encoreauth.UID(strconv.FormatInt(boss.userID, 10)), &auth.Data{
		UserID: boss.userID, SessionID: boss.sessionID, Scope: auth.ScopeWrite, Role: boss.role,
	})
	planner, _ := person(auth.RoleSuperstudent)
	manager, _ := person(auth.RoleSyndic)
	worker, workersEmail := person(auth.RoleStudent)

	region, err := core.CreateRegion(asBoss, &core.RegionParams{Name: "Realtime " + strconv.FormatInt(boss.userID, 10)})
	require.NoError(t, err)
	given := core.BuildingParams{
		RegionID: region.ID, Name: "B", SyndicIDs: []int64{manager.userID}, AgreedMinutes: 5,
		Address: core.AddressParams{Street: region.Name, HouseNumber: "1", PostalCode: "9000", City: "Gent"},
	}
	building, err := core.CreateBuilding(asBoss, &given)
	require.NoError(t, err)

	b := setup(t, newMiniredis(t).address)
	b.sessionState, b.mayFollowRun, b.mayFollowBuilding, b.readRun = askSession, askRun, askBuilding, runFromCore
	people := map[string]identity{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b.serve(w, req, people[req.Header.Get("Test-Session")])
	}))
	t.Cleanup(web.Close)
	b.url = "ws" + strings.TrimPrefix(web.URL, "http") + "/ws"
	for _, who := range []identity{boss, planner, manager, worker} {
		people[strconv.FormatInt(who.sessionID, 10)] = who
	}
	// deliver hands on what the services have put into their outbox about a thing.
	deliver := func(database *sqldb.Database, topic, thing string, id int64, hand func(eventID string, payload []byte) error) {
		rows, err := database.Query(ctx, `
			select event_id::text, payload from outbox where topic = $1 and (payload->>$2)::bigint = $3 order by id`, topic, thing, id)
		require.NoError(t, err)
		defer rows.Close()
		found := 0
		for ; rows.Next(); found++ {
			var eventID string
			var payload []byte
			require.NoError(t, rows.Scan(&eventID, &payload))
			require.NoError(t, hand(eventID, payload))
		}
		require.NoError(t, rows.Err())
		require.NotZero(t, found)
	}
	deliverAccount := func(id int64) {
		deliver(accounts, "account-events", "user_id", id, func(eventID string, payload []byte) error {
			e, err := decode[auth.AccountEvent](payload)
			e.ID = eventID
			return errors.Join(err, b.OnAccountEvent(ctx, &e))
		})
	}
	board, looking := b.connect(t, planner), b.connect(t, manager)
	working, bystander := b.connect(t, worker), b.connect(t, boss)
	board.subscribe(t, "runs", "")
	looking.subscribe(t, "building:"+strconv.FormatInt(building.ID, 10), "")
	working.subscribe(t, "me", "")
	bystander.subscribe(t, "runs", "")

	// The syndic is taken off the building.
	given.SyndicIDs, given.Version = []int64{}, building.Version
	_, err = core.PutBuilding(asBoss, building.ID, &given)
	require.NoError(t, err)
	deliver(rounds, "building-events", "building_id", building.ID, func(eventID string, payload []byte) error {
		e, err := decode[core.BuildingEvent](payload)
		e.ID = eventID
		return errors.Join(err, b.OnBuildingEvent(ctx, &e))
	})
	require.Equal(t, "building.created", looking.receive(t).Type)
	require.Equal(t, errs.PermissionDenied.String(), looking.receive(t).Code)
	looking.send(t, `{"op":"subscribe","channel":"building:`+strconv.FormatInt(building.ID, 10)+`"}`)
	require.Equal(t, errs.NotFound.String(), looking.receive(t).Code, "nothing came in between, and it does not come back")

	// The planner is a student from now on.
	_, err = core.ChangeRole(asBoss, planner.userID, &core.ChangeRoleParams{Role: auth.RoleStudent})
	require.NoError(t, err)
	deliverAccount(planner.userID)
	board.requireClosed(t, closeRightsChanged)
	b.connect(t, planner).requireClosed(t, closeRightsChanged) // who had signed in as before
	planner.role = auth.RoleStudent
	people[strconv.FormatInt(planner.sessionID, 10)] = planner
	again := b.connect(t, planner)
	again.send(t, `{"op":"subscribe","channel":"runs"}`)
	require.Equal(t, errs.PermissionDenied.String(), again.receive(t).Code)

	// The worker's account is deactivated.
	_, err = accounts.Exec(ctx, `select set_account_active($1, false)`, workersEmail)
	require.NoError(t, err)
	deliverAccount(worker.userID)
	working.requireClosed(t, closeSessionEnded)
	b.connect(t, worker).requireClosed(t, closeSessionEnded)

	bystander.send(t, `{"op":"ping"}`)
	require.Equal(t, "pong", bystander.receive(t).Op, "others keep theirs")
}

func TestTheOfficeHearsOfCollections(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	board, worker, manager := b.connect(t, office), b.connect(t, student), b.connect(t, syndic)
	board.subscribe(t, "collections", "")
	for _, client := range []client{worker, manager} {
		client.send(t, `{"op":"subscribe","channel":"collections"}`)
		refused := client.receive(t)
		require.Equal(t, []string{"error", errs.PermissionDenied.String()}, []string{refused.Op, refused.Code})
	}
	require.NoError(t, b.OnCollectionEvent(t.Context(), &core.CollectionEvent{
		ID: "e1", Type: core.CollectionChanged, ActorID: 3, BuildingIDs: []int64{7, 8}, From: "2026-05-04", To: "2026-05-05",
	}))
	changed := board.receive(t)
	require.Equal(t, core.CollectionChanged, changed.Type)
	require.JSONEq(t, `{"building_ids":[7,8],"from":"2026-05-04","to":"2026-05-05"}`, string(changed.Data), "and nobody's id")
	require.NoError(t, b.OnCollectionEvent(t.Context(), &core.CollectionEvent{ID: "e2", Type: core.WasteKindArchived, WasteKind: "KER"}))
	require.JSONEq(t, `{"waste_kind":"KER"}`, string(board.receive(t).Data))
}

func TestASyndicHearsNothingOfTheCommentsAboutABuilding(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	manager, worker, board := b.connect(t, syndic), b.connect(t, student), b.connect(t, office)
	manager.subscribe(t, "building:7", "")
	worker.subscribe(t, "run:12", "")
	board.subscribe(t, "buildings", "")
	require.NoError(t, b.OnBuildingEvent(t.Context(), &core.BuildingEvent{
		ID: "e1", Type: core.CommentChanged, BuildingID: 7, SyndicIDs: []int64{syndic.userID}, CommentID: 3,
		RunIDs: []int64{12},
	}))
	for _, told := range []client{worker, board} {
		got := told.receive(t)
		require.Equal(t, core.CommentChanged, got.Type)
		require.JSONEq(t, `{"building_id":7,"comment_id":3}`, string(got.Data))
	}
	manager.send(t, `{"op":"ping"}`)
	require.Equal(t, "pong", manager.receive(t).Op, "nothing came")
	manager.send(t, `{"op":"subscribe","channel":"buildings"}`)
	require.Equal(t, errs.PermissionDenied.String(), manager.receive(t).Code)
}
