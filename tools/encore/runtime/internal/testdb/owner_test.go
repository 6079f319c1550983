package testdb

import (
	"testing"
	"time"

	"encore.dev/internal/dbpool"
	"encore.dev/internal/pgtest"
	"encore.dev/internal/runconfig"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Two hosts are two owners: what a process is called on its host says nothing to the other.
func TestWhatALiveOwnerOfAnotherHostMadeStays(t *testing.T) {
	here, there := pgtest.NewDatabase(t), pgtest.NewDatabase(t)
	config := func(database string) *pgx.ConnConfig {
		conf, err := dbpool.Config(&runconfig.Config{SQLServers: []runconfig.SQLServer{
			pgtest.Config(map[string]runconfig.SQLDatabase{database: {}}),
		}}, database)
		require.NoError(t, err)
		return conf.ConnConfig
	}
	live, err := own(t.Context(), config(there)) // through a database of its own, as each run of tests
	require.NoError(t, err)
	gone, err := own(t.Context(), config(there))
	require.NoError(t, err)
	admin := pgtest.Connect(t, "postgres")
	for _, o := range []*owner{live, gone} {
		_, err := admin.Exec(t.Context(), "CREATE DATABASE "+quote(o.name(1, "core")))
		require.NoError(t, err)
	}
	require.NoError(t, gone.conn.Close(t.Context()))
	left := func() []string {
		require.NoError(t, sweep(t.Context(), config(here)))
		names, err := query[string](t.Context(), admin, `SELECT datname FROM pg_database WHERE datname = any($1)`,
			[]string{live.name(1, "core"), gone.name(1, "core")})
		require.NoError(t, err)
		return names
	}
	// The server notices a moment later that the connection is closed.
	require.Eventually(t, func() bool { return len(left()) == 1 }, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, []string{live.name(1, "core")}, left())
	require.NoError(t, live.conn.Close(t.Context()))
	require.Eventually(t, func() bool { return len(left()) == 0 }, 20*time.Second, 10*time.Millisecond)
}
