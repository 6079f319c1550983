package store

import (
	"testing"

	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"github.com/stretchr/testify/require"
)

func TestTheDatabaseOfTheRunIsMigrated(t *testing.T) {
	t.Parallel()
	m, err := Migrations(t.Context())
	require.NoError(t, err)
	require.Equal(t, &Migrated{Version: 12, Rows: 1}, m)
	_, err = GetThing(t.Context(), 404)
	require.Equal(t, errs.NotFound, errs.Code(err))
	require.NotErrorIs(t, err, sqldb.ErrNoRows, "causes do not cross a call")
}

func TestADatabaseOfATestsOwn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one", "another"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own, err := et.NewTestDatabase(t.Context(), "things")
			require.NoError(t, err)
			_, err = own.Exec(t.Context(), `INSERT INTO thing (id, name) VALUES (7000, $1)`, name)
			require.NoError(t, err)
			var got string
			require.NoError(t, own.QueryRow(t.Context(), `SELECT string_agg(name, ' ') FROM thing`).Scan(&got))
			require.Equal(t, name, got)
			_, err = GetThing(t.Context(), 7000)
			require.Equal(t, errs.NotFound, errs.Code(err), "the application's own handle leads elsewhere")
		})
	}
}
