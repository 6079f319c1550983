// Package build runs the Go toolchain on an application together with the generated files and the tool's runtime. It
// does so from a work folder below the user's cache: the application's own go.mod and go.sum are never written.
package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/generate"
	"encore.app/tools/encore/internal/parse"
)

// Workspace is a folder for the builds of one application by one process of the tool. Processes that run at the same
// time get folders of their own; what they compile is shared through Go's build cache.
type Workspace struct {
	root    string // of the application
	dir     string // modfile, overlay, main package, program
	runtime string // folder of module encore.dev
	lock    *os.File
	commit  func() (revision string, dirty bool) // of the source, when it was first asked for
	last    *input                               // of the last Build, as BuildAhead takes it; nil when there was none
}

// Open prepares a work folder for the application in root. The caller must Close it.
func Open(ctx context.Context, root string) (*Workspace, error) {
	runtime, err := runtimeDir(ctx, root)
	if err != nil {
		return nil, err
	}
	shared, err := sharedDir(root)
	if err != nil {
		return nil, err
	}
	for slot := 1; ; slot++ {
		dir := filepath.Join(shared, fmt.Sprintf("build-%d", slot))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("make the work folder: %w", err)
		}
		lock, err := tryLock(filepath.Join(dir, "lock"))
		if err != nil {
			return nil, err
		}
		if lock == nil {
			continue // another process works there
		}
		// Two processes of git for every reload would tell the developer what they know.
		commit := sync.OnceValues(func() (string, bool) { return Revision(context.WithoutCancel(ctx), root) })
		return &Workspace{root: root, dir: dir, runtime: runtime, lock: lock, commit: commit}, nil
	}
}

// Close gives the work folder back. Its content stays, for the next build to be quick.
func (w *Workspace) Close() error { return w.lock.Close() }

// Program is what Build made.
type Program struct {
	Path string // executable
}

// Error is a failed build: the compiler's report, with paths relative to the application's root.
type Error struct{ Output string }

// Error returns the compiler's report.
func (e *Error) Error() string { return strings.TrimRight(e.Output, "\n") }

// Options says what to build. The zero Options make a program for development: all services, for this machine.
type Options struct {
	Services []string // to link; nil = all
	Revision string   // of the source; empty = what the repository says at the first build of the workspace, if there is one
	// Release makes a program for images: static, without what only a debugger needs, with the time zones, and the same
	// to the byte wherever it is built.
	Release bool
	// Debug makes a program that a debugger can follow line by line.
	Debug bool
	Env   []string // added to the environment of the compiler, such as GOARCH=arm64
	// Ahead is the result when it was built of the same generated files, and else ends unused. It ends with Build at the latest.
	Ahead *Ahead
}

// isDefault tells whether the options are those of a program for development, which BuildAhead makes.
func (o Options) isDefault() bool {
	return len(o.Services) == 0 && len(o.Env) == 0 && o.Revision == "" && !o.Release && !o.Debug
}

// compilerGarbage lets the compiler and the linker of a program for development collect no garbage, which is a fifth of
// their processor time, until one of them has taken so much memory.
var compilerGarbage = []string{"GOGC=off", "GOMEMLIMIT=768MiB"}

// releaseTag links the time zones in.
const releaseTag = "timetzdata"

// Build compiles the application to a program. Each call makes a new file, so that the one before it can still run;
// older ones are removed. The error is an *Error when the compiler refuses the source.
func (w *Workspace) Build(ctx context.Context, a *app.App, options Options) (*Program, error) {
	o := generate.Options{Services: options.Services, Revision: options.Revision}
	if o.Revision == "" {
		o.Revision, o.Dirty = w.commit()
	}
	files, err := generate.Main(a, o)
	if err != nil {
		options.Ahead.Cancel()
		return nil, err
	}
	in := &input{programName(a), files}
	if options.Ahead.fits(in) {
		return options.Ahead.wait()
	}
	options.Ahead.Cancel()
	w.last = nil
	overlay, err := w.writeOverlay(files)
	if err != nil {
		return nil, err
	}
	if options.isDefault() {
		w.last = in
	}
	return w.compile(ctx, overlay, in.name, options)
}

// compile runs the compiler with the main package that overlay names.
func (w *Workspace) compile(ctx context.Context, overlay, name string, options Options) (*Program, error) {
	modfile, err := w.writeModfile(ctx)
	if err != nil {
		return nil, err
	}
	out := filepath.Join(w.dir, "bin")
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for the program: %w", err)
	}
	program := filepath.Join(out, fmt.Sprintf("%s-%d", name, time.Now().UnixNano()))
	// The main package knows its revision, so that git need not be asked again.
	args := append([]string{"build", "-buildvcs=false", "-overlay=" + overlay, "-o", program}, modfile...)
	env := goEnv(w.root)
	switch {
	case options.Release:
		args = append(args, "-trimpath", "-ldflags=-s -w -buildid=", "-tags="+releaseTag)
		env = append(env, "CGO_ENABLED=0")
	case options.Debug:
		args = append(args, "-gcflags=./...=-N -l")
	default: // what only a debugger reads is a third of the linker's time
		args = append(args, "-ldflags=-s -w")
	}
	if !options.Release && os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		env = append(env, compilerGarbage...)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+generate.MainDir)...)
	cmd.Dir, cmd.Env = w.root, slices.Concat(env, options.Env)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) } // go removes its temporary files
	cmd.WaitDelay = 5 * time.Second
	output, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if _, refused := errors.AsType[*exec.ExitError](err); refused {
		return nil, &Error{Output: report(string(output))}
	} else if err != nil {
		return nil, fmt.Errorf("run go build: %w", err)
	}
	if err := removeOthers(out, program); err != nil {
		return nil, err
	}
	return &Program{Path: program}, nil
}

// removeOthers removes the programs of earlier builds. One that still runs keeps its file open.
func removeOthers(dir, keep string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("remove earlier programs: %w", err)
	}
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); path != keep {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("remove an earlier program: %w", err)
			}
		}
	}
	return nil
}

// programName is what process lists show.
func programName(a *app.App) string {
	if a.File.ID != "" {
		return a.File.ID
	}
	return filepath.Base(a.Root)
}

// report makes the go command's output fit for the reader: the line that names the main package tells nothing.
func report(output string) string {
	var b strings.Builder
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "# ") || !strings.Contains(line, "/"+generate.MainDir) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// goEnv is the environment of go commands for the application.
func goEnv(dir string) []string {
	return append(os.Environ(), "GOWORK=off", "PWD="+dir)
}

// overlayFile is the path of the overlay that writeOverlay writes.
func (w *Workspace) overlayFile() string { return filepath.Join(w.dir, "overlay.json") }

// writeOverlay writes the main package and returns the path of an overlay that puts it into the application.
func (w *Workspace) writeOverlay(files map[string][]byte) (string, error) {
	replace := map[string]string{}
	for path, content := range files {
		rel, err := filepath.Rel(w.root, path)
		if err != nil {
			return "", fmt.Errorf("write the main package: %w", err)
		}
		replace[path] = filepath.Join(w.dir, "overlay", rel)
		if err := writeChanged(replace[path], content); err != nil {
			return "", fmt.Errorf("write the main package: %w", err)
		}
	}
	content, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	if err := writeChanged(w.overlayFile(), content); err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	return w.overlayFile(), nil
}

// WriteRegistrations brings the generated files beside the sources of an application without findings up to date: with
// them the stock Go toolchain compiles and tests its packages. Files that nothing needs any more are removed, and so
// are the ones of the official CLI, which declare the same. It tells whether any file changed.
func WriteRegistrations(r *parse.Result) (changed bool, err error) {
	files, err := generate.Registrations(r.App)
	if err != nil {
		return false, err
	}
	for _, path := range r.Generated {
		if _, wanted := files[path]; !wanted {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return changed, fmt.Errorf("remove a generated file: %w", err)
			}
			changed = true
		}
	}
	for path, content := range files {
		wrote, err := write(path, content)
		if err != nil {
			return changed, fmt.Errorf("write a generated file: %w", err)
		}
		changed = changed || wrote
	}
	return changed, nil
}

// writeChanged is write for those who need not know whether anything changed.
func writeChanged(path string, content []byte) error {
	_, err := write(path, content)
	return err
}

// write writes a file unless it has the content already: a newer date would start reloads and rebuilds.
// Readers see the old or the new content, never a part.
func write(path string, content []byte) (changed bool, err error) {
	old, err := os.ReadFile(path)
	if err == nil && bytes.Equal(old, content) {
		return false, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return false, err
	}
	_, err = io.Copy(temp, bytes.NewReader(content))
	if err = errors.Join(err, temp.Chmod(0o644), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return false, errors.Join(err, os.Remove(temp.Name()))
	}
	return true, nil
}

// Revision returns the commit of the source in root and whether the source differs from it; nothing outside a
// repository.
func Revision(ctx context.Context, root string) (string, bool) {
	git := func(args ...string) (string, bool) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = root
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err == nil
	}
	commit, ok := git("rev-parse", "HEAD")
	if !ok {
		return "", false
	}
	changes, ok := git("status", "--porcelain", "--untracked-files=normal", "--", ".")
	return commit, !ok || changes != ""
}
