package realtime

import (
	"sync"

	"encore.app/auth"
)

// maxConnections is how many connections a person has at a process at most: a few devices with a few tabs each.
const maxConnections = 20

// hub knows the connections of this process and what they follow.
type hub struct {
	mu          sync.RWMutex
	closed      bool
	connections map[*connection]struct{}
	byUser      map[int64]map[*connection]struct{}
	byChannel   map[string]map[*connection]*subscription
	// serving counts the goroutines of the connections.
	serving sync.WaitGroup
}

func newHub() *hub {
	return &hub{
		connections: map[*connection]struct{}{},
		byUser:      map[int64]map[*connection]struct{}{},
		byChannel:   map[string]map[*connection]*subscription{},
	}
}

// add takes a connection in, or returns the code with which it is closed. Every connection that was added must be
// removed.
func (h *hub) add(c *connection) (code int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	user := c.who.userID
	switch {
	case h.closed:
		return closeGoingAway, false
	case len(h.byUser[user]) >= maxConnections:
		return closeTooMany, false
	}
	if h.byUser[user] == nil {
		h.byUser[user] = map[*connection]struct{}{}
	}
	h.byUser[user][c] = struct{}{}
	h.connections[c] = struct{}{}
	h.serving.Add(1)
	return 0, true
}

func (h *hub) remove(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.connections, c)
	if delete(h.byUser[c.who.userID], c); len(h.byUser[c.who.userID]) == 0 {
		delete(h.byUser, c.who.userID)
	}
	for channel := range c.subscriptions {
		h.drop(c, channel)
	}
	h.serving.Done()
}

// subscribe lets a connection get the events of a channel. Until the subscription is opened they are kept.
func (h *hub) subscribe(c *connection, channel string, s *subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byChannel[channel] == nil {
		h.byChannel[channel] = map[*connection]*subscription{}
	}
	h.byChannel[channel][c] = s
}

func (h *hub) unsubscribe(c *connection, channel string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(c, channel)
}

// drop is called with h.mu held.
func (h *hub) drop(c *connection, channel string) {
	if delete(h.byChannel[channel], c); len(h.byChannel[channel]) == 0 {
		delete(h.byChannel, channel)
	}
}

// deliver hands an event to everybody who follows its channel. It never waits for a client.
func (h *hub) deliver(e entry) {
	h.mu.RLock()
	for c, s := range h.byChannel[e.channel] {
		s.deliver(c, e)
	}
	h.mu.RUnlock()
	if user, ok := userOfChannel(e.channel); ok {
		h.applyAccountEvent(user, e.event)
	}
	if e.channel == accessChannel {
		h.applyRevoked(e.event)
	}
}

// follows reports whether a subscription is still in force.
func (h *hub) follows(c *connection, channel string, s *subscription) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.byChannel[channel][c] == s
}

// applyAccountEvent closes the connections whose rights an event of a person changes.
func (h *hub) applyAccountEvent(user int64, e event) {
	switch e.Type {
	case auth.SessionEnded:
		data, err := decode[sessionEnded](e.Data)
		h.closeUser(user, closeSessionEnded, func(c *connection) bool { return err != nil || c.who.sessionID == data.SessionID })
	case auth.RoleChanged:
		h.closeUser(user, closeRightsChanged, func(*connection) bool { return true })
	}
}

func (h *hub) closeUser(user int64, code int, which func(*connection) bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for c := range h.byUser[user] {
		if which(c) {
			c.close(code)
		}
	}
}

// closeAll closes every connection of the process, so that clients connect and subscribe anew.
func (h *hub) closeAll(code int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for c := range h.connections {
		c.close(code)
	}
}

// shut closes every connection and lets in no new one. The channel it returns is closed when all have ended.
func (h *hub) shut() <-chan struct{} {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.closeAll(closeGoingAway)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.serving.Wait()
	}()
	return done
}
