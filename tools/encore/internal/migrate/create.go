package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// createLock is the advisory lock of the maintenance database that programs, too, hold while they create a database.
const createLock = 0x656e636f7265 // "encore"

// Create makes the database that conf leads to, through another one of the same server, unless it exists. It reports
// whether it made it.
func Create(ctx context.Context, conf *pgx.ConnConfig, maintenance string) (made bool, err error) {
	name := conf.Database
	defer func() {
		if err != nil {
			err = fmt.Errorf("create the database %s: %w", name, err)
		}
	}()
	through := conf.Copy()
	through.Database = maintenance
	conn, err := pgx.ConnectConfig(ctx, through)
	if err != nil {
		return false, err
	}
	// The lock goes with the connection.
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(createLock)); err != nil {
		return false, err
	}
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err != nil || exists {
		return false, err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0 ENCODING 'UTF8'")
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == duplicateDatabase {
		return false, nil // by somebody who takes no lock
	}
	return err == nil, err
}

const duplicateDatabase = "42P04"
