//go:build !encore_app

package testdb_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"encore.dev/internal/pgtest"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/testdb"
	"encore.dev/storage/sqldb"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestNew(t *testing.T) {
	template, shared := pgtest.NewDatabase(t), pgtest.NewDatabase(t)
	conn := pgtest.Connect(t, template)
	_, err := conn.Exec(t.Context(), `CREATE TABLE items (n int); INSERT INTO items VALUES (1), (2)`)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))

	migrations := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(migrations, "1_a.up.sql"), []byte(`CREATE TABLE made (n int)`), 0o644))
	runconfig.SetForTest(&runconfig.Config{
		SQLServers: []runconfig.SQLServer{pgtest.Config(map[string]runconfig.SQLDatabase{
			shared: {Name: "core"}, template: {Name: "plain"},
		})},
		Local: runconfig.Local{
			Templates:  map[string]string{"core": template},
			Migrations: map[string]string{"plain": migrations},
		},
	})
	const abandoned = "encore_test_00000000_1_core"
	admin := pgtest.Connect(t, "postgres")
	_, err = admin.Exec(t.Context(), `CREATE DATABASE `+abandoned)
	require.NoError(t, err)

	open := func(ctx context.Context, t *testing.T, name string) *sqldb.Database {
		t.Helper()
		db, err := testdb.New(ctx, name)
		require.NoError(t, err)
		return db.(*sqldb.Database)
	}
	databases := func() (names []string) {
		rows, err := admin.Query(t.Context(), `SELECT datname FROM pg_database WHERE datname LIKE 'encore\_test\_%'`)
		require.NoError(t, err)
		for rows.Next() {
			var name string
			require.NoError(t, rows.Scan(&name))
			names = append(names, name)
		}
		require.NoError(t, rows.Err())
		return names
	}

	t.Run("each is a copy of its own", func(t *testing.T) {
		var tests sync.WaitGroup
		start := time.Now()
		for i := range 8 {
			tests.Go(func() {
				db := open(t.Context(), t, "core")
				_, err := db.Exec(t.Context(), `INSERT INTO items VALUES ($1)`, 100+i)
				var sum int
				if err == nil {
					err = db.QueryRow(t.Context(), `SELECT sum(n) FROM items`).Scan(&sum)
				}
				if err != nil || sum != 103+i {
					t.Errorf("sum %d, error %v", sum, err)
				}
			})
		}
		tests.Wait()
		t.Logf("8 databases in %v", time.Since(start))
	})

	t.Run("it is dropped when the context ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		db := open(ctx, t, "core")
		rows, err := db.Query(t.Context(), `SELECT * FROM items`)
		require.NoError(t, err)
		require.True(t, rows.Next()) // a connection stays in use
		cancel()
		require.Eventually(t, func() bool { return len(databases()) == 0 }, 20*time.Second, 10*time.Millisecond,
			"also what tests before, and the binary that is gone, left")
		_, err = db.Exec(t.Context(), `SELECT 1`)
		require.Error(t, err)
		rows.Close()
	})

	t.Run("without a template the migrations are applied", func(t *testing.T) {
		var n int
		require.NoError(t, open(t.Context(), t, "plain").QueryRow(t.Context(), `SELECT count(*) FROM made`).Scan(&n))
		require.Zero(t, n)
	})

	t.Run("an unknown database", func(t *testing.T) {
		_, err := testdb.New(t.Context(), "nowhere")
		require.ErrorContains(t, err, "not configured to use database nowhere")
	})
	require.Eventually(t, func() bool { return len(databases()) == 0 }, 20*time.Second, 10*time.Millisecond)
}
