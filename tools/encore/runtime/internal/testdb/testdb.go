// Package testdb is how et makes database handles of its own.
package testdb

import "github.com/jackc/pgx/v5/pgxpool"

// Open returns a *sqldb.Database, which et cannot make itself, with the given settings. The pool is opened at the
// first use.
var Open func(name string, conf *pgxpool.Config) any
