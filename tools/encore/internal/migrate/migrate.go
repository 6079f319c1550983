// Package migrate applies the migrations of an application to its databases.
package migrate

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	pgxmigrate "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"encore.app/tools/encore/internal/app"
)

// lockTimeout is how long to wait for others who migrate the same database.
const lockTimeout = 10 * time.Minute

// AheadError tells that a database has a migration which the source does not have: it was migrated by other source,
// most likely newer.
type AheadError struct {
	Database *app.Database
	Version  uint // of the database
}

// Error names the database and the migration.
func (e *AheadError) Error() string {
	return fmt.Sprintf("the database %s has migration %d, which is not in %s", e.Database.Name, e.Version, e.Database.MigrationsDir)
}

// SkippedError tells that a migration was never applied although one with a higher number was, as after a merge of
// branches. Its file must get a higher number.
type SkippedError struct {
	Path string
	Last int64 // the highest number of the database and of the folder
}

// Error names the file and the way out.
func (e *SkippedError) Error() string {
	return fmt.Sprintf("%s was never applied, and a later one was: give it a number above %d", e.Path, e.Last)
}

// recorder is golang-migrate's driver, which also records every number that was applied, as programs do that migrate at
// their start (encore.dev/stock/migrate).
type recorder struct {
	database.Driver
	pool *sql.DB
}

// SetVersion records a migration that begins or has ended.
func (r *recorder) SetVersion(version int, dirty bool) error {
	if err := r.Driver.SetVersion(version, dirty); err != nil || dirty || version < 0 {
		return err
	}
	_, err := r.pool.Exec("INSERT INTO schema_migrations_applied VALUES ($1) ON CONFLICT DO NOTHING", int64(version))
	return err
}

// Up applies the migrations that a database lacks, under a lock that whoever else migrates it takes too, and returns
// those that it has applied. The error of a migration names its file and line; of a database with a migration that is
// not in the source it is an *AheadError; of one that a later migration has overtaken a *SkippedError. A migration that failed is tried again by the next Up.
func Up(ctx context.Context, conf *pgx.ConnConfig, db *app.Database) ([]app.Migration, error) {
	if len(db.Migrations) == 0 {
		return nil, nil // golang-migrate takes an empty folder for a mistake
	}
	pool := stdlib.OpenDB(*conf)
	target, err := pgxmigrate.WithInstance(pool, &pgxmigrate.Config{DatabaseName: conf.Database})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("migrate the database %s: %w", db.Name, err), pool.Close())
	}
	migrations := &migrationFiles{db: db}
	m, err := migrate.NewWithInstance("files", migrations, conf.Database, &recorder{target, pool})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("migrate the database %s: %w", db.Name, err), target.Close())
	}
	defer m.Close() // a connection that does not close well says nothing about the migrations
	m.LockTimeout = lockTimeout
	stop := context.AfterFunc(ctx, func() { m.GracefulStop <- true })
	defer stop()
	if err := settle(ctx, conf, migrations); err != nil {
		if skipped, ok := errors.AsType[*SkippedError](err); ok {
			return nil, skipped
		}
		return nil, fmt.Errorf("migrate the database %s: %w", db.Name, err)
	}
	before, err := version(m)
	if err != nil {
		return nil, fmt.Errorf("migrate the database %s: %w", db.Name, err)
	}
	if _, known := migrations.file(before); before > 0 && !known {
		return nil, &AheadError{db, before}
	}
	upErr := m.Up()
	if errors.Is(upErr, migrate.ErrNoChange) {
		return nil, ctx.Err()
	}
	after, err := version(m)
	if err != nil {
		return nil, fmt.Errorf("migrate the database %s: %w", db.Name, errors.Join(upErr, err))
	}
	if upErr != nil {
		return nil, migrations.explain(after, upErr)
	}
	return migrations.between(before, after), ctx.Err()
}

// version is the number of the last migration, 0 when there was none.
func version(m *migrate.Migrate) (uint, error) {
	number, _, err := m.Version()
	if errors.Is(err, migrate.ErrNilVersion) {
		return 0, nil
	}
	return number, err
}

// settle makes a migration that failed earlier the next to apply: it left nothing behind, for a file is applied in one
// transaction. Then it finds what was skipped, and records what was applied without a record. It takes the lock of those
// who migrate, for while they apply a migration it is marked like one that failed.
func settle(ctx context.Context, conf *pgx.ConnConfig, migrations *migrationFiles) (err error) {
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return err
	}
	// The lock goes with the connection.
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var schema string
	if err := conn.QueryRow(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
		return err
	}
	key, err := database.GenerateAdvisoryLockId(conf.Database, schema, pgxmigrate.DefaultMigrationsTable)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1::text::bigint)", key); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS schema_migrations_applied (version bigint NOT NULL PRIMARY KEY)"); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, "SELECT version FROM schema_migrations_applied ORDER BY version")
	if err != nil {
		return err
	}
	recorded, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	last, err := resetDirty(ctx, conn, migrations, recorded)
	if err != nil {
		return err
	}
	unrecorded, err := migrations.unrecorded(recorded, last)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "INSERT INTO schema_migrations_applied SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING", unrecorded)
	return err
}

// resetDirty forgets a migration that failed, and returns the number of the last one that did not, 0 when there is none.
func resetDirty(ctx context.Context, conn *pgx.Conn, migrations *migrationFiles, recorded []int64) (last int64, err error) {
	var dirty bool
	err = conn.QueryRow(ctx, "SELECT version, dirty FROM schema_migrations").Scan(&last, &dirty)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	} else if err != nil || !dirty {
		return last, err
	}
	if len(recorded) > 0 {
		last = recorded[len(recorded)-1] // a file between the two may have come since
	} else if previous, err := migrations.Prev(uint(last)); err == nil {
		last = int64(previous)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	} else {
		_, err = conn.Exec(ctx, "DELETE FROM schema_migrations")
		return 0, err
	}
	_, err = conn.Exec(ctx, "UPDATE schema_migrations SET version = $1, dirty = false", last)
	return last, err
}

// migrationFiles are the migrations of a database in the form that golang-migrate reads.
type migrationFiles struct{ db *app.Database }

func (f *migrationFiles) file(version uint) (string, bool) {
	for _, m := range f.db.Migrations {
		if uint(m.Number) == version {
			return filepath.Join(f.db.MigrationsDir, m.File), true
		}
	}
	return "", false
}

// unrecorded returns the numbers up to last that came after the last recorded one: in a database from before the record
// those are all, else what somebody else applied. One before it was skipped, which is a *SkippedError.
func (f *migrationFiles) unrecorded(recorded []int64, last int64) ([]int64, error) {
	var known int64
	if len(recorded) > 0 {
		known = recorded[len(recorded)-1]
	}
	var list []int64
	for _, m := range f.db.Migrations {
		number := m.Number
		if number > max(last, known) {
			break
		}
		if _, found := slices.BinarySearch(recorded, number); found {
			continue
		}
		if number < known {
			highest := f.db.Migrations[len(f.db.Migrations)-1].Number
			return nil, &SkippedError{filepath.Join(f.db.MigrationsDir, m.File), max(last, known, highest)}
		}
		list = append(list, number)
	}
	return list, nil
}

// between returns the migrations after one number, up to and with another.
func (f *migrationFiles) between(after, last uint) []app.Migration {
	var list []app.Migration
	for _, m := range f.db.Migrations {
		if number := uint(m.Number); number > after && number <= last {
			list = append(list, m)
		}
	}
	return list
}

// explain names the file and the line of a migration that failed.
func (f *migrationFiles) explain(version uint, err error) error {
	path, ok := f.file(version)
	if !ok {
		return fmt.Errorf("migrate the database %s: %w", f.db.Name, err)
	}
	if failed, ok := errors.AsType[database.Error](err); ok && failed.OrigErr != nil {
		if failed.Line > 0 {
			return fmt.Errorf("%s:%d: %w", path, failed.Line, failed.OrigErr)
		}
		return fmt.Errorf("%s: %w", path, failed.OrigErr)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// Open is not used: the instance is given to golang-migrate as it is.
func (f *migrationFiles) Open(string) (source.Driver, error) { return f, nil }

// Close has nothing to close.
func (f *migrationFiles) Close() error { return nil }

// First returns the lowest number.
func (f *migrationFiles) First() (uint, error) {
	if len(f.db.Migrations) == 0 {
		return 0, &fs.PathError{Op: "first", Path: f.db.MigrationsDir, Err: fs.ErrNotExist}
	}
	return uint(f.db.Migrations[0].Number), nil
}

// Prev returns the number before a given one, which need not exist itself.
func (f *migrationFiles) Prev(version uint) (uint, error) {
	for _, m := range slices.Backward(f.db.Migrations) {
		if number := uint(m.Number); number < version {
			return number, nil
		}
	}
	return 0, &fs.PathError{Op: "prev", Path: f.db.MigrationsDir, Err: fs.ErrNotExist}
}

// Next returns the number after a given one.
func (f *migrationFiles) Next(version uint) (uint, error) {
	for _, m := range f.db.Migrations {
		if number := uint(m.Number); number > version {
			return number, nil
		}
	}
	return 0, &fs.PathError{Op: "next", Path: f.db.MigrationsDir, Err: fs.ErrNotExist}
}

// ReadUp returns the content of a migration.
func (f *migrationFiles) ReadUp(version uint) (io.ReadCloser, string, error) {
	path, ok := f.file(version)
	if !ok {
		return nil, "", &fs.PathError{Op: "read up", Path: f.db.MigrationsDir, Err: fs.ErrNotExist}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	return io.NopCloser(bytes.NewReader(content)), filepath.Base(path), nil
}

// ReadDown finds nothing: databases only move forward.
func (f *migrationFiles) ReadDown(uint) (io.ReadCloser, string, error) {
	return nil, "", &fs.PathError{Op: "read down", Path: f.db.MigrationsDir, Err: fs.ErrNotExist}
}
