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

// instance is a server of its own.
type instance struct {
	dir      string
	target   *url.URL
	command  func(name string, args ...string) *exec.Cmd
	postgres *exec.Cmd
	log      *os.File
}

func start() (stop func(), err error) {
	own, err := makeInstance()
	if err != nil {
		return nil, err
	}
	if err := own.start(); err != nil {
		return nil, err
	}
	server = own.target
	return own.remove, nil
}

func makeInstance() (*instance, error) {
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	own := &instance{dir: dir}
	if own.command, err = newCluster(dir); err != nil {
		return nil, err
	}
	if own.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	own.target = &url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: url.Values{"host": {dir}}.Encode()}
	return own, nil
}

// newCluster makes the files of a server in dir/data. command makes commands of PostgreSQL that may use them.
func newCluster(dir string) (command func(name string, args ...string) *exec.Cmd, err error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	credential, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	command = func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := command("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return command, nil
}

// start starts the server and waits until it can be used.
func (i *instance) start() error {
	i.postgres = i.command("postgres", "-D", filepath.Join(i.dir, "data"), "-k", i.dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=60")
	i.postgres.Stdout, i.postgres.Stderr = i.log, i.log
	if err := i.postgres.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, i.target.String())
		if err == nil {
			return conn.Close(ctx)
		}
		if ctx.Err() != nil {
			i.remove()
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// remove stops the server at once, for there is nothing to save, and removes its files.
func (i *instance) remove() {
	_ = i.postgres.Process.Signal(syscall.SIGQUIT)
	_ = i.postgres.Wait()
	_ = i.log.Close()
	_ = os.RemoveAll(i.dir)
}

// Restartable starts a server for one test and returns its configuration, with a database that the application knows as
// name. restart ends all connections, and returns when the server can be used again.
func Restartable(tb testing.TB, name string) (config runconfig.SQLServer, restart func()) {
	tb.Helper()
	own, err := makeInstance()
	require.NoError(tb, err)
	require.NoError(tb, own.start())
	tb.Cleanup(own.remove)
	config = runconfig.SQLServer{Host: own.dir, Databases: map[string]runconfig.SQLDatabase{
		"postgres": {Name: name, Username: "postgres"},
	}}
	return config, func() {
		tb.Helper()
		require.NoError(tb, own.postgres.Process.Signal(syscall.SIGINT)) // does not wait for clients
		require.NoError(tb, own.postgres.Wait())
		require.NoError(tb, own.start())
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
