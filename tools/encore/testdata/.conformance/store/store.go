// Package store shows databases.
package store

import (
	"context"
	"errors"

	"encore.dev/storage/sqldb"
	"encore.dev/storage/sqldb/sqlerr"
	"github.com/jackc/pgx/v5/pgxpool"
)

var db = sqldb.NewDatabase("things", sqldb.DatabaseConfig{Migrations: "./migrations"})

// Service keeps things.
//
//encore:service
type Service struct {
	pool *pgxpool.Pool
}

func initService() (*Service, error) {
	return &Service{pool: sqldb.Driver[*pgxpool.Pool](db)}, nil
}

// Thing is a row.
type Thing struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// GetThing reads a thing; an unhandled missing row is a not_found.
//
//encore:api public method=GET path=/things/:id
func (s *Service) GetThing(ctx context.Context, id int64) (*Thing, error) {
	t := &Thing{ID: id}
	if err := db.QueryRow(ctx, `SELECT name FROM thing WHERE id = $1`, id).Scan(&t.Name); err != nil {
		return nil, err
	}
	return t, nil
}

// AddThing adds a thing.
//
//encore:api public method=POST path=/things
func (s *Service) AddThing(ctx context.Context, t *Thing) (*Thing, error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO thing (id, name) VALUES ($1, $2)`, t.ID, t.Name); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return t, tx.Commit()
}

// Violation is what a failed statement tells.
type Violation struct {
	Code       string `json:"code"`
	Constraint string `json:"constraint"`
	Text       string `json:"text"`
}

// Clash breaks a constraint and tells what the driver said.
//
//encore:api public method=GET path=/things-clash
func (s *Service) Clash(ctx context.Context) (*Violation, error) {
	_, err := db.Exec(ctx, `INSERT INTO thing (id, name) VALUES (1, 'first'), (1, 'again')`)
	v := &Violation{Code: string(sqldb.ErrCode(err)), Text: err.Error()}
	var detail *sqldb.Error
	if errors.As(err, &detail) && detail.Code == sqlerr.UniqueViolation {
		v.Constraint = detail.ConstraintName
	}
	return v, nil
}

// Broken sends a statement that is not SQL.
//
//encore:api public method=GET path=/things-broken
func (s *Service) Broken(ctx context.Context) error {
	_, err := db.Exec(ctx, `SELEKT`)
	return err
}

// Migrated is the migration table.
type Migrated struct {
	Version int64 `json:"version"`
	Dirty   bool  `json:"dirty"`
	Rows    int   `json:"rows"`
}

// Migrations reads the migration table.
//
//encore:api public method=GET path=/things-migrations
func (s *Service) Migrations(ctx context.Context) (*Migrated, error) {
	m := &Migrated{}
	err := s.pool.QueryRow(ctx, `SELECT max(version), bool_or(dirty), count(*) FROM schema_migrations`).Scan(&m.Version, &m.Dirty, &m.Rows)
	return m, err
}
