package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/build"
	"encore.app/tools/encore/internal/infra"
	"encore.app/tools/encore/internal/parse"
)

// diagnosticsError is the findings of parse as an error: the source has to change.
type diagnosticsError struct {
	diagnostics parse.Diagnostics
	root        string
}

func (e *diagnosticsError) Error() string {
	var b strings.Builder
	e.diagnostics.Render(&b, e.root, false)
	return strings.TrimRight(b.String(), "\n")
}

// readApp parses the application that holds dir and brings the generated files beside its sources up to date. The error is a
// *diagnosticsError when the source has to change.
func readApp(dir string, tests bool) (*app.App, error) {
	a, _, err := readAppAgain(dir, tests)
	return a, err
}

// readAppAgain is readApp for those who also need to know whether generated files changed.
func readAppAgain(dir string, tests bool) (a *app.App, generated bool, err error) {
	result, err := parse.Parse(dir, parse.Options{Tests: tests})
	if err != nil {
		return nil, false, err
	}
	if len(result.Diagnostics) > 0 {
		return nil, false, &diagnosticsError{result.Diagnostics, result.App.Root}
	}
	generated, err = build.WriteRegistrations(result)
	return result.App, generated, err
}

// prepareApp runs the hook of encore.app, if there is one, and reads the application in root.
func prepareApp(ctx context.Context, root string, s *steps) (*app.App, error) {
	file, err := parse.ReadAppFile(root)
	if err != nil {
		return nil, err
	}
	if err := doHook(ctx, root, file.Build.Hooks.Prebuild, s); err != nil {
		return nil, err
	}
	a, _, err := readAppStep(root, s)
	return a, err
}

func readAppStep(root string, s *steps) (a *app.App, generated bool, err error) {
	err = s.do("Read the application", func() (err error) {
		a, generated, err = readAppAgain(root, false)
		return err
	})
	return a, generated, err
}

// explain prints why a command failed and returns the exit code for it. Diagnostics and compiler reports are printed as
// they are; other errors are left to the caller.
func explain(w io.Writer, err error) error {
	if d, ok := errors.AsType[*diagnosticsError](err); ok {
		d.diagnostics.Render(w, d.root, hasColor(w))
		return exitCode(exitFailure)
	}
	if b, ok := errors.AsType[*build.Error](err); ok {
		fmt.Fprintln(w, b.Error())
		return exitCode(exitFailure)
	}
	if f, ok := errors.AsType[infra.FindingsError](err); ok {
		fmt.Fprintln(w, f.Error())
		return exitCode(exitFailure)
	}
	if i, ok := errors.AsType[*infra.IncompleteError](err); ok {
		fmt.Fprintln(w, i.Error())
		return exitCode(exitFailure)
	}
	return err
}

// doHook runs a hook as a step, if there is one.
func doHook(ctx context.Context, root string, hook app.Hook, s *steps) error {
	if hook.Command == "" {
		return nil
	}
	return s.do(hook.Command, func() error { return runHook(ctx, root, hook, s) })
}

// runHook runs a command line of encore.app in the application's folder.
func runHook(ctx context.Context, root string, hook app.Hook, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "sh", "-c", hook.Command)
	cmd.Dir = root
	cmd.Env = os.Environ()
	for name, value := range hook.Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the hook of encore.app failed: %s: %w", hook.Command, err)
	}
	return nil
}

// joinClose closes everything and adds what goes wrong to err.
func joinClose(err error, closers ...io.Closer) error {
	errs := []error{err}
	for _, c := range closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
