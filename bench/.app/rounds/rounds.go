// Package rounds answers what the hand-written server beside it answers, through the framework.
package rounds

import (
	"context"
	"errors"
	"net/http"
	_ "net/http/pprof" // on a port of its own, see initService
	"os"

	"encore.dev/beta/errs"
	"encore.dev/rlog"
	"encore.dev/storage/sqldb"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var db = sqldb.NewDatabase("rounds", sqldb.DatabaseConfig{Migrations: "./migrations"})

// Service reads buildings.
//
//encore:service
type Service struct {
	pool *pgxpool.Pool
}

func initService() (*Service, error) {
	if addr := os.Getenv("PPROF_ADDR"); addr != "" {
		go func() { rlog.Error("profiles are not served", "err", http.ListenAndServe(addr, nil)) }()
	}
	return &Service{pool: sqldb.Driver[*pgxpool.Pool](db)}, nil
}

// PingResponse is the answer of Ping.
type PingResponse struct {
	Message string `json:"message"`
}

// Ping answers without a database.
//
//encore:api public method=GET path=/ping
func (s *Service) Ping(context.Context) (*PingResponse, error) {
	return &PingResponse{Message: "pong"}, nil
}

// Building is one building.
type Building struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"`
	Street        string `json:"street"`
	HouseNumber   string `json:"house_number"`
	PostalCode    string `json:"postal_code"`
	City          string `json:"city"`
	AgreedMinutes int32  `json:"agreed_minutes"`
}

// GetBuilding reads one building.
//
//encore:api public method=GET path=/buildings/:id
func (s *Service) GetBuilding(ctx context.Context, id int64) (*Building, error) {
	var b Building
	err := s.pool.QueryRow(ctx, `
		SELECT id, name, street, house_number, postal_code, city, agreed_minutes FROM building WHERE id = $1
	`, id).Scan(&b.ID, &b.Name, &b.Street, &b.HouseNumber, &b.PostalCode, &b.City, &b.AgreedMinutes)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, &errs.Error{Code: errs.NotFound, Message: "there is no such building"}
	}
	if err != nil {
		return nil, errs.WrapCode(err, errs.Internal, "read the building")
	}
	return &b, nil
}
