// Package pgtest gives tests a PostgreSQL server: the one named by TEST_POSTGRES_URL, else one of its own, made for
// the test binary from the programs in TEST_POSTGRES_BIN, in PATH or where distributions put them.
package pgtest

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"encore.dev/internal/runconfig"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

var server *url.URL

// Run runs the tests of m with a server and returns the exit code, for TestMain.
func Run(m *testing.M) int {
	if text := os.Getenv("TEST_POSTGRES_URL"); text != "" {
		target, err := url.Parse(text)
		if err != nil {
			fmt.Fprintln(os.Stderr, "TEST_POSTGRES_URL:", err)
			return 1
		}
		server = target
		return m.Run()
	}
	stop, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot start PostgreSQL for the tests (or set TEST_POSTGRES_URL):", err)
		return 1
	}
	defer stop()
	return m.Run()
}

func start() (stop func(), err error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	credential, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := command("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	postgres := command("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=60")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	postgres.Stdout, postgres.Stderr = log, log
	if err := postgres.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = postgres.Process.Signal(syscall.SIGQUIT) // there is nothing to save
		_ = postgres.Wait()
		_ = log.Close()
		_ = os.RemoveAll(dir)
	}
	server = &url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: url.Values{"host": {dir}}.Encode()}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, server.String())
		if err == nil {
			return stop, conn.Close(ctx)
		}
		if ctx.Err() != nil {
			stop()
			return nil, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func programs() (string, error) {
	if dir := os.Getenv("TEST_POSTGRES_BIN"); dir != "" {
		return dir, nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("initdb and postgres are not installed")
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}

// unprivileged gives dir to the user postgres when the tests run as root, as whom PostgreSQL refuses to run.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, uidErr := strconv.Atoi(account.Uid)
	gid, gidErr := strconv.Atoi(account.Gid)
	if uidErr != nil || gidErr != nil {
		return nil, fmt.Errorf("user postgres has the ids %q and %q", account.Uid, account.Gid)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

// URL returns the connection string of a database of the server.
func URL(dbname string) string {
	target := *server
	target.Path = "/" + dbname
	return target.String()
}

// Connect connects to a database of the server until the test ends.
func Connect(tb testing.TB, dbname string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), URL(dbname))
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

var count atomic.Int64

// NewDatabase makes an empty database and returns its name. It is dropped at the end of the test.
func NewDatabase(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), count.Add(1))
	admin, err := pgx.Connect(tb.Context(), URL("postgres"))
	require.NoError(tb, err)
	_, err = admin.Exec(tb.Context(), "CREATE DATABASE "+name)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		_, err := admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(tb, err)
		_ = admin.Close(context.Background())
	})
	return name
}

// Config returns the server as the configuration describes it, with the databases of the given PostgreSQL names.
func Config(names map[string]runconfig.SQLDatabase) runconfig.SQLServer {
	result := runconfig.SQLServer{Host: server.Query().Get("host"), Databases: map[string]runconfig.SQLDatabase{}}
	if result.Host == "" {
		result.Host = net.JoinHostPort(server.Hostname(), cmp.Or(server.Port(), "5432"))
	}
	for name, db := range names {
		db.Username = server.User.Username()
		db.Password, _ = server.User.Password()
		result.Databases[name] = db
	}
	return result
}
