package startmigrate_test

import (
	"os"
	"path/filepath"
	"testing"

	"encore.dev/internal/pgtest"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/startmigrate"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestRunMigratesTheDatabasesThatHaveAFolder(t *testing.T) {
	t.Parallel()
	migrated, other, folder := pgtest.NewDatabase(t), pgtest.NewDatabase(t), t.TempDir()
	file := filepath.Join(folder, "1_a.up.sql")
	require.NoError(t, os.WriteFile(file, []byte(`CREATE TABLE a (n int)`), 0o644))
	cfg := &runconfig.Config{SQLServers: []runconfig.SQLServer{pgtest.Config(map[string]runconfig.SQLDatabase{
		migrated: {Name: "core", Migrations: folder}, other: {},
	})}}
	for range 2 {
		require.NoError(t, startmigrate.Run(t.Context(), cfg))
	}
	for name, want := range map[string]bool{migrated: true, other: false} {
		var exists bool
		require.NoError(t, pgtest.Connect(t, name).QueryRow(t.Context(), `SELECT to_regclass('a') IS NOT NULL`).Scan(&exists))
		require.Equal(t, want, exists)
	}

	require.NoError(t, os.WriteFile(filepath.Join(folder, "2_b.up.sql"), []byte(`nonsense`), 0o644))
	require.ErrorContains(t, startmigrate.Run(t.Context(), cfg), "migrate database core: migration 2_b.up.sql: line 1")
}
