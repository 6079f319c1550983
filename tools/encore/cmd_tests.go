package main

import (
	"errors"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/build"
	"encore.app/tools/encore/internal/local"
)

func newTestCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "test [go test flags] [packages] [flags of the tests]",
		Short: "Run the application's tests",
		Long: `test is go test for an application: it takes the same flags and packages, and without
packages it tests the one in the current folder.

Each run has databases of its own, new and migrated, and a Redis of its own. They
are removed afterwards. Its standard output is that of go test and nothing else.`,
		Example: `  go tool encore test ./...
  go tool encore test -race -run TestPlanRun ./core
  go tool encore test -coverprofile=cover.out ./...
  go tool encore test -json ./core`,
		DisableFlagParsing: true, // they are go test's
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
				return cmd.Help()
			}
			return runTests(cmd, c, args)
		},
	}
}

func runTests(cmd *cobra.Command, c *console, args []string) error {
	ctx, cancel := c.context(cmd.Context())
	defer cancel()
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	a, err := readApp(dir, true)
	if err != nil {
		return explain(c.err, err)
	}
	workspace, err := build.Open(ctx, a.Root)
	if err != nil {
		return err
	}
	env, err := local.Start(ctx, a, local.Options{Mode: local.Test, Log: c.err, LogColor: hasColor(c.out)})
	if err != nil {
		return joinClose(err, workspace)
	}
	code, err := func() (int, error) {
		if err := env.Migrate(ctx); err != nil {
			return exitFailure, err
		}
		if _, err := env.ConfigFile(); err != nil {
			return exitFailure, err
		}
		if ctx.Err() != nil {
			return exitFailure, errors.New("interrupted")
		}
		return workspace.Test(ctx, build.TestRun{
			Dir: dir, Args: args, Env: env.Environ(), Stdout: c.out, Stderr: c.err, Kill: c.stop,
		})
	}()
	if err := joinClose(err, env, workspace); err != nil {
		return explain(c.err, err)
	}
	if code != exitOK {
		return exitCode(code)
	}
	return nil
}
