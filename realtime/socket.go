package realtime

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/rlog"
	"github.com/gorilla/websocket"

	"encore.app/auth"
	"encore.app/internal/origin"
	"encore.app/internal/refusal"
)

// askPatience is how long another service may take to say whether a client may follow a channel.
const askPatience = 5 * time.Second

var upgrader = websocket.Upgrader{
	HandshakeTimeout: 5 * time.Second,
	ReadBufferSize:   1 << 10, WriteBufferSize: 4 << 10,
	CheckOrigin: func(*http.Request) bool { return true }, // done before, with an answer that says why
	Error: func(w http.ResponseWriter, _ *http.Request, _ int, reason error) {
		errs.HTTPError(w, refusal.Invalid("", refusal.Malformed, "This is a WebSocket: "+reason.Error()+"."))
	},
}

// Socket is the one WebSocket through which a client follows what happens. Frames are JSON text.
//
// The client sends `{"op":"subscribe","channel":"run:12","since":"<id>"}`, `{"op":"unsubscribe","channel":"run:12"}` and
// `{"op":"ping"}`. The server answers `subscribed` (`channel`, `id`, `recovered`), `error` (`channel`, `code`, `message`)
// and `pong`, and sends `event` (`channel`, `id`, `type`, `data`). With since, the id of the last event or subscribed
// frame that the client has, it gets what it missed, and recovered is true; when recovered is false the client fetches
// what it shows anew.
//
// The channels are `runs`, `buildings` and `people` (office), `run:{id}` (office and the run's worker), `building:{id}` (office and the building's
// syndic) and `me` (everybody). Who may follow a channel no longer gets an `error` for it and no further events. The
// connection is closed when the session ends (4500) or the role changes (4002), when the client does not keep up (4000),
// has too many connections (4501) or sends more than 10 frames a second for long (4502). Codes from 4500 on are final,
// after others the client comes back.
//
// A page of another host gets permission_denied.
//
// Responses:
//   - 101: the connection is a WebSocket from here on
//
//encore:api auth raw method=GET path=/ws
func (s *Service) Socket(w http.ResponseWriter, req *http.Request) {
	data, ok := encoreauth.Data().(*auth.Data)
	if !ok || data == nil {
		errs.HTTPError(w, refusal.Unauthenticated(refusal.SignedOut, "You are not signed in."))
		return
	}
	s.serve(w, req, identity{userID: data.UserID, sessionID: data.SessionID, role: data.Role})
}

// serve returns when the connection has ended.
func (s *Service) serve(w http.ResponseWriter, req *http.Request, who identity) {
	if err := origin.Check(req.Header, req.Host); err != nil {
		errs.HTTPError(w, err)
		return
	}
	socket, err := upgrader.Upgrade(w, req, nil)
	if err != nil {
		return // the upgrader has answered
	}
	defer func() { _ = socket.Close() }()
	c := newConnection(socket, who)
	if code, ok := s.hub.add(c); !ok {
		c.close(code)
		c.sayGoodbye()
		c.read(func([]byte) {})
		return
	}
	defer s.hub.remove(c)

	// A request's context says nothing about a connection that has left HTTP.
	ctx, cancel := context.WithCancel(context.WithoutCancel(req.Context()))
	defer cancel()
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
	}()
	if code, ok := s.stillGood(ctx, who); !ok {
		c.close(code)
	}
	c.read(func(frame []byte) { s.handle(ctx, c, frame) })
	<-written
}

// stillGood asks once more for the session: it may have ended between the auth handler and the moment from which on the
// hub knows the connection.
func (s *Service) stillGood(ctx context.Context, who identity) (code int, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	state, err := s.sessionState(ctx, who.sessionID)
	switch {
	case err != nil:
		rlog.Warn("the session of a connection could not be checked", "err", err)
		return closeResync, false
	case !state.Active:
		return closeSessionEnded, false
	case state.Role != who.role:
		return closeRightsChanged, false
	}
	return 0, true
}

func (s *Service) handle(ctx context.Context, c *connection, frame []byte) {
	var request request
	if err := json.Unmarshal(frame, &request); err != nil {
		c.close(closeProtocol)
		return
	}
	switch request.Op {
	case opSubscribe:
		if err := s.subscribe(ctx, c, request); err != nil {
			c.send(newErrorFrame(request.Channel, err))
		}
	case opUnsubscribe:
		s.unsubscribe(c, request.Channel)
	case opPing:
		c.send(pongFrame{Op: "pong"})
	default: // of a newer client, perhaps
		c.send(newErrorFrame(request.Channel, refusal.Invalid("op", refusal.Unknown, "There is no such op.")))
	}
}

func (s *Service) subscribe(ctx context.Context, c *connection, request request) error {
	var since position
	if request.Since != "" {
		var err error
		if since, err = parsePosition(request.Since); err != nil {
			return refusal.Invalid("since", refusal.Malformed, "since must be the id of an event.")
		}
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	kind, id, err := parseChannel(request.Channel)
	if err != nil {
		return err
	}
	channel := kind.layer(c.who, id)
	if _, again := c.subscriptions[channel]; !again && len(c.subscriptions) >= maxSubscriptions {
		return refusal.Precondition("channel", refusal.TooManyChannels, "This connection follows 50 channels already.")
	}
	// Take part first, ask and look then: a right that ends in between ends this place too, and whatever happens in between is
	// kept, and sent after the snapshot.
	place := &subscription{name: request.Channel}
	c.subscriptions[channel] = place
	s.hub.subscribe(c, channel, place)
	reads := s.readsLayer(ctx)
	if err = kind.may(ctx, s, c.who, id); err == nil && !s.hub.follows(c, channel, place) {
		err = refusal.Forbidden(refusal.WrongRole, "You may not follow this any more.")
	}
	if err != nil {
		delete(c.subscriptions, channel)
		s.hub.unsubscribe(c, channel)
		return err
	}
	var missed snapshot
	if reads {
		missed = s.snapshot(ctx, channel, since)
	}
	place.begin(c, missed)
	return nil
}

// readsLayer waits for the reader of the layer to have its place: before, an event that ends a right, or falls behind a
// snapshot, would go unseen. It is false when Redis does not answer.
func (s *Service) readsLayer(ctx context.Context) bool {
	waiting, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	select {
	case <-s.started:
		return true
	case <-waiting.Done():
		return false
	}
}

// snapshot reads what a client missed. While Redis is down there is none: the client fetches anew what it shows, and gets
// what is published once Redis is back.
func (s *Service) snapshot(ctx context.Context, channel string, since position) snapshot {
	taken, err := s.layer.read(ctx, channel, since)
	if err != nil {
		rlog.Warn("missed events could not be read", "channel", channel, "err", err)
		return snapshot{}
	}
	return taken
}

func (s *Service) unsubscribe(c *connection, name string) {
	for channel, place := range c.subscriptions {
		if place.name == name {
			delete(c.subscriptions, channel)
			s.hub.unsubscribe(c, channel)
		}
	}
}
