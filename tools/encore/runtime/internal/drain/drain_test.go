//go:build !encore_app

package drain_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"encore.dev/internal/drain"
	"github.com/stretchr/testify/require"
)

// stalled is a listener whose Accept waits until it is released, as that of a busy process does.
type stalled struct {
	*drain.Listener
	release chan struct{}
}

func (s *stalled) Accept() (net.Conn, error) {
	<-s.release
	return s.Listener.Accept()
}

func TestQueuedConnectionsAreAnswered(t *testing.T) {
	t.Parallel()
	inner, err := drain.Listen("127.0.0.1:0")
	require.NoError(t, err)
	listener := &stalled{inner, make(chan struct{})}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.WriteString(w, req.URL.Query().Get("n"))
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	// The kernel accepts them all, the program none.
	const connections = 100
	var conns []net.Conn
	for n := range connections {
		conn, err := net.Dial("tcp", inner.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, "GET /?n="+strconv.Itoa(n)+" HTTP/1.1\r\nHost: h\r\n\r\n")
		require.NoError(t, err)
		conns = append(conns, conn)
	}

	require.NoError(t, inner.Drain())
	late, err := (&net.Dialer{Timeout: 100 * time.Millisecond}).Dial("tcp", inner.Addr().String())
	if err == nil {
		late.Close()
	}
	require.Error(t, err, "the kernel lets nobody in any more")
	close(listener.release)
	require.ErrorIs(t, <-served, net.ErrClosed)
	go func() { served <- server.Shutdown(t.Context()) }()

	var wg sync.WaitGroup
	answers := make([]string, connections)
	for n, conn := range conns {
		wg.Go(func() {
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				answers[n] = err.Error()
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				answers[n] = err.Error()
				return
			}
			answers[n] = string(body)
		})
	}
	wg.Wait()
	for n, answer := range answers {
		require.Equal(t, strconv.Itoa(n), answer)
	}
	require.NoError(t, <-served)
	_, err = net.Dial("tcp", inner.Addr().String())
	require.Error(t, err, "the listener is closed")
}

func TestARequestThatIsOnItsWayIsAnswered(t *testing.T) {
	t.Parallel()
	listener, err := drain.Listen("127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{
		ReadHeaderTimeout: time.Minute, ConnContext: drain.ConnContext,
		Handler: drain.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "served") })),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	gone, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, listener.Drain())
	require.ErrorIs(t, <-served, net.ErrClosed)

	stopped := make(chan error, 1)
	go func() {
		listener.WaitBegun(t.Context())
		stopped <- server.Shutdown(t.Context())
	}()
	require.NoError(t, gone.Close(), "one that never asks is not waited for")
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "served", string(body))
	require.NoError(t, <-stopped)
}
