package refusal

import (
	"errors"
	"io"
	"net"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
)

// databasePause is after how many seconds to try again while the database is away.
const databasePause = 5

// databaseAway tells whether err says that the database cannot be reached, or went away during the work: it stops,
// starts, or has no connection left; or that it ended the transaction because two waited for each other. The same request may
// succeed soon.
func databaseAway(err error) bool {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch answer.Code {
		case pgerrcode.AdminShutdown, pgerrcode.CrashShutdown, pgerrcode.CannotConnectNow, pgerrcode.TooManyConnections,
			pgerrcode.DeadlockDetected:
			return true
		}
		return pgerrcode.IsConnectionException(answer.Code)
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[*net.OpError](err)
	return connecting || network || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
