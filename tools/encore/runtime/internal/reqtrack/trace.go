package reqtrack

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

// Trace identifies a request among others.
type Trace struct {
	ID            [16]byte
	SpanID        [8]byte
	ParentID      [16]byte // the trace this one follows from; zero when there is none
	ParentSpanID  [8]byte
	CorrelationID string // given by the caller from outside, or the trace of the publisher of a message
	ExtRequestID  string // X-Request-ID of the caller
	RequestID     string // what the log of all work for one request from outside has in common
}

// WellFormedRequestID reports whether an id from outside may be used: 1 to 64 letters, digits, ".", "_" and "-".
func WellFormedRequestID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// NewTraceID returns a random trace id.
func NewTraceID() (id [16]byte) {
	binary.LittleEndian.PutUint64(id[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(id[8:], rand.Uint64())
	return id
}

// NewSpanID returns a random span id.
func NewSpanID() (id [8]byte) {
	binary.LittleEndian.PutUint64(id[:], rand.Uint64())
	return id
}

const base32Digits = "0123456789abcdefghijklmnopqrstuv"

// AppendTraceID appends the text of a trace id to dst: 26 digits of base32hex in lower case.
func AppendTraceID(dst []byte, id [16]byte) []byte { return appendBase32(dst, id[:]) }

// FormatTraceID returns the text of a trace id, "" for the zero id.
func FormatTraceID(id [16]byte) string {
	if id == ([16]byte{}) {
		return ""
	}
	return string(appendBase32(make([]byte, 0, 26), id[:]))
}

// FormatSpanID returns the text of a span id, "" for the zero id.
func FormatSpanID(id [8]byte) string {
	if id == ([8]byte{}) {
		return ""
	}
	return string(appendBase32(make([]byte, 0, 13), id[:]))
}

func appendBase32(dst, src []byte) []byte {
	var acc uint32
	bits := 0
	for _, b := range src {
		acc = acc<<8 | uint32(b)
		bits += 8
		for bits >= 5 {
			bits -= 5
			dst = append(dst, base32Digits[acc>>bits&31])
		}
	}
	if bits > 0 {
		dst = append(dst, base32Digits[acc<<(5-bits)&31])
	}
	return dst
}

// ParseTraceParent reads the trace id and parent span id of a W3C traceparent header.
func ParseTraceParent(header string) (id [16]byte, parent [8]byte, ok bool) {
	// version "-" trace id "-" parent id "-" flags; later versions may append more.
	if len(header) < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-' || header[:2] == "ff" {
		return id, parent, false
	}
	if len(header) > 55 && (header[:2] == "00" || header[55] != '-') {
		return id, parent, false
	}
	if header != strings.ToLower(header) {
		return id, parent, false
	}
	_, err1 := hex.Decode(id[:], []byte(header[3:35]))
	_, err2 := hex.Decode(parent[:], []byte(header[36:52]))
	if err1 != nil || err2 != nil || id == ([16]byte{}) || parent == ([8]byte{}) {
		return [16]byte{}, [8]byte{}, false
	}
	return id, parent, true
}

// ParseTraceID reads the text that FormatTraceID makes. The zero id is returned for any other text.
func ParseTraceID(text string) (id [16]byte) {
	if len(text) != 26 {
		return [16]byte{}
	}
	var acc uint32
	bits, n := 0, 0
	for i := range len(text) {
		digit := strings.IndexByte(base32Digits, text[i])
		if digit < 0 {
			return [16]byte{}
		}
		acc = acc<<5 | uint32(digit)
		bits += 5
		if bits >= 8 && n < len(id) {
			bits -= 8
			id[n] = byte(acc >> bits)
			n++
		}
	}
	return id
}
