package realtime

import (
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// server is a Redis that can be stopped and started again with its data.
type server struct {
	address     string
	stop, start func(t *testing.T)
}

// onBoth runs a test on miniredis and on a real Redis: miniredis is fast and everywhere, the real one decides.
func onBoth(t *testing.T, test func(t *testing.T, s server)) {
	t.Parallel()
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		test(t, newMiniredis(t))
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		test(t, newRedisServer(t))
	})
}

// newMiniredis cuts the network instead of the server, which cannot block any more once it was restarted.
func newMiniredis(t *testing.T) server {
	t.Helper()
	link := &link{target: miniredis.RunT(t).Addr(), address: "127.0.0.1:0"}
	link.up(t)
	t.Cleanup(link.down)
	return server{address: link.address, stop: func(*testing.T) { link.down() }, start: link.up}
}

// link is a connection to a server that can be cut.
type link struct {
	target, address string

	mu       sync.Mutex
	listener net.Listener
	open     []net.Conn
	running  sync.WaitGroup
}

func (l *link) up(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", l.address)
	require.NoError(t, err)
	l.listener, l.address = listener, listener.Addr().String()
	l.running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", l.target)
			if err != nil {
				_ = client.Close()
				continue
			}
			l.mu.Lock()
			l.open = append(l.open, client, server)
			l.mu.Unlock()
			l.copy(client, server)
			l.copy(server, client)
		}
	})
}

func (l *link) copy(to, from net.Conn) {
	l.running.Go(func() {
		_, _ = io.Copy(to, from)
		_, _ = to.Close(), from.Close()
	})
}

func (l *link) down() {
	_ = l.listener.Close()
	l.mu.Lock()
	for _, connection := range l.open {
		_ = connection.Close()
	}
	l.open = nil
	l.mu.Unlock()
	l.running.Wait()
}

func newRedisServer(t *testing.T) server {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	require.NoError(t, err, "redis-server is needed for this test: apt install redis-server")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address, folder := listener.Addr().String(), t.TempDir()
	require.NoError(t, listener.Close())
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)

	var process *exec.Cmd
	stop := func(t *testing.T) {
		t.Helper()
		if process != nil {
			require.NoError(t, process.Process.Kill())
			_ = process.Wait() // it was killed
			process = nil
		}
	}
	start := func(t *testing.T) {
		t.Helper()
		process = exec.Command(binary, "--port", port, "--bind", "127.0.0.1", "--dir", folder,
			"--save", "", "--appendonly", "yes", "--appendfsync", "no")
		require.NoError(t, process.Start())
		client := redis.NewClient(&redis.Options{Addr: address})
		defer func() { _ = client.Close() }()
		require.Eventually(t, func() bool { return client.Ping(context.Background()).Err() == nil },
			patience, 20*time.Millisecond, "redis-server does not start")
	}
	start(t)
	t.Cleanup(func() { stop(t) })
	return server{address: address, stop: stop, start: start}
}

func (s server) client(t *testing.T) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{
		Addr: s.address, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() {
		if err := client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
			t.Error(err)
		}
	})
	return client
}
