package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/app"
)

// testDir is a folder that PostgreSQL's user may enter too, unlike t.TempDir.
func testDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "encore-local-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// testApp is an application with one database, core, and its migrations, keyed by file name.
func testApp(t *testing.T, migrations map[string]string) *app.App {
	t.Helper()
	a := &app.App{Root: t.TempDir(), File: app.AppFile{ID: "example"}}
	db := &app.Database{Name: "core", MigrationsDir: filepath.Join(a.Root, "core", "migrations")}
	require.NoError(t, os.MkdirAll(db.MigrationsDir, 0o755))
	a.Databases = append(a.Databases, db)
	setMigrations(t, a, migrations)
	return a
}

func setMigrations(t *testing.T, a *app.App, migrations map[string]string) {
	t.Helper()
	db := a.Databases[0]
	db.Migrations = nil
	for number := range int64(10) {
		for name, content := range migrations {
			var found int64
			_, err := fmt.Sscanf(name, "%d", &found)
			require.NoError(t, err)
			if found != number {
				continue
			}
			require.NoError(t, os.WriteFile(filepath.Join(db.MigrationsDir, name), []byte(content), 0o644))
			db.Migrations = append(db.Migrations, app.Migration{Number: found, File: name})
		}
	}
}

// noEnvironment is a developer who has set nothing.
func noEnvironment(string) (string, bool) { return "", false }

func start(t *testing.T, a *app.App, o Options) *Environment {
	t.Helper()
	if o.LookupEnv == nil {
		o.LookupEnv = noEnvironment
	}
	o.Log = t.Output()
	e, err := Start(t.Context(), a, o)
	require.NoError(t, err)
	return e
}

// one returns the single value of a query on the database core.
func one[T any](t *testing.T, e *Environment, query string, args ...any) T {
	t.Helper()
	conn, err := e.Connect(t.Context(), "core")
	require.NoError(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), query, args...)
	require.NoError(t, err)
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	require.NoError(t, err)
	return value
}

func execute(t *testing.T, e *Environment, query string) {
	t.Helper()
	conn, err := e.Connect(t.Context(), "core")
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), query)
	require.NoError(t, err)
}

const patience = 20 * time.Second

func missingNpm(context.Context) (string, error) { return "", errors.New("npm is not installed") }

func writeSecrets(t *testing.T, root, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(root, SecretsFile), []byte(content), 0o600))
}
