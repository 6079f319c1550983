//go:build !encore_app

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// environment is a work folder with both programs and a database that both read.
type environment struct {
	dir      string
	tool     *exec.Cmd // `go tool encore run`, which keeps PostgreSQL up
	database *url.URL
}

// prepare builds the programs and brings up the database. It runs in the bench folder.
func prepare(ctx context.Context) (_ *environment, err error) {
	dir, err := os.MkdirTemp("", "trottoir-bench")
	if err != nil {
		return nil, err
	}
	env := &environment{dir: dir}
	defer func() {
		if err != nil {
			env.close()
		}
	}()
	if err := os.Chmod(dir, 0o755); err != nil { // the database server may run as another user
		return nil, err
	}
	if err := env.command(ctx, "..", "go", "build", "-o", env.path("encore"), "./tools/encore"); err != nil {
		return nil, err
	}
	if err := env.command(ctx, ".", "go", "build", "-o", env.path("baseline"), "./baseline"); err != nil {
		return nil, err
	}
	if err := env.command(ctx, ".app", env.path("encore"), "build", "binary", "-o", env.path("app")); err != nil {
		return nil, err
	}
	return env, env.startDatabase(ctx)
}

func (e *environment) path(name string) string { return filepath.Join(e.dir, name) }

func (e *environment) environ() []string {
	return append(os.Environ(), "ENCORE_DATA_DIR="+e.path("data"))
}

func (e *environment) command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, e.environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// startDatabase lets the developer's tool bring up PostgreSQL with the application's migrated database.
func (e *environment) startDatabase(ctx context.Context) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	log, err := os.Create(e.path("run.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	e.tool = exec.CommandContext(ctx, e.path("encore"), "run", "--watch=false", "--dashboard=off", "--port="+port)
	e.tool.Dir, e.tool.Env = ".app", e.environ()
	e.tool.Stdout, e.tool.Stderr = log, log
	e.tool.Cancel = func() error { return e.tool.Process.Signal(syscall.SIGTERM) }
	if err := e.tool.Start(); err != nil {
		return err
	}
	if err := awaitAnswer(ctx, "http://127.0.0.1:"+port+"/ping"); err != nil {
		content, readErr := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("the database did not come up: %w\n%s", err, content), readErr)
	}
	cmd := exec.CommandContext(ctx, e.path("encore"), "db", "conn-uri", "rounds")
	cmd.Dir, cmd.Env = ".app", e.environ()
	uri, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("ask for the database's address: %w", err)
	}
	e.database, err = url.Parse(strings.TrimSpace(string(uri)))
	return err
}

func (e *environment) close() {
	if e.tool != nil && e.tool.Process != nil {
		_ = e.tool.Process.Signal(syscall.SIGTERM) // it may have ended already
		_ = e.tool.Wait()                          // its exit code says nothing that matters here
	}
	_ = os.RemoveAll(e.dir) // a temporary folder
}

// server is a running program under measurement.
type server struct {
	name        string
	addr        string
	profileAddr string               // serves net/http/pprof
	client      *fasthttp.HostClient // keeps its connections
	cmd         *exec.Cmd
	log         *os.File // its output
}

// startApp starts the application as an image does: production, JSON logs at the default level.
func (e *environment) startApp(ctx context.Context) (*server, error) {
	password, _ := e.database.User.Password()
	config, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"app_id": "bench", "env_name": "bench", "env_type": "production", "cloud": "local"},
		"sql_servers": []any{map[string]any{
			"host":       e.database.Host,
			"tls_config": map[string]any{"disabled": true},
			"databases": map[string]any{
				strings.TrimPrefix(e.database.Path, "/"): map[string]any{
					"name": "rounds", "username": e.database.User.Username(), "password": password, "max_connections": 30,
				},
			},
		}},
	})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(e.path("infra.json"), config, 0o600); err != nil {
		return nil, err
	}
	return e.start(ctx, "app", "ENCORE_LISTEN_ADDR", "ENCORE_INFRA_CONFIG_PATH="+e.path("infra.json"))
}

func (e *environment) startBaseline(ctx context.Context) (*server, error) {
	return e.start(ctx, "baseline", "LISTEN_ADDR", "DATABASE_URL="+e.database.String())
}

func (e *environment) start(ctx context.Context, name, listenVariable string, environ ...string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	profilePort, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{
		name: name, addr: "127.0.0.1:" + port, profileAddr: "127.0.0.1:" + profilePort,
		cmd: exec.CommandContext(ctx, e.path(name)),
	}
	s.client = &fasthttp.HostClient{Addr: s.addr, MaxConns: maxClients, MaxIdleConnDuration: time.Minute}
	// Each line goes to the end, wherever that is after the file was emptied.
	if s.log, err = os.OpenFile(e.path(name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644); err != nil {
		return nil, err
	}
	s.cmd.Env = append(append(os.Environ(), environ...), listenVariable+"="+s.addr, "PPROF_ADDR="+s.profileAddr)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, s.log.Close())
	}
	if err := awaitAnswer(ctx, "http://"+s.addr+"/buildings/1"); err != nil {
		content, readErr := s.logged()
		s.stop()
		return nil, errors.Join(fmt.Errorf("%s: %w\n%s", name, err, content), readErr)
	}
	return s, nil
}

// logged returns what the server has written since the log was emptied.
func (s *server) logged() ([]byte, error) { return os.ReadFile(s.log.Name()) }

func (s *server) stop() {
	_ = s.cmd.Process.Kill() // nothing is kept
	_ = s.cmd.Wait()
	_ = s.log.Close()
}

// peakMemory is the most memory that the program has had, in KiB.
func (s *server) peakMemory() (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib, nil
		}
	}
	return 0, fmt.Errorf("%s: the system does not tell its peak memory", s.name)
}

// cpuTime is the processor time that the program has used, in its own code and in the kernel.
func (s *server) cpuTime() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The second field is the name in brackets, which may hold anything; user and system time are the 14th and 15th.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("%s: the system does not tell its processor time", s.name)
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: read its processor time: %w", s.name, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// tick is the unit of /proc/PID/stat: Linux tells programs 100 of them a second, whatever it counts itself.
const tick = 10 * time.Millisecond

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

func awaitAnswer(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", address, ctx.Err())
		case <-tick.C:
		}
	}
}
