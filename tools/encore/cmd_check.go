package main

import (
	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/build"
)

func newCheckCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Report everything that is wrong with the application, without starting it",
		Long: `check reads the application and its tests, reports everything that the framework
or the compiler would refuse, and compiles the program. It starts nothing.

It exits with 0 when there is nothing to report, else with 1.`,
		Example: `  go tool encore check`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := c.context(cmd.Context())
			defer cancel()
			a, err := readApp(".", true)
			if err != nil {
				return explain(c.err, err)
			}
			workspace, err := build.Open(ctx, a.Root)
			if err != nil {
				return err
			}
			_, err = workspace.Build(ctx, a, build.Options{})
			return explain(c.err, joinClose(err, workspace))
		},
	}
}
