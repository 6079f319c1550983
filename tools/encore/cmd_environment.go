package main

import (
	"encoding/json"
	"io"
	"os"

	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/local"
)

// newEnvironmentCommand provides for tests that the tool did not start: an editor's "run test", plain go test, a
// debugger. The runtime in the test binary runs it.
func newEnvironmentCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:    "environment",
		Short:  "Provide what a test needs until the standard input ends; print the variables for it as JSON",
		Args:   noArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := c.context(cmd.Context())
			defer cancel()
			a, err := readApp(".", true)
			if err != nil {
				return explain(c.err, err)
			}
			env, err := local.Start(ctx, a, local.Options{Mode: local.Test, Log: io.Discard})
			if err != nil {
				return err
			}
			return joinClose(func() error {
				if err := env.Migrate(ctx); err != nil {
					return err
				}
				if _, err := env.ConfigFile(); err != nil {
					return err
				}
				if err := json.NewEncoder(c.out).Encode(env.Environ()); err != nil {
					return err
				}
				ended := make(chan struct{})
				go func() {
					_, _ = io.Copy(io.Discard, os.Stdin)
					close(ended)
				}()
				select {
				case <-ended:
				case <-ctx.Done():
				}
				return nil
			}(), env)
		},
	}
}
