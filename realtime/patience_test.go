package realtime

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

const never = time.Hour

// pair returns both ends of a connection with other times. Its goroutines run until the test ends.
func pair(t *testing.T, with times) (*connection, client) {
	t.Helper()
	made := make(chan *connection, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		socket, err := upgrader.Upgrade(w, req, nil)
		if err != nil {
			return
		}
		defer func() { _ = socket.Close() }()
		c := newConnection(socket, office)
		c.times = with
		made <- c
		written := make(chan struct{})
		go func() {
			defer close(written)
			c.write()
		}()
		c.read(func([]byte) {})
		<-written
	}))
	t.Cleanup(web.Close)
	socket, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(web.URL, "http"), nil)
	require.NoError(t, err)
	_ = answer.Body.Close()
	t.Cleanup(func() { _ = socket.Close() })
	c := <-made
	t.Cleanup(func() { c.close(closeGoingAway) })
	return c, client{socket}
}

func requireEnd(t *testing.T, c *connection) {
	t.Helper()
	select {
	case <-c.closed:
	case <-time.After(patience):
		require.FailNow(t, "the connection does not end")
	}
}

func TestTheServerAsksWhetherTheClientIsThere(t *testing.T) {
	t.Parallel()
	_, c := pair(t, times{ping: 10 * time.Millisecond, silence: never, write: patience})
	asked := make(chan struct{}, 100)
	c.SetPingHandler(func(string) error {
		asked <- struct{}{}
		return nil
	})
	go func() { _, _, _ = c.ReadMessage() }()
	for range 3 {
		select {
		case <-asked:
		case <-time.After(patience):
			require.FailNow(t, "it does not ask")
		}
	}
}

func TestAClientThatSaysNothingIsGone(t *testing.T) {
	t.Parallel()
	// It reads nothing, so that it does not answer pings either.
	c, _ := pair(t, times{ping: never, silence: 50 * time.Millisecond, write: patience})
	requireEnd(t, c)
	require.Equal(t, closeGone, c.closeCode)
}

func TestAnAnswerToAPingKeepsAConnection(t *testing.T) {
	t.Parallel()
	c, browser := pair(t, times{ping: 20 * time.Millisecond, silence: 500 * time.Millisecond, write: patience})
	go func() { _, _, _ = browser.ReadMessage() }() // answers pings
	select {
	case <-c.closed:
		require.FailNow(t, "it was ended")
	case <-time.After(1200 * time.Millisecond):
	}
}

func TestAClientThatReadsNothingDoesNotHoldTheWriter(t *testing.T) {
	t.Parallel()
	c, browser := pair(t, times{ping: never, silence: never, write: 50 * time.Millisecond})
	require.NoError(t, browser.NetConn().(*net.TCPConn).SetReadBuffer(1<<10))
	large := json.RawMessage(`"` + strings.Repeat("x", 1<<20) + `"`)
	stuck := time.After(patience)
	for !c.isClosed() {
		// As long as there is room, so that only the writing can end it.
		if c.queued.Load() < 1<<20 {
			c.send(eventFrame{Op: "event", Data: large})
		}
		select {
		case <-stuck:
			require.FailNow(t, "writing waits for ever")
		case <-time.After(time.Millisecond):
		}
	}
	require.Equal(t, closeGone, c.closeCode)
}

func at(n uint64) position { return position{ms: 1, seq: n} }

func queuedEvents(t *testing.T, c *connection) (ids []string) {
	t.Helper()
	for len(c.queue) > 0 {
		for _, frame := range <-c.queue {
			var got received
			require.NoError(t, json.Unmarshal(frame, &got))
			if got.Op == "event" {
				ids = append(ids, got.ID)
			}
		}
	}
	return ids
}

func TestWhatComesBeforeTheSnapshotIsKeptOnceAndBounded(t *testing.T) {
	t.Parallel()
	c := newConnection(nil, office)
	place := &subscription{name: "runs"}
	for n := uint64(1); n <= 5; n++ {
		place.deliver(c, entry{id: at(n)})
	}
	require.Empty(t, c.queue, "kept until the snapshot is there")
	place.begin(c, snapshot{at: at(3), missed: []entry{{id: at(2)}, {id: at(3)}}, recovered: true})
	place.deliver(c, entry{id: at(5)}) // again
	place.deliver(c, entry{id: at(6)})
	require.Equal(t, []string{"1-2", "1-3", "1-4", "1-5", "1-6"}, queuedEvents(t, c), "each once, in order")

	slow := newConnection(nil, office)
	waiting := &subscription{name: "runs"}
	for n := uint64(1); n <= queueLength; n++ {
		waiting.deliver(slow, entry{id: at(n)})
	}
	require.False(t, slow.isClosed())
	waiting.deliver(slow, entry{id: at(queueLength + 1)})
	require.True(t, slow.isClosed())
	require.Equal(t, closeSlow, slow.closeCode)
	require.Len(t, waiting.kept, queueLength)
}

func TestWhatWaitsForAClientIsBoundedInBytesToo(t *testing.T) {
	t.Parallel()
	c := newConnection(nil, office)
	large := json.RawMessage(`"` + strings.Repeat("x", maxQueued/4) + `"`)
	for range 3 {
		c.send(eventFrame{Data: large})
	}
	require.False(t, c.isClosed())
	c.send(eventFrame{Data: large})
	require.Equal(t, closeSlow, c.closeCode)
}

func FuzzFrame(f *testing.F) {
	for _, frame := range []string{
		`{"op":"subscribe","channel":"run:12","since":"1-2"}`, `{"op":"unsubscribe","channel":"me"}`, `{"op":"ping"}`, `{}`, `[]`,
		`{"op":"subscribe","channel":"building:0009"}`, `{"op":"subscribe","channel":"runs","since":"18446744073709551615-0"}`, "\x00",
	} {
		f.Add([]byte(frame))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		var asked request
		if json.Unmarshal(frame, &asked) != nil {
			return
		}
		if kind, id, err := parseChannel(asked.Channel); err == nil {
			require.Equal(t, kind.numbered, id > 0)
			require.NotEqual(t, accessChannel, kind.layer(student, id), "nobody follows what processes tell each other")
			if strings.HasPrefix(kind.layer(student, id), mePrefix) {
				require.Equal(t, channelOfUser(student.userID), kind.layer(student, id))
			}
		}
		if p, err := parsePosition(asked.Since); err == nil {
			again, err := parsePosition(p.String())
			require.NoError(t, err)
			require.Equal(t, p, again)
		}
		require.NotEmpty(t, encode(newErrorFrame(asked.Channel, noChannel())))
	})
}

func FuzzEntry(f *testing.F) {
	f.Add("1-2", "runs", `{"type":"run.changed","data":{}}`)
	f.Add("x", "", `{`)
	f.Fuzz(func(t *testing.T, id, channel, body string) {
		e, err := parseEntry(redis.XMessage{ID: id, Values: map[string]any{"channel": channel, "event": body}})
		if err != nil {
			return
		}
		h := newHub()
		h.deliver(e)
		if len(e.event.Data) > 0 {
			require.True(t, json.Valid(e.event.Data))
		}
	})
}
