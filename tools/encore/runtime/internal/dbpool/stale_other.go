//go:build !unix

package dbpool

import "github.com/jackc/pgx/v5"

// stale cannot look at connections here; those that were idle for long are pinged all the same.
func stale(*pgx.Conn) bool { return false }
