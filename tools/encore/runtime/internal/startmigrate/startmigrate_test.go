//go:build !encore_app

package startmigrate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"encore.dev/internal/pgtest"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/startmigrate"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestRunMigratesTheDatabasesThatHaveAFolder(t *testing.T) {
	t.Parallel()
	migrated, other, folder := pgtest.NewDatabase(t), pgtest.NewDatabase(t), t.TempDir()
	file := filepath.Join(folder, "1_a.up.sql")
	require.NoError(t, os.WriteFile(file, []byte(`CREATE TABLE a (n int)`), 0o644))
	cfg := &runconfig.Config{SQLServers: []runconfig.SQLServer{pgtest.Config(map[string]runconfig.SQLDatabase{
		migrated: {Name: "core", Migrations: folder}, other: {},
	})}}
	for range 2 {
		require.NoError(t, startmigrate.Run(t.Context(), cfg))
	}
	for name, want := range map[string]bool{migrated: true, other: false} {
		var exists bool
		require.NoError(t, pgtest.Connect(t, name).QueryRow(t.Context(), `SELECT to_regclass('a') IS NOT NULL`).Scan(&exists))
		require.Equal(t, want, exists)
	}

	require.NoError(t, os.WriteFile(filepath.Join(folder, "2_b.up.sql"), []byte(`nonsense`), 0o644))
	require.ErrorContains(t, startmigrate.Run(t.Context(), cfg), "migrate database core: migration 2_b.up.sql: line 1")
}

func TestRunCreatesMissingDatabasesOnce(t *testing.T) {
	t.Parallel()
	admin := pgtest.Connect(t, "postgres")
	names := []string{fmt.Sprintf("created-a_%d", os.Getpid()), fmt.Sprintf("Created b_%d", os.Getpid())}
	user := fmt.Sprintf("creator_%d", os.Getpid())
	_, err := admin.Exec(t.Context(), "CREATE ROLE "+user+" LOGIN CREATEDB PASSWORD 'secret-of-the-creator'")
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, name := range names {
			_, err := admin.Exec(context.Background(), `DROP DATABASE IF EXISTS "`+name+`" WITH (FORCE)`)
			require.NoError(t, err)
		}
		_, err := admin.Exec(context.Background(), "DROP ROLE "+user)
		require.NoError(t, err)
	})
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "1_a.up.sql"), []byte(`CREATE TABLE a (n int)`), 0o644))
	server := pgtest.Config(map[string]runconfig.SQLDatabase{names[0]: {Name: "a", Migrations: folder}, names[1]: {Name: "b"}})
	for name, db := range server.Databases {
		db.Username, db.Password = user, "secret-of-the-creator"
		server.Databases[name] = db
	}
	server.MaintenanceDatabase = "postgres"
	cfg := &runconfig.Config{SQLServers: []runconfig.SQLServer{server}}

	var wg sync.WaitGroup
	failures := make([]error, 5)
	for i := range failures {
		wg.Go(func() { failures[i] = startmigrate.Run(t.Context(), cfg) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(failures...))
	for _, name := range names {
		var owner string
		require.NoError(t, admin.QueryRow(t.Context(), `SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1`, name).Scan(&owner))
		require.Equal(t, user, owner)
	}
	require.NoError(t, startmigrate.Run(t.Context(), cfg), "they exist")

	_, err = admin.Exec(t.Context(), "ALTER ROLE "+user+" NOCREATEDB")
	require.NoError(t, err)
	_, err = admin.Exec(t.Context(), `DROP DATABASE "`+names[1]+`"`)
	require.NoError(t, err)
	err = startmigrate.Run(t.Context(), cfg)
	require.ErrorContains(t, err, "create database b: ERROR: permission denied to create database")
}

// starting is a server that tells a few clients that it is starting, and refuses one, before it lets them through.
func starting(t *testing.T, network, upstream string) (address string, attempts *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	attempts = new(atomic.Int64)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				switch attempts.Add(1) {
				case 1:
				case 2, 3:
					if _, err := pgproto3.NewBackend(conn, conn).ReceiveStartupMessage(); err != nil {
						return
					}
					message := &pgproto3.ErrorResponse{Severity: "FATAL", Code: "57P03", Message: "the database system is starting up"}
					text, err := message.Encode(nil)
					if err == nil {
						_, _ = conn.Write(text)
					}
				default:
					server, err := net.Dial(network, upstream)
					if err != nil {
						return
					}
					defer server.Close()
					go func() { _, _ = io.Copy(server, conn) }()
					_, _ = io.Copy(conn, server)
				}
			}()
		}
	}()
	return listener.Addr().String(), attempts
}

func TestRunWaitsForAServerThatStarts(t *testing.T) {
	t.Parallel()
	database, folder := pgtest.NewDatabase(t), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "1_a.up.sql"), []byte(`CREATE TABLE a (n int)`), 0o644))
	server := pgtest.Config(map[string]runconfig.SQLDatabase{database: {Name: "core", Migrations: folder}})
	network, upstream := "tcp", server.Host
	if strings.HasPrefix(upstream, "/") {
		network, upstream = "unix", filepath.Join(upstream, ".s.PGSQL.5432")
	}
	var attempts *atomic.Int64
	server.Host, attempts = starting(t, network, upstream)
	server.TLSConfig = &runconfig.TLSConfig{Disabled: true}
	require.NoError(t, startmigrate.Run(t.Context(), &runconfig.Config{SQLServers: []runconfig.SQLServer{server}}))
	require.EqualValues(t, 4, attempts.Load())
}

func TestRunDoesNotWaitForWhatWillNotPass(t *testing.T) {
	t.Parallel()
	server := pgtest.Config(map[string]runconfig.SQLDatabase{"nowhere_to_be_found": {Migrations: t.TempDir()}})
	err := startmigrate.Run(t.Context(), &runconfig.Config{SQLServers: []runconfig.SQLServer{server}})
	require.ErrorContains(t, err, `database "nowhere_to_be_found" does not exist`)
}
