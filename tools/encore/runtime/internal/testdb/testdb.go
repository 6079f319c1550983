// Package testdb makes databases for single tests.
package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"encore.dev/internal/dbpool"
	"encore.dev/internal/runconfig"
	"encore.dev/stock/migrate"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Open returns a *sqldb.Database, which this package cannot make itself, and a function that closes it.
var Open func(name string, conf *pgxpool.Config) (db any, closeDB func())

const (
	// maxConnections of each database, of which tests in parallel make many.
	maxConnections = 8

	inUse = "55006" // PostgreSQL's code for a database to which somebody is connected
)

var count atomic.Int64

// New returns a *sqldb.Database with a copy of the template of the database that the application knows as name, or,
// when the configuration has no template, with its migrations applied. It is dropped when ctx ends; one that outlives
// the test binary is dropped by a later one.
func New(ctx context.Context, name string) (any, error) {
	cfg := runconfig.Get()
	conf, err := dbpool.Config(cfg, name)
	if err != nil {
		return nil, err
	}
	server := conf.ConnConfig
	owner, err := ownerFor(ctx, server)
	if err != nil {
		return nil, fmt.Errorf("make a test database of %s: %w", name, err)
	}
	database := owner.name(count.Add(1), name)
	if template := cfg.Local.Templates[name]; template != "" {
		err = clone(ctx, server, database, template)
	} else {
		err = create(ctx, server, database, cfg.Local.Migrations[name])
	}
	if err != nil {
		return nil, fmt.Errorf("make a test database of %s: %w", name, err)
	}
	conf = dbpool.WithDatabase(conf, database)
	conf.MaxConns = min(conf.MaxConns, maxConnections)
	conf.MinConns = 0
	db, closeDB := Open(name, conf)
	context.AfterFunc(ctx, func() {
		// The connections in use are cut off, so that closing does not wait for them.
		if err := drop(context.WithoutCancel(ctx), server, database); err != nil {
			fmt.Fprintf(os.Stderr, "drop the test database %s: %v\n", database, err)
		}
		closeDB()
	})
	return db, nil
}

// admin runs f with a connection to the configured database, from which others are made and dropped.
func admin(ctx context.Context, conf *pgx.ConnConfig, f func(conn *pgx.Conn) error) error {
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return err
	}
	return errors.Join(f(conn), conn.Close(context.WithoutCancel(ctx)))
}

// clone copies a database. PostgreSQL lets several copies of a template be made at once, but not while anything is
// connected to it, which now and then its own maintenance is.
func clone(ctx context.Context, conf *pgx.ConnConfig, database, template string) error {
	return admin(ctx, conf, func(conn *pgx.Conn) error {
		for attempt := 1; ; attempt++ {
			_, err := conn.Exec(ctx, "CREATE DATABASE "+quote(database)+" TEMPLATE "+quote(template))
			if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != inUse || attempt == 5 {
				return err
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
}

func create(ctx context.Context, conf *pgx.ConnConfig, database, migrations string) error {
	err := admin(ctx, conf, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+quote(database))
		return err
	})
	if err != nil || migrations == "" {
		return err
	}
	conf = conf.Copy()
	conf.Database = database
	return admin(ctx, conf, func(conn *pgx.Conn) error {
		_, err := migrate.Run(ctx, conn, os.DirFS(migrations))
		return err
	})
}

func drop(ctx context.Context, conf *pgx.ConnConfig, database string) error {
	return admin(ctx, conf, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(database)+" WITH (FORCE)")
		return err
	})
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
