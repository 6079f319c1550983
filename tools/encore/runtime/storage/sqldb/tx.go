package sqldb

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// ExecResult tells what a statement did.
type ExecResult interface {
	// RowsAffected is the number of rows inserted, updated or deleted.
	RowsAffected() int64
}

// Tx is a transaction. Once it has ended, its methods fail with internal.
type Tx struct {
	tx pgx.Tx
}

// Commit ends the transaction and keeps its changes. When a statement of it has failed, the changes are undone and
// Commit fails with internal.
func (tx *Tx) Commit() error { return convert(tx.tx.Commit(context.Background())) }

// Rollback ends the transaction and undoes its changes. It also works when the context of Begin has ended.
func (tx *Tx) Rollback() error { return convert(tx.tx.Rollback(context.Background())) }

// Exec runs a statement that returns no rows.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (ExecResult, error) {
	tag, err := tx.tx.Exec(ctx, query, args...)
	if err != nil {
		return nil, convert(err)
	}
	return tag, nil
}

// Query runs a query. The caller must close the rows before using the transaction again.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	return newRows(tx.tx.Query(ctx, query, args...))
}

// QueryRow runs a query of which the first row matters. Errors are reported by Row.Scan, which must be called.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	return newRow(tx.tx.Query(ctx, query, args...))
}
