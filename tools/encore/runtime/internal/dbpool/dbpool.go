// Package dbpool makes PostgreSQL connection pools from the configuration.
package dbpool

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"encore.dev/internal/runconfig"
	"encore.dev/internal/tlsconfig"
	"encore.dev/internal/tracing"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DefaultMaxConnections is the size limit of a pool that the configuration says nothing about.
const DefaultMaxConnections = 30

// Config returns the settings of the pool for the database that the application knows as name.
func Config(cfg *runconfig.Config, name string) (*pgxpool.Config, error) {
	for _, server := range cfg.SQLServers {
		for key, db := range server.Databases {
			if db.Name == name || db.Name == "" && key == name {
				conf, err := poolConfig(server, key, db)
				if err != nil {
					return nil, fmt.Errorf("database %s: %w", name, err)
				}
				conf.ShouldPing = shouldPing
				if _, local := cfg.Local.Migrations[name]; local {
					// The tool makes databases anew under a running program (db reset), which ends their connections.
					conf.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return true }
				}
				if tracing.Wanted() {
					conf.ConnConfig.Tracer = tracing.Postgres{Database: name}
				}
				return conf, nil
			}
		}
	}
	return nil, fmt.Errorf("the program is not configured to use database %s", name)
}

const (
	// longIdle is how long after its last use a connection may have been lost without a sign of it.
	longIdle = time.Second

	pingLimit    = 3 * time.Second
	connectLimit = 10 * time.Second
)

// shouldPing keeps requests from getting connections that a restarted server has left behind. Those are replaced; only
// what a statement was running on fails.
func shouldPing(_ context.Context, params pgxpool.ShouldPingParams) bool {
	return params.IdleDuration > longIdle || stale(params.Conn)
}

func poolConfig(server runconfig.SQLServer, dbname string, db runconfig.SQLDatabase) (*pgxpool.Config, error) {
	query := url.Values{"sslmode": {"prefer"}}
	if server.TLSConfig != nil {
		query.Set("sslmode", "disable") // ours is set below, without a fallback to plain text
	}
	target := url.URL{Scheme: "postgres", Path: "/" + dbname}
	if db.Username != "" {
		target.User = url.UserPassword(db.Username, db.Password)
	}
	host, port := server.Host, "5432"
	if strings.HasPrefix(host, "/") {
		query.Set("host", host)
		query.Set("port", port)
	} else {
		if h, p, err := net.SplitHostPort(host); err == nil {
			host, port = h, p
		}
		target.Host = net.JoinHostPort(host, port)
	}
	target.RawQuery = query.Encode()

	conf, err := pgxpool.ParseConfig(target.String())
	if err != nil {
		return nil, err
	}
	if server.TLSConfig != nil && !server.TLSConfig.Disabled {
		conf.ConnConfig.TLSConfig, err = tlsconfig.New(server.TLSConfig, db.ClientCert, host)
		if err != nil {
			return nil, err
		}
	}
	conf.PingTimeout, conf.ConnConfig.ConnectTimeout = pingLimit, connectLimit
	conf.MaxConns, conf.MinConns = DefaultMaxConnections, int32(db.MinConnections)
	if db.MaxConnections > 0 {
		conf.MaxConns = int32(db.MaxConnections)
	}
	return conf, nil
}

// WithDatabase returns a copy of conf for another database of the same server.
func WithDatabase(conf *pgxpool.Config, dbname string) *pgxpool.Config {
	conf = conf.Copy()
	conf.ConnConfig.Database = dbname
	return conf
}

// Failing returns the settings of a pool whose every connection attempt fails with err.
func Failing(err error) *pgxpool.Config {
	conf, parseErr := pgxpool.ParseConfig("postgres://127.0.0.1:1/none?sslmode=disable&pool_max_conns=" + strconv.Itoa(1))
	if parseErr != nil {
		panic(parseErr) // the text above is constant
	}
	conf.BeforeConnect = func(context.Context, *pgx.ConnConfig) error { return err }
	return conf
}
