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

// migrated is a database that held rows before a migration and has all of them now; read answers a text a row.
func migrated(t *testing.T, before string, rows ...string) (read func(sql string) []string) {
	t.Helper()
	ctx := t.Context()
	conn, err := newRounds(t).pool.Acquire(ctx)
	require.NoError(t, err)
	t.Cleanup(conn.Release)
	exec := func(sql string) {
		t.Helper()
		_, err := conn.Conn().PgConn().Exec(ctx, sql).ReadAll()
		require.NoError(t, err, sql)
	}
	exec(`create schema before; set search_path to before`)
	migrations, err := filepath.Glob("migrations/*.up.sql")
	require.NoError(t, err)
	found := false
	for _, path := range migrations {
		if filepath.Base(path) == before+".up.sql" {
			found = true
			for _, sql := range rows {
				exec(sql)
			}
		}
		migration, err := os.ReadFile(path)
		require.NoError(t, err)
		exec(string(migration))
	}
	require.True(t, found, before)
	return func(sql string) []string {
		t.Helper()
		rows, err := conn.Query(ctx, sql)
		require.NoError(t, err)
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return texts
	}
}

// Names and addresses that became the same when lists began to compare them as people do: nothing is lost, and every
// region, and every tour of a region, has a name of its own.
func TestNamesAndAddressesThatBecomeTheSameAreKept(t *testing.T) {
	t.Parallel()
	texts := migrated(t, "0006_order_and_search",
		`insert into regions (name) values ('Gent'), ('gent'), ('GÉNT'), ('Aalst'), ('Gént (2)'), ('gent (2.2)')`,
		`insert into tours (region_id, name) values
			(1, 'Noord'), (1, 'noord'), (1, 'Nóórd'), (2, 'Noord'), (1, 'NOORD (2)')`,
		`insert into tours (region_id, name, archived_at) values (1, 'NOORD', now())`,
		`insert into buildings (region_id, name, street, house_number, bus, postal_code, city, agreed_minutes, archived_at) values
			(1, 'A', 'Rue de l''Église', '12', '', '9000', 'Gent', 10, null),
			(1, 'B', 'rue de l''eglise', '12', '', '9000', 'Gent', 10, null),
			(1, 'C', 'Rué de l''eglise', '12', '(2)', '9000', 'Gent', 10, null),
			(1, 'D', 'Coupure', '1', 'étage un, à gauche', '9000', 'Gent', 10, null),
			(1, 'E', 'Coupure', '1', 'etage un, a gauche', '9000', 'Gent', 10, null),
			(1, 'F', 'Coupure', '1', 'étage un, a gauche', '9000', 'Gent', 10, now()),
			(1, 'G', 'Coupure', '2', '', '9000', 'Gent', 10, null)`)

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

// Whose a run was before swaps gave it to somebody else: each of them once, since the last time, and not whose it is now.
func TestRunsGivenAwayBeforeAreNotedAsSuch(t *testing.T) {
	t.Parallel()
	swap := func(run, asker, taker int, state, end string) string {
		return fmt.Sprintf(`insert into swaps (id, run_id, date, asked_by, message, asked_at, state, taken_by, taken_at, decided_by, ended_at)
			select gen_random_uuid(), %d, '2026-05-04', %d, '', '2026-05-01Z', state, taker, case when taker > 0 then '2026-05-01Z'::timestamptz end,
				case when state in ('approved', 'refused') then 2 end, ended
			from (values ('%s', nullif(%d, 0), nullif('%s', '')::timestamptz)) as s (state, taker, ended)`, run, asker, state, taker, end)
	}
	texts := migrated(t, "0043_former_workers",
		`insert into regions (name) values ('Gent')`,
		`insert into tours (region_id, name) select 1, 'Ronde ' || n from generate_series(1, 6) n`,
		// Runs 1 to 6, of worker 5 today, but for the third, which is the asker's again.
		`insert into runs (tour_id, worker_id, date, planned_at, planned_by)
			select n, case when n = 3 then 3 else 5 end, '2026-05-04', '2026-05-01Z', 2 from generate_series(1, 6) n`,
		swap(1, 3, 5, "approved", "2026-05-02T08:00:00Z"),
		swap(2, 3, 4, "approved", "2026-05-02T08:00:00Z"),
		swap(2, 4, 5, "approved", "2026-05-02T09:00:00Z"),
		swap(3, 3, 5, "approved", "2026-05-02T08:00:00Z"),
		swap(3, 5, 3, "approved", "2026-05-02T09:00:00Z"),
		swap(4, 3, 5, "approved", "2026-05-02T10:00:00Z"),
		swap(4, 5, 3, "approved", "2026-05-02T11:00:00Z"),
		swap(4, 3, 5, "approved", "2026-05-02T12:00:00Z"),
		swap(5, 3, 4, "refused", "2026-05-02T08:00:00Z"),
		swap(5, 3, 0, "withdrawn", "2026-05-02T09:00:00Z"),
		swap(5, 3, 4, "lapsed", "2026-05-02T10:00:00Z"),
		swap(6, 3, 4, "taken", ""),
	)
	require.Equal(t, []string{
		"1: 3 since 2026-05-02 08:00:00",
		"2: 3 since 2026-05-02 08:00:00",
		"2: 4 since 2026-05-02 09:00:00",
		"3: 5 since 2026-05-02 09:00:00",
		"4: 3 since 2026-05-02 12:00:00",
	}, texts(`select format('%s: %s since %s', run_id, worker_id, since at time zone 'UTC') from former_workers order by run_id, worker_id`))
}
