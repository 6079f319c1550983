// Command encore develops, tests and describes Encore applications with the stock Go toolchain.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run executes a command line and returns its exit code.
func run(args []string, stdout, stderr io.Writer) int {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	root := newRootCommand(&console{out: stdout, err: stderr, stop: debounce(signals)})
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(context.Background())
	if err == nil {
		return exitOK
	}
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code) // what happened has been said
	}
	fmt.Fprintf(stderr, "error: %v\n", err)
	if usage, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(stderr, "Run '%s --help' for how it is used.\n", usage.command)
		return exitUsage
	}
	return exitFailure
}

// exitCode ends the tool with that code; the reason has been printed.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// usageError is a command line that cannot be understood.
type usageError struct {
	command string
	error
}

func usage(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{command: cmd.CommandPath(), error: fmt.Errorf(format, args...)}
}

// console is where a command writes, and how it hears that it should stop.
type console struct {
	out, err io.Writer
	stop     <-chan os.Signal
}

// context returns a context that ends with the first signal to stop. It takes the signals from c.stop.
func (c *console) context(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		select {
		case <-c.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// debounce passes signals on, except those that follow another one at once: Ctrl-C under `go tool` arrives twice, from
// the terminal and from the go command.
func debounce(signals <-chan os.Signal) <-chan os.Signal {
	passed := make(chan os.Signal, 8)
	go func() {
		var last time.Time
		for s := range signals {
			if now := time.Now(); now.Sub(last) > 500*time.Millisecond {
				last = now
				passed <- s
			}
		}
	}()
	return passed
}

func newRootCommand(c *console) *cobra.Command {
	root := &cobra.Command{
		Use: "encore",
		// As it is called: usage and hints name a command that works.
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "go tool encore"},
		Short:       "Develop Encore applications with Go alone",
		Long: `go tool encore runs, tests and describes Encore applications with the stock Go toolchain.

Every command works from any folder of an application, the folder tree that holds
encore.app. Databases, Redis, a mail inbox and buckets are provided: nothing has to
be installed or started for them.`,
		Example: `  go tool encore run
  go tool encore test ./...
  go tool encore check`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(cmd, "there is no command %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, "%w", err) })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newRunCommand(c), newTestCommand(c), newCheckCommand(c), newBuildCommand(c), newGenCommand(c), newDBCommand(c), newPubSubCommand(c), newVersionCommand(c), newEnvironmentCommand(c))
	return root
}

// noArgs accepts no arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(cmd, "unexpected argument %q", args[0])
	}
	return nil
}
