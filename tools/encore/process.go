package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a running program of the application.
type process struct {
	addr   string // it listens there
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended
	result error         // of Wait; valid when exited is closed
}

// startProcess starts the program on a free port of the loopback interface.
func startProcess(program string, dir string, env []string, stdout, stderr *programOutput) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	p := &process{addr: addr, cmd: exec.Command(program), exited: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append(append(os.Environ(), env...), "ENCORE_LISTEN_ADDR="+addr)
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	// A group of its own: Ctrl-C reaches the tool alone, which then asks the program to stop.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithParent(p.cmd.SysProcAttr)
	p.cmd.WaitDelay = 2 * time.Second
	started := make(chan error, 1)
	go func() {
		// Where the system ends the program with its parent, that is the thread that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.result = p.cmd.Wait()
			// Nobody is left to be told when the terminal takes no more.
			_ = errors.Join(stdout.end(), stderr.end())
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	return p, nil
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port for the program: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// ready waits until the program answers and its services are initialised.
func (p *process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.addr+"/__encore/healthz", nil)
		if err != nil {
			return fmt.Errorf("ask whether the program is ready: %w", err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			if err := resp.Body.Close(); err != nil {
				return fmt.Errorf("ask whether the program is ready: %w", err)
			}
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.exited:
			return fmt.Errorf("the program ended at its start: %s", p.outcome())
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return errors.New("the program started but its services were not ready after 2 minutes")
			}
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// outcome says how the program ended.
func (p *process) outcome() string {
	if p.result == nil {
		return "exit status 0"
	}
	return p.result.Error()
}

// stop asks the program to end, and ends it with everything it started when it has not after the grace period or when
// hurry is closed.
func (p *process) stop(grace time.Duration, hurry <-chan struct{}) {
	// Errors of Kill mean that it has just ended, which the channel tells.
	_ = syscall.Kill(p.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(grace):
	case <-hurry:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.exited
}
