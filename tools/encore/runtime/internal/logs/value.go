package logs

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"encore.dev/internal/jsonappend"
)

// Str adds a field.
func (l *Line) Str(key, value string) *Line {
	if l != nil {
		l.buf = appendKey(l.buf, key)
		l.buf = jsonappend.String(l.buf, value)
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
		return jsonappend.String(dst, value)
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
			return jsonappend.String(dst, strconv.FormatFloat(value, 'f', -1, 64))
		}
	case time.Duration:
		return appendDuration(dst, value)
	case error:
		return jsonappend.String(dst, errorText(value))
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return jsonappend.String(dst, "cannot log the value: "+err.Error())
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
	dst = jsonappend.String(dst, key)
	return append(dst, ':')
}

func appendDuration(dst []byte, d time.Duration) []byte {
	return strconv.AppendFloat(dst, float64(d)/float64(time.Millisecond), 'f', -1, 64)
}
