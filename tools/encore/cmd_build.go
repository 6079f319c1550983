package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/build"
	"encore.app/tools/encore/internal/parse"
)

func newBuildCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build the application to deploy it",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBuildBinaryCommand(c))
	return cmd
}

func newBuildBinaryCommand(c *console) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "binary -o FILE",
		Short: "Build the program that serves the whole application",
		Long: `binary runs the prebuild hook of encore.app, if there is one, and builds one program
that serves all services. The target is this machine's, unless GOOS, GOARCH and
CGO_ENABLED say otherwise.

The program needs nothing of this tool. It reads its databases, Redis, buckets and
secrets from the JSON file that ENCORE_INFRA_CONFIG_PATH names, and listens on
ENCORE_LISTEN_ADDR (such as 127.0.0.1:8080), else on PORT, else on 8080. Migrations
are not part of it: ship their folders beside it, and name them in that file.`,
		Example: `  go tool encore build binary -o bin/server
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
			root, err := parse.FindRoot(".")
			if err != nil {
				return err
			}
			ctx, cancel := c.context(cmd.Context())
			defer cancel()
			return explain(c.err, buildBinary(ctx, root, output, newSteps(c.err)))
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "file to write the program to")
	return cmd
}

// buildBinary builds the application in root and puts the program at output.
func buildBinary(ctx context.Context, root, output string, s *steps) error {
	a, err := prepareApp(ctx, root, s)
	if err != nil {
		return err
	}
	workspace, err := build.Open(ctx, a.Root)
	if err != nil {
		return err
	}
	err = s.do("Compile the program", func() error {
		program, err := workspace.Build(ctx, a)
		if err != nil {
			return err
		}
		return copyProgram(program.Path, output)
	})
	return joinClose(err, workspace)
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
