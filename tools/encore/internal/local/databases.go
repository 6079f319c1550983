package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/migrate"
)

// testTimeZone is that of test databases: far from UTC, with half an hour and daylight saving, so that code which
// forgets about time zones fails in its tests.
const testTimeZone = "America/St_Johns"

// Databases returns the names of the application's databases.
func (e *Environment) Databases() []string {
	var names []string
	for _, db := range e.App().Databases {
		names = append(names, db.Name)
	}
	return names
}

// Migrate makes the databases that do not exist yet and applies the migrations that they lack. In Test every
// database is a new copy of a migrated template.
//
// The error of a migration names its file and line. A migration that failed is tried again by the next Migrate.
func (e *Environment) Migrate(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.server == nil {
		return nil
	}
	conn, err := e.server.connect(ctx, e.server.database)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, db := range e.app.Databases {
		if slices.Contains([]string{"postgres", "template0", "template1"}, db.Name) {
			return fmt.Errorf("the database name %s is PostgreSQL's own: choose another", db.Name)
		}
	}
	if e.options.Mode == Test {
		if err := e.prepareTemplates(ctx, conn); err != nil {
			return err
		}
		for _, db := range e.app.Databases {
			template, err := e.templateName(db)
			if err != nil {
				return err
			}
			if err := createDatabase(ctx, conn, e.postgresName(db.Name), template); err != nil {
				return err
			}
			if err := setTimeZone(ctx, conn, e.postgresName(db.Name)); err != nil {
				return err
			}
		}
		return nil
	}
	existing, err := listDatabases(ctx, conn)
	if err != nil {
		return err
	}
	for _, db := range e.app.Databases {
		if name := e.postgresName(db.Name); !slices.Contains(existing, name) {
			if err := createDatabase(ctx, conn, name, "template0"); err != nil {
				return err
			}
		}
	}
	return forEach(e.app.Databases, func(db *app.Database) error {
		return e.server.migrate(ctx, e.postgresName(db.Name), db)
	})
}

// migrate applies the migrations that a database lacks.
func (s *server) migrate(ctx context.Context, name string, db *app.Database) error {
	conf, err := s.config(name)
	if err != nil {
		return err
	}
	_, err = migrate.Up(ctx, conf, db)
	if ahead, ok := errors.AsType[*migrate.AheadError](err); ok {
		return fmt.Errorf("%w: go back to the source that has it, or run go tool encore db reset %s", ahead, db.Name)
	}
	if skipped, ok := errors.AsType[*migrate.SkippedError](err); ok {
		return fmt.Errorf("%w, or run go tool encore db reset %s, which deletes its data", skipped, db.Name)
	}
	return err
}

// prepareTemplates makes the templates that do not exist yet and removes every other database of the server, if it
// is ours: what a killed run left and what older migrations made.
func (e *Environment) prepareTemplates(ctx context.Context, conn *pgx.Conn) error {
	templates := make(map[string]string)
	keep := []string{"postgres", "template0", "template1"}
	for _, db := range e.app.Databases {
		name, err := e.templateName(db)
		if err != nil {
			return err
		}
		templates[db.Name] = name
		keep = append(keep, name)
	}
	existing, err := listDatabases(ctx, conn)
	if err != nil {
		return err
	}
	if e.server.owned() {
		for _, name := range existing {
			if !slices.Contains(keep, name) {
				if err := dropDatabase(ctx, conn, name); err != nil {
					return err
				}
			}
		}
	}
	var missing []*app.Database
	for _, db := range e.app.Databases {
		if slices.Contains(existing, templates[db.Name]) {
			continue
		}
		missing = append(missing, db)
		if err := createDatabase(ctx, conn, unfinished(templates[db.Name]), "template0"); err != nil {
			return err
		}
	}
	err = forEach(missing, func(db *app.Database) error {
		return e.server.migrate(ctx, unfinished(templates[db.Name]), db)
	})
	if err != nil {
		return err
	}
	for _, db := range missing {
		name := templates[db.Name]
		if _, err := conn.Exec(ctx, "ALTER DATABASE "+quote(unfinished(name))+" RENAME TO "+quote(name)); err != nil {
			return fmt.Errorf("make the template of database %s: %w", db.Name, err)
		}
	}
	return nil
}

// unfinished is the name of a template while it is migrated.
func unfinished(template string) string { return fitName("new-" + template) }

// dropTestDatabases removes what the run made, except the templates on a server of our own.
func (e *Environment) dropTestDatabases(ctx context.Context) error {
	conn, err := e.server.connect(ctx, e.server.database)
	if err != nil {
		return fmt.Errorf("drop the test databases: %w", err)
	}
	defer conn.Close(ctx)
	var errs []error
	for _, db := range e.app.Databases {
		errs = append(errs, dropDatabase(ctx, conn, e.postgresName(db.Name)))
		if !e.server.owned() {
			template, err := e.templateName(db)
			errs = append(errs, err, dropDatabase(ctx, conn, template), dropDatabase(ctx, conn, unfinished(template)))
		}
	}
	return errors.Join(errs...)
}

// Reset drops databases, with everything in them, and makes them anew with all migrations. Without names it does so
// with all of them. Connections of a running program are cut.
func (e *Environment) Reset(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		names = e.Databases()
	}
	if err := e.drop(ctx, names); err != nil {
		return err
	}
	return e.Migrate(ctx)
}

func (e *Environment) drop(ctx context.Context, names []string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range names {
		if err := e.check(name); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return nil
	}
	conn, err := e.server.connect(ctx, e.server.database)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, name := range names {
		if err := dropDatabase(ctx, conn, e.postgresName(name)); err != nil {
			return err
		}
	}
	return nil
}

// check returns the error for the developer who mistyped the name of a database.
func (e *Environment) check(name string) error {
	for _, db := range e.app.Databases {
		if db.Name == name && e.server != nil {
			return nil
		}
	}
	return fmt.Errorf("no such database found: %s", name)
}

// ConnURI returns the address of a database for psql and the like; it holds the password.
func (e *Environment) ConnURI(name string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.check(name); err != nil {
		return "", err
	}
	return e.server.uri(e.postgresName(name)), nil
}

// Connect opens a connection to a database. The caller must close it.
func (e *Environment) Connect(ctx context.Context, name string) (*pgx.Conn, error) {
	e.mu.Lock()
	err := e.check(name)
	e.mu.Unlock()
	if err != nil {
		return nil, err
	}
	conn, err := e.server.connect(ctx, e.postgresName(name))
	if err != nil {
		return nil, fmt.Errorf("connect to the database %s: %w", name, err)
	}
	return conn, nil
}

// ConnectReader opens a connection to a database that reads and cannot get more rights. The caller must close it.
func (e *Environment) ConnectReader(ctx context.Context, name string) (*pgx.Conn, error) {
	e.mu.Lock()
	err := e.check(name)
	e.mu.Unlock()
	if err != nil {
		return nil, err
	}
	conn, err := e.server.connectReader(ctx, e.postgresName(name))
	if err != nil {
		return nil, fmt.Errorf("connect to the database %s: %w", name, err)
	}
	return conn, nil
}

// postgresName returns the name by which the server knows a database. On a server that may serve others too it
// tells the application, and the test run.
func (e *Environment) postgresName(name string) string {
	switch {
	case e.server.owned():
		return name
	case e.options.Mode == Test:
		return fitName(name + "-" + e.ids.ID + "-" + filepath.Base(e.scratch))
	default:
		return fitName(name + "-" + e.ids.ID + "-run")
	}
}

// templateName returns the name of the template of a database. On a server of our own it tells what made it, so that
// the next run can use it as long as the migrations stay the same.
func (e *Environment) templateName(db *app.Database) (string, error) {
	if !e.server.owned() {
		return fitName("template-" + e.postgresName(db.Name)), nil
	}
	sum, err := migrationsSum(db)
	if err != nil {
		return "", err
	}
	return fitName("template-" + hex.EncodeToString(sum[:6]) + "-" + db.Name), nil
}

// migrationsSum changes with the migrations of a database.
func migrationsSum(db *app.Database) ([]byte, error) {
	hash := sha256.New()
	for _, m := range db.Migrations {
		content, err := os.ReadFile(filepath.Join(db.MigrationsDir, m.File))
		if err != nil {
			return nil, fmt.Errorf("read a migration of database %s: %w", db.Name, err)
		}
		fmt.Fprintf(hash, "%s\x00%d\x00%s", m.File, len(content), content)
	}
	return hash.Sum(nil), nil
}

// MigrationsKey changes with the application's databases and their migrations: while it is the same Migrate has nothing
// to do.
func (e *Environment) MigrationsKey() (string, error) {
	var key strings.Builder
	for _, db := range e.App().Databases {
		sum, err := migrationsSum(db)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&key, "%s %x\n", db.Name, sum)
	}
	return key.String(), nil
}

// fitName keeps a name within the 63 bytes that PostgreSQL looks at.
func fitName(name string) string {
	if len(name) <= 63 {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:48] + "-" + hex.EncodeToString(sum[:7])
}

func listDatabases(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database")
	if err != nil {
		return nil, fmt.Errorf("list the databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list the databases: %w", err)
	}
	return names, nil
}

func createDatabase(ctx context.Context, conn *pgx.Conn, name, template string) error {
	_, err := conn.Exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template)+" ENCODING 'UTF8'")
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42501" {
		return fmt.Errorf("make the database %s: the user of ENCORE_SQLDB_USER may not create databases: %w", name, err)
	} else if err != nil {
		return fmt.Errorf("make the database %s: %w", name, err)
	}
	return nil
}

func dropDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop the database %s: %w", name, err)
	}
	return nil
}

func setTimeZone(ctx context.Context, conn *pgx.Conn, name string) error {
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+quote(name)+" SET timezone TO '"+testTimeZone+"'"); err != nil {
		return fmt.Errorf("set the time zone of database %s: %w", name, err)
	}
	return nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// forEach calls fn for all databases at once and joins what goes wrong.
func forEach(databases []*app.Database, fn func(*app.Database) error) error {
	errs := make([]error, len(databases))
	var wg sync.WaitGroup
	for i, db := range databases {
		wg.Go(func() { errs[i] = fn(db) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
