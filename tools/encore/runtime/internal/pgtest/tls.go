package pgtest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"encore.dev/internal/tlstest"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// StartTLS starts a server of its own with TLS for a test and returns its port on 127.0.0.1. Its certificate is for
// hosts. Connections are allowed as the lines of pg_hba say; the roles are postgres and, with a password, those given.
func StartTLS(tb testing.TB, authority *tlstest.Authority, hosts []string, hba []string, passwords map[string]string) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "pgtest") // readable for the user postgres, unlike tb.TempDir
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, os.RemoveAll(dir)) })
	command, err := newCluster(dir)
	require.NoError(tb, err)
	data, port := filepath.Join(dir, "data"), tlstest.FreePort(tb)
	authority.Write(tb, data, authority.Issue(tb, "postgres", hosts...))
	owner, err := os.Stat(data)
	require.NoError(tb, err)
	if stat, ok := owner.Sys().(*syscall.Stat_t); ok {
		for _, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
			require.NoError(tb, os.Chown(filepath.Join(data, name), int(stat.Uid), int(stat.Gid)))
		}
	}
	lines := append([]string{"local all postgres trust"}, hba...)
	require.NoError(tb, os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(strings.Join(lines, "\n")+"\n"), 0o644))

	postgres := command("postgres", "-D", data, "-k", dir, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
		"-c", "ssl=on", "-c", "ssl_ca_file=ca.pem", "-c", "ssl_cert_file=cert.pem", "-c", "ssl_key_file=key.pem")
	var log bytes.Buffer
	postgres.Stdout, postgres.Stderr = &log, &log
	require.NoError(tb, postgres.Start())
	tb.Cleanup(func() {
		_ = postgres.Process.Signal(syscall.SIGQUIT) // there is nothing to save
		_ = postgres.Wait()
		if tb.Failed() {
			tb.Log(log.String())
		}
	})
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	var admin *pgx.Conn
	for {
		if admin, err = pgx.Connect(ctx, "postgres://postgres@/postgres?host="+dir+"&port="+port); err == nil {
			break
		}
		select {
		case <-ctx.Done():
			require.NoError(tb, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	for role, password := range passwords {
		_, err := admin.Exec(ctx, "CREATE ROLE "+role+" LOGIN PASSWORD '"+password+"'")
		require.NoError(tb, err)
	}
	require.NoError(tb, admin.Close(ctx))
	return port
}
