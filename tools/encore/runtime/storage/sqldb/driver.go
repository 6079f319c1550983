package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// SupportedDrivers are the driver handles that Driver can return.
type SupportedDrivers interface {
	*pgxpool.Pool
}

// SupportedDriverConns are the driver connections that DriverConn can give.
type SupportedDriverConns interface {
	*pgx.Conn
}

// Stdlib returns the database as a *sql.DB, which shares the connections and is always the same. Its errors are not
// converted. Do not close it.
func (db *Database) Stdlib() *sql.DB { return db.std() }

// Driver returns the driver's own handle, which shares the connections. Its errors are not converted. Do not close it.
func Driver[T SupportedDrivers](db *Database) T { return any(db.pool()).(T) }

// DriverConn calls f with the driver's connection under conn, which must come from a database's Stdlib. The
// connection is f's until it returns.
func DriverConn[T SupportedDriverConns](conn *sql.Conn, f func(driverConn T) error) error {
	return conn.Raw(func(raw any) error {
		std, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("sqldb: DriverConn needs a connection of Database.Stdlib, not one of %T", raw)
		}
		return f(any(std.Conn()).(T))
	})
}

// RegisterStdlibDriver registers the database with database/sql and returns the name for sql.Open, whose data source
// name is then ignored. The connections are shared. It registers a database once, however often it is called.
func RegisterStdlibDriver(db *Database) string { return db.reg() }

var registered atomic.Int64

func registerDriver(db *Database) string {
	// Numbered, since a test may hold several databases of one name.
	name := fmt.Sprintf("encore-%s-%d", db.name, registered.Add(1))
	sql.Register(name, stdlibDriver{db})
	return name
}

// stdlibDriver gives database/sql the connections of a database.
type stdlibDriver struct{ db *Database }

func (d stdlibDriver) Open(string) (driver.Conn, error) {
	return d.connector().Connect(context.Background())
}

func (d stdlibDriver) OpenConnector(string) (driver.Connector, error) { return d.connector(), nil }

func (d stdlibDriver) connector() driver.Connector { return stdlib.GetPoolConnector(d.db.pool()) }
