// Package drain closes a TCP listener without resetting connections.
//
// When a listening socket is closed, the kernel resets the connections it has accepted but the program has not: their
// clients may have sent a request already. So a Listener first lets the kernel drop what asks for a new connection
// (the client tries again, at another process or after a refusal), hands out the connections that are there, and only
// then closes.
package drain

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

const (
	// quiet is how long no connection must have come before the socket is closed. The last step of a handshake that had
	// begun takes one way through the network.
	quiet = 200 * time.Millisecond

	// unfiltered bounds the wait where the kernel goes on accepting.
	unfiltered = time.Second
)

// Listener is a TCP listener that can be drained. Accept must be called by one goroutine, as http.Server does.
type Listener struct {
	*net.TCPListener
	dropping atomic.Bool // set before the kernel is told
	state    atomic.Pointer[draining]
	waiting  atomic.Int64
}

type draining struct {
	until time.Time // zero = until it is quiet
}

// Listen opens a listener on a TCP address.
func Listen(address string) (*Listener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false) // its sockets do not drop
	listener, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Listener{TCPListener: listener.(*net.TCPListener)}, nil
}

// Drain makes the kernel drop new connections. Accept goes on to return those that are there; when there are no more it
// closes the listener and returns net.ErrClosed. The error says that the kernel could not be told: the listener is then
// closed after a while in which it goes on accepting.
func (l *Listener) Drain() error {
	l.dropping.Store(true)
	err := dropNew(l.TCPListener)
	state := new(draining)
	if err != nil {
		state.until = time.Now().Add(unfiltered)
	}
	// The deadline ends the wait of Accept. It comes first: set later it would undo one that Accept has set.
	err = errors.Join(err, l.SetDeadline(time.Now()))
	l.state.Store(state)
	return err
}

// Accept returns the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		state := l.state.Load()
		if state != nil {
			// Only a deadline in the future lets Accept look at the queue.
			wait := quiet
			if !state.until.IsZero() {
				wait = min(wait, time.Until(state.until))
			}
			if wait <= 0 {
				return nil, l.end()
			}
			if err := l.SetDeadline(time.Now().Add(wait)); err != nil {
				return nil, err
			}
		}
		conn, err := l.AcceptTCP()
		if err == nil && l.dropping.Load() {
			if admitErr := admit(conn); admitErr != nil {
				_ = conn.Close() // what it sends does not arrive
				continue
			}
		}
		if err == nil {
			l.waiting.Add(1)
			return &Conn{TCPConn: conn, waiting: &l.waiting}, nil
		}
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			return nil, err
		}
		if state != nil {
			return nil, l.end()
		}
	}
}

func (l *Listener) end() error { return errors.Join(net.ErrClosed, l.Close()) }
