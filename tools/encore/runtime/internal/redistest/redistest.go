//go:build !encore_app

// Package redistest gives tests Redis servers: the in-memory miniredis and, where it is installed, the real one.
package redistest

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"encore.dev/internal/redisconn"
	"encore.dev/internal/runconfig"
	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
)

// Server is a Redis server that can be stopped and started again with its data.
type Server struct {
	Config runconfig.Redis
	Stop   func()
	Start  func()
}

// Client returns a client of the server, closed at the end of the test.
func (s *Server) Client(tb testing.TB) *redisconn.Client {
	tb.Helper()
	client, err := redisconn.New(s.Config)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// Each runs a test on every kind of server at hand, in parallel, each with a server of its own.
func Each(t *testing.T, test func(t *testing.T, server *Server)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		test(t, memory(t))
	})
	if path, err := exec.LookPath("redis-server"); err == nil {
		t.Run("redis-server", func(t *testing.T) {
			t.Parallel()
			test(t, process(t, path))
		})
	}
}

// Memory returns a miniredis.
func Memory(t *testing.T) *Server {
	t.Helper()
	return memory(t)
}

func memory(t *testing.T) *Server {
	t.Helper()
	server := miniredis.RunT(t)
	server.ClockTTL(true) // keys expire as time passes
	return &Server{
		Config: runconfig.Redis{Host: server.Addr(), KeyPrefix: "app:"},
		Stop:   server.Close,
		Start: func() {
			// Stopping ends this context, without which blocking commands give no answer.
			server.Ctx, server.CtxCancel = context.WithCancel(context.Background())
			// Meanwhile another server may have the port for a moment.
			require.Eventually(t, func() bool { return server.Restart() == nil }, 10*time.Second, 5*time.Millisecond, "miniredis does not start again")
		},
	}
}

func process(t *testing.T, path string) *Server {
	t.Helper()
	// What a killed process has written stays: syncing to the disk would only make tests wait for a busy one.
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	var cmd *exec.Cmd
	stop := func() {
		if cmd == nil {
			return
		}
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // reports the kill
		cmd = nil
	}
	start := func() {
		cmd = exec.Command(path, "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--appendonly", "yes", "--appendfsync", "no")
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool {
			conn, err := new(net.Dialer).DialContext(context.Background(), "unix", socket)
			return err == nil && conn.Close() == nil
		}, 10*time.Second, 5*time.Millisecond, "redis-server does not accept connections")
	}
	start()
	t.Cleanup(stop)
	return &Server{Config: runconfig.Redis{Host: socket, KeyPrefix: "app:"}, Stop: stop, Start: start}
}
