// Package migrate applies an application's SQL migrations to a PostgreSQL database.
//
// Migrations are files named NUMBER_DESCRIPTION.up.sql. They are run in the order of their numbers, each as one
// batch, which PostgreSQL treats as one transaction unless the file holds transaction statements or is a single
// statement that cannot run in one. Files ending in .down.sql are never run, files not ending in .sql are ignored.
//
// The table schema_migrations records the number of the last migration in one row, in the format of golang-migrate,
// and the advisory lock is the same as golang-migrate's: either may continue what the other began. That library is
// not used itself because a migration that fails here leaves the database as it was (see above), so the next run
// should simply try again, where golang-migrate demands that someone repairs the table by hand; the rest of it is
// the few dozen lines below.
//
// Beside it the table schema_migrations_applied has a row for every number that was applied, so that a lower number which
// came later (from a branch that was merged) is told and not skipped. Numbers that only golang-migrate applied are added.
package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Migration is one file to apply.
type Migration struct {
	Version int64
	File    string
}

var fileName = regexp.MustCompile(`^(\d+)(_[^.]+)?\.(up|down)\.sql$`)

// List returns the migrations of a folder in the order of their numbers. It fails on a .sql file that is not named
// like a migration, on number zero and on a number that two files have.
func List(dir fs.FS) ([]Migration, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	var list []Migration
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".sql") {
			continue
		}
		parts := fileName.FindStringSubmatch(entry.Name())
		if parts == nil {
			return nil, fmt.Errorf("migration %s: the name must be like 0001_description.up.sql", entry.Name())
		}
		version, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil || version == 0 {
			return nil, fmt.Errorf("migration %s: the number must be from 1 to 9223372036854775807", entry.Name())
		}
		if parts[3] == "up" {
			list = append(list, Migration{Version: version, File: entry.Name()})
		}
	}
	slices.SortFunc(list, func(a, b Migration) int { return cmp.Compare(a.Version, b.Version) })
	for i := 1; i < len(list); i++ {
		if list[i].Version == list[i-1].Version {
			return nil, fmt.Errorf("migrations %s and %s have the same number", list[i-1].File, list[i].File)
		}
	}
	return list, nil
}

// Run applies the migrations of dir that come after the last one applied, and returns those it applied. Callers of
// several processes wait for each other. A migration that failed is tried again by the next Run.
//
// A database that has seen a later migration than dir holds is left alone: it belongs to a newer program. A migration that
// was never applied although a later one was is a *SkippedError, and nothing is applied.
func Run(ctx context.Context, conn *pgx.Conn, dir fs.FS) (done []Migration, err error) {
	list, err := List(dir)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, conn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	_, err = conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)`)
	if err != nil {
		return nil, fmt.Errorf("create the table schema_migrations: %w", err)
	}
	recorded, err := applied(ctx, conn)
	if err != nil {
		return nil, err
	}
	last, err := lastApplied(ctx, conn, list, recorded)
	if err != nil {
		return nil, err
	}
	if err := settle(ctx, conn, list, recorded, last); err != nil {
		return nil, err
	}
	for _, migration := range list {
		if migration.Version <= last {
			continue
		}
		if err := apply(ctx, conn, dir, migration); err != nil {
			return done, fmt.Errorf("migration %s: %w", migration.File, err)
		}
		done = append(done, migration)
	}
	return done, nil
}

// lock takes the advisory lock that golang-migrate would take for this database.
func lock(ctx context.Context, conn *pgx.Conn) (unlock func() error, err error) {
	var database, schema string
	if err := conn.QueryRow(ctx, `SELECT current_database(), current_schema()`).Scan(&database, &schema); err != nil {
		return nil, fmt.Errorf("lock the migrations: %w", err)
	}
	key := int64(crc32.ChecksumIEEE([]byte(schema+"\x00schema_migrations\x00"+database)) * 1486364155)
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, key); err != nil {
		return nil, fmt.Errorf("lock the migrations: %w", err)
	}
	return func() error {
		if conn.IsClosed() {
			return nil // the lock went with the connection
		}
		if _, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, key); err != nil {
			return fmt.Errorf("unlock the migrations: %w", err)
		}
		return nil
	}, nil
}

// SkippedError tells that a migration was never applied although one with a higher number was.
type SkippedError struct {
	File string
	Last int64 // the highest number of the database and of the folder
}

// Error names the file and the way out.
func (e *SkippedError) Error() string {
	return fmt.Sprintf("migration %s was never applied, and a later one was: give it a number above %d", e.File, e.Last)
}

// applied returns the numbers in schema_migrations_applied, in order.
func applied(ctx context.Context, conn *pgx.Conn) ([]int64, error) {
	_, err := conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations_applied (version bigint NOT NULL PRIMARY KEY)`)
	if err != nil {
		return nil, fmt.Errorf("create the table schema_migrations_applied: %w", err)
	}
	rows, err := conn.Query(ctx, `SELECT version FROM schema_migrations_applied ORDER BY version`)
	if err != nil {
		return nil, fmt.Errorf("read the table schema_migrations_applied: %w", err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read the table schema_migrations_applied: %w", err)
	}
	return numbers, nil
}

// settle finds what was skipped, and records what was applied without a record: what came after the last recorded number,
// which in a database from before the record is everything.
func settle(ctx context.Context, conn *pgx.Conn, list []Migration, recorded []int64, last int64) error {
	var known int64
	if len(recorded) > 0 {
		known = recorded[len(recorded)-1]
	}
	var add []int64
	for _, migration := range list {
		if migration.Version > max(last, known) {
			break
		}
		if _, found := slices.BinarySearch(recorded, migration.Version); found {
			continue
		}
		if migration.Version < known {
			return &SkippedError{migration.File, max(last, known, list[len(list)-1].Version)}
		}
		add = append(add, migration.Version)
	}
	_, err := conn.Exec(ctx, `INSERT INTO schema_migrations_applied SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING`, add)
	if err != nil {
		return fmt.Errorf("fill the table schema_migrations_applied: %w", err)
	}
	return nil
}

// lastApplied returns the number of the last migration that was applied in full, 0 when none was.
func lastApplied(ctx context.Context, conn *pgx.Conn, list []Migration, recorded []int64) (int64, error) {
	var version int64
	var dirty bool
	err := conn.QueryRow(ctx, `SELECT version, dirty FROM schema_migrations ORDER BY version DESC LIMIT 1`).Scan(&version, &dirty)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("read the table schema_migrations: %w", err)
	case !dirty:
		return version, nil
	}
	if len(recorded) > 0 {
		return recorded[len(recorded)-1], nil // a file between the two may have come since
	}
	var previous int64
	for _, migration := range list {
		if migration.Version < version {
			previous = migration.Version
		}
	}
	return previous, nil
}

func apply(ctx context.Context, conn *pgx.Conn, dir fs.FS, migration Migration) error {
	text, err := fs.ReadFile(dir, migration.File)
	if err != nil {
		return err
	}
	if err := record(ctx, conn, migration.Version, true); err != nil {
		return err
	}
	// Without arguments the text goes to the server as it is, several statements at once.
	if _, err := conn.PgConn().Exec(ctx, string(text)).ReadAll(); err != nil {
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Position > 0 {
			return fmt.Errorf("line %d: %w", lineAt(string(text), int(pgErr.Position)), err)
		}
		return err
	}
	return record(ctx, conn, migration.Version, false)
}

// lineAt returns the line of the character that the server counts as number position.
func lineAt(text string, position int) int {
	line := 1
	for _, char := range text {
		if position--; position <= 0 {
			break
		}
		if char == '\n' {
			line++
		}
	}
	return line
}

func record(ctx context.Context, conn *pgx.Conn, version int64, dirty bool) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM schema_migrations`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO schema_migrations (version, dirty) VALUES ($1, $2)`, version, dirty)
		if err != nil || dirty {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO schema_migrations_applied VALUES ($1) ON CONFLICT DO NOTHING`, version)
		return err
	})
	if err != nil {
		return fmt.Errorf("record it in schema_migrations: %w", err)
	}
	return nil
}
