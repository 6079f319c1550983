// Package auth knows who people are: accounts, passwords, sessions, and the auth handler that every request with a
// session passes.
package auth

import (
	"context"
	"fmt"
	"time"

	encore "encore.dev"
	"encore.dev/rlog"
	"encore.dev/shutdown"
	"encore.dev/storage/sqldb"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"encore.app/auth/store"
	"encore.app/internal/outbox"
	"encore.app/internal/settings"
)

var database = sqldb.NewDatabase("auth", sqldb.DatabaseConfig{Migrations: "./migrations"})

// Service holds what the endpoints depend on.
//
//encore:service
type Service struct {
	query     *store.Queries
	relay     *outbox.Relay
	passwords *passwords
	limits    *signInLimits
	now       func() time.Time

	// redis counts attempts to sign in; nil when the process counts alone.
	redis *redis.Client
}

func initService() (*Service, error) {
	set, err := settings.Load()
	if err != nil {
		return nil, err
	}
	client, err := newRedis(set)
	if err != nil {
		return nil, err
	}
	s, err := newService(sqldb.Driver[*pgxpool.Pool](database), client, passwordCost, publishEvent, time.Now)
	if err != nil {
		return nil, err
	}
	meta := encore.Meta()
	if meta.Environment.Type == encore.EnvTest { // tests make their accounts, and drain the outbox when they want to
		return s, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.makeFirstAccounts(ctx, meta, set); err != nil {
		return nil, err
	}
	s.relay.Observe(observeOutbox)
	s.relay.Start()
	return s, nil
}

// makeFirstAccounts sees to it that somebody can sign in: with the demo accounts, or by the invitation of the first
// administrator.
func (s *Service) makeFirstAccounts(ctx context.Context, meta *encore.AppMetadata, set *settings.Settings) error {
	if set.WantsDemo(meta.Environment) {
		if err := s.makeDemoAccounts(ctx); err != nil {
			return fmt.Errorf("make the demo accounts: %w", err)
		}
		return nil
	}
	err := s.inviteFirstAdmin(ctx, set.AdminEmail, webAppAddress(meta, set.Domain))
	if err != nil {
		return fmt.Errorf("invite the first administrator: %w", err)
	}
	return nil
}

// newService returns a Service whose outbox is not published before its relay is started. client may be nil.
func newService(
	pool *pgxpool.Pool, client *redis.Client, cost passwordParams, publish outbox.Publish, now func() time.Time,
) (*Service, error) {
	hashes, err := newPasswords(cost)
	if err != nil {
		return nil, err
	}
	return &Service{
		query:     store.New(pool),
		relay:     outbox.NewRelay(pool, publish),
		passwords: hashes,
		limits:    newSignInLimits(client, now),
		now:       now,
		redis:     client,
	}, nil
}

// Shutdown stops publishing events; those that are left wait in the outbox for the next start.
func (s *Service) Shutdown(progress shutdown.Progress) error {
	err := s.relay.Stop(progress.ForceShutdown)
	if s.redis != nil {
		if closeErr := s.redis.Close(); closeErr != nil {
			rlog.Warn("the Redis connection did not close cleanly", "err", closeErr)
		}
	}
	return err
}

// newRedis returns a client whose timeouts are short: nobody waits long at the door because Redis is down.
func newRedis(set *settings.Settings) (*redis.Client, error) {
	options, err := set.Redis()
	if err != nil {
		return nil, err
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = redisPatience, redisPatience, redisPatience
	options.MaxRetries = -1
	return redis.NewClient(options), nil
}
