package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/modfile"
)

// scriptPatience is how long a script waits for what it expects: a cold build on a busy machine takes its time.
const scriptPatience = 3 * time.Minute

func TestMain(m *testing.M) {
	testscript.Main(suiteCloser{m}, map[string]func(){"encore": main})
}

// suiteCloser closes what the conformance tests share after the last test.
type suiteCloser struct{ *testing.M }

// Run runs the tests.
func (c suiteCloser) Run() int {
	code := c.M.Run()
	if !suiteMade {
		return code
	}
	s, err := theSuite()
	if err == nil {
		err = s.close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return cmp.Or(code, 1)
	}
	return code
}

// TestScripts runs the scripts in testdata/script, each in an application of its own. Besides the usual commands they
// have:
//
//	exits CODE ARGS…          run `encore ARGS`, which must end with the exit code
//	start NAME ARGS…          start `encore ARGS` in the background
//	await NAME REGEXP         wait until its output matches, after what the await before has matched
//	shows NAME COUNT REGEXP   its output so far must have that many matches
//	elsewhere NAME NAME WHAT  two of them must not have the same address for something
//	get NAME PATH REGEXP      fetch a page of it, whose body must match
//	address NAME VARIABLE     put the port that it serves on into a variable
//	interrupt NAME [SIGNAL]   send it a signal (INT), wait for it to end well, and see to it that nothing is left of it
//	signal NAME SIGNAL        send it a signal
//	ends NAME CODE            wait for it to end by itself with the exit code
func TestScripts(t *testing.T) {
	t.Parallel()
	module, sums := scriptModule(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			return setupScript(env, module, sums)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     scriptExits,
			"start":     scriptStart,
			"await":     scriptAwait,
			"shows":     scriptShows,
			"elsewhere": scriptElsewhere,
			"get":       scriptGet,
			"address":   scriptAddress,
			"interrupt": scriptInterrupt,
			"signal":    scriptSignal,
			"ends":      scriptEnds,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// scriptModule is the module file of the scripts' applications: what the tool's own module requires.
func scriptModule(t *testing.T) (module, sums []byte) {
	t.Helper()
	own, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	f, err := modfile.Parse("go.mod", own, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.AddModuleStmt("example.com/app"); err != nil {
		t.Fatal(err)
	}
	for _, tool := range slices.Clone(f.Tool) {
		if err := f.DropTool(tool.Path); err != nil {
			t.Fatal(err)
		}
	}
	for _, ignored := range slices.Clone(f.Ignore) {
		if err := f.DropIgnore(ignored.Path); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range slices.Clone(f.Replace) {
		dir, err := filepath.Abs(filepath.Join("../..", r.New.Path))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.AddReplace(r.Old.Path, r.Old.Version, dir, ""); err != nil {
			t.Fatal(err)
		}
	}
	f.Cleanup()
	if module, err = f.Format(); err != nil {
		t.Fatal(err)
	}
	if sums, err = os.ReadFile("../../go.sum"); err != nil {
		t.Fatal(err)
	}
	return module, sums
}

func setupScript(env *testscript.Env, module, sums []byte) error {
	// The user of the database server must be able to enter this folder.
	data, err := os.MkdirTemp("", "encore-script")
	if err != nil {
		return err
	}
	env.Defer(func() {
		if err := os.RemoveAll(data); err != nil {
			env.T().Fatal(err)
		}
	})
	if err := os.Chmod(data, 0o755); err != nil {
		return err
	}
	apps, err := filepath.Glob(filepath.Join(env.WorkDir, "*", "encore.app"))
	if err != nil {
		return err
	}
	for _, path := range append(apps, filepath.Join(env.WorkDir, "encore.app")) {
		dir := filepath.Dir(path)
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), module, 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644); err != nil {
			return err
		}
	}
	goEnv, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		return err
	}
	cache, modules, _ := strings.Cut(strings.TrimSpace(string(goEnv)), "\n")
	env.Setenv("GOCACHE", cache)
	env.Setenv("GOMODCACHE", modules)
	env.Setenv("GOFLAGS", "-buildvcs=false")
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
	env.Setenv("ENCORE_DATA_DIR", data)
	env.Values[backgroundKey{}] = map[string]*background{}
	return nil
}

type backgroundKey struct{}

// background is a started `encore`.
type background struct {
	cmd    *exec.Cmd
	output output
	done   chan struct{}
	seen   int // how much of the output await has consumed
}

// output collects what a command writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func backgrounds(ts *testscript.TestScript) map[string]*background {
	return ts.Value(backgroundKey{}).(map[string]*background)
}

func named(ts *testscript.TestScript, name string) *background {
	b := backgrounds(ts)[name]
	if b == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return b
}

func wantArgs(ts *testscript.TestScript, neg bool, args []string, least, most int) {
	if neg || len(args) < least || len(args) > most {
		ts.Fatalf("wrong use of the command")
	}
}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 2, 20)
	err := ts.Exec("encore", args[1:]...)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func scriptStart(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 2, 20)
	var program string
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "encore"); program == "" && exec.Command("test", "-x", path).Run() == nil {
			program = path
		}
	}
	b := &background{cmd: exec.Command(program, args[1:]...), done: make(chan struct{})}
	b.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{
		"PATH", "HOME", "GOCACHE", "GOMODCACHE", "GOFLAGS", "XDG_CACHE_HOME", "ENCORE_DATA_DIR", "TMPDIR", "WAIT",
	} {
		b.cmd.Env = append(b.cmd.Env, name+"="+ts.Getenv(name))
	}
	b.cmd.Stdout, b.cmd.Stderr = &b.output, &b.output
	b.cmd.WaitDelay = time.Second // what it started may outlive it when it is killed
	ts.Check(b.cmd.Start())
	go func() {
		_ = b.cmd.Wait() // the exit code is looked at by those who wait for it
		close(b.done)
	}()
	backgrounds(ts)[args[0]] = b
	ts.Defer(func() {
		select {
		case <-b.done:
		default:
			_ = b.cmd.Process.Signal(syscall.SIGTERM)
			<-b.done
		}
		ts.Logf("output of %s:\n%s", args[0], b.output.String())
	})
}

func scriptAwait(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 2, 2)
	b := named(ts, args[0])
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(scriptPatience); ; <-look.C {
		ended := false
		select {
		case <-b.done:
			ended = true
		default:
		}
		if at := re.FindStringIndex(b.output.String()[b.seen:]); at != nil {
			b.seen += at[1]
			return
		}
		if ended || time.Now().After(end) {
			ts.Fatalf("no match for %q in the output of %s", args[1], args[0])
		}
	}
}

func scriptShows(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 3, 3)
	re, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	found := re.FindAllString(named(ts, args[0]).output.String(), -1)
	if strconv.Itoa(len(found)) != args[1] {
		ts.Fatalf("%d matches instead of %s in the output of %s: %q", len(found), args[1], args[0], found)
	}
}

func scriptElsewhere(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 3, 3)
	re, err := regexp.Compile("(?m)^ +" + regexp.QuoteMeta(args[2]) + " +(\\S+)$")
	ts.Check(err)
	one, two := re.FindStringSubmatch(named(ts, args[0]).output.String()), re.FindStringSubmatch(named(ts, args[1]).output.String())
	if one == nil || two == nil || one[1] == two[1] {
		ts.Fatalf("%s has %q, and %s has %q", args[0], one, args[1], two)
	}
}

var servedAt = regexp.MustCompile(`Application +(http://\S+)`)

func (b *background) base(ts *testscript.TestScript) string {
	match := servedAt.FindStringSubmatch(b.output.String())
	if match == nil {
		ts.Fatalf("it does not say where it serves")
	}
	return match[1]
}

func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 3, 3)
	res, err := http.Get(named(ts, args[0]).base(ts) + args[1])
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	if !regexp.MustCompile(args[2]).Match(body) {
		ts.Fatalf("%s answers %d %s", args[1], res.StatusCode, body)
	}
}

func scriptAddress(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 2, 2)
	base := named(ts, args[0]).base(ts)
	ts.Setenv(args[1], base[strings.LastIndex(base, ":")+1:])
}

func scriptInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 1, 2)
	b := named(ts, args[0])
	signal := syscall.SIGINT
	if len(args) == 2 {
		signal = signals[args[1]]
	}
	children := descendants(b.cmd.Process.Pid)
	ts.Check(b.cmd.Process.Signal(signal))
	b.wait(ts)
	if code := b.cmd.ProcessState.ExitCode(); code != 0 && signal != syscall.SIGKILL {
		ts.Fatalf("%s ended with exit code %d", args[0], code)
	}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(20 * time.Second); ; <-look.C {
		children = slices.DeleteFunc(children, func(pid int) bool { return !alive(pid) })
		if len(children) == 0 {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s left processes running: %v", args[0], children)
		}
	}
}

var signals = map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}

func scriptSignal(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 2, 2)
	ts.Check(named(ts, args[0]).cmd.Process.Signal(signals[args[1]]))
}

func scriptEnds(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 2, 2)
	b := named(ts, args[0])
	b.wait(ts)
	if code := strconv.Itoa(b.cmd.ProcessState.ExitCode()); code != args[1] {
		ts.Fatalf("%s ended with exit code %s", args[0], code)
	}
}

func (b *background) wait(ts *testscript.TestScript) {
	select {
	case <-b.done:
	case <-time.After(scriptPatience):
		ts.Fatalf("it does not end")
	}
}

// descendants returns the processes that a process has started, and those that they have.
func descendants(pid int) []int {
	out, err := exec.Command("ps", "-e", "-o", "pid=,ppid=").Output()
	if err != nil {
		panic(fmt.Sprintf("list the processes: %v", err))
	}
	children := map[int][]int{}
	for line := range strings.Lines(string(out)) {
		var child, parent int
		if _, err := fmt.Sscan(line, &child, &parent); err == nil {
			children[parent] = append(children[parent], child)
		}
	}
	var all []int
	for queue := children[pid]; len(queue) > 0; queue = queue[1:] {
		all = append(all, queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return all
}

// alive reports whether a process runs; one that nobody has waited for yet does not.
func alive(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}
