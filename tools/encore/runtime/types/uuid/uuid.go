// Package uuid has the UUID type of RFC 9562, with its text, JSON and SQL forms.
package uuid

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// Size is the number of bytes of a UUID.
const Size = 16

// UUID is a universally unique identifier.
type UUID [Size]byte

// The versions of UUIDs.
const (
	_ byte = iota
	V1
	V2
	V3
	V4
	V5
)

// Nil is the UUID whose bits are all zero.
var Nil = UUID{}

// NewV3 returns the UUID made of the MD5 hash of a namespace and a name.
func NewV3(ns UUID, name string) UUID {
	hash := md5.New()
	return fromHash(hash, ns, name, V3)
}

// NewV4 returns a random UUID. It fails when the system has no randomness to give.
func NewV4() (UUID, error) {
	var u UUID
	if _, err := io.ReadFull(rand.Reader, u[:]); err != nil {
		return Nil, err
	}
	u.SetVersion(V4)
	u.setVariant()
	return u, nil
}

// NewV5 returns the UUID made of the SHA-1 hash of a namespace and a name.
func NewV5(ns UUID, name string) UUID {
	hash := sha1.New()
	return fromHash(hash, ns, name, V5)
}

func fromHash(hash interface {
	io.Writer
	Sum([]byte) []byte
}, ns UUID, name string, version byte) UUID {
	// A hash never fails to write.
	_, _ = hash.Write(ns[:])
	_, _ = io.WriteString(hash, name)
	var u UUID
	copy(u[:], hash.Sum(nil))
	u.SetVersion(version)
	u.setVariant()
	return u
}

// Must returns u. It panics when err is not nil.
func Must(u UUID, err error) UUID {
	if err != nil {
		panic(err)
	}
	return u
}

// FromBytes returns the UUID with the given 16 bytes.
func FromBytes(input []byte) (UUID, error) {
	var u UUID
	err := u.UnmarshalBinary(input)
	return u, err
}

// FromBytesOrNil is FromBytes with Nil for a wrong input.
func FromBytesOrNil(input []byte) UUID {
	u, err := FromBytes(input)
	if err != nil {
		return Nil
	}
	return u
}

// FromString reads a UUID in the canonical form, without hyphens, and either of them in braces or after "urn:uuid:".
func FromString(input string) (UUID, error) {
	var u UUID
	err := u.UnmarshalText([]byte(input))
	return u, err
}

// FromStringOrNil is FromString with Nil for a wrong input.
func FromStringOrNil(input string) UUID {
	u, err := FromString(input)
	if err != nil {
		return Nil
	}
	return u
}

// Version returns the version, the algorithm that made the UUID.
func (u UUID) Version() byte { return u[6] >> 4 }

// SetVersion sets the version bits.
func (u *UUID) SetVersion(v byte) { u[6] = u[6]&0x0f | v<<4 }

// setVariant sets the bits that say "as in RFC 9562".
func (u *UUID) setVariant() { u[8] = u[8]&0x3f | 0x80 }

// Bytes returns the bytes of the UUID.
func (u UUID) Bytes() []byte { return u[:] }

// String returns the canonical form, such as "6ba7b810-9dad-11d1-80b4-00c04fd430c8".
func (u UUID) String() string {
	var buf [36]byte
	u.encode(buf[:])
	return string(buf[:])
}

func (u UUID) encode(buf []byte) {
	hex.Encode(buf[:8], u[:4])
	buf[8] = '-'
	hex.Encode(buf[9:13], u[4:6])
	buf[13] = '-'
	hex.Encode(buf[14:18], u[6:8])
	buf[18] = '-'
	hex.Encode(buf[19:23], u[8:10])
	buf[23] = '-'
	hex.Encode(buf[24:], u[10:])
}

// Format formats the UUID: %v, %s the canonical form, %q the same in quotes, %x and %X the digits without hyphens,
// %S the canonical form in capitals, %h and %H as %x and %X.
func (u UUID) Format(f fmt.State, c rune) {
	var text string
	switch c {
	case 'x', 'h':
		text = hex.EncodeToString(u[:])
	case 'X', 'H':
		text = strings.ToUpper(hex.EncodeToString(u[:]))
	case 'v':
		if f.Flag('#') {
			text = fmt.Sprintf("%#v", [Size]byte(u))
			break
		}
		text = u.String()
	case 's':
		text = u.String()
	case 'S':
		text = strings.ToUpper(u.String())
	case 'q':
		text = `"` + u.String() + `"`
	default:
		text = fmt.Sprintf("%%!%c(uuid.UUID=%s)", c, u.String())
	}
	// fmt keeps the error of its writer.
	_, _ = io.WriteString(f, text)
}

// MarshalText returns the canonical form.
func (u UUID) MarshalText() ([]byte, error) {
	buf := make([]byte, 36)
	u.encode(buf)
	return buf, nil
}

// UnmarshalText reads any form that FromString reads.
func (u *UUID) UnmarshalText(text []byte) error {
	digits := string(text)
	if len(digits) == 36+9 || len(digits) == 32+9 {
		if !strings.EqualFold(digits[:9], "urn:uuid:") {
			return formatError(text)
		}
		digits = digits[9:]
	}
	if len(digits) == 38 || len(digits) == 34 {
		if digits[0] != '{' || digits[len(digits)-1] != '}' {
			return formatError(text)
		}
		digits = digits[1 : len(digits)-1]
	}
	if len(digits) == 36 {
		if digits[8] != '-' || digits[13] != '-' || digits[18] != '-' || digits[23] != '-' {
			return formatError(text)
		}
		digits = digits[:8] + digits[9:13] + digits[14:18] + digits[19:23] + digits[24:]
	}
	if len(digits) != 32 {
		return fmt.Errorf("uuid: incorrect UUID length %d in string %q", len(text), text)
	}
	var parsed UUID
	if _, err := hex.Decode(parsed[:], []byte(digits)); err != nil {
		return formatError(text)
	}
	*u = parsed
	return nil
}

func formatError(text []byte) error {
	return fmt.Errorf("uuid: incorrect UUID format in string %q", text)
}

// MarshalBinary returns the 16 bytes.
func (u UUID) MarshalBinary() ([]byte, error) { return u.Bytes(), nil }

// UnmarshalBinary reads 16 bytes.
func (u *UUID) UnmarshalBinary(data []byte) error {
	if len(data) != Size {
		return fmt.Errorf("uuid: UUID must be exactly %d bytes long, got %d bytes", Size, len(data))
	}
	copy(u[:], data)
	return nil
}
