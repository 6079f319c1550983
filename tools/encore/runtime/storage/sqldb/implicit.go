package sqldb

import (
	"context"
	"errors"

	"encore.dev/beta/errs"
)

// errImplicit is returned by the functions that would use the calling service's undeclared database.
var errImplicit = errs.WrapCode(errors.New("sqldb: the package-level functions have no database: declare one with "+
	"sqldb.NewDatabase and call its methods"), errs.Unimplemented, "")

// Exec fails with unimplemented: use Database.Exec.
func Exec(ctx context.Context, query string, args ...any) (ExecResult, error) {
	return nil, errImplicit
}

// Query fails with unimplemented: use Database.Query.
func Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	return nil, errImplicit
}

// QueryRow returns a row that fails with unimplemented: use Database.QueryRow.
func QueryRow(ctx context.Context, query string, args ...any) *Row {
	return &Row{err: errImplicit}
}

// Begin fails with unimplemented: use Database.Begin.
func Begin(ctx context.Context) (*Tx, error) { return nil, errImplicit }

// Commit is tx.Commit.
func Commit(tx *Tx) error { return tx.Commit() }

// Rollback is tx.Rollback.
func Rollback(tx *Tx) error { return tx.Rollback() }

// ExecTx is tx.Exec.
func ExecTx(tx *Tx, ctx context.Context, query string, args ...any) (ExecResult, error) {
	return tx.Exec(ctx, query, args...)
}

// QueryTx is tx.Query.
func QueryTx(tx *Tx, ctx context.Context, query string, args ...any) (*Rows, error) {
	return tx.Query(ctx, query, args...)
}

// QueryRowTx is tx.QueryRow.
func QueryRowTx(tx *Tx, ctx context.Context, query string, args ...any) *Row {
	return tx.QueryRow(ctx, query, args...)
}
