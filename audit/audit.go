// Package audit keeps who changed what: the changes that all services tell by internal/audit, for the office to look up
// (rule 12).
//
// Entries are only ever added: the database itself refuses to change or delete one. The two ways out are functions of it: a
// person who is anonymised is taken out of the log, and operators may forget what is older than they may keep.
package audit

import (
	"context"
	"time"

	"encore.dev/storage/sqldb"
	"github.com/jackc/pgx/v5/pgxpool"

	"encore.app/audit/store"
	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/settings"
)

var database = sqldb.NewDatabase("audit", sqldb.DatabaseConfig{Migrations: "./migrations"})

// Service holds what the endpoints work with.
//
//encore:service
type Service struct {
	query *store.Queries
	zone  *time.Location // in which days are computed (rule 11)

	people    usersReader
	things    namesReader
	forgotten addressesReader
}

// Functions in the service struct have types of their own: the official tool takes its fields for a schema.
type (
	// usersReader asks auth for accounts.
	usersReader func(ctx context.Context, ids []int64) ([]*auth.User, error)
	// namesReader asks core what people call things.
	namesReader func(ctx context.Context, p *core.NamesParams) ([]core.ThingName, error)
	// addressesReader asks auth which addresses were somebody's.
	addressesReader func(ctx context.Context, p *auth.ForgottenAddressesParams) (*auth.ForgottenAddressesResponse, error)
)

func initService() (*Service, error) {
	set, err := settings.Load()
	if err != nil {
		return nil, err
	}
	return newService(sqldb.Driver[*pgxpool.Pool](database), set.TimeZone), nil
}

func newService(pool *pgxpool.Pool, zone *time.Location) *Service {
	return &Service{query: store.New(pool), zone: zone, people: usersFromAuth, things: namesFromCore, forgotten: forgottenFromAuth}
}

func usersFromAuth(ctx context.Context, ids []int64) ([]*auth.User, error) {
	answer, err := auth.UsersByID(ctx, &auth.UsersByIDParams{IDs: ids})
	if err != nil {
		return nil, err
	}
	return answer.Users, nil
}

func forgottenFromAuth(ctx context.Context, p *auth.ForgottenAddressesParams) (*auth.ForgottenAddressesResponse, error) {
	return auth.ForgottenAddresses(ctx, p)
}

func namesFromCore(ctx context.Context, p *core.NamesParams) ([]core.ThingName, error) {
	answer, err := core.Names(ctx, p)
	if err != nil {
		return nil, err
	}
	return answer.Names, nil
}
