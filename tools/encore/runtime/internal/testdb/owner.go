package testdb

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A test binary names its databases encore_test_TOKEN_NUMBER_NAME and holds the advisory lock (lockClass, TOKEN) of the
// server from before the first is made until it ends. So everyone, in whatever container, knows whose owner lives.
const (
	kind      = "encore_test"
	lockClass = 0x656e6372 // "encr"
)

var owned = regexp.MustCompile(`^` + kind + `_([0-9a-f]{8})_`)

// owner is this test binary for a server. The connection holds the lock.
type owner struct {
	token string
	conn  *pgx.Conn
}

var owners struct {
	sync.Mutex
	servers map[string]*owner // host and port → owner
}

// ownerFor returns this test binary's owner for a server. The first call drops what binaries that are gone left on it, in
// the background.
func ownerFor(ctx context.Context, conf *pgx.ConnConfig) (*owner, error) {
	server := fmt.Sprint(conf.Host, conf.Port)
	owners.Lock()
	defer owners.Unlock()
	if known := owners.servers[server]; known != nil {
		return known, nil
	}
	made, err := own(context.WithoutCancel(ctx), conf)
	if err != nil {
		return nil, err
	}
	if owners.servers == nil {
		owners.servers = make(map[string]*owner)
	}
	owners.servers[server] = made
	conf = conf.Copy()
	swept := context.WithoutCancel(ctx)
	go func() { _ = sweep(swept, conf) }() // whatever fails is left for the next binary
	return made, nil
}

// own takes the lock of a new token.
func own(ctx context.Context, conf *pgx.ConnConfig) (*owner, error) {
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return nil, err
	}
	for {
		var random [4]byte
		_, _ = rand.Read(random[:]) // it never fails
		var taken bool
		err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, $2)`,
			int32(lockClass), int32(binary.BigEndian.Uint32(random[:]))).Scan(&taken)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock the test databases: %w", err), conn.Close(ctx))
		}
		if taken {
			return &owner{fmt.Sprintf("%x", random), conn}, nil
		}
	}
}

// name returns the name of a database.
func (o *owner) name(number int64, name string) string {
	text := fmt.Sprintf("%s_%s_%d_%s", kind, o.token, number, name)
	return text[:min(len(text), 63)]
}

// sweep drops the databases whose owner is gone. What somebody is connected to stays all the same.
func sweep(ctx context.Context, conf *pgx.ConnConfig) error {
	return admin(ctx, conf, func(conn *pgx.Conn) error {
		// The names first: an owner has its lock before it makes a database.
		names, err := query[string](ctx, conn, `SELECT datname FROM pg_database`)
		if err != nil {
			return err
		}
		// pg_locks shows the locks of all databases of the server.
		held, err := query[int64](ctx, conn, `
			SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid::bigint = $1 AND granted`, lockClass)
		if err != nil {
			return err
		}
		live := make(map[int64]bool)
		for _, token := range held {
			live[token] = true
		}
		for _, name := range names {
			parts := owned.FindStringSubmatch(name)
			if parts == nil {
				continue
			}
			token, err := strconv.ParseInt(parts[1], 16, 64)
			if err != nil || live[token] {
				continue
			}
			_, err = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name))
			if pgErr, ok := errors.AsType[*pgconn.PgError](err); err != nil && (!ok || pgErr.Code != inUse) {
				return err
			}
		}
		return nil
	})
}

func query[T any](ctx context.Context, conn *pgx.Conn, sql string, args ...any) ([]T, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}
