package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/local"
)

func newDBCommand(c *console) *cobra.Command {
	db := &cobra.Command{
		Use:   "db",
		Short: "Work with the databases of the running or stopped application",
		Long: `db works with the databases that run uses. They need not be in use: without a running
application their server is started for the moment. migrate --config works with those of
an installation.

Where an application has one database, its name can be left out.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	db.AddCommand(newDBShellCommand(c), newDBConnURICommand(c), newDBResetCommand(c), newDBMigrateCommand(c))
	return db
}

// withDatabases calls f with the application's databases.
func withDatabases(cmd *cobra.Command, c *console, f func(ctx context.Context, env *local.Environment) error) error {
	ctx, cancel := c.context(cmd.Context())
	defer cancel()
	a, err := readApp(".", false)
	if err != nil {
		return explain(c.err, err)
	}
	if len(a.Databases) == 0 {
		return errors.New("the application has no databases")
	}
	env, err := local.Start(ctx, a, local.Options{Mode: local.Databases, Log: c.err})
	if err != nil {
		return err
	}
	return joinClose(f(ctx, env), env)
}

// oneDatabase returns the database that args name, or the only one of the application.
func oneDatabase(cmd *cobra.Command, env *local.Environment, args []string) (string, error) {
	names := env.Databases()
	if len(args) == 0 {
		if len(names) > 1 {
			return "", usage(cmd, "name a database: %s", strings.Join(names, ", "))
		}
		return names[0], nil
	}
	if !slices.Contains(names, args[0]) {
		return "", fmt.Errorf("no such database found: %s (there are: %s)", args[0], strings.Join(names, ", "))
	}
	return args[0], nil
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage(cmd, "expected one database, got %d", len(args))
	}
	return nil
}

func newDBShellCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "shell [database]",
		Short: "Open psql, or run the SQL on standard input",
		Example: `  go tool encore db shell core
  echo 'SELECT count(*) FROM run' | go tool encore db shell core`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withDatabases(cmd, c, func(ctx context.Context, env *local.Environment) error {
				name, err := oneDatabase(cmd, env, args)
				if err != nil {
					return err
				}
				if err := env.Migrate(ctx); err != nil {
					return err
				}
				uri, err := env.ConnURI(name)
				if err != nil {
					return err
				}
				psql, err := env.Psql()
				if err != nil {
					return err
				}
				// Ctrl-C belongs to psql, which cancels a query with it.
				shell := exec.Command(psql, "--set=ON_ERROR_STOP=1")
				if shell.Env, err = psqlEnv(uri); err != nil {
					return err
				}
				shell.Stdin, shell.Stdout, shell.Stderr = cmd.InOrStdin(), c.out, c.err
				err = shell.Run()
				if exit, ok := errors.AsType[*exec.ExitError](err); ok {
					return exitCode(max(exit.ExitCode(), exitFailure))
				}
				return err
			})
		},
	}
}

// psqlEnv returns the environment that leads psql to the database at uri. On its command line everyone on the machine
// could read the password.
func psqlEnv(uri string) ([]string, error) {
	config, err := pgconn.ParseConfig(uri)
	if err != nil {
		return nil, fmt.Errorf("read the address of the database: %w", err)
	}
	return append(os.Environ(),
		"PGHOST="+config.Host, "PGPORT="+strconv.Itoa(int(config.Port)), "PGUSER="+config.User,
		"PGPASSWORD="+config.Password, "PGDATABASE="+config.Database), nil
}

func newDBConnURICommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "conn-uri [database]",
		Short: "Print the address of a database of the running application",
		Long: `conn-uri prints the address that other programs reach a database by, with its password.
It is valid as long as the application runs.`,
		Example: `  psql "$(go tool encore db conn-uri core)"`,
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withDatabases(cmd, c, func(_ context.Context, env *local.Environment) error {
				name, err := oneDatabase(cmd, env, args)
				if err != nil {
					return err
				}
				if env.Momentary() {
					return errors.New("the application is not running, so nothing answers at the address of its database: start it with go tool encore run")
				}
				uri, err := env.ConnURI(name)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(c.out, uri)
				return err
			})
		},
	}
}

func newDBResetCommand(c *console) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "reset [database...]",
		Short: "Delete the data of databases and apply their migrations anew",
		Example: `  go tool encore db reset core
  go tool encore db reset --all`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all && len(args) > 0 {
				return usage(cmd, "give the names of databases or --all, not both")
			}
			return withDatabases(cmd, c, func(ctx context.Context, env *local.Environment) error {
				names := args
				switch {
				case all:
					names = env.Databases()
				case len(args) == 0:
					name, err := oneDatabase(cmd, env, args)
					if err != nil {
						return err
					}
					names = []string{name}
				}
				for _, name := range names {
					if _, err := oneDatabase(cmd, env, []string{name}); err != nil {
						return err
					}
				}
				if err := env.Reset(ctx, names...); err != nil {
					return err
				}
				_, err := fmt.Fprintf(c.err, "Made anew: %s\n", strings.Join(names, ", "))
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every database of the application")
	return cmd
}
