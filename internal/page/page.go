// Package page reads what list endpoints have in common: a limit, and a cursor that says after which row to go on.
//
// Lists are read by key, never by offset: the cursor holds the sort key of the last row of the page before, so a page
// costs the same wherever it lies and rows that come or go in between are neither doubled nor lost.
package page

import (
	"encoding/base64"
	"encoding/json"

	"encore.app/internal/refusal"
)

const (
	// DefaultLimit is how many rows a page has when the request names no limit.
	DefaultLimit = 50
	// MaxLimit is how many rows a page may have.
	MaxLimit = 200
)

// Limit returns the number of rows of a page for the limit of a request, 0 meaning the default. Ask the database for
// one row more and give the rows to Cut. A limit below 0 or above MaxLimit is refused (invalid_argument).
func Limit(requested int) (int, error) {
	switch {
	case requested == 0:
		return DefaultLimit, nil
	case requested < 0 || requested > MaxLimit:
		return 0, refusal.Invalid("limit", refusal.OutOfRange, "The limit must lie between 1 and 200.")
	}
	return requested, nil
}

// Cut returns the rows of the page, and the cursor of the next page when rows holds more than limit rows, else "".
// The key of a row is a struct or slice of everything that the list is sorted by.
func Cut[Row, Key any](rows []Row, limit int, key func(Row) Key) ([]Row, string) {
	if len(rows) <= limit {
		return rows, ""
	}
	rows = rows[:limit]
	return rows, encode(key(rows[limit-1]))
}

// After reads the key that a cursor holds; false when the cursor is empty, which is the first page. A cursor that Cut
// did not make is refused (invalid_argument).
func After[Key any](cursor string) (key Key, ok bool, err error) {
	if cursor == "" {
		return key, false, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(raw, &key)
	}
	if err != nil {
		var none Key
		return none, false, refusal.Invalid("cursor", refusal.Malformed, "The cursor was not made by this list.")
	}
	return key, true, nil
}

func encode(key any) string {
	raw, err := json.Marshal(key)
	if err != nil {
		panic("page: a sort key must be representable in JSON: " + err.Error()) // a programming error
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
