package core

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/internal/audit"
	"encore.app/internal/outbox"
)

// Names and addresses that became the same when lists began to compare them as people do: nothing is lost, and every
// region, and every tour of a region, has a name of its own.
func TestNamesAndAddressesThatBecomeTheSameAreKept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	conn, err := newRounds(t).pool.Acquire(ctx)
	require.NoError(t, err)
	defer conn.Release()
	exec := func(sql string) {
		t.Helper()
		_, err := conn.Conn().PgConn().Exec(ctx, sql).ReadAll()
		require.NoError(t, err)
	}
	texts := func(sql string) []string {
		t.Helper()
		rows, err := conn.Query(ctx, sql)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return found
	}

	exec(`create schema before; set search_path to before`)
	migrations, err := filepath.Glob("migrations/*.up.sql")
	require.NoError(t, err)
	for _, path := range migrations {
		migration, err := os.ReadFile(path)
		require.NoError(t, err)
		if strings.Contains(path, "0006_") {
			exec(`insert into regions (name) values ('Gent'), ('gent'), ('GÉNT'), ('Aalst'), ('Gént (2)'), ('gent (2.2)')`)
			exec(`insert into tours (region_id, name) values
				(1, 'Noord'), (1, 'noord'), (1, 'Nóórd'), (2, 'Noord'), (1, 'NOORD (2)')`)
			exec(`insert into tours (region_id, name, archived_at) values (1, 'NOORD', now())`)
			exec(`insert into buildings (region_id, name, street, house_number, bus, postal_code, city, agreed_minutes, archived_at) values
				(1, 'A', 'Rue de l''Église', '12', '', '9000', 'Gent', 10, null),
				(1, 'B', 'rue de l''eglise', '12', '', '9000', 'Gent', 10, null),
				(1, 'C', 'Rué de l''eglise', '12', '(2)', '9000', 'Gent', 10, null),
				(1, 'D', 'Coupure', '1', 'étage un, à gauche', '9000', 'Gent', 10, null),
				(1, 'E', 'Coupure', '1', 'etage un, a gauche', '9000', 'Gent', 10, null),
				(1, 'F', 'Coupure', '1', 'étage un, a gauche', '9000', 'Gent', 10, now()),
				(1, 'G', 'Coupure', '2', '', '9000', 'Gent', 10, null)`)
		}
		exec(string(migration))
	}

	require.Equal(t, []string{"Gent", "gent (2.3)", "GÉNT (3)", "Aalst", "Gént (2)", "gent (2.2)"}, texts(`select name from regions order by id`))
	require.Equal(t, []string{"Noord", "noord (2.2)", "Nóórd (3)", "Noord", "NOORD (2)", "NOORD"}, texts(`select name from tours order by id`))
	require.Equal(t, []string{
		"12/", "12/(2.2)", "12/(2)", "1/étage un, à gauche", "1/etage un, a gauc (5)", "1/étage un, a gauche", "2/",
	}, texts(`select house_number || '/' || bus from buildings order by id`))
	require.Equal(t, []string{"1", "2", "1", "1", "2", "1", "1"}, texts(`select version::text from buildings order by id`))

	index := texts(`select indexdef from pg_indexes where schemaname = 'before' and indexname = 'buildings_address'`)
	require.Len(t, index, 1)
	require.Contains(t, index[0], "UNIQUE")
	require.Equal(t, 4, strings.Count(index[0], "COLLATE"), "of all that is in an address: %s", index[0])

	var told []string
	for _, payload := range texts(`select payload::text from outbox order by id`) {
		change, err := audit.Decode(outbox.Message{ID: "1", Topic: audit.Topic, Payload: []byte(payload)})
		require.NoError(t, err)
		require.Zero(t, change.Actor, "the system")
		require.NotZero(t, change.OccurredAt)
		told = append(told, fmt.Sprintf("%s %s: %s %s", change.Kind, change.ThingID, change.Before, change.After))
	}
	require.Equal(t, []string{
		`building.changed 2: {"bus": ""} {"bus": "(2.2)"}`,
		`building.changed 5: {"bus": "etage un, a gauche"} {"bus": "etage un, a gauc (5)"}`,
	}, told, "the audit log names what was changed")
}
