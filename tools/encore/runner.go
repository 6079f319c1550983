package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/build"
	"encore.app/tools/encore/internal/local"
	"encore.app/tools/encore/internal/logline"
	"encore.app/tools/encore/internal/parse"
)

// stopGrace is how long a program may take to end by itself; it allows itself less.
const stopGrace = 8 * time.Second

// runner is one `run`: the environment, the program in it and what replaces the program on changes.
type runner struct {
	console  *console
	flags    runFlags
	root     string
	listener net.Listener
	proxy    *local.Proxy
	steps    *steps

	workspace *build.Workspace
	env       *local.Environment
	dashboard *dashboardServer
	silence   silence // of the program
	notices   notices
	missing   []string // secrets that the developer knows to be missing
	ending    *ending

	program  *process // nil before the first
	replaced *process // has handed over, and serves what it has taken; nil when there is none

	migrated string // what the databases have: see Environment.MigrationsKey
}

func newRunner(root string, c *console, f runFlags, l net.Listener) *runner {
	s := newSteps(c.out)
	return &runner{root: root, console: c, flags: f, listener: l, proxy: local.NewProxy(l), steps: s, ending: newEnding(s)}
}

// run serves the application until ctx ends or, without --watch, until the program does.
func (r *runner) run(ctx context.Context) (err error) {
	defer r.ending.follow(ctx, r.console.stop)() // until all is closed
	defer func() { err = errors.Join(err, r.close()) }()
	if r.workspace, err = build.Open(ctx, r.root); err != nil {
		return err
	}
	if err := r.first(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped by the developer
		}
		return explain(r.console.err, err)
	}
	// What the program says at its start comes first, so that the addresses stay in sight.
	r.silence.wait(ctx.Done(), 200*time.Millisecond, 2*time.Second)
	r.warnSecrets()
	r.announce()
	return r.serve(ctx)
}

// first brings the application up for the first time.
func (r *runner) first(ctx context.Context) error {
	a, err := prepareApp(ctx, r.root, r.steps)
	if err != nil {
		return err
	}
	// The databases start while the compiler works.
	var wg sync.WaitGroup
	var program *build.Program
	var envErr, buildErr error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wg.Go(func() {
		if envErr = r.startEnvironment(ctx, a); envErr != nil {
			cancel()
		}
	})
	wg.Go(func() {
		if program, buildErr = r.compile(ctx, a, nil); buildErr != nil {
			cancel()
		}
	})
	wg.Wait()
	// The one that failed first has stopped the other.
	for _, err := range []error{envErr, buildErr} {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	if err := cmp.Or(envErr, buildErr); err != nil {
		return err
	}
	if err := r.startDashboard(); err != nil {
		return err
	}
	return r.start(ctx, program)
}

func (r *runner) startEnvironment(ctx context.Context, a *app.App) error {
	name := "Start Redis and the mail inbox"
	if len(a.Databases) > 0 {
		name = "Start PostgreSQL, Redis and the mail inbox"
	}
	err := r.steps.do(name, func() (err error) {
		r.env, err = local.Start(ctx, a, local.Options{
			Mode: local.Run, Log: r.steps, BaseURL: baseURL(r.listener), LogLevel: r.programLevel(a),
			AllowHosts: r.flags.allowHost, Hurry: r.ending.forced,
		})
		return err
	})
	if err != nil {
		return err
	}
	r.ending.add(r.env.Started()...)
	return r.migrate(ctx, a)
}

func (r *runner) migrate(ctx context.Context, a *app.App) error {
	if len(a.Databases) == 0 {
		return nil
	}
	key, err := r.env.MigrationsKey()
	if err != nil || key == r.migrated {
		return err
	}
	r.migrated = ""
	if err := r.steps.do("Migrate the databases", func() error { return r.env.Migrate(ctx) }); err != nil {
		return err
	}
	r.migrated = key
	return nil
}

// compile builds the program, or takes what was built ahead if that fits.
func (r *runner) compile(ctx context.Context, a *app.App, ahead *build.Ahead) (program *build.Program, err error) {
	err = r.steps.do("Compile the program", func() (err error) {
		program, err = r.workspace.Build(ctx, a, build.Options{Ahead: ahead, Debug: r.flags.debug})
		return err
	})
	return program, err
}

// start starts a program and lets it take over from the one that runs, if any, when it is ready. When it does not
// become ready the one that runs stays.
func (r *runner) start(ctx context.Context, program *build.Program) error {
	if _, err := r.env.ConfigFile(); err != nil {
		return err
	}
	var next *process
	err := r.steps.do("Start the program", func() (err error) {
		if next, err = startProcess(program.Path, r.root, r.env.Environ(), r.output(r.console.out), r.output(r.console.err)); err != nil {
			return err
		}
		if err := next.ready(ctx); err != nil {
			next.stop(stopGrace, r.ending.forced)
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.proxy.SetTarget(next.addr)
	r.ending.add("application")
	r.program, r.replaced = next, r.program
	return nil
}

// programLevel is the level that the program logs from: all that the dashboard shows, and what the terminal shall show.
func (r *runner) programLevel(a *app.App) string {
	level, ok := logline.ParseLevel(r.flags.logLevel)
	if usual, _ := logline.ParseLevel(a.File.LogLevel); ok && level < usual {
		return r.flags.logLevel
	}
	return a.File.LogLevel
}

// output shows what the program writes on w, and hands it to the dashboard.
func (r *runner) output(w io.Writer) *programOutput {
	o := &programOutput{w: w, form: logForm{json: r.flags.json, color: hasColor(w), lowest: r.flags.shownLevel()}, wrote: r.silence.broken, notice: r.notices.add}
	if r.dashboard != nil {
		o.line = r.dashboard.Log
	}
	return o
}

// announce tells the developer where everything is.
func (r *runner) announce() {
	a := r.env.App()
	short, long := r.notices.take()
	lines := append([][2]string{{"Application", baseURL(r.listener)}}, short...)
	if r.dashboard != nil {
		lines = append(lines, [2]string{"Dashboard", r.dashboard.url})
	}
	if inbox := r.env.Inbox(); inbox != nil {
		at := "smtp://" + inbox.Addr()
		if r.dashboard != nil {
			at = r.dashboard.url + "/mail"
		}
		lines = append(lines, [2]string{"Mail inbox", at})
	}
	lines = append(lines, [2]string{"Data", r.env.DataDir()})
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s\n\n", r.steps.paint("1", cmp.Or(a.File.ID, filepath.Base(a.Root))+" is running"))
	for _, l := range lines {
		fmt.Fprintf(&b, "    %-12s %s\n", l[0], r.steps.paint("36", l[1]))
	}
	for _, table := range long {
		fmt.Fprintf(&b, "\n    %s\n", table.heading)
		for _, row := range table.aligned() {
			fmt.Fprintf(&b, "      %s\n", r.steps.paint("36", row))
		}
	}
	how := "Press Ctrl-C to stop."
	if r.flags.watch {
		how = "Saving a file reloads the application. " + how
	}
	fmt.Fprintf(&b, "\n  %s\n\n", how)
	r.steps.printf("%s", b.String())
}

func (r *runner) warnSecrets() {
	missing, err := r.env.MissingSecrets()
	switch {
	case err != nil:
		r.steps.printf("  %s %v\n", r.steps.paint("33", "!"), err)
	case len(missing) > 0 && !slices.Equal(missing, r.missing):
		r.steps.printf("\n  %s These secrets are empty, because %s does not have them: %s\n",
			r.steps.paint("33", "!"), local.SecretsFile, strings.Join(missing, ", "))
	}
	r.missing = missing
}

// serve reloads the application on changes until ctx ends.
func (r *runner) serve(ctx context.Context) error {
	var changes <-chan []string
	if r.flags.watch {
		watched, err := local.Watch(ctx, r.root)
		if err != nil {
			return err
		}
		changes = watched
	}
	var building chan struct{} // closed at the end of the reload under way, which alone may change r.program
	var cancel context.CancelFunc
	end := func() {
		if building != nil {
			cancel()
			<-building
			building = nil
		}
	}
	defer end()
	exited := r.program.exited
	for {
		select {
		case <-ctx.Done():
			return nil
		case files, ok := <-changes:
			if !ok {
				return nil // ctx has ended
			}
			end()
			building = make(chan struct{})
			cancel = r.reloadInBackground(ctx, files, building)
		case <-building:
			end()
			exited = r.program.exited
		case <-exited:
			exited = nil
			switch {
			case building != nil: // stopped by the reload, or about to be replaced
			case !r.flags.watch:
				return fmt.Errorf("the program ended: %s", r.program.outcome())
			default:
				r.proxy.SetFailure("The program ended: " + r.program.outcome())
				r.steps.printf("\n  %s The program ended: %s. Save a file to start it again.\n\n", r.steps.paint("31", "✘"), r.program.outcome())
			}
		}
	}
}

// reloadInBackground closes done at the end of the reload, which the returned function hastens.
func (r *runner) reloadInBackground(ctx context.Context, files []string, done chan<- struct{}) context.CancelFunc {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(done)
		r.reload(ctx, files)
	}()
	return cancel
}

// reload builds the application anew and lets it take over. When that fails it says why, and what runs stays.
func (r *runner) reload(ctx context.Context, files []string) {
	start, what := time.Now(), r.describe(files)
	notice := time.AfterFunc(slow, func() { r.steps.printf("  … %s\n", what) })
	defer notice.Stop()
	r.steps.quiet.Store(true)
	defer r.steps.quiet.Store(false)
	err := r.replace(ctx)
	switch {
	case err == nil:
		notice.Stop()
		r.steps.printf("  %s %s: reloaded %s\n", r.steps.paint("32", "✔"), what, r.steps.paint("2", time.Since(start).Round(10*time.Millisecond).String()))
		r.warnSecrets()
		r.endReplaced()
	case ctx.Err() != nil: // a newer change, or the end
	default:
		notice.Stop()
		r.steps.printf("\n  %s %s\n", r.steps.paint("31", "✘"), what)
		if err := explain(r.steps, err); err != nil {
			if _, said := errors.AsType[exitCode](err); !said {
				r.steps.printf("error: %v\n", err)
			}
		}
		r.steps.printf("\n  %s\n\n", r.steps.paint("33", "The program from before the change keeps running."))
	}
}

func (r *runner) replace(ctx context.Context) error {
	file, err := parse.ReadAppFile(r.root)
	if err != nil {
		return err
	}
	// The hook has run before: source that it makes now is a change of its own, which reloads again. What it makes besides,
	// such as the files of a web app, the compiler must find complete.
	var a *app.App
	var generated bool
	var hookErr, readErr error
	var ahead *build.Ahead
	var wg sync.WaitGroup
	wg.Go(func() {
		if hookErr = doHook(ctx, r.root, file.Build.Hooks.Prebuild, r.steps); hookErr == nil {
			ahead = r.workspace.BuildAhead(ctx)
		}
	})
	wg.Go(func() { a, generated, readErr = readAppStep(r.root, r.steps) })
	wg.Wait()
	if err := cmp.Or(hookErr, readErr); err != nil {
		ahead.Cancel()
		return err
	}
	if generated {
		ahead.Cancel() // it may have read them before
		ahead = nil
	}
	program, err := r.compile(ctx, a, ahead)
	if err != nil {
		return err
	}
	if err := r.env.SetApp(ctx, a); err != nil {
		return err
	}
	if err := r.migrate(ctx, a); err != nil {
		return err
	}
	return r.start(ctx, program)
}

// endReplaced ends the program that has handed over.
func (r *runner) endReplaced() {
	if r.replaced != nil {
		r.replaced.stop(stopGrace, r.ending.forced)
		r.replaced = nil
	}
}

// describe names the files that changed.
func (r *runner) describe(files []string) string {
	names := make([]string, 0, 3)
	for _, file := range files[:min(len(files), 3)] {
		if rel, err := filepath.Rel(r.root, file); err == nil {
			file = rel
		}
		names = append(names, file)
	}
	text := strings.Join(names, ", ") + " changed"
	if more := len(files) - len(names); more > 0 {
		text = fmt.Sprintf("%s and %d more changed", strings.Join(names, ", "), more)
	}
	return text
}

// close ends everything that was started.
func (r *runner) close() error {
	var errs []error
	r.ending.begin()
	defer r.ending.done()
	r.endReplaced()
	if r.program != nil {
		r.program.stop(stopGrace, r.ending.forced)
	}
	if r.dashboard != nil {
		errs = append(errs, r.dashboard.Close())
	}
	errs = append(errs, r.proxy.Close())
	if r.env != nil {
		errs = append(errs, r.env.Close())
	}
	if r.workspace != nil {
		errs = append(errs, r.workspace.Close())
	}
	return errors.Join(errs...)
}
