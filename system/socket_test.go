//go:build !encore_app

package system

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// frame is what the server sends over the WebSocket.
type frame struct {
	Op        string          `json:"op"`
	Channel   string          `json:"channel"`
	ID        string          `json:"id"`
	Recovered bool            `json:"recovered"`
	Type      string          `json:"type"`
	Data      json.RawMessage `json:"data"`
	Code      string          `json:"code"`
}

// runID returns the run of an event of a run.
func (f frame) runID() (int64, error) {
	var data struct {
		Run struct {
			ID int64 `json:"id"`
		} `json:"run"`
	}
	err := json.Unmarshal(f.Data, &data)
	return data.Run.ID, err
}

// socket is an open WebSocket.
type socket struct {
	conn   *websocket.Conn
	frames chan frame // closed when the connection has ended
	ended  error      // why; set before frames is closed
}

// openSocket opens the WebSocket of the API as a page of the web app does.
func (c *client) openSocket(cookie string) (*socket, error) {
	config := c.tls.Clone()
	config.NextProtos = []string{"http/1.1"}
	dialer := websocket.Dialer{NetDialContext: c.dial, TLSClientConfig: config, HandshakeTimeout: patience}
	url := strings.Replace(c.s.api("/ws"), "http", "ws", 1)
	conn, response, err := dialer.Dial(url, http.Header{"Cookie": {cookie}, "Origin": {c.s.ownOrigin()}})
	if err != nil {
		if response != nil {
			err = fmt.Errorf("%w: %s", err, response.Status)
		}
		return nil, err
	}
	s := &socket{conn: conn, frames: make(chan frame, 1000)}
	go s.read()
	return s, nil
}

func (s *socket) read() {
	defer close(s.frames)
	for {
		var f frame
		if s.ended = s.conn.ReadJSON(&f); s.ended != nil {
			return
		}
		s.frames <- f
	}
}

func (s *socket) close() { _ = s.conn.Close() }

// next returns the next frame.
func (s *socket) next(within time.Duration) (frame, error) {
	select {
	case f, open := <-s.frames:
		if !open {
			return f, fmt.Errorf("the connection ended: %w", s.ended)
		}
		return f, nil
	case <-time.After(within):
		return frame{}, errors.New("no frame came")
	}
}

// subscribe asks for a channel and returns the answer.
func (s *socket) subscribe(channel, since string) (frame, error) {
	if err := s.conn.WriteJSON(map[string]string{"op": "subscribe", "channel": channel, "since": since}); err != nil {
		return frame{}, err
	}
	f, err := s.next(patience)
	if err == nil && (f.Op != "subscribed" || f.Channel != channel) {
		err = fmt.Errorf("subscribing to %s was answered with %+v", channel, f)
	}
	return f, err
}

// follow opens a WebSocket that follows a channel until the test ends.
func (c *client) follow(t *testing.T, channel string) *socket {
	t.Helper()
	s, err := c.openSocket(c.cookie(t))
	require.NoError(t, err)
	t.Cleanup(s.close)
	_, err = s.subscribe(channel, "")
	require.NoError(t, err)
	return s
}

// requireRunEvent waits for an event of a run; others are let pass.
func (s *socket) requireRunEvent(t *testing.T, kind string, run int64) frame {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		f, err := s.next(time.Until(deadline))
		require.NoError(t, err, "%s of run %d does not arrive", kind, run)
		if id, err := f.runID(); err == nil && f.Type == kind && id == run {
			return f
		}
	}
}
