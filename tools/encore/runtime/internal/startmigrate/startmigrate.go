// Package startmigrate makes the databases what the services expect, before the program serves anything: it waits for
// their servers, creates those that are missing and applies the migrations that an image carries.
package startmigrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"encore.dev/internal/dbpool"
	"encore.dev/internal/logs"
	"encore.dev/internal/runconfig"
	"encore.dev/stock/migrate"
	"github.com/jackc/pgx/v5"
)

// Run creates the databases of each server that has a maintenance database, and applies the migrations of every
// database for which the configuration names a folder. Replicas that start at once wait for each other. It waits a
// minute for a server that cannot be reached or is still starting.
func Run(ctx context.Context, cfg *runconfig.Config) error {
	for _, server := range cfg.SQLServers {
		for _, key := range slices.Sorted(maps.Keys(server.Databases)) {
			db := server.Databases[key]
			name := cmp.Or(db.Name, key)
			conf, err := dbpool.Config(cfg, name)
			if err != nil {
				return err
			}
			if server.MaintenanceDatabase != "" {
				if err := create(ctx, conf.ConnConfig, server.MaintenanceDatabase); err != nil {
					return fmt.Errorf("create database %s: %w", name, err)
				}
			}
			if db.Migrations != "" {
				if err := apply(ctx, conf.ConnConfig, name, db.Migrations); err != nil {
					return fmt.Errorf("migrate database %s: %w", name, err)
				}
			}
		}
	}
	return nil
}

func apply(ctx context.Context, conf *pgx.ConnConfig, name, folder string) (err error) {
	conn, err := connect(ctx, conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	applied, err := migrate.Run(ctx, conn, os.DirFS(folder))
	for _, migration := range applied {
		logs.Start(logs.Info, nil).Str("database", name).Str("migration", migration.File).Send("migration applied")
	}
	return err
}
