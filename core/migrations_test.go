package core

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Names and addresses that became the same when lists began to compare them as people do: nothing is lost, and every
// region, and every tour of a region, has a name of its own.
func TestNamesAndAddressesThatBecomeTheSameAreKept(t *testing.T) {
	t.Parallel()
	for name, addresses := range map[string]struct {
		streets []string
		unique  bool
	}{
		"addresses that differ":                    {[]string{"Veldstraat", "Coupure"}, true},
		"addresses that differ in accents or case": {[]string{"Rue de l'Église", "rue de l'eglise"}, false},
	} {
		t.Run(name, func(t *testing.T) {
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
			exec(`create schema before; set search_path to before`)
			migrations, err := filepath.Glob("migrations/*.up.sql")
			require.NoError(t, err)
			for _, path := range migrations {
				migration, err := os.ReadFile(path)
				require.NoError(t, err)
				if strings.Contains(path, "0006_") {
					exec(`insert into regions (name) values ('Gent'), ('gent'), ('GÉNT'), ('Aalst')`)
					exec(`insert into tours (region_id, name) values (1, 'Noord'), (1, 'noord'), (1, 'Nóórd'), (2, 'Noord')`)
					exec(`insert into tours (region_id, name, archived_at) values (1, 'NOORD', now())`)
					for i, street := range addresses.streets {
						exec(fmt.Sprintf(`insert into buildings (region_id, name, street, house_number, bus, postal_code, city, agreed_minutes)
							values (1, 'Residentie %d', $$%s$$, '12', '', '9000', 'Gent', 10)`, i, street))
					}
				}
				exec(string(migration))
			}

			texts := func(sql string) []string {
				t.Helper()
				rows, err := conn.Query(ctx, sql)
				require.NoError(t, err)
				found, err := pgx.CollectRows(rows, pgx.RowTo[string])
				require.NoError(t, err)
				return found
			}
			require.Equal(t, []string{"Gent", "gent (2)", "GÉNT (3)", "Aalst"}, texts(`select name from regions order by id`))
			require.Equal(t, []string{"Noord", "noord (2)", "Nóórd (3)", "Noord", "NOORD"}, texts(`select name from tours order by id`))
			require.Equal(t, addresses.streets, texts(`select street from buildings order by id`))
			index := texts(`select indexdef from pg_indexes where schemaname = 'before' and indexname = 'buildings_address'`)
			require.Len(t, index, 1, "an address stands once, at least as it is written")
			require.Contains(t, index[0], "UNIQUE")
			require.Equal(t, addresses.unique, strings.Contains(index[0], "COLLATE"))
		})
	}
}
