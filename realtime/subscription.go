package realtime

import "sync"

// subscription is one connection's place in one channel.
type subscription struct {
	// name is the channel as the client calls it.
	name string

	mu   sync.Mutex
	open bool
	// at is the position up to which the client has everything.
	at position
	// kept are the events that came in before the subscription was opened.
	kept []entry
}

// deliver sends an event to the client, or keeps it until the subscription is open.
func (s *subscription) deliver(c *connection, e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		if frames := s.append(nil, e); len(frames) > 0 {
			c.send(frames...)
		}
		return
	}
	if len(s.kept) == queueLength {
		c.close(closeSlow)
		return
	}
	s.kept = append(s.kept, e)
}

// begin answers a subscribe: first the snapshot, then what came in since it was taken, then everything as it comes.
func (s *subscription) begin(c *connection, from snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	frames := []any{subscribedFrame{Op: "subscribed", Channel: s.name, ID: from.at.String(), Recovered: from.recovered}}
	for _, e := range from.missed {
		frames = s.append(frames, e)
	}
	if s.at.before(from.at) {
		s.at = from.at
	}
	for _, e := range s.kept {
		frames = s.append(frames, e)
	}
	c.send(frames...)
	s.open, s.kept = true, nil
}

// append adds the frame of an event that the client does not have yet. It is called with s.mu held.
func (s *subscription) append(frames []any, e entry) []any {
	if !s.at.before(e.id) {
		return frames // in the snapshot already
	}
	s.at = e.id
	return append(frames, eventFrame{Op: "event", Channel: s.name, ID: e.id.String(), Type: e.event.Type, Data: e.event.Data})
}
