//go:build !encore_app

package system

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long anything may take that should take a moment.
const patience = 30 * time.Second

// account is the user that the processes of the layout run as: nobody may be root in it. Nil is the user of the test.
var account = sync.OnceValues(func() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	found, err := user.Lookup("postgres") // comes with Debian's package
	if err != nil {
		return nil, err
	}
	uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
})

// giveAway gives a file or folder to the user of the processes.
func giveAway(path string) error {
	to, err := account()
	if err != nil || to == nil {
		return err
	}
	return filepath.WalkDir(path, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, int(to.Uid), int(to.Gid)))
	})
}

// starts runs functions on the one thread that starts all processes. The kernel ends them with the thread that started
// them, so that nothing is left when the test is killed; this thread lives as long as the test.
var starts = sync.OnceValue(func() chan<- func() {
	calls := make(chan func())
	go func() {
		runtime.LockOSThread()
		for call := range calls {
			call()
		}
	}()
	return calls
})

// program says what to run.
type program struct {
	name string // of the process, and of its log
	path string
	args []string
	env  []string
	dir  string
	// death is the signal that ends it when the test is killed; SIGKILL when zero.
	death syscall.Signal
}

// process is a running program. Its output goes to a file.
type process struct {
	program

	log  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and state is set
}

// start starts a program whose output is added to the file log.
func start(p program, log string) (*process, error) {
	credential, err := account()
	if err != nil {
		return nil, err
	}
	output, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	running := &process{program: p, log: log, cmd: exec.Command(p.path, p.args...), done: make(chan struct{})}
	running.cmd.Dir, running.cmd.Env = p.dir, slices.Concat([]string{"PATH=" + searchPath(), "LC_ALL=C"}, p.env)
	running.cmd.Stdout, running.cmd.Stderr = output, output
	if p.death == 0 {
		p.death = syscall.SIGKILL
	}
	running.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: credential, Pdeathsig: p.death}
	started := make(chan error)
	starts() <- func() { started <- running.cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	go func() {
		defer close(running.done)
		_ = running.cmd.Wait() // how it ended is in ProcessState
	}()
	return running, nil
}

// searchPath is where programs are: Debian keeps nginx out of an ordinary user's path.
func searchPath() string { return os.Getenv("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin" }

// find returns the path of a program that the machine must have.
func find(name, debianPackage string, places ...string) (string, error) {
	for _, pattern := range append(places, filepath.SplitList(searchPath())...) {
		found, err := filepath.Glob(filepath.Join(pattern, name))
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("%s is not installed: apt-get install %s", name, debianPackage)
}

// signal sends a signal to the process; a process that has ended is no error.
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// end sends a signal and waits until the process has ended. Whatever is left in its group is killed then.
func (p *process) end(s syscall.Signal) error {
	p.signal(s)
	defer func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }()
	select {
	case <-p.done:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s did not end within %s of %s", p.name, patience, s)
	}
}

// status returns the exit status of a process that has ended; -1 after a signal.
func (p *process) status() int { return p.cmd.ProcessState.ExitCode() }

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// output returns the log of the process.
func (p *process) output(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(p.log)
	require.NoError(t, err)
	return string(text)
}

// tail returns the end of a log.
func tail(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// finalError is an error that no waiting mends.
type finalError struct{ error }

// poll calls check until it returns nil, and returns its last error when that takes too long.
func poll(check func() error, within time.Duration) error {
	deadline := time.After(within)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if _, final := err.(finalError); err == nil || final { //nolint:errorlint // made right here
			return err
		}
		select {
		case <-deadline:
			return fmt.Errorf("not within %s: %w", within, err)
		case <-tick.C:
		}
	}
}

// eventually fails the test when check does not return nil in time.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	require.NoError(t, poll(check, patience))
}
