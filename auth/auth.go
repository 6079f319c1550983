// Package auth knows who people are: accounts, passwords, sessions, and the auth handler that every request with a
// session passes.
package auth

import (
	"context"
	"fmt"
	"net/url"
	"time"

	encore "encore.dev"
	"encore.dev/rlog"
	"encore.dev/shutdown"
	"encore.dev/storage/sqldb"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"encore.app/auth/store"
	"encore.app/internal/limit"
	"encore.app/internal/outbox"
	"encore.app/internal/place"
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
	limiter   *limit.Limiter
	links     linkKey
	webApp    url.URL // where people reach the web app
	now       func() time.Time
	// places says where addresses are; nil when the operator has no database of them.
	places *place.Places
	// secondFactors encrypts them; adminsNeedSecondFactor is what the operator wants.
	secondFactors          *secretBox
	adminsNeedSecondFactor bool
}

func initService() (*Service, error) {
	set, err := settings.Load()
	if err != nil {
		return nil, err
	}
	options, err := set.Redis()
	if err != nil {
		return nil, err
	}
	meta := encore.Meta()
	links, err := newLinkKey(secrets.SECRET_KEY, meta.Environment)
	if err != nil {
		return nil, err
	}
	s, err := newService(sqldb.Driver[*pgxpool.Pool](database), options, passwordCost, publishEvent, time.Now)
	if err != nil {
		return nil, err
	}
	s.links, s.webApp = links, set.WebApp(meta)
	if s.places, err = place.Open(set.GeoIPFile); err != nil {
		return nil, err
	}
	if s.secondFactors, err = newSecretBox(secrets.SECRET_KEY); err != nil {
		return nil, err
	}
	s.adminsNeedSecondFactor = set.AdminsNeedSecondFactor
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
		logDemoAccounts()
		return nil
	}
	err := s.inviteFirstAdmin(ctx, set.AdminEmail)
	if err != nil {
		return fmt.Errorf("invite the first administrator: %w", err)
	}
	return nil
}

// newService returns a Service whose outbox is not published before its relay is started. Attempts to sign in are counted
// in the Redis of options; nil means in this process alone.
func newService(
	pool *pgxpool.Pool, options *redis.Options, cost passwordParams, publish outbox.Publish, now func() time.Time,
) (*Service, error) {
	hashes, err := newPasswords(cost)
	if err != nil {
		return nil, err
	}
	return &Service{
		query:     store.New(pool),
		relay:     outbox.NewRelay(pool, publish),
		passwords: hashes,
		limiter:   limit.New(options, now),
		now:       now,
	}, nil
}

// Shutdown stops publishing events; those that are left wait in the outbox for the next start.
func (s *Service) Shutdown(progress shutdown.Progress) error {
	err := s.relay.Stop(progress.ForceShutdown)
	if closeErr := s.limiter.Close(); closeErr != nil {
		rlog.Warn("the Redis connection did not close cleanly", "err", closeErr)
	}
	return err
}
