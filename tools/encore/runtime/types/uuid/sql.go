package uuid

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// Value returns the canonical form, for database drivers.
func (u UUID) Value() (driver.Value, error) { return u.String(), nil }

// Scan reads a UUID from a database: 16 bytes or any text that FromString reads.
func (u *UUID) Scan(src any) error {
	switch src := src.(type) {
	case UUID:
		*u = src
		return nil
	case [Size]byte:
		*u = src
		return nil
	case []byte:
		if len(src) == Size {
			return u.UnmarshalBinary(src)
		}
		return u.UnmarshalText(src)
	case string:
		return u.UnmarshalText([]byte(src))
	}
	return fmt.Errorf("uuid: cannot convert %T to UUID", src)
}

// NullUUID is a UUID that may be NULL in a database and null in JSON.
type NullUUID struct {
	UUID  UUID
	Valid bool // false for NULL
}

// Value returns nil or the canonical form, for database drivers.
func (u NullUUID) Value() (driver.Value, error) {
	if !u.Valid {
		return nil, nil
	}
	return u.UUID.Value()
}

// Scan reads NULL or whatever UUID.Scan reads.
func (u *NullUUID) Scan(src any) error {
	if src == nil {
		*u = NullUUID{}
		return nil
	}
	u.Valid = true
	return u.UUID.Scan(src)
}

// MarshalJSON returns null or the canonical form.
func (u NullUUID) MarshalJSON() ([]byte, error) {
	if !u.Valid {
		return []byte("null"), nil
	}
	return json.Marshal(u.UUID)
}

// UnmarshalJSON reads null or a UUID.
func (u *NullUUID) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*u = NullUUID{}
		return nil
	}
	if err := json.Unmarshal(b, &u.UUID); err != nil {
		return err
	}
	u.Valid = true
	return nil
}
