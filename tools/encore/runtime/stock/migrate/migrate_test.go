//go:build !encore_app

package migrate_test

import (
	"os"
	"sync"
	"testing"
	"testing/fstest"

	"encore.dev/internal/pgtest"
	"encore.dev/stock/migrate"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func dir(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func versions(applied []migrate.Migration) []int64 {
	var list []int64
	for _, migration := range applied {
		list = append(list, migration.Version)
	}
	return list
}

// recorded returns the content of schema_migrations, which must be one row.
func recorded(t *testing.T, conn *pgx.Conn) (version int64, dirty bool) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT version, dirty FROM schema_migrations`)
	require.NoError(t, err)
	_, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (struct{}, error) {
		return struct{}{}, row.Scan(&version, &dirty)
	})
	require.NoError(t, err)
	return version, dirty
}

func TestRunAppliesWhatIsNew(t *testing.T) {
	t.Parallel()
	conn := pgtest.Connect(t, pgtest.NewDatabase(t))
	files := map[string]string{
		"10_fill.up.sql":       `INSERT INTO steps VALUES ('ten');`,
		"0002_seed.up.sql":     `INSERT INTO steps VALUES ('two'); INSERT INTO steps VALUES ('two again');`,
		"0001_create.up.sql":   `CREATE TABLE steps (name text);`,
		"0001_create.down.sql": `DROP TABLE steps;`,
		"README.md":            `not a migration`,
	}
	applied, err := migrate.Run(t.Context(), conn, dir(files))
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 10}, versions(applied))
	version, dirty := recorded(t, conn)
	require.Equal(t, int64(10), version)
	require.False(t, dirty)

	files["0011_more.up.sql"] = `INSERT INTO steps VALUES ('eleven')`
	applied, err = migrate.Run(t.Context(), conn, dir(files))
	require.NoError(t, err)
	require.Equal(t, []int64{11}, versions(applied))

	var steps []string
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT array_agg(name) FROM steps`).Scan(&steps))
	require.Equal(t, []string{"two", "two again", "ten", "eleven"}, steps)
}

func TestRunLeavesADatabaseOfANewerProgramAlone(t *testing.T) {
	t.Parallel()
	conn := pgtest.Connect(t, pgtest.NewDatabase(t))
	newer := map[string]string{"1_a.up.sql": `CREATE TABLE a ()`, "2_b.up.sql": `CREATE TABLE b ()`}
	_, err := migrate.Run(t.Context(), conn, dir(newer))
	require.NoError(t, err)

	delete(newer, "2_b.up.sql")
	applied, err := migrate.Run(t.Context(), conn, dir(newer))
	require.NoError(t, err)
	require.Empty(t, applied)
	version, _ := recorded(t, conn)
	require.Equal(t, int64(2), version)
}

func TestAFailedMigrationIsUndoneAndTriedAgain(t *testing.T) {
	t.Parallel()
	conn := pgtest.Connect(t, pgtest.NewDatabase(t))
	files := map[string]string{
		"1_a.up.sql": `CREATE TABLE a ();`,
		"2_b.up.sql": "CREATE TABLE b ();\n\nCREATE TABLE c (d nonsense);",
		"3_c.up.sql": `CREATE TABLE e ();`,
	}
	applied, err := migrate.Run(t.Context(), conn, dir(files))
	require.ErrorContains(t, err, `migration 2_b.up.sql: line 3: ERROR: type "nonsense" does not exist`)
	require.Equal(t, []int64{1}, versions(applied))
	version, dirty := recorded(t, conn)
	require.Equal(t, int64(2), version)
	require.True(t, dirty)

	files["2_b.up.sql"] = `CREATE TABLE b (); CREATE TABLE c ();`
	applied, err = migrate.Run(t.Context(), conn, dir(files))
	require.NoError(t, err)
	require.Equal(t, []int64{2, 3}, versions(applied))
	version, dirty = recorded(t, conn)
	require.Equal(t, int64(3), version)
	require.False(t, dirty)
}

func TestRunContinuesWhatGolangMigrateBegan(t *testing.T) {
	t.Parallel()
	conn := pgtest.Connect(t, pgtest.NewDatabase(t))
	_, err := conn.Exec(t.Context(), `
		CREATE TABLE schema_migrations (version bigint not null primary key, dirty boolean not null);
		INSERT INTO schema_migrations VALUES (1, false);`)
	require.NoError(t, err)
	applied, err := migrate.Run(t.Context(), conn, dir(map[string]string{
		"1_a.up.sql": `not even SQL`, "2_b.up.sql": `CREATE TABLE b ()`,
	}))
	require.NoError(t, err)
	require.Equal(t, []int64{2}, versions(applied))
}

func TestALowerNumberThatCameLaterIsTold(t *testing.T) {
	t.Parallel()
	merged := map[string]string{
		"1_a.up.sql": `CREATE TABLE a ()`, "2_b.up.sql": `CREATE TABLE b ()`, "3_c.up.sql": `CREATE TABLE c ()`, "4_d.up.sql": `CREATE TABLE d ()`,
	}
	for name, begin := range map[string]func(t *testing.T, conn *pgx.Conn){
		"by this package": func(t *testing.T, conn *pgx.Conn) {
			_, err := migrate.Run(t.Context(), conn, dir(map[string]string{"1_a.up.sql": merged["1_a.up.sql"], "3_c.up.sql": merged["3_c.up.sql"]}))
			require.NoError(t, err)
		},
		"in part by golang-migrate": func(t *testing.T, conn *pgx.Conn) {
			_, err := conn.Exec(t.Context(), `
				CREATE TABLE schema_migrations (version bigint not null primary key, dirty boolean not null);
				INSERT INTO schema_migrations VALUES (3, false);`)
			require.NoError(t, err)
			_, err = migrate.Run(t.Context(), conn, dir(map[string]string{"1_a.up.sql": "", "3_c.up.sql": ""}))
			require.NoError(t, err)
		},
		"while a later one fails": func(t *testing.T, conn *pgx.Conn) {
			_, err := migrate.Run(t.Context(), conn, dir(map[string]string{
				"1_a.up.sql": merged["1_a.up.sql"], "3_c.up.sql": merged["3_c.up.sql"], "4_d.up.sql": "nonsense",
			}))
			require.ErrorContains(t, err, "nonsense")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := pgtest.Connect(t, pgtest.NewDatabase(t))
			begin(t, conn)
			applied, err := migrate.Run(t.Context(), conn, dir(merged))
			require.EqualError(t, err, "migration 2_b.up.sql was never applied, and a later one was: give it a number above 4")
			require.Empty(t, applied)

			renumbered := map[string]string{"1_a.up.sql": "", "3_c.up.sql": "", "4_d.up.sql": merged["4_d.up.sql"], "5_b.up.sql": merged["2_b.up.sql"]}
			applied, err = migrate.Run(t.Context(), conn, dir(renumbered))
			require.NoError(t, err)
			require.Equal(t, []int64{4, 5}, versions(applied))
		})
	}
}

func TestAFileBeforeOneThatFailedIsApplied(t *testing.T) {
	t.Parallel()
	conn := pgtest.Connect(t, pgtest.NewDatabase(t))
	files := map[string]string{"1_a.up.sql": `CREATE TABLE a ()`, "3_c.up.sql": `nonsense`}
	_, err := migrate.Run(t.Context(), conn, dir(files))
	require.Error(t, err)
	files["2_b.up.sql"], files["3_c.up.sql"] = `CREATE TABLE b ()`, `CREATE TABLE c ()`
	applied, err := migrate.Run(t.Context(), conn, dir(files))
	require.NoError(t, err)
	require.Equal(t, []int64{2, 3}, versions(applied))
}

func TestAStatementThatCannotRunInATransactionHasAFileOfItsOwn(t *testing.T) {
	t.Parallel()
	conn := pgtest.Connect(t, pgtest.NewDatabase(t))
	applied, err := migrate.Run(t.Context(), conn, dir(map[string]string{
		"1_a.up.sql": `CREATE TABLE a (n int)`, "2_i.up.sql": "-- online\nCREATE INDEX CONCURRENTLY a_n ON a (n);",
	}))
	require.NoError(t, err)
	require.Len(t, applied, 2)
}

func TestProcessesThatMigrateAtOnceApplyEachMigrationOnce(t *testing.T) {
	t.Parallel()
	name := pgtest.NewDatabase(t)
	files := dir(map[string]string{
		"1_a.up.sql": `CREATE TABLE a (n int); SELECT pg_sleep(0.05);`, "2_b.up.sql": `INSERT INTO a VALUES (1)`,
	})
	var wg sync.WaitGroup
	var mu sync.Mutex
	var total []migrate.Migration
	for range 4 {
		conn := pgtest.Connect(t, name)
		wg.Go(func() {
			applied, err := migrate.Run(t.Context(), conn, files)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			total = append(total, applied...)
		})
	}
	wg.Wait()
	require.Len(t, total, 2)
}

func TestListRefusesWhatIsNotInOrder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		files map[string]string
		err   string
	}{
		{map[string]string{"create.up.sql": ""}, "migration create.up.sql: the name must be like 0001_description.up.sql"},
		{map[string]string{"1_create.sql": ""}, "migration 1_create.sql: the name must be like"},
		{map[string]string{"0_a.up.sql": ""}, "the number must be from 1"},
		{map[string]string{"99999999999999999999_a.up.sql": ""}, "the number must be from 1"},
		{map[string]string{"1_a.up.sql": "", "001_b.up.sql": ""}, "have the same number"},
	} {
		_, err := migrate.List(dir(test.files))
		require.ErrorContains(t, err, test.err)
	}
}
