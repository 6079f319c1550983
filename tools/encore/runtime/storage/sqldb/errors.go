package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"encore.dev/beta/errs"
	"encore.dev/storage/sqldb/sqlerr"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNoRows is what Row.Scan returns, wrapped, when the query gave no row. Test for it with errors.Is.
var ErrNoRows = sql.ErrNoRows

// Error is an error that the database server reported. It is found in a returned error with errors.As, and unwraps
// to the driver's *pgconn.PgError.
type Error struct {
	// Code is the class of the error.
	Code sqlerr.Code
	// Severity is how severe the server says it is.
	Severity sqlerr.Severity
	// DatabaseCode is the SQLSTATE.
	DatabaseCode string
	// Message is the server's text.
	Message string
	// The names of what the error is about, each empty when it does not apply.
	SchemaName     string
	TableName      string
	ColumnName     string
	DataTypeName   string
	ConstraintName string

	cause error
}

// Error describes the error and its codes.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (Code %s: SQLSTATE %s)", e.Severity, e.Message, e.Code, e.DatabaseCode)
}

// Unwrap returns the driver's error.
func (e *Error) Unwrap() error { return e.cause }

// ErrCode returns the class of the database error that err holds; sqlerr.Other when it holds none.
func ErrCode(err error) sqlerr.Code {
	if dbErr, ok := errors.AsType[*Error](err); ok {
		return dbErr.Code
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classify(pgErr.Code)
	}
	return sqlerr.Other
}

func classify(sqlState string) sqlerr.Code {
	switch sqlState {
	case "23502":
		return sqlerr.NotNullViolation
	case "23503":
		return sqlerr.ForeignKeyViolation
	case "23505":
		return sqlerr.UniqueViolation
	case "23514":
		return sqlerr.CheckViolation
	case "23P01":
		return sqlerr.ExcludeViolation
	case "25P02":
		return sqlerr.TransactionFailed
	case "40P01":
		return sqlerr.DeadlockDetected
	case "53300":
		return sqlerr.TooManyConnections
	}
	return sqlerr.Other
}

// convert makes the driver's error the one that the methods of this package return.
func convert(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return errs.WrapCode(ErrNoRows, errs.NotFound, "")
	case errors.Is(err, pgx.ErrTxClosed), errors.Is(err, pgx.ErrTxCommitRollback), errors.Is(err, sql.ErrTxDone):
		return errs.WrapCode(err, errs.Internal, "")
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return errs.WrapCode(&Error{
			Code:           classify(pgErr.Code),
			Severity:       sqlerr.Severity(cmp.Or(pgErr.SeverityUnlocalized, pgErr.Severity)),
			DatabaseCode:   pgErr.Code,
			Message:        pgErr.Message,
			SchemaName:     pgErr.SchemaName,
			TableName:      pgErr.TableName,
			ColumnName:     pgErr.ColumnName,
			DataTypeName:   pgErr.DataTypeName,
			ConstraintName: pgErr.ConstraintName,
			cause:          err,
		}, errs.Unavailable, "")
	}
	switch {
	case errors.Is(err, context.Canceled):
		return errs.WrapCode(err, errs.Canceled, "")
	case errors.Is(err, context.DeadlineExceeded):
		return errs.WrapCode(err, errs.DeadlineExceeded, "")
	}
	return errs.WrapCode(err, errs.Unavailable, "")
}
