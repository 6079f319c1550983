// Package local provides what a program needs on a developer's machine: PostgreSQL databases, Redis, a mail inbox,
// folders for buckets, and the configuration that leads the program there. It also watches the source and keeps the
// port while programs are swapped.
package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"encore.app/tools/encore/internal/app"
)

// Mode says what an environment is for.
type Mode int

const (
	// Run is for `run`: data stays between runs, one at a time for each application.
	Run Mode = iota
	// Test is for `test`: everything is new in each run and gone afterwards. Several may run at once.
	Test
	// Databases is for the `db` commands: only the databases of Run, by the server of a `run` that is under way or
	// by one started for the moment.
	Databases
)

// Options says how an environment is made. Only Mode must be set.
type Options struct {
	Mode    Mode
	DataDir string    // where data is kept; empty = a folder in ENCORE_DATA_DIR, or DefaultDataDir
	Log     io.Writer // what happens that the developer should know; nil = nowhere

	BaseURL    string   // the address of the program as clients see it; empty = http://127.0.0.1:4000
	LogLevel   string   // the log_config of the program; empty = log_level of encore.app
	LogColor   bool     // the tests log in colours; a program that is run logs JSON
	AllowHosts []string // names, beside those of this machine, by which the program is reached

	// Hurry is closed when Close shall not wait for anything any more. May be nil.
	Hurry <-chan struct{}

	// LookupEnv reads the developer's environment; nil = os.LookupEnv.
	LookupEnv func(string) (string, bool)

	finder finder // tests look for PostgreSQL elsewhere
}

func (o *Options) getenv(name string) string {
	value, _ := o.LookupEnv(name)
	return value
}

func (o *Options) logf(format string, args ...any) {
	if o.Log != nil {
		fmt.Fprintf(o.Log, format+"\n", args...)
	}
}

// Environment is a running environment. Its methods may be called by several goroutines.
type Environment struct {
	options Options
	dataDir string
	scratch string // folder that goes when the environment closes; only in tests
	locks   []*lock
	server  *server
	redis   *redisServer
	inbox   *Inbox

	mu  sync.Mutex
	app *app.App
	ids appID
}

// Start makes the environment of an application. It does not create databases: Migrate does. The caller must Close
// the environment. The error is a sentence for the developer; when the application is running already it wraps
// ErrRunning.
func Start(ctx context.Context, a *app.App, o Options) (_ *Environment, err error) {
	if o.LookupEnv == nil {
		o.LookupEnv = os.LookupEnv
	}
	o.BaseURL = cmp.Or(o.BaseURL, "http://127.0.0.1:4000")
	e := &Environment{options: o, app: a}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	if e.ids, err = readAppID(a); err != nil {
		return nil, err
	}
	if e.dataDir, err = openDataDir(a.Root, o.DataDir, o.getenv("ENCORE_DATA_DIR")); err != nil {
		return nil, err
	}
	if o.Mode == Test {
		if e.scratch, err = os.MkdirTemp("", "encore-test-"); err != nil {
			return nil, fmt.Errorf("make a folder for the test run: %w", err)
		}
	}
	if o.Mode == Run {
		l, err := acquire(filepath.Join(e.dataDir, "run.lock"))
		if err != nil {
			return nil, err
		}
		e.locks = append(e.locks, l)
	}
	if err := e.startServices(ctx); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Environment) startServices(ctx context.Context) (err error) {
	if len(e.App().Databases) > 0 {
		if e.server, err = e.startServer(ctx); err != nil {
			return err
		}
	}
	if e.options.Mode == Databases {
		return nil
	}
	if e.redis, err = startRedis(&e.options); err != nil {
		return err
	}
	if e.options.getenv("SMTP_HOST") == "" {
		e.inbox, err = startInbox()
	}
	return err
}

// App returns the application that the environment serves now.
func (e *Environment) App() *app.App {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.app
}

// SetApp replaces the application after a change of its source. Migrate and ConfigFile use the new one from then on.
func (e *Environment) SetApp(ctx context.Context, a *app.App) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(a.Databases) > 0 && e.server == nil {
		server, err := e.startServer(ctx)
		if err != nil {
			return err
		}
		e.server = server
	}
	e.app = a
	return nil
}

// DataDir returns the folder that holds the application's local data.
func (e *Environment) DataDir() string { return e.dataDir }

// Started returns the names of the servers that the environment has started, and Close stops.
func (e *Environment) Started() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var names []string
	if e.server != nil && e.server.cluster != nil {
		names = append(names, "PostgreSQL")
	}
	if e.redis != nil && e.redis.memory != nil {
		names = append(names, "Redis")
	}
	if e.inbox != nil {
		names = append(names, "mail inbox")
	}
	return names
}

// Inbox returns the mail inbox, nil when the developer's environment names another SMTP server.
func (e *Environment) Inbox() *Inbox { return e.inbox }

// Close stops everything that the environment started and removes what belongs to a test run.
func (e *Environment) Close() error {
	var errs []error
	if e.inbox != nil {
		errs = append(errs, e.inbox.Close())
	}
	if e.redis != nil {
		e.redis.close()
	}
	if e.server != nil {
		errs = append(errs, e.server.close(e))
	}
	if e.scratch != "" {
		errs = append(errs, os.RemoveAll(e.scratch))
	}
	for _, l := range e.locks {
		errs = append(errs, l.release())
	}
	return errors.Join(errs...)
}
