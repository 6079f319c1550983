package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/build"
	"encore.app/tools/encore/internal/local"
	"encore.app/tools/encore/internal/parse"
)

// patience is how long a test waits for something that should happen soon.
const patience = 30 * time.Second

// suite is the conformance application, built, with the databases and the Redis that all its programs share.
type suite struct {
	source    string // folder of the application: a copy, to which generated files are added
	workspace *build.Workspace
	program   string
	env       *local.Environment
	dataDir   string
	config    []byte // what `run` tells the program

	mu        sync.Mutex
	instances []*instance
	shared    func() (*instance, error)
}

// theSuite is made when the first test wants it; TestMain closes it.
var (
	theSuite  = sync.OnceValues(newSuite)
	suiteMade bool
)

func newSuite() (_ *suite, err error) {
	suiteMade = true
	s := &suite{}
	s.shared = sync.OnceValues(func() (*instance, error) {
		path, err := s.configFile(s.dataDir, "shared", nil)
		if err != nil {
			return nil, err
		}
		return s.start(path)
	})
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.source, err = os.MkdirTemp("", "conformance-source"); err != nil {
		return nil, err
	}
	if err := os.CopyFS(s.source, os.DirFS(filepath.Join("testdata", ".conformance"))); err != nil {
		return nil, err
	}
	result, err := parse.Parse(s.source, parse.Options{})
	if err != nil {
		return nil, err
	}
	if len(result.Diagnostics) > 0 {
		var report strings.Builder
		result.Diagnostics.Render(&report, result.App.Root, false)
		return nil, errors.New(report.String())
	}
	if _, err := build.WriteRegistrations(result); err != nil {
		return nil, err
	}
	ctx := context.Background()
	workspace, err := build.Open(ctx, result.App.Root)
	if err != nil {
		return nil, err
	}
	s.workspace = workspace // stays open: another build would remove the program
	built, err := workspace.Build(ctx, result.App, build.Options{})
	if err != nil {
		return nil, err
	}
	s.program = built.Path
	if s.dataDir, err = newDataDir(); err != nil {
		return nil, err
	}
	s.env, err = local.Start(ctx, result.App, local.Options{Mode: local.Run, DataDir: s.dataDir, LogLevel: "trace"})
	if err != nil {
		return nil, err
	}
	if err := s.env.Migrate(ctx); err != nil {
		return nil, err
	}
	path, err := s.env.ConfigFile()
	if err != nil {
		return nil, err
	}
	s.config, err = os.ReadFile(path)
	return s, err
}

// newDataDir makes a folder that the user of the database server can enter too.
func newDataDir() (string, error) {
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

func (s *suite) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, i := range s.instances {
		i.kill()
	}
	if s.env != nil {
		errs = append(errs, s.env.Close())
	}
	for _, dir := range []string{s.dataDir, s.source} {
		if dir != "" {
			errs = append(errs, os.RemoveAll(dir))
		}
	}
	if s.workspace != nil {
		errs = append(errs, s.workspace.Close())
	}
	return errors.Join(errs...)
}

// configFile writes a configuration whose messages are not those of other programs. adapt, which may be nil, changes it.
func (s *suite) configFile(dir, name string, adapt func(config map[string]any)) (string, error) {
	var config map[string]any
	if err := json.Unmarshal(s.config, &config); err != nil {
		return "", err
	}
	config["redis"].(map[string]any)["default"].(map[string]any)["key_prefix"] = name + ":"
	delete(config["local"].(map[string]any), "quiet_log") // it logs as an image does
	if adapt != nil {
		adapt(config)
	}
	content, err := json.Marshal(config)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name+".json")
	return path, os.WriteFile(path, content, 0o600)
}

// program is the application with a configuration, to be started as often as a test wants.
type program struct {
	suite  *suite
	config string
	env    []string // variables of its own
}

// newProgram returns a program with messages of its own. adapt, which may be nil, changes its configuration.
func newProgram(t *testing.T, adapt func(config map[string]any), env ...string) *program {
	t.Helper()
	s, err := theSuite()
	require.NoError(t, err)
	config, err := s.configFile(t.TempDir(), strings.ReplaceAll(t.Name(), "/", "-"), adapt)
	require.NoError(t, err)
	return &program{s, config, env}
}

// inProduction changes a configuration to that of an image.
func inProduction(config map[string]any) {
	maps.Copy(config["metadata"].(map[string]any), map[string]any{"env_type": "production", "env_name": "live"})
	delete(config, "local")
	config["secrets"] = map[string]any{"GateKey": "12345"}
}

// start runs the program until the test ends and waits until it answers.
func (p *program) start(t *testing.T) *instance {
	t.Helper()
	i, err := p.suite.start(p.config, p.env...)
	if i != nil {
		t.Cleanup(func() {
			i.kill()
			if t.Failed() {
				t.Log(i.log())
			}
		})
	}
	require.NoError(t, err)
	return i
}

// fails runs the program, which must end by itself, and returns its exit code and what it wrote.
func (p *program) fails(t *testing.T) (code int, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.suite.program)
	cmd.Env = p.suite.environ(p.config, p.env...)
	text, err := cmd.CombinedOutput()
	_, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v %s", err, text)
	return cmd.ProcessState.ExitCode(), string(text)
}

func (s *suite) environ(config string, env ...string) []string {
	environ := append(os.Environ(), s.env.Environ()...)
	environ = append(environ, "ENCORE_INFRA_CONFIG_PATH="+config, "ENCORE_LISTEN_ADDR=127.0.0.1:0")
	return append(environ, env...)
}

// instance is a running program.
type instance struct {
	base   string
	cmd    *exec.Cmd
	exited chan struct{}

	mu   sync.Mutex
	logs strings.Builder
	line chan string // every line of the log
}

func (s *suite) start(config string, env ...string) (*instance, error) {
	i := &instance{cmd: exec.Command(s.program), exited: make(chan struct{}), line: make(chan string, 10_000)}
	i.cmd.Env = s.environ(config, env...)
	stderr, err := i.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := i.cmd.Start(); err != nil {
		return nil, err
	}
	go i.read(stderr)
	s.mu.Lock()
	s.instances = append(s.instances, i)
	s.mu.Unlock()

	listening, err := i.next("listening for requests")
	if err != nil {
		return i, fmt.Errorf("%w:\n%s", err, i.log())
	}
	var line struct{ Address string }
	if err := json.Unmarshal([]byte(listening), &line); err != nil {
		return i, err
	}
	i.base = "http://" + line.Address
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-look.C {
		if status, err := statusOf(i.base + "/__encore/healthz"); err != nil {
			return i, err
		} else if status == http.StatusOK {
			return i, nil
		}
	}
	return i, fmt.Errorf("the program does not become healthy:\n%s", i.log())
}

func statusOf(url string) (int, error) {
	res, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, errors.Join(err, res.Body.Close())
}

func (i *instance) read(stderr io.Reader) {
	defer close(i.exited)
	defer close(i.line)
	scanner := bufio.NewScanner(stderr)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		i.mu.Lock()
		fmt.Fprintln(&i.logs, scanner.Text())
		i.mu.Unlock()
		select {
		case i.line <- scanner.Text():
		default: // nobody looks at the lines of this test
		}
	}
	_ = i.cmd.Wait() // the exit code is read from ProcessState
}

// kill ends the program if it has not ended yet.
func (i *instance) kill() {
	_ = i.cmd.Process.Kill() // it may have ended
	<-i.exited
}

func (i *instance) log() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.logs.String()
}

// next returns the first line from now on that holds part.
func (i *instance) next(part string) (string, error) {
	timeout := time.After(patience)
	for {
		select {
		case line, open := <-i.line:
			switch {
			case !open:
				return "", fmt.Errorf("the program ended before it logged %q", part)
			case strings.Contains(line, part):
				return line, nil
			}
		case <-timeout:
			return "", fmt.Errorf("not logged: %q", part)
		}
	}
}

// await is next for tests.
func (i *instance) await(t *testing.T, part string) string {
	t.Helper()
	line, err := i.next(part)
	require.NoError(t, err)
	return line
}

// conformance returns the address of a program that all tests share, started as `run` does.
func conformance(t *testing.T) string {
	t.Helper()
	s, err := theSuite()
	require.NoError(t, err)
	i, err := s.shared()
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			log := i.log()
			t.Log("the end of the log:\n" + log[max(0, len(log)-8000):])
		}
	})
	return i.base
}
