//go:build !encore_app

package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/internal/pgtest"
	"encore.dev/internal/runconfig"
	"encore.dev/storage/sqldb"
	"encore.dev/storage/sqldb/sqlerr"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// The configuration is set once, by the first test that needs it; the tests share the database and use tables of
// their own.
var db = sqldb.NewDatabase("core", sqldb.DatabaseConfig{Migrations: "./migrations"})

func TestDatabase(t *testing.T) {
	name := pgtest.NewDatabase(t)
	runconfig.SetForTest(&runconfig.Config{SQLServers: []runconfig.SQLServer{pgtest.Config(map[string]runconfig.SQLDatabase{
		name: {Name: "core"},
	})}})
	t.Run("group", func(t *testing.T) {
		t.Run("Exec", testExec)
		t.Run("Query", testQuery)
		t.Run("QueryRow", testQueryRow)
		t.Run("Named", testNamed)
		t.Run("Tx", testTx)
		t.Run("TxIsOver", testTxIsOver)
		t.Run("RollbackAfterTheContextEnded", testRollbackAfterTheContextEnded)
		t.Run("ServerErrors", testServerErrors)
		t.Run("ContextErrors", testContextErrors)
		t.Run("Unconfigured", testUnconfigured)
		t.Run("Stdlib", testStdlib)
		t.Run("Driver", testDriver)
		t.Run("DriverConn", testDriverConn)
		t.Run("RegisterStdlibDriver", testRegisterStdlibDriver)
		t.Run("PackageLevel", testPackageLevel)
	})
}

func exec(t *testing.T, query string, args ...any) {
	t.Helper()
	_, err := db.Exec(t.Context(), query, args...)
	require.NoError(t, err)
}

func requireCode(t *testing.T, code errs.ErrCode, err error) {
	t.Helper()
	require.Error(t, err)
	require.IsType(t, &errs.Error{}, err, "not an error that only wraps one")
	require.Equal(t, code.String(), errs.Code(err).String())
}

func testExec(t *testing.T) {
	t.Parallel()
	exec(t, `CREATE TABLE exec_rows (n int); INSERT INTO exec_rows VALUES (1), (2)`)
	result, err := db.Exec(t.Context(), `UPDATE exec_rows SET n = n + $1`, 10)
	require.NoError(t, err)
	require.Equal(t, int64(2), result.RowsAffected())
}

func testQuery(t *testing.T) {
	t.Parallel()
	rows, err := db.Query(t.Context(), `SELECT n, n::text FROM generate_series(1, $1) AS n`, 3)
	require.NoError(t, err)
	defer rows.Close()
	var sum int
	var text string
	for rows.Next() {
		var n int
		var s string
		require.NoError(t, rows.Scan(&n, &s))
		sum, text = sum+n, text+s
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 6, sum)
	require.Equal(t, "123", text)

	rows, err = db.Query(t.Context(), `SELECT 1 / (2 - n) FROM generate_series(1, 3) AS n`)
	if err == nil { // the server may already have answered
		for rows.Next() {
		}
		err = rows.Err()
	}
	requireCode(t, errs.Unavailable, err)
	require.ErrorContains(t, err, "division by zero")
}

func testQueryRow(t *testing.T) {
	t.Parallel()
	var n int
	require.NoError(t, db.QueryRow(t.Context(), `SELECT 41 + $1::int`, 1).Scan(&n))
	require.Equal(t, 42, n)

	row := db.QueryRow(t.Context(), `SELECT 1 WHERE false`)
	require.NoError(t, row.Err(), "no row is not an error of the query")
	err := row.Scan(&n)
	requireCode(t, errs.NotFound, err)
	require.ErrorIs(t, err, sqldb.ErrNoRows)
	require.ErrorIs(t, err, sql.ErrNoRows)
	require.Equal(t, "sql: no rows in result set", err.(*errs.Error).ErrorMessage())

	row = db.QueryRow(t.Context(), `SELECT nonsense`)
	requireCode(t, errs.Unavailable, row.Err())
	require.Equal(t, row.Err(), row.Scan(&n))

	row = db.QueryRow(t.Context(), `SELECT 7`)
	require.NoError(t, row.Err())
	require.NoError(t, row.Scan(&n))
	require.Equal(t, 7, n)

	requireCode(t, errs.Unavailable, db.QueryRow(t.Context(), `SELECT 'text'`).Scan(&n))
}

func testNamed(t *testing.T) {
	t.Parallel()
	require.Same(t, db, sqldb.Named("core"))
}

func testTx(t *testing.T) {
	t.Parallel()
	exec(t, `CREATE TABLE tx_rows (n int)`)
	count := func() (n int) {
		require.NoError(t, db.QueryRow(t.Context(), `SELECT count(*) FROM tx_rows`).Scan(&n))
		return n
	}

	tx, err := db.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `INSERT INTO tx_rows VALUES ($1)`, 1)
	require.NoError(t, err)
	var n int
	require.NoError(t, tx.QueryRow(t.Context(), `SELECT n FROM tx_rows`).Scan(&n))
	require.Equal(t, 1, n)
	require.Zero(t, count(), "others do not see it yet")
	require.NoError(t, tx.Commit())
	require.Equal(t, 1, count())

	tx, err = db.Begin(t.Context())
	require.NoError(t, err)
	rows, err := tx.Query(t.Context(), `DELETE FROM tx_rows RETURNING n`)
	require.NoError(t, err)
	require.True(t, rows.Next())
	rows.Close()
	require.NoError(t, tx.Rollback())
	require.Equal(t, 1, count())
}

func testTxIsOver(t *testing.T) {
	t.Parallel()
	tx, err := db.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	_, err = tx.Exec(t.Context(), `SELECT 1`)
	requireCode(t, errs.Internal, err)
	requireCode(t, errs.Internal, tx.Rollback())

	tx, err = db.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT nonsense`)
	require.Error(t, err)
	_, err = tx.Exec(t.Context(), `SELECT 1`)
	require.Equal(t, sqlerr.TransactionFailed, sqldb.ErrCode(err))
	requireCode(t, errs.Internal, tx.Commit())
}

func testRollbackAfterTheContextEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	tx, err := db.Begin(ctx)
	require.NoError(t, err)
	cancel()
	require.NoError(t, tx.Rollback())
}

func testServerErrors(t *testing.T) {
	t.Parallel()
	exec(t, `
		CREATE TABLE people (
			name text NOT NULL CONSTRAINT people_name UNIQUE,
			age int CONSTRAINT people_age CHECK (age > 0),
			boss text CONSTRAINT people_boss REFERENCES people (name),
			room int4range,
			CONSTRAINT people_room EXCLUDE USING gist (room WITH &&));
		INSERT INTO people VALUES ('ann', 1, null, '[1,3]')`)
	for query, want := range map[string]struct {
		code       sqlerr.Code
		state      string
		constraint string
	}{
		`INSERT INTO people (name) VALUES ('ann')`:               {sqlerr.UniqueViolation, "23505", "people_name"},
		`INSERT INTO people (name) VALUES (null)`:                {sqlerr.NotNullViolation, "23502", ""},
		`INSERT INTO people VALUES ('bob', 0)`:                   {sqlerr.CheckViolation, "23514", "people_age"},
		`INSERT INTO people VALUES ('bob', 1, 'eve')`:            {sqlerr.ForeignKeyViolation, "23503", "people_boss"},
		`INSERT INTO people VALUES ('bob', null, null, '[2,2]')`: {sqlerr.ExcludeViolation, "23P01", "people_room"},
		`SELECT nonsense`: {sqlerr.Other, "42703", ""},
		`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE='40P01'; END$$`: {sqlerr.DeadlockDetected, "40P01", ""},
		`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE='53300'; END$$`: {sqlerr.TooManyConnections, "53300", ""},
	} {
		_, err := db.Exec(t.Context(), query)
		requireCode(t, errs.Unavailable, err)
		require.Equal(t, want.code, sqldb.ErrCode(err), query)
		dbErr, ok := errors.AsType[*sqldb.Error](err)
		require.True(t, ok)
		require.Equal(t, want.state, dbErr.DatabaseCode)
		require.Equal(t, want.constraint, dbErr.ConstraintName)
		require.Equal(t, sqlerr.SeverityError, dbErr.Severity)
		require.ErrorAs(t, err, new(*pgconn.PgError))
	}
	_, err := db.Exec(t.Context(), `INSERT INTO people (name) VALUES ('ann')`)
	require.Equal(t, `ERROR: duplicate key value violates unique constraint "people_name" (Code unique_violation: SQLSTATE 23505)`,
		err.(*errs.Error).ErrorMessage())
	require.Equal(t, sqlerr.Other, sqldb.ErrCode(errors.New("something else")))
	require.Equal(t, sqlerr.Other, sqldb.ErrCode(nil))
}

func testContextErrors(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := db.Exec(canceled, `SELECT 1`)
	requireCode(t, errs.Canceled, err)

	late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = db.Exec(late, `SELECT pg_sleep(20)`)
	requireCode(t, errs.DeadlineExceeded, err)
}

func testUnconfigured(t *testing.T) {
	t.Parallel()
	const message = "the program is not configured to use database other"
	other := sqldb.NewDatabase("other", sqldb.DatabaseConfig{})
	_, err := other.Exec(t.Context(), `SELECT 1`)
	requireCode(t, errs.Unavailable, err)
	require.ErrorContains(t, err, message)
	_, err = other.Query(t.Context(), `SELECT 1`)
	requireCode(t, errs.Unavailable, err)
	requireCode(t, errs.Unavailable, other.QueryRow(t.Context(), `SELECT 1`).Scan(new(int)))
	_, err = other.Begin(t.Context())
	requireCode(t, errs.Unavailable, err)
	require.ErrorContains(t, other.Stdlib().PingContext(t.Context()), message)
	require.ErrorContains(t, sqldb.Driver[*pgxpool.Pool](other).Ping(t.Context()), message)
}

func testStdlib(t *testing.T) {
	t.Parallel()
	std := db.Stdlib()
	require.Same(t, std, db.Stdlib())
	var n int
	require.NoError(t, std.QueryRowContext(t.Context(), `SELECT $1::int`, 5).Scan(&n))
	require.Equal(t, 5, n)
	require.Equal(t, sql.ErrNoRows, std.QueryRowContext(t.Context(), `SELECT 1 WHERE false`).Scan(&n), "errors are the driver's own")
}

func testDriver(t *testing.T) {
	t.Parallel()
	pool := sqldb.Driver[*pgxpool.Pool](db)
	require.Same(t, pool, sqldb.Driver[*pgxpool.Pool](db))
	var n int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT 6`).Scan(&n))
	require.Equal(t, 6, n)
	require.Equal(t, int32(30), pool.Config().MaxConns)
}

func testDriverConn(t *testing.T) {
	t.Parallel()
	conn, err := db.Stdlib().Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	var n int
	require.NoError(t, sqldb.DriverConn(conn, func(native *pgx.Conn) error {
		return native.QueryRow(t.Context(), `SELECT 8`).Scan(&n)
	}))
	require.Equal(t, 8, n)
	failure := errors.New("mine")
	require.Equal(t, failure, sqldb.DriverConn(conn, func(*pgx.Conn) error { return failure }))
}

func testRegisterStdlibDriver(t *testing.T) {
	t.Parallel()
	name := sqldb.RegisterStdlibDriver(db)
	require.Equal(t, name, sqldb.RegisterStdlibDriver(db))
	handle, err := sql.Open(name, "ignored")
	require.NoError(t, err)
	defer handle.Close()
	var n int
	require.NoError(t, handle.QueryRowContext(t.Context(), `SELECT 9`).Scan(&n))
	require.Equal(t, 9, n)
}

func testPackageLevel(t *testing.T) {
	t.Parallel()
	_, err := sqldb.Exec(t.Context(), `SELECT 1`)
	requireCode(t, errs.Unimplemented, err)
	require.ErrorContains(t, err, "declare one with sqldb.NewDatabase")
	requireCode(t, errs.Unimplemented, sqldb.QueryRow(t.Context(), `SELECT 1`).Scan(new(int)))

	tx, err := db.Begin(t.Context())
	require.NoError(t, err)
	_, err = sqldb.ExecTx(tx, t.Context(), `SELECT 1`)
	require.NoError(t, err)
	require.NoError(t, sqldb.QueryRowTx(tx, t.Context(), `SELECT 1`).Scan(new(int)))
	require.NoError(t, sqldb.Rollback(tx))
}
