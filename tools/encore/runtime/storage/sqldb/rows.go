package sqldb

import (
	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
)

// Rows is the result of a query. It starts before the first row.
type Rows struct {
	rows pgx.Rows
}

func newRows(rows pgx.Rows, err error) (*Rows, error) {
	if err != nil {
		return nil, convert(err)
	}
	return &Rows{rows: rows}, nil
}

// Close releases the connection. It may be called more than once.
func (r *Rows) Close() { r.rows.Close() }

// Scan copies the columns of the current row into the values dest points at.
func (r *Rows) Scan(dest ...any) error { return convert(r.rows.Scan(dest...)) }

// Err returns the error that ended the rows; nil when they were all read.
func (r *Rows) Err() error { return convert(r.rows.Err()) }

// Next moves to the next row. It reports false, and closes the rows, after the last one or on an error.
func (r *Rows) Next() bool { return r.rows.Next() }

// Row is the first row of a query.
type Row struct {
	rows    pgx.Rows
	fetched bool
	found   bool
	err     error
}

func newRow(rows pgx.Rows, err error) *Row {
	if err != nil {
		return &Row{err: convert(err)}
	}
	return &Row{rows: rows}
}

func (r *Row) fetch() {
	if r.err != nil || r.fetched {
		return
	}
	r.fetched = true
	r.found = r.rows.Next()
	r.err = convert(r.rows.Err())
}

// Scan copies the columns of the row into the values dest points at, and releases the connection. It fails with
// not_found and ErrNoRows when there is no row.
func (r *Row) Scan(dest ...any) error {
	r.fetch()
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.found {
		return errs.WrapCode(ErrNoRows, errs.NotFound, "")
	}
	if err := r.rows.Scan(dest...); err != nil {
		return convert(err)
	}
	// An error that comes after the first row, such as that of a later statement of the batch.
	r.rows.Close()
	return convert(r.rows.Err())
}

// Err returns the error of the query without scanning the row, nil when there is none. Having no row is not an error
// here. Scan must still be called.
func (r *Row) Err() error {
	r.fetch()
	return r.err
}
