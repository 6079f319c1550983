package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	maxRows      = 200
	maxCell      = 2000 // bytes shown of a value
	queryTimeout = 10 * time.Second
)

type databasePage struct {
	Name    string
	Tables  []table
	SQL     string
	Result  *queryResult
	Problem string
}

type table struct {
	Schema, Name string
	View         bool
	Rows         string `db:"-"` // as shown; empty for views, which may take long to count
}

// maxCounted is the number of rows up to which a table's are counted.
const maxCounted = 10_000

type queryResult struct {
	Columns []string
	Rows    [][]cell
	Cut     bool
	Tag     string
	Took    time.Duration
}

type cell struct {
	Text string
	Null bool
}

func (d *Dashboard) databases(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, http.StatusOK, "databases.html", "databases", "Databases", d.options.App().Databases)
}

// database shows the tables of a database, the rows of one, or what a query gives.
func (d *Dashboard) database(w http.ResponseWriter, r *http.Request) {
	p := databasePage{Name: r.PathValue("database")}
	if !slices.Contains(d.options.Environment.Databases(), p.Name) {
		d.fail(w, r, http.StatusNotFound, "The application has no such database.")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()
	conn, err := d.options.Environment.ConnectReader(ctx, p.Name)
	if err != nil {
		d.fail(w, r, http.StatusBadGateway, err.Error())
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if p.Tables, err = listTables(ctx, conn); err != nil {
		d.fail(w, r, http.StatusBadGateway, err.Error())
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxCallBody)
	p.SQL = r.PostFormValue("sql")
	if name := r.URL.Query().Get("table"); name != "" && p.SQL == "" {
		for _, t := range p.Tables {
			if t.Schema+"."+t.Name == name {
				p.SQL = fmt.Sprintf("SELECT * FROM %s LIMIT 100", pgx.Identifier{t.Schema, t.Name}.Sanitize())
			}
		}
	}
	if p.SQL != "" {
		if p.Result, err = readOnly(ctx, conn, p.SQL); err != nil {
			p.Problem = err.Error()
		}
	}
	d.show(w, r, http.StatusOK, "database.html", "databases", p.Name, p)
}

func listTables(ctx context.Context, conn *pgx.Conn) ([]table, error) {
	rows, err := conn.Query(ctx, `
		SELECT n.nspname::text, c.relname::text, c.relkind = 'v'
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
		ORDER BY n.nspname, c.relname`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	var counts pgx.Batch
	for i := range tables {
		t := &tables[i]
		if t.View {
			continue
		}
		counts.Queue(fmt.Sprintf("SELECT count(*) FROM (SELECT FROM %s LIMIT %d) AS counted", pgx.Identifier{t.Schema, t.Name}.Sanitize(), maxCounted+1)).
			QueryRow(func(row pgx.Row) error {
				var n int
				if err := row.Scan(&n); err != nil {
					return err
				}
				if t.Rows = strconv.Itoa(n); n > maxCounted {
					t.Rows = fmt.Sprintf("more than %d", maxCounted)
				}
				return nil
			})
	}
	if err := conn.SendBatch(ctx, &counts).Close(); err != nil {
		return nil, fmt.Errorf("count the rows of the tables: %w", err)
	}
	return tables, nil
}

// readOnly runs one statement that changes nothing, in a read-only transaction. conn must have no rights beyond the
// databases: a superuser could write files and start programs even there.
func readOnly(ctx context.Context, conn *pgx.Conn, sql string) (*queryResult, error) {
	begin := time.Now()
	if _, err := conn.Exec(ctx, "BEGIN READ ONLY"); err != nil {
		return nil, fmt.Errorf("begin a transaction: %w", err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "ROLLBACK") }() // the connection is closed next
	// The extended protocol takes one statement only, so none can end the transaction and go on.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reader := conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil)
	result := &queryResult{}
	for _, f := range reader.FieldDescriptions() {
		result.Columns = append(result.Columns, f.Name)
	}
	for reader.NextRow() {
		if result.Columns == nil {
			for _, f := range reader.FieldDescriptions() {
				result.Columns = append(result.Columns, f.Name)
			}
		}
		if len(result.Rows) == maxRows {
			result.Cut = true
			cancel()
			break
		}
		row := make([]cell, 0, len(result.Columns))
		for _, value := range reader.Values() {
			text := string(value[:min(len(value), maxCell)])
			if len(value) > maxCell {
				text += " …"
			}
			row = append(row, cell{Text: text, Null: value == nil})
		}
		result.Rows = append(result.Rows, row)
	}
	tag, err := reader.Close()
	if err != nil && !result.Cut {
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
			if pg.Code == "25006" {
				return nil, errors.New("only statements that change nothing are run here; use go tool encore db shell for others")
			}
			return nil, fmt.Errorf("%s (%s)", pg.Message, pg.Code)
		}
		return nil, err
	}
	result.Tag, result.Took = tag.String(), time.Since(begin).Round(10*time.Microsecond)
	return result, nil
}
