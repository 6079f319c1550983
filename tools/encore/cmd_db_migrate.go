package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/infra"
	"encore.app/tools/encore/internal/local"
	"encore.app/tools/encore/internal/migrate"
)

func newDBMigrateCommand(c *console) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Apply the migrations that the databases lack",
		Long: `migrate brings the databases up to date. run does this by itself, at its start and on
every reload.

With --config it does so in the databases that an infrastructure configuration names, for
images that bring no migrations (those of the official tool). References to the
environment are taken from this one. Databases that do not exist are created through the
server's "maintenance_database", else through the one that POSTGRES_DB names, else
through postgres. Several of these commands, and images that migrate at their start, may
run at once. A database with a migration that this source does not have is left alone.`,
		Example: `  go tool encore db migrate
  POSTGRES_USER=shop POSTGRES_PASSWORD=… go tool encore db migrate --config infra/shop.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if config == "" {
				return withDatabases(cmd, c, func(ctx context.Context, env *local.Environment) error {
					return env.Migrate(ctx)
				})
			}
			ctx, cancel := c.context(cmd.Context())
			defer cancel()
			a, err := readApp(".", false)
			if err != nil {
				return explain(c.err, err)
			}
			return explain(c.err, migrateInstallation(ctx, a, config, os.LookupEnv, c.out))
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "infrastructure configuration with the databases to migrate")
	return cmd
}

// migrateInstallation migrates the application's databases where the configuration in a file says they are, and prints
// what it did.
func migrateInstallation(
	ctx context.Context, a *app.App, file string, environ func(string) (string, bool), out io.Writer,
) error {
	config, err := infra.Read(file)
	if err != nil {
		return err
	}
	// The configuration may be for images of either tool.
	if err := config.Check(infra.Stock); err != nil && config.Check(infra.Official) != nil {
		return err
	}
	needs := &infra.Needs{}
	for _, db := range a.Databases {
		needs.Databases = append(needs.Databases, db.Name)
	}
	if err := config.Cover(needs, infra.Both); err != nil {
		return err
	}
	places, err := config.Databases(environ)
	if err != nil {
		return err
	}
	named, _ := environ("POSTGRES_DB")
	for _, db := range a.Databases {
		at := slices.IndexFunc(places, func(p infra.Database) bool { return p.Name == db.Name })
		place := places[at]
		place.Maintenance = cmp.Or(place.Maintenance, named, "postgres")
		if err := migrateOne(ctx, db, place, out); err != nil {
			return err
		}
	}
	return nil
}

func migrateOne(ctx context.Context, db *app.Database, place infra.Database, out io.Writer) error {
	made, err := migrate.Create(ctx, place.Conn, place.Maintenance)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(out, "%s: created\n", db.Name)
	}
	applied, err := migrate.Up(ctx, place.Conn, db)
	if ahead, ok := errors.AsType[*migrate.AheadError](err); ok {
		fmt.Fprintf(out, "%s: left alone, for it has migration %d of other source\n", db.Name, ahead.Version)
		return nil
	} else if err != nil {
		return err
	}
	for _, m := range applied {
		fmt.Fprintf(out, "%s: applied %s\n", db.Name, m.File)
	}
	if len(applied) == 0 {
		fmt.Fprintf(out, "%s: up to date\n", db.Name)
	}
	return nil
}
