package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/openapi"
)

func newGenCommand(c *console) *cobra.Command {
	gen := &cobra.Command{
		Use:   "gen",
		Short: "Generate files from the application",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	gen.AddCommand(newGenClientCommand(c))
	return gen
}

func newGenClientCommand(c *console) *cobra.Command {
	var lang, output string
	cmd := &cobra.Command{
		Use:   "client",
		Short: "Describe the HTTP API for clients",
		Long: `client writes a description of the application's public and auth endpoints. Private
endpoints are left out. The application does not have to run.`,
		Example: `  go tool encore gen client --lang=openapi -o docs/openapi.json
  go tool encore gen client --lang=openapi | jq .paths`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch lang {
			case "openapi":
			case "typescript", "javascript", "go":
				return usage(cmd, "--lang=%s is not supported: make the client from the OpenAPI document (--lang=openapi) with a generator for that language", lang)
			default:
				return usage(cmd, "--lang=%s is not known; the only language is openapi", lang)
			}
			a, err := readApp(".", false)
			if err != nil {
				return explain(c.err, err)
			}
			content, err := openapi.Generate(a)
			if err != nil {
				return err
			}
			return writeOutput(c.out, output, content)
		},
	}
	cmd.Flags().StringVarP(&lang, "lang", "l", "openapi", "what to generate: openapi")
	cmd.Flags().StringVarP(&output, "output", "o", "", "file to write; standard output without it")
	return cmd
}

// writeOutput writes content to a file, whole or not at all, or to stdout when path is empty or "-".
func writeOutput(stdout io.Writer, path string, content []byte) error {
	if path == "" || path == "-" {
		_, err := stdout.Write(content)
		return err
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.WriteFile(temp, content, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
