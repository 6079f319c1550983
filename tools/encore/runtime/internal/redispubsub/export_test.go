//go:build !encore_app

package redispubsub

import "encore.dev/internal/redisconn"

// Forget makes this process forget which topics it was the first to subscribe to, as a new process would.
func Forget() {
	firsts.Lock()
	defer firsts.Unlock()
	firsts.streams = nil
}

// ForgetFirst makes the process not know that it found the topic without a subscription.
func ForgetFirst(client *redisconn.Client, topic string) {
	firsts.Lock()
	defer firsts.Unlock()
	delete(firsts.streams, client.String()+streamKey(client, topic))
}

// Trim is what keeps a topic's stream small.
var Trim = trim

// Kill ends the process that serves s, as far as Redis can tell: nothing is given back. Its handlers must not return.
func (s *Subscription) Kill() {
	s.stop()
	<-s.received
	s.interrupt()
	s.beats.Wait()
}
