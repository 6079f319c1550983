// Package page reads what list endpoints have in common: a limit, and a cursor that says after which row to go on.
//
// Lists are read by key, never by offset: the cursor holds the sort key of the last row of the page before, so a page
// costs the same wherever it lies and rows that come or go in between are neither doubled nor lost.
package page

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"

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

// Cut returns the rows of the page, and the cursor of the next page when rows holds more than limit rows, else "". The
// cursor is good for the list of that name only. The key of a row is a struct of everything that the list is sorted by:
// texts, times, and numbers from 0.
func Cut[Row, Key any](list string, rows []Row, limit int, key func(Row) Key) ([]Row, string) {
	if len(rows) <= limit {
		return rows, ""
	}
	rows = rows[:limit]
	return rows, encode(cursor[Key]{list, key(rows[limit-1])})
}

// After reads the key that a cursor of the list holds; false when the cursor is empty, which is the first page. A cursor
// that Cut did not make for this list is refused (invalid_argument).
func After[Key any](list, text string) (key Key, ok bool, err error) {
	if text == "" {
		return key, false, nil
	}
	c, err := decode[Key](text)
	if err != nil || c.List != list {
		return key, false, refusal.Invalid("cursor", refusal.Malformed, "The cursor was not made by this list.")
	}
	return c.Key, true, nil
}

// cursor is what a cursor's text holds: JSON in base64.
type cursor[Key any] struct {
	List string `json:"l"`
	Key  Key    `json:"k"`
}

func encode(c any) string {
	raw, err := json.Marshal(c)
	if err != nil {
		panic("page: a sort key must be representable in JSON: " + err.Error()) // a programming error
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// decode reads a cursor, which somebody may have edited: nothing in it may be what the database cannot hold or count from.
func decode[Key any](text string) (c cursor[Key], err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return c, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return c, err
		}
		switch token := token.(type) {
		case string:
			if strings.ContainsRune(token, 0) {
				return c, errEdited
			}
		case float64:
			if token < 0 {
				return c, errEdited
			}
		}
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, err
	}
	if encode(c) != text { // fields too many or too few, bytes that are no text
		return c, errEdited
	}
	return c, nil
}

var errEdited = errors.New("the cursor was edited")
