package local

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is a PostgreSQL server to keep databases on.
type server struct {
	host           string // a host, or the folder of a socket
	port           int
	user, password string
	database       string   // the database to connect to for work on others
	cluster        *cluster // nil for a server that the developer named, or that another process runs
	own            bool     // made for this application alone
}

// owned reports whether the server serves nothing but this application's databases.
func (s *server) owned() bool { return s.own || s.cluster != nil }

func (s *server) address() string {
	if filepath.IsAbs(s.host) {
		return s.host
	}
	return net.JoinHostPort(s.host, strconv.Itoa(s.port))
}

// config returns the settings of a connection.
func (s *server) config(database string) (*pgx.ConnConfig, error) {
	tls := "prefer"
	if s.owned() {
		tls = "disable"
	}
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace
	c, err := pgx.ParseConfig(fmt.Sprintf("host='%s' port=%d user='%s' password='%s' dbname='%s' sslmode=%s",
		quote(s.host), s.port, quote(s.user), quote(s.password), quote(database), tls))
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return c, nil
}

// readerRole is a role that reads everything and may do nothing else, not even to the server's machine. It takes the place
// of a superuser, whose rights a statement can always get back.
const readerRole = "encore-dashboard"

// connectReader is connect for statements that somebody typed: as readerRole when the user is a superuser, else as the
// user, who has no rights beyond the databases.
func (s *server) connectReader(ctx context.Context, database string) (*pgx.Conn, error) {
	admin, err := s.connect(ctx, database)
	if err != nil {
		return nil, err
	}
	var super bool
	if err := admin.QueryRow(ctx, "SELECT rolsuper FROM pg_roles WHERE rolname = session_user").Scan(&super); err != nil {
		return nil, errors.Join(err, admin.Close(ctx))
	}
	if !super {
		return admin, nil
	}
	defer admin.Close(context.WithoutCancel(ctx))
	secret := sha256.Sum256([]byte(readerRole + s.password))
	password := hex.EncodeToString(secret[:])
	_, err = admin.Exec(ctx, fmt.Sprintf(`DO $$ BEGIN
		PERFORM pg_advisory_xact_lock(hashtext('%[1]s'));
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') THEN
			CREATE ROLE "%[1]s" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION IN ROLE pg_read_all_data;
			ALTER ROLE "%[1]s" SET default_transaction_read_only = on;
		END IF;
		ALTER ROLE "%[1]s" PASSWORD '%[2]s';
	END $$`, readerRole, password))
	if err != nil {
		return nil, fmt.Errorf("make the role %s: %w", readerRole, err)
	}
	c, err := s.config(database)
	if err != nil {
		return nil, err
	}
	c.User, c.Password = readerRole, password
	return pgx.ConnectConfig(ctx, c)
}

func (s *server) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	c, err := s.config(database)
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, c)
}

func (s *server) uri(database string) string {
	u := url.URL{Scheme: "postgresql", User: url.UserPassword(s.user, s.password), Host: s.address(), Path: "/" + database}
	query := url.Values{}
	if s.owned() {
		query.Set("sslmode", "disable")
	}
	if filepath.IsAbs(s.host) {
		u.Host = ""
		query.Set("host", s.host)
		query.Set("port", strconv.Itoa(s.port))
	}
	u.RawQuery = query.Encode()
	return u.String()
}

func (s *server) close(e *Environment) error {
	var err error
	if e.options.Mode == Test {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err = e.dropTestDatabases(ctx)
	}
	if s.cluster != nil {
		s.cluster.stop()
	}
	return err
}

// startServer returns the server that the developer's environment names, or starts one for the application.
func (e *Environment) startServer(ctx context.Context) (*server, error) {
	if host := e.options.getenv("ENCORE_SQLDB_HOST"); host != "" {
		return e.namedServer(ctx, host)
	}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if e.options.Mode == Test {
		return e.startTestServer(ctx, account)
	}
	if e.options.Mode == Databases {
		l, err := acquire(filepath.Join(e.dataDir, "run.lock"))
		if errors.Is(err, ErrRunning) {
			return e.joinServer(ctx)
		} else if err != nil {
			return nil, err
		}
		e.locks = append(e.locks, l)
	}
	major, err := e.lastMajor()
	if err != nil {
		return nil, err
	}
	found, err := e.options.finder.find(ctx, &e.options, major)
	if major != 0 && errors.Is(err, errOtherMajor) {
		if found, err = e.options.finder.find(ctx, &e.options, 0); err == nil {
			e.options.logf("The local databases were made by PostgreSQL %d, which is no longer installed. PostgreSQL %d starts with new ones; the old ones stay in %s.",
				major, found.major, e.clusterDir(major, "run"))
		}
	}
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: e.clusterDir(found.major, "run"), installation: found, account: account, hurry: e.options.Hurry}
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	return c.server(), nil
}

// namedServer uses the server of the ENCORE_SQLDB_* variables.
func (e *Environment) namedServer(ctx context.Context, host string) (*server, error) {
	s := &server{
		host:     host,
		port:     5432,
		user:     cmp.Or(e.options.getenv("ENCORE_SQLDB_USER"), "postgres"),
		password: e.options.getenv("ENCORE_SQLDB_PASSWORD"),
		database: cmp.Or(e.options.getenv("ENCORE_SQLDB_DATABASE"), "postgres"),
	}
	if name, port, err := net.SplitHostPort(host); err == nil && !filepath.IsAbs(host) {
		s.host = name
		if s.port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("ENCORE_SQLDB_HOST must be host:port, and %q is no port", port)
		}
	}
	conn, err := s.connect(ctx, s.database)
	if err != nil {
		return nil, fmt.Errorf("connect to the server of ENCORE_SQLDB_HOST: %w", err)
	}
	return s, conn.Close(ctx)
}

// joinServer uses the server of the `run` that is under way.
func (e *Environment) joinServer(ctx context.Context) (*server, error) {
	major, err := e.lastMajor()
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: e.clusterDir(major, "run")}
	if err := c.readSettings(); err != nil {
		return nil, err
	}
	s := c.server()
	s.cluster, s.own = nil, true // not ours to stop
	conn, err := s.connect(ctx, s.database)
	if err != nil {
		return nil, fmt.Errorf("the application is running, but its database server does not answer (yet): %w", err)
	}
	return s, conn.Close(ctx)
}

// startTestServer starts a server that no other test run uses: the first whose lock is free. Its folder stays, for
// the next run to start quickly.
func (e *Environment) startTestServer(ctx context.Context, account *account) (*server, error) {
	found, err := e.options.finder.find(ctx, &e.options, 0)
	if err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		dir := e.clusterDir(found.major, "test-"+strconv.Itoa(n))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("make the folder for test databases: %w", err)
		}
		l, err := acquire(filepath.Join(dir, "lock"))
		if errors.Is(err, ErrRunning) {
			continue
		} else if err != nil {
			return nil, err
		}
		e.locks = append(e.locks, l)
		c := &cluster{dir: dir, disposable: true, installation: found, account: account}
		if err := c.start(ctx); err != nil {
			return nil, err
		}
		return c.server(), nil
	}
}

func (e *Environment) clusterDir(major int, name string) string {
	return filepath.Join(e.dataDir, "postgres", strconv.Itoa(major), name)
}

// Momentary reports whether the database server was started for this environment alone, and stops with it.
func (e *Environment) Momentary() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.options.Mode == Databases && e.server != nil && e.server.cluster != nil
}

// lastMajor returns the newest major version of PostgreSQL that has made databases for Run, 0 when none has.
func (e *Environment) lastMajor() (int, error) {
	matches, err := filepath.Glob(filepath.Join(e.dataDir, "postgres", "*", "run"))
	if err != nil {
		return 0, fmt.Errorf("look for local databases: %w", err)
	}
	majors := []int{0}
	for _, match := range matches {
		if major, err := strconv.Atoi(filepath.Base(filepath.Dir(match))); err == nil {
			majors = append(majors, major)
		}
	}
	return slices.Max(majors), nil
}

// Psql returns the path of psql: that of the PostgreSQL in use, or the one in PATH.
func (e *Environment) Psql() (string, error) {
	if e.server != nil && e.server.cluster != nil {
		path := e.server.cluster.installation.program("psql")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath("psql")
	if err != nil {
		return "", fmt.Errorf("psql is not installed (on Debian: sudo apt-get install postgresql-client): %w", err)
	}
	return path, nil
}
