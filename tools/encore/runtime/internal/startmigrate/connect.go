package startmigrate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"encore.dev/internal/logs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	waitForServer = time.Minute
	attemptLimit  = 10 * time.Second
	firstPause    = 200 * time.Millisecond
	longestPause  = 5 * time.Second
)

// connect connects to a server that may still be starting. It logs each attempt that failed.
func connect(ctx context.Context, conf *pgx.ConnConfig) (*pgx.Conn, error) {
	give := time.Now().Add(waitForServer)
	for attempt, pause := int64(1), firstPause; ; attempt, pause = attempt+1, min(2*pause, longestPause) {
		trying, cancel := context.WithTimeout(ctx, attemptLimit)
		conn, err := pgx.ConnectConfig(trying, conf)
		cancel()
		if err == nil || ctx.Err() != nil || !passing(err) {
			return conn, err
		}
		if time.Now().Add(pause).After(give) {
			return nil, fmt.Errorf("the server could not be used for %v: %w", waitForServer, err)
		}
		logs.Start(logs.Warn, nil).Str("server", conf.Host).Str("database", conf.Database).Int("attempt", attempt).
			Duration("next_attempt_in", pause).Err(err).Send("waiting for the database server")
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// passing reports whether a later attempt to connect may succeed without anyone mending the configuration.
func passing(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pgErr.Code {
		case "57P01", "57P02", "57P03", // it shuts down, has crashed or starts
			"53300": // too many connections
			return true
		}
		return false
	}
	_, distrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return !distrusted
}
