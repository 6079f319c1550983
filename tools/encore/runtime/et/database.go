package et

import (
	"context"

	"encore.dev/internal/testdb"
	"encore.dev/storage/sqldb"
)

type stringLiteral string

// NewTestDatabase makes a database of its own for a test: a copy of the named database as its migrations leave it, with
// no other rows. It is dropped when ctx ends, so give it t.Context(); with a context that never ends it is dropped by a
// later test binary. The application's own handles go on using the shared test database.
func NewTestDatabase(ctx context.Context, name stringLiteral) (*sqldb.Database, error) {
	requireTest("NewTestDatabase")
	db, err := testdb.New(ctx, string(name))
	if err != nil {
		return nil, err
	}
	return db.(*sqldb.Database), nil
}
