package startmigrate

import (
	"context"
	"errors"
	"fmt"

	"encore.dev/internal/logs"
	"github.com/jackc/pgx/v5"
)

// createLock is the advisory lock of the maintenance database that is held while a database is created.
const createLock = 0x656e636f7265 // "encore"

// create creates the database of conf unless it exists. Its owner is the user of conf, who must be allowed to create
// databases.
func create(ctx context.Context, conf *pgx.ConnConfig, maintenance string) (err error) {
	name := conf.Database
	conf = conf.Copy()
	conf.Database = maintenance
	conn, err := connect(ctx, conf)
	if err != nil {
		return fmt.Errorf("through %s: %w", maintenance, err)
	}
	// The lock goes with the connection.
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if there, err := exists(ctx, conn, name); err != nil || there {
		return err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(createLock)); err != nil {
		return err
	}
	if there, err := exists(ctx, conn, name); err != nil || there {
		return err // by another process, meanwhile
	}
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " OWNER " + pgx.Identifier{conf.User}.Sanitize()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return err
	}
	logs.Start(logs.Info, nil).Str("database", name).Str("owner", conf.User).Send("database created")
	return nil
}

func exists(ctx context.Context, conn *pgx.Conn, name string) (there bool, err error) {
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there)
	return there, err
}
