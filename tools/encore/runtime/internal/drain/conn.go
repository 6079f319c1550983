package drain

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// http.Server.Shutdown closes connections whose request it has read but not begun to serve, and those on which it waits
// for the first one, which may be on its way. So a Listener knows which of its connections have not come to a handler.

// Conn is a connection of a Listener.
type Conn struct {
	*net.TCPConn

	waiting *atomic.Int64 // the connections of the listener that have not begun
	begun   atomic.Bool
}

// Close closes the connection.
func (c *Conn) Close() error {
	c.begin()
	return c.TCPConn.Close()
}

func (c *Conn) begin() {
	if !c.begun.Load() && c.begun.CompareAndSwap(false, true) {
		c.waiting.Add(-1)
	}
}

type connKey struct{}

// ConnContext is for http.Server: it lets Handler know the connection of a request.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// Handler notes which connections have come to a handler.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if c, ok := req.Context().Value(connKey{}).(*Conn); ok {
			c.begin()
		}
		next.ServeHTTP(w, req)
	})
}

// WaitBegun waits until every connection has come to a handler or has ended, or until ctx ends.
func (l *Listener) WaitBegun(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for l.waiting.Load() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
