// Package sqldb gives an application its PostgreSQL databases.
//
// A database is declared in a package-level variable with NewDatabase, and connected to when it is first used.
// Every error of this package's methods is an *errs.Error: code not_found when a query gave no row, canceled or
// deadline_exceeded when the context ended, internal when the transaction is over, unavailable for everything else,
// including the errors the server reports (find those with errors.As and *Error, or ErrCode). Errors of the handles
// that Stdlib and Driver return are the drivers' own.
package sqldb

import (
	"context"
	"database/sql"
	"sync"

	"encore.dev/internal/dbpool"
	"encore.dev/internal/metrics"
	"encore.dev/internal/monitor"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/testdb"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// DatabaseConfig configures a database.
type DatabaseConfig struct {
	// Migrations is the folder of the migrations, relative to the package that declares the database.
	Migrations string
}

// Database is a PostgreSQL database. It is safe for concurrent use.
type Database struct {
	name string
	open func() (*pgxpool.Pool, error)
	std  func() *sql.DB
	reg  func() string

	watched bool // it is in the metrics and among the dependencies of the program
}

type constStr string

var (
	mu        sync.Mutex
	databases = map[string]*Database{}
)

func init() {
	testdb.Open = func(name string, conf *pgxpool.Config) (any, func()) {
		db := newDatabase(name, func() (*pgxpool.Config, error) { return conf, nil })
		return db, func() { db.pool().Close() }
	}
}

// NewDatabase declares a database. The name and the config must be literals. Using a database that the program is
// not configured with fails with unavailable.
func NewDatabase(name string, config DatabaseConfig) *Database { return named(name) }

// Named returns the database that NewDatabase declares elsewhere under the same name.
func Named(name constStr) *Database { return named(string(name)) }

func named(name string) *Database {
	mu.Lock()
	defer mu.Unlock()
	db, ok := databases[name]
	if !ok {
		db = newDatabase(name, func() (*pgxpool.Config, error) { return dbpool.Config(runconfig.Get(), name) })
		db.watched = true
		databases[name] = db
	}
	return db
}

func newDatabase(name string, config func() (*pgxpool.Config, error)) *Database {
	db := &Database{name: name}
	db.open = sync.OnceValues(func() (*pgxpool.Pool, error) {
		conf, err := config()
		if err != nil {
			// A pool all the same, for handles that cannot report an error when they are made.
			conf = dbpool.Failing(err)
		}
		pool, openErr := pgxpool.NewWithConfig(context.Background(), conf)
		if openErr != nil {
			return nil, openErr
		}
		if db.watched && err == nil {
			metrics.WatchPool(name, pool)
			monitor.Depend("database "+name, pool.Ping)
		}
		// Never closed: handlers use it until the process ends.
		return pool, err
	})
	db.std = sync.OnceValue(func() *sql.DB { return sql.OpenDB(stdlib.GetPoolConnector(db.pool())) })
	db.reg = sync.OnceValue(func() string { return registerDriver(db) })
	return db
}

// pool returns the pool for handles of drivers; on a database that cannot be used every connection attempt fails.
func (db *Database) pool() *pgxpool.Pool {
	pool, err := db.open()
	if pool == nil {
		panic("sqldb: database " + db.name + ": " + err.Error())
	}
	return pool
}

// Exec runs a statement that returns no rows.
func (db *Database) Exec(ctx context.Context, query string, args ...any) (ExecResult, error) {
	pool, err := db.open()
	if err != nil {
		return nil, convert(err)
	}
	tag, err := pool.Exec(ctx, query, args...)
	if err != nil {
		return nil, convert(err)
	}
	return tag, nil
}

// Query runs a query. The caller must close the rows.
func (db *Database) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	pool, err := db.open()
	if err != nil {
		return nil, convert(err)
	}
	return newRows(pool.Query(ctx, query, args...))
}

// QueryRow runs a query of which the first row matters. Errors are reported by Row.Scan, which must be called.
func (db *Database) QueryRow(ctx context.Context, query string, args ...any) *Row {
	pool, err := db.open()
	if err != nil {
		return &Row{err: convert(err)}
	}
	return newRow(pool.Query(ctx, query, args...))
}

// Begin starts a transaction, which must be ended with Commit or Rollback.
func (db *Database) Begin(ctx context.Context) (*Tx, error) {
	pool, err := db.open()
	if err != nil {
		return nil, convert(err)
	}
	tx, err := pool.Begin(ctx)
	if err != nil {
		return nil, convert(err)
	}
	return &Tx{tx: tx}, nil
}
