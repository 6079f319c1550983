package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/build"
	"encore.app/tools/encore/internal/infra"
	"encore.app/tools/encore/internal/parse"
)

func newBuildCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build the application to deploy it",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBuildBinaryCommand(c), newBuildDockerCommand(c))
	return cmd
}

func newBuildBinaryCommand(c *console) *cobra.Command {
	var output string
	var source sourceFlags
	cmd := &cobra.Command{
		Use:   "binary -o FILE",
		Short: "Build the program that serves the application",
		Long: `binary runs the hooks of encore.app, if there are any, and builds one program that
serves all services, or those that --services names. The target is this machine's,
unless GOOS, GOARCH and CGO_ENABLED say otherwise.

The program needs nothing of this tool. It reads its databases, Redis, buckets and
secrets from the JSON file that ENCORE_INFRA_CONFIG_PATH names, and listens on
ENCORE_LISTEN_ADDR (such as 127.0.0.1:8080), else on PORT, else on 8080. Migrations
are not part of it: ship their folders beside it, and name them in that file.

Of a program with some services, "hosted_services" in that file must list them: others
may be linked in because these need parts of them.`,
		Example: `  go tool encore build binary -o bin/server
  go tool encore build binary --services auth,core -o bin/backend
  CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go tool encore build binary -o server
  ENCORE_INFRA_CONFIG_PATH=infra.json PORT=8080 bin/server`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "" {
				return usage(cmd, "-o FILE is missing: say where to put the program")
			}
			if info, err := os.Stat(output); err == nil && info.IsDir() {
				return usage(cmd, "-o %s is a folder: name the file in it", output)
			}
			ctx, cancel := c.context(cmd.Context())
			defer cancel()
			return explain(c.err, buildBinary(ctx, source, output, newSteps(c.err)))
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "file to write the program to")
	source.add(cmd)
	return cmd
}

// sourceFlags say what to build of the application.
type sourceFlags struct {
	dir       string // a folder of the application; empty = the working folder
	services  []string
	revision  string
	skipHooks bool
}

func (f *sourceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.services, "services", nil, "services to build, separated by commas (all)")
	cmd.Flags().StringVar(&f.revision, "revision", "", "commit of the source, where there is no repository to ask")
	cmd.Flags().BoolVar(&f.skipHooks, "skip-hooks", false, "do not run the hooks of encore.app: what they make is there")
}

// build reads the application, lets check look at it, compiles it with the options that
// check returns, and gives the program to use before the work folder is given back.
func (f *sourceFlags) build(
	ctx context.Context, s *steps,
	check func(*app.App, *infra.Needs) (build.Options, error), use func(*app.App, *build.Program) error,
) error {
	root, err := parse.FindRoot(cmp.Or(f.dir, "."))
	if err != nil {
		return err
	}
	var a *app.App
	if f.skipHooks {
		a, _, err = readAppStep(root, s)
	} else {
		a, err = prepareApp(ctx, root, s)
	}
	if err != nil {
		return err
	}
	needs, err := infra.NeedsOf(a, f.services)
	if err != nil {
		return err
	}
	options, err := check(a, needs)
	if err != nil {
		return err
	}
	options.Revision = f.revision
	if len(f.services) > 0 {
		options.Services = needs.Services
	}
	workspace, err := build.Open(ctx, a.Root)
	if err != nil {
		return err
	}
	var program *build.Program
	err = s.do("Compile the program", func() (err error) {
		program, err = workspace.Build(ctx, a, options)
		return err
	})
	if err == nil {
		err = use(a, program)
	}
	if err == nil && !f.skipHooks {
		err = doHook(ctx, root, a.File.Build.Hooks.Postbuild, s)
	}
	return joinClose(err, workspace)
}

// buildBinary builds the application and puts the program at output.
func buildBinary(ctx context.Context, source sourceFlags, output string, s *steps) error {
	check := func(*app.App, *infra.Needs) (build.Options, error) { return build.Options{}, nil }
	return source.build(ctx, s, check, func(_ *app.App, program *build.Program) error {
		return copyProgram(program.Path, output)
	})
}

// copyProgram copies an executable, whole or not at all. A program that runs from the target goes on undisturbed.
func copyProgram(from, to string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", to, err)
		}
	}()
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close() // it was only read
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+"-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(temp, source)
	if err = errors.Join(err, temp.Chmod(0o755), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
