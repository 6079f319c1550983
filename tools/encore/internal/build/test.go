package build

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/generate"
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
func (w *Workspace) Test(ctx context.Context, a *app.App, run TestRun) (code int, err error) {
	flags, err := parseTestFlags(run.Args)
	if err != nil {
		return 1, err
	}
	files, err := generate.Generate(a, generate.Options{})
	if err != nil {
		return 1, err
	}
	overlay := ""
	if flags.cover {
		// The coverage tool reads files by itself and does not know of overlays.
		remove, err := w.materialise(files, run.Stderr)
		if err != nil {
			return 1, err
		}
		defer func() {
			if removeErr := remove(); removeErr != nil {
				code, err = 1, errors.Join(err, removeErr)
			}
		}()
	} else {
		if overlay, err = w.writeOverlay(files); err != nil {
			return 1, err
		}
	}
	modfile, err := w.writeModfile(ctx, overlay)
	if err != nil {
		return 1, err
	}
	args := []string{"test", "-modfile=" + modfile, "-mod=readonly", "-overlay=" + overlay, "-vet=off",
		"-tags=" + strings.Join(append(slices.Clone(Tags), flags.tags...), ",")}
	cmd := exec.Command("go", append(args, flags.rest...)...)
	cmd.Dir, cmd.Env = run.Dir, append(goEnv(run.Dir), run.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, run.Stdout, run.Stderr
	code, err = runGroup(ctx, cmd, run.Kill)
	if err == nil && flags.coverProfile != "" {
		profile := flags.coverProfile
		if !filepath.IsAbs(profile) {
			profile = filepath.Join(run.Dir, flags.outputDir, profile)
		}
		err = trimProfile(profile)
	}
	return code, err
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

// materialise writes the generated files beside the sources, one process at a time, and returns what removes them. A
// journal in the work folder lets the next process remove them when this one cannot.
func (w *Workspace) materialise(files map[string][]byte, log io.Writer) (remove func() error, err error) {
	lock, err := tryLock(w.materialLock())
	if err != nil {
		return nil, err
	}
	if lock == nil {
		fmt.Fprintln(log, "Waiting for another test run with coverage to end.")
		if lock, err = lockFile(w.materialLock(), syscall.LOCK_EX); err != nil {
			return nil, err
		}
	}
	if err := w.removeListed(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	// The facades on disk exclude themselves by their build tag.
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if filepath.Base(path) == generate.StockFile {
			paths = append(paths, path)
		}
	}
	remove = func() error { return errors.Join(w.removeListed(), lock.Close()) }
	journal, err := json.Marshal(paths)
	if err == nil {
		err = writeChanged(w.journal(), journal)
	}
	for _, path := range paths {
		if err == nil {
			err = writeChanged(path, files[path])
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write the generated files for coverage: %w", err), remove())
	}
	return remove, nil
}

func (w *Workspace) materialLock() string { return filepath.Join(w.shared, "coverage.lock") }
func (w *Workspace) journal() string      { return filepath.Join(w.shared, "coverage.json") }

// removeLeftovers removes what a test run with coverage left when it was killed.
func (w *Workspace) removeLeftovers() error {
	lock, err := tryLock(w.materialLock())
	if lock == nil || err != nil {
		return err
	}
	return errors.Join(w.removeListed(), lock.Close())
}

// removeListed removes the files in the journal, then the journal. The caller holds the lock.
func (w *Workspace) removeListed() error {
	content, err := os.ReadFile(w.journal())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("remove generated files: %w", err)
	}
	var paths []string
	if err := json.Unmarshal(content, &paths); err != nil {
		return fmt.Errorf("remove generated files: %s: %w", w.journal(), err)
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove generated files: %w", err)
		}
	}
	return os.Remove(w.journal())
}

// trimProfile takes generated files out of a coverage profile: they are gone when a reader looks for their source.
func trimProfile(path string) error {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was tested
	} else if err != nil {
		return fmt.Errorf("read the coverage profile: %w", err)
	}
	var kept bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, len(content)+1)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), "/"+generate.StockFile+":") {
			kept.Write(lines.Bytes())
			kept.WriteByte('\n')
		}
	}
	if err := writeChanged(path, kept.Bytes()); err != nil {
		return fmt.Errorf("write the coverage profile: %w", err)
	}
	return nil
}
