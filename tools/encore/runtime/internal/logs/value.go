package logs

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// Str adds a field.
func (l *Line) Str(key, value string) *Line {
	if l != nil {
		l.buf = appendKey(l.buf, key)
		l.buf = appendString(l.buf, value)
	}
	return l
}

// Int adds a field.
func (l *Line) Int(key string, value int64) *Line {
	if l != nil {
		l.buf = appendKey(l.buf, key)
		l.buf = strconv.AppendInt(l.buf, value, 10)
	}
	return l
}

// Duration adds a field in milliseconds.
func (l *Line) Duration(key string, value time.Duration) *Line {
	if l != nil {
		l.buf = appendKey(l.buf, key)
		l.buf = appendDuration(l.buf, value)
	}
	return l
}

// Err adds the text of an error as the field "error".
func (l *Line) Err(err error) *Line { return l.Str("error", err.Error()) }

// Any adds a field: the text of an error, the milliseconds of a duration, else the value as JSON.
func (l *Line) Any(key string, value any) *Line {
	if l != nil {
		l.buf = AppendField(l.buf, key, value)
	}
	return l
}

// Raw adds fields made by AppendField.
func (l *Line) Raw(fields []byte) *Line {
	if l != nil {
		l.buf = append(l.buf, fields...)
	}
	return l
}

// AppendField appends a field as Line.Any adds it.
func AppendField(dst []byte, key string, value any) []byte {
	dst = appendKey(dst, key)
	switch value := value.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return appendString(dst, value)
	case bool:
		return strconv.AppendBool(dst, value)
	case int:
		return strconv.AppendInt(dst, int64(value), 10)
	case int64:
		return strconv.AppendInt(dst, value, 10)
	case uint64:
		return strconv.AppendUint(dst, value, 10)
	case float64:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return appendString(dst, strconv.FormatFloat(value, 'f', -1, 64))
		}
	case time.Duration:
		return appendDuration(dst, value)
	case error:
		return appendString(dst, errorText(value))
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return appendString(dst, "cannot log the value: "+err.Error())
	}
	return append(dst, encoded...)
}

// errorText survives a nil pointer in an error interface.
func errorText(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = "<nil>"
		}
	}()
	return err.Error()
}

func appendKey(dst []byte, key string) []byte {
	dst = append(dst, ',')
	dst = appendString(dst, key)
	return append(dst, ':')
}

func appendDuration(dst []byte, d time.Duration) []byte {
	return strconv.AppendFloat(dst, float64(d)/float64(time.Millisecond), 'f', -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendString appends text as a JSON string; invalid UTF-8 becomes U+FFFD.
func appendString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, text[start:i]...)
				dst = append(dst, `\ufffd`...)
				start = i + 1
			}
			i += size
			continue
		}
		dst = append(dst, text[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}
