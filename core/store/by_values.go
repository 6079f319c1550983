package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// ByValues asks the database to plan each question for the values that it has, and not once for any. For lists whose filters may all be off:
// a plan for any values reads every run to find those of one tour.
func (q *Queries) ByValues() *Queries { return New(byValues{q.db}) }

type byValues struct{ DBTX }

func (d byValues) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return d.DBTX.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}
