//go:build !encore_app

package dbpool_test

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"encore.dev/internal/dbpool"
	"encore.dev/internal/pgtest"
	"encore.dev/internal/runconfig"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

func open(t *testing.T, server runconfig.SQLServer) *pgxpool.Pool {
	t.Helper()
	conf, err := dbpool.Config(&runconfig.Config{SQLServers: []runconfig.SQLServer{server}}, "core")
	require.NoError(t, err)
	conf.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(t.Context(), conf)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// fill opens all connections of the pool and leaves them idle.
func fill(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for _, conn := range acquireAll(t, pool) {
		conn.Release()
	}
}

func acquireAll(t *testing.T, pool *pgxpool.Pool) []*pgxpool.Conn {
	t.Helper()
	var conns []*pgxpool.Conn
	for range pool.Config().MaxConns {
		conn, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		conns = append(conns, conn)
	}
	return conns
}

func TestNoRequestGetsAConnectionThatTheServerHasClosed(t *testing.T) {
	t.Parallel()
	server, restart := pgtest.Restartable(t, "core")
	pool := open(t, server)
	for range 3 {
		fill(t, pool)
		restart()
		var wg sync.WaitGroup
		failures := make([]error, 2*pool.Config().MaxConns)
		for i := range failures {
			wg.Go(func() { _, failures[i] = pool.Exec(t.Context(), "SELECT pg_sleep(0.01)") })
		}
		wg.Wait()
		for _, err := range failures {
			require.NoError(t, err)
		}
	}
}

func TestLivingConnectionsAreKept(t *testing.T) {
	t.Parallel()
	server, _ := pgtest.Restartable(t, "core")
	pool := open(t, server)
	fill(t, pool)
	before := pool.Stat().NewConnsCount()
	for range 100 {
		_, err := pool.Exec(t.Context(), "SELECT 1")
		require.NoError(t, err)
	}
	require.Equal(t, before, pool.Stat().NewConnsCount())
}

func TestNoAcknowledgedWriteIsLostInARestart(t *testing.T) {
	t.Parallel()
	server, restart := pgtest.Restartable(t, "core")
	pool := open(t, server)
	_, err := pool.Exec(t.Context(), "CREATE TABLE written (id bigint PRIMARY KEY)")
	require.NoError(t, err)

	var next atomic.Int64
	var back, done atomic.Bool
	var mu sync.Mutex
	acknowledged := map[int64]bool{}
	var late []error // of statements that began when the server was back
	var writers sync.WaitGroup
	for range 16 {
		writers.Go(func() {
			for !done.Load() {
				id, after := next.Add(1), back.Load()
				_, err := pool.Exec(t.Context(), "INSERT INTO written VALUES ($1)", id)
				mu.Lock()
				if err == nil {
					acknowledged[id] = true
				} else if after {
					late = append(late, err)
				}
				mu.Unlock()
			}
		})
	}
	written := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged)
	}
	require.Eventually(t, func() bool { return written() > 500 }, 20*time.Second, time.Millisecond)
	restart()
	back.Store(true)
	enough := written() + 500
	require.Eventually(t, func() bool { return written() > enough }, 20*time.Second, time.Millisecond)
	done.Store(true)
	writers.Wait()
	require.Empty(t, late)

	rows, err := pool.Query(t.Context(), "SELECT id FROM written")
	require.NoError(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	require.NoError(t, err)
	for _, id := range ids {
		delete(acknowledged, id)
	}
	require.Empty(t, slices.Collect(maps.Keys(acknowledged)))
}
