// Package startmigrate applies the migrations that an image carries, before the program serves anything.
package startmigrate

import (
	"context"
	"errors"
	"fmt"
	"os"

	"encore.dev/internal/dbpool"
	"encore.dev/internal/logs"
	"encore.dev/internal/runconfig"
	"encore.dev/stock/migrate"
	"github.com/jackc/pgx/v5"
)

// Run applies the migrations of every database for which the configuration names a folder. Replicas that start at once
// wait for each other.
func Run(ctx context.Context, cfg *runconfig.Config) error {
	for _, server := range cfg.SQLServers {
		for key, db := range server.Databases {
			if db.Migrations == "" {
				continue
			}
			name := db.Name
			if name == "" {
				name = key
			}
			if err := apply(ctx, cfg, name, db.Migrations); err != nil {
				return fmt.Errorf("migrate database %s: %w", name, err)
			}
		}
	}
	return nil
}

func apply(ctx context.Context, cfg *runconfig.Config, name, folder string) (err error) {
	conf, err := dbpool.Config(cfg, name)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, conf.ConnConfig)
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
