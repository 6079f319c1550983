package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
)

// TestRun is a run of the application's tests.
type TestRun struct {
	Dir            string   // folder to run in: go test without packages tests the one there
	Args           []string // flags and packages, as for go test
	Env            []string // added to the environment
	Stdout, Stderr io.Writer
	// Kill ends the run at once. When the context of the run ends, the tests are asked to end.
	Kill <-chan os.Signal
}

// Test runs the application's tests and returns go test's exit code. The error is for a run that did not come about.
func (w *Workspace) Test(ctx context.Context, run TestRun) (code int, err error) {
	modfile, err := w.writeModfile(ctx)
	if err != nil {
		return 1, err
	}
	// The application's vet is `go vet` and the linter's part; -vet in run.Args overrides it.
	cmd := exec.Command("go", slices.Concat([]string{"test", "-vet=off"}, modfile, run.Args)...)
	cmd.Dir, cmd.Env = run.Dir, append(goEnv(run.Dir), run.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, run.Stdout, run.Stderr
	return runGroup(ctx, cmd, run.Kill)
}

// runGroup runs a command in a process group of its own, so that the signals it gets come from here alone and reach
// the tests too, which go test starts.
func runGroup(ctx context.Context, cmd *exec.Cmd, kill <-chan os.Signal) (int, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("run go test: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	interrupted := ctx.Done()
	for {
		select {
		// An error of Kill means that the group has just ended.
		case <-interrupted:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
			interrupted = nil
		case <-kill:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		case err := <-done:
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				if exit.ExitCode() < 0 {
					return 130, nil // ended by a signal
				}
				return exit.ExitCode(), nil
			} else if err != nil {
				return 1, fmt.Errorf("run go test: %w", err)
			}
			return 0, nil
		}
	}
}
