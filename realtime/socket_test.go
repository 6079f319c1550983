package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/refusal"
)

var (
	office  = identity{userID: 1, sessionID: 11, role: auth.RoleSuperstudent}
	student = identity{userID: 2, sessionID: 22, role: auth.RoleStudent}
	syndic  = identity{userID: 3, sessionID: 33, role: auth.RoleSyndic}
)

// bundle is a Service of its own, as one process has it, on a Redis that it may share.
type bundle struct {
	*Service

	url string

	mu       sync.Mutex
	sessions map[int64]auth.SessionStateResponse // those that ended or changed
	asked    error
}

// setup starts a process. Run 12 is the student's; everything else that is asked for does not exist.
func setup(t *testing.T, redisAddress string) *bundle {
	t.Helper()
	b := &bundle{sessions: map[int64]auth.SessionStateResponse{}}
	people := map[int64]identity{office.sessionID: office, student.sessionID: student, syndic.sessionID: syndic}
	b.Service = newService(&redis.Options{Addr: redisAddress},
		func(_ context.Context, id int64) (*auth.SessionStateResponse, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if state, changed := b.sessions[id]; changed {
				return &state, nil
			}
			who := people[id]
			return &auth.SessionStateResponse{Active: true, UserID: who.userID, Role: who.role}, b.asked
		},
		func(_ context.Context, who identity, id int64) error {
			if id != 12 || who != office && who != student {
				return refusal.NotFound("There is no such run.")
			}
			return nil
		})
	b.readRun = func(_ context.Context, id int64) (core.Run, bool, error) {
		return core.Run{ID: id, Worker: core.Worker{FirstName: "Emma"}}, id == 12, nil
	}
	b.workersIn = func(context.Context, int64) ([]*auth.User, error) { return nil, nil }
	b.mayFollowBuilding = func(_ context.Context, who identity, id int64) error {
		if id != 7 || who == student {
			return refusal.NotFound("There is no such building.")
		}
		return nil
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		id, _ := strconv.ParseInt(req.Header.Get("Test-Session"), 10, 64)
		b.serve(w, req, people[id])
	}))
	b.url = "ws" + strings.TrimPrefix(web.URL, "http") + "/ws"
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, b.close(ctx))
		web.Close()
	})
	return b
}

// client is a browser.
type client struct{ *websocket.Conn }

func (b *bundle) connect(t *testing.T, who identity) client {
	t.Helper()
	header := http.Header{"Test-Session": {strconv.FormatInt(who.sessionID, 10)}}
	socket, answer, err := websocket.DefaultDialer.DialContext(t.Context(), b.url, header)
	require.NoError(t, err)
	_ = answer.Body.Close()
	t.Cleanup(func() { _ = socket.Close() })
	return client{socket}
}

type received struct {
	Op        string          `json:"op"`
	Channel   string          `json:"channel"`
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Data      json.RawMessage `json:"data"`
	Recovered bool            `json:"recovered"`
	Code      string          `json:"code"`
}

func (c client) send(t *testing.T, frame string) {
	t.Helper()
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(frame)))
}

func (c client) receive(t *testing.T) received {
	t.Helper()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
	var frame received
	require.NoError(t, c.ReadJSON(&frame))
	return frame
}

// subscribe returns the answer to a subscription that must succeed.
func (c client) subscribe(t *testing.T, channel, since string) received {
	t.Helper()
	c.send(t, `{"op":"subscribe","channel":"`+channel+`","since":"`+since+`"}`)
	answer := c.receive(t)
	require.Equal(t, "subscribed", answer.Op, answer)
	require.Equal(t, channel, answer.Channel)
	return answer
}

// requireClosed reads until the server closes and tells with which code.
func (c client) requireClosed(t *testing.T, code int) {
	t.Helper()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			closed, ok := errors.AsType[*websocket.CloseError](err)
			require.True(t, ok, err)
			require.Equal(t, code, closed.Code)
			return
		}
	}
}

func runEvent(id, kind string) *core.RunEvent {
	return &core.RunEvent{ID: id, Type: kind, RunID: 12, WorkerID: student.userID}
}

func TestARunReachesThoseWhomItConcerns(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		b := setup(t, s.address)
		board, worker := b.connect(t, office), b.connect(t, student)
		board.subscribe(t, "runs", "")
		worker.subscribe(t, "run:12", "")
		worker.subscribe(t, "me", "")

		require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e1", core.RunCancelled)))
		require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e1", core.RunCancelled)), "delivered again")
		require.NoError(t, b.OnVisitEvent(t.Context(), &core.VisitEvent{
			ID: "e2", Type: core.RunProgressMoved, RunID: 12, Progress: &core.Progress{Stops: 3},
		}))

		got := board.receive(t)
		require.Equal(t, []string{"event", "runs", core.RunCancelled}, []string{got.Op, got.Channel, got.Type})
		data, err := decode[runData](got.Data)
		require.NoError(t, err)
		require.Equal(t, int64(12), data.Run.ID)

		seen := map[string]string{}
		for range 3 {
			got := worker.receive(t)
			seen[got.Channel+" "+got.Type] = string(got.Data)
		}
		require.Contains(t, seen, "run:12 "+core.RunCancelled)
		require.Contains(t, seen, "me "+core.RunCancelled)
		require.Contains(t, seen["run:12 "+core.RunProgressMoved], `"stops":3`)
	})
}

func TestAllProcessesReachTheirClients(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		one, two := setup(t, s.address), setup(t, s.address)
		here, there := one.connect(t, office), two.connect(t, office)
		here.subscribe(t, "runs", "")
		there.subscribe(t, "runs", "")
		require.NoError(t, one.OnRunEvent(t.Context(), runEvent("e1", core.RunStarted)))
		require.Equal(t, core.RunStarted, here.receive(t).Type)
		require.Equal(t, core.RunStarted, there.receive(t).Type)
	})
}

func TestAClientThatComesBackGetsWhatItMissed(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		b := setup(t, s.address)
		first := b.connect(t, office)
		first.subscribe(t, "runs", "")
		require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e1", core.RunPlanned)))
		last := first.receive(t).ID
		require.NoError(t, first.Close())

		require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e2", core.RunStarted)))
		require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e3", core.RunCompleted)))

		again := b.connect(t, office)
		require.True(t, again.subscribe(t, "runs", last).Recovered)
		require.Equal(t, core.RunStarted, again.receive(t).Type)
		require.Equal(t, core.RunCompleted, again.receive(t).Type)
		require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e4", core.RunChanged)))
		require.Equal(t, core.RunChanged, again.receive(t).Type, "each once, then what is new")

		require.False(t, again.subscribe(t, "runs", "1-1").Recovered, "a position that is gone")
	})
}

func TestAnOutageOfRedisDelaysEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		b := setup(t, s.address)
		board := b.connect(t, office)
		board.subscribe(t, "runs", "")
		require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e1", core.RunPlanned)))
		require.Equal(t, core.RunPlanned, board.receive(t).Type)

		s.stop(t)
		require.Error(t, b.OnRunEvent(t.Context(), runEvent("e2", core.RunStarted)), "so the topic delivers it again")
		late := b.connect(t, office)
		require.False(t, late.subscribe(t, "runs", "").Recovered, "subscribing works meanwhile")
		s.start(t)
		require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e2", core.RunStarted)))
		require.Equal(t, core.RunStarted, board.receive(t).Type)
		require.Equal(t, core.RunStarted, late.receive(t).Type)
	})
}

func TestWhoMayFollowWhat(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	for channel, want := range map[string]map[identity]errs.ErrCode{
		"runs":       {office: errs.OK, student: errs.PermissionDenied, syndic: errs.PermissionDenied},
		"run:12":     {office: errs.OK, student: errs.OK, syndic: errs.NotFound},
		"run:13":     {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
		"building:7": {office: errs.OK, student: errs.NotFound, syndic: errs.OK},
		"building:8": {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
		"building":   {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
		"access":     {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
		"run:012":    {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
		"me":         {office: errs.OK, student: errs.OK, syndic: errs.OK},
		"people":     {office: errs.OK, student: errs.PermissionDenied, syndic: errs.PermissionDenied},
		"me:1":       {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
		"run:x":      {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
		"run:-1":     {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
		"users":      {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
		"":           {office: errs.NotFound, student: errs.NotFound, syndic: errs.NotFound},
	} {
		for who, code := range want {
			c := b.connect(t, who)
			c.send(t, `{"op":"subscribe","channel":"`+channel+`"}`)
			answer := c.receive(t)
			if code == errs.OK {
				require.Equal(t, "subscribed", answer.Op, "%s for %s", channel, who.role)
			} else {
				require.Equal(t, "error", answer.Op, "%s for %s", channel, who.role)
				require.Equal(t, code.String(), answer.Code, "%s for %s", channel, who.role)
			}
			require.NoError(t, c.Close())
		}
	}
}

func TestNobodyGetsTheEventsOfOthers(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	other := b.connect(t, syndic)
	other.subscribe(t, "me", "")
	require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e1", core.RunPlanned))) // for the student
	own := &auth.AccountEvent{ID: "e2", Type: auth.RegionsChanged, UserID: syndic.userID, RegionIDs: []int64{7}}
	require.NoError(t, b.OnAccountEvent(t.Context(), own))
	got := other.receive(t)
	require.Equal(t, auth.RegionsChanged, got.Type, "the first event is their own")
	require.JSONEq(t, `{"region_ids":[7]}`, string(got.Data))
}

func TestTheOfficeHearsOfWhomSomethingIsOther(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	board, own := b.connect(t, office), b.connect(t, student)
	board.subscribe(t, "people", "")
	own.subscribe(t, "me", "")
	tell := func(kind string, user int64) {
		require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{
			ID: fmt.Sprint(kind, user), Type: kind, UserID: user, SessionID: 9, Role: auth.RoleStudent, RegionIDs: []int64{7},
		}))
	}
	tell(auth.SessionStarted, syndic.userID)
	tell(auth.SessionEnded, syndic.userID) // where somebody is signed in is nobody else's business
	for _, kind := range []string{
		auth.AccountChanged, auth.RoleChanged, auth.RegionsChanged, auth.AccountDeactivated, auth.AccountReactivated,
		auth.AccountAnonymised,
	} {
		tell(kind, syndic.userID)
		got := board.receive(t)
		require.Equal(t, []string{"people", kind}, []string{got.Channel, got.Type})
		require.JSONEq(t, `{"user_id":3}`, string(got.Data), "no names, no phones")
	}
	tell(auth.AccountDeactivated, student.userID)
	tell(auth.AccountChanged, student.userID)
	got := own.receive(t)
	require.Equal(t, []string{"me", auth.AccountChanged}, []string{got.Channel, got.Type})
}

func TestTheEndOfASessionClosesItsConnections(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		one, two := setup(t, s.address), setup(t, s.address)
		here, there, other := one.connect(t, student), two.connect(t, student), two.connect(t, office)
		there.subscribe(t, "me", "")
		other.subscribe(t, "me", "")
		here.subscribe(t, "me", "")
		require.NoError(t, one.OnAccountEvent(t.Context(), &auth.AccountEvent{
			ID: "e1", Type: auth.SessionEnded, UserID: student.userID, SessionID: student.sessionID,
		}))
		require.Equal(t, auth.SessionEnded, there.receive(t).Type, "told before it is closed")
		there.requireClosed(t, closeSessionEnded)
		here.requireClosed(t, closeSessionEnded)
		other.send(t, `{"op":"ping"}`)
		require.Equal(t, "pong", other.receive(t).Op)
	})
}

func TestAnotherSessionOfThePersonStays(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	c := b.connect(t, student)
	c.subscribe(t, "me", "")
	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{
		ID: "e1", Type: auth.SessionEnded, UserID: student.userID, SessionID: student.sessionID + 1,
	}))
	require.Equal(t, auth.SessionEnded, c.receive(t).Type)
	c.send(t, `{"op":"ping"}`)
	require.Equal(t, "pong", c.receive(t).Op)
}

func TestAnotherRoleClosesTheConnections(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	c := b.connect(t, student)
	c.subscribe(t, "me", "")
	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{
		ID: "e1", Type: auth.RoleChanged, UserID: student.userID, Role: auth.RoleSyndic,
	}))
	c.requireClosed(t, closeRightsChanged)
}

func TestWhatChangedWhileConnectingCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state auth.SessionStateResponse
		code  int
	}{
		"session ended": {auth.SessionStateResponse{}, closeSessionEnded},
		"role changed":  {auth.SessionStateResponse{Active: true, UserID: student.userID, Role: auth.RoleNone}, closeRightsChanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, newMiniredis(t).address)
			b.sessions[student.sessionID] = c.state
			b.connect(t, student).requireClosed(t, c.code)
		})
	}
}

func TestWithoutAnAnswerAboutTheSessionNobodyStays(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	b.asked = errors.New("auth is down")
	b.connect(t, student).requireClosed(t, closeResync)
}

func TestASlowClientIsDisconnected(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	slow, quick := b.connect(t, office), b.connect(t, office)
	slow.subscribe(t, "runs", "")
	quick.subscribe(t, "runs", "")
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		large := json.RawMessage(`"` + strings.Repeat("x", 1<<20) + `"`)
		for i := uint64(1); ; i++ { // until the buffers of the network and the queue are full
			b.hub.mu.RLock()
			left := len(b.hub.byUser[office.userID])
			var place *subscription
			var c *connection
			for candidate, s := range b.hub.byChannel[runsChannel] {
				if candidate.socket.RemoteAddr().String() == slow.LocalAddr().String() {
					place, c = s, candidate
				}
			}
			b.hub.mu.RUnlock()
			if left == 1 || c == nil || c.isClosed() {
				return
			}
			place.deliver(c, entry{id: position{ms: 1, seq: i}, channel: runsChannel, event: event{Type: "test", Data: large}})
		}
	}()
	select {
	case <-gone:
	case <-time.After(patience):
		require.FailNow(t, "the slow client is still there")
	}
	require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e1", core.RunPlanned)))
	require.Equal(t, core.RunPlanned, quick.receive(t).Type, "nobody waits for the slow one")
}

func TestUnsubscribeAndPing(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	c := b.connect(t, office)
	c.subscribe(t, "runs", "")
	c.subscribe(t, "run:12", "")
	c.send(t, `{"op":"unsubscribe","channel":"runs"}`)
	c.send(t, `{"op":"unsubscribe","channel":"never subscribed"}`)
	c.send(t, `{"op":"ping"}`)
	require.Equal(t, "pong", c.receive(t).Op)
	require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e1", core.RunStarted)))
	require.Equal(t, "run:12", c.receive(t).Channel)
}

func TestSubscribingAgainStartsAnew(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	c := b.connect(t, office)
	c.subscribe(t, "runs", "")
	c.subscribe(t, "runs", "")
	require.NoError(t, b.OnRunEvent(t.Context(), runEvent("e1", core.RunStarted)))
	require.Equal(t, core.RunStarted, c.receive(t).Type)
	c.send(t, `{"op":"ping"}`)
	require.Equal(t, "pong", c.receive(t).Op, "and not twice")
}

func TestFramesThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	c := b.connect(t, office)
	for frame, code := range map[string]errs.ErrCode{
		`{"op":"dance"}`: errs.InvalidArgument,
		`{}`:             errs.InvalidArgument,
		`{"op":"subscribe","channel":"runs","since":"yesterday"}`: errs.InvalidArgument,
	} {
		c.send(t, frame)
		require.Equal(t, code.String(), c.receive(t).Code, frame)
	}
	c.send(t, `not JSON`)
	c.requireClosed(t, closeProtocol)

	binary := b.connect(t, office)
	require.NoError(t, binary.WriteMessage(websocket.BinaryMessage, []byte(`{"op":"ping"}`)))
	binary.requireClosed(t, closeProtocol)

	large := b.connect(t, office)
	large.send(t, `{"op":"`+strings.Repeat("x", maxFrame)+`"}`)
	large.requireClosed(t, websocket.CloseMessageTooBig)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	b.mayFollowRun = func(context.Context, identity, int64) error { return nil }
	c := b.connect(t, office)
	for i := range maxSubscriptions {
		c.subscribe(t, "run:"+strconv.Itoa(i+1), "")
	}
	c.send(t, `{"op":"subscribe","channel":"runs"}`)
	require.Equal(t, errs.FailedPrecondition.String(), c.receive(t).Code)

	for range maxConnections - 1 {
		b.connect(t, office).subscribe(t, "me", "")
	}
	b.connect(t, office).requireClosed(t, closeTooMany)
	b.connect(t, student).subscribe(t, "me", "") // others are not concerned
}

func TestAForeignPageGetsNoSocket(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	_, answer, err := websocket.DefaultDialer.DialContext(t.Context(), b.url, http.Header{"Origin": {"https://evil.example"}})
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, answer.StatusCode)
	_ = answer.Body.Close()
}

func TestARequestThatIsNoWebSocket(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	w := httptest.NewRecorder()
	b.serve(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ws", nil), office)
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "invalid_argument")
}

func TestShutdownSendsClientsToAnotherProcess(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	c := b.connect(t, office)
	c.subscribe(t, "runs", "")
	done := b.hub.shut()
	c.requireClosed(t, closeGoingAway)
	select {
	case <-done:
	case <-time.After(patience):
		require.FailNow(t, "the connection does not end")
	}
	b.connect(t, office).requireClosed(t, closeGoingAway)
}
