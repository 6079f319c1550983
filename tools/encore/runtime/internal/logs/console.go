package logs

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

var consoleLevels = [...]struct{ name, color string }{
	Trace: {"TRC", "\x1b[35m"},
	Debug: {"DBG", "\x1b[33m"},
	Info:  {"INF", "\x1b[32m"},
	Warn:  {"WRN", "\x1b[31m"},
	Error: {"ERR", "\x1b[1;31m"},
}

const (
	dim   = "\x1b[90m"
	cyan  = "\x1b[36m"
	reset = "\x1b[0m"
)

// appendConsole appends the line for a terminal whose fields are those of the unfinished JSON object fields. The error
// comes first, the others follow by name. A stack trace is written below.
func appendConsole(dst, fields []byte, level Level, now time.Time, message string, color bool) []byte {
	paint := func(code, text string) {
		if color {
			dst = append(dst, code...)
			dst = append(dst, text...)
			dst = append(dst, reset...)
			return
		}
		dst = append(dst, text...)
	}
	paint(dim, now.Format(time.Kitchen))
	dst = append(dst, ' ')
	paint(consoleLevels[level].color, consoleLevels[level].name)
	dst = append(dst, ' ')
	dst = append(dst, message...)

	var stack string
	members := decodeFields(append(slices.Clip(fields), '}'))
	slices.SortStableFunc(members, func(a, b member) int {
		if (a.key == "error") != (b.key == "error") {
			if a.key == "error" {
				return -1
			}
			return 1
		}
		return strings.Compare(a.key, b.key)
	})
	for _, m := range members {
		if m.key == "level" {
			continue
		}
		text := string(m.value)
		if text[0] == '"' {
			var s string
			if json.Unmarshal(m.value, &s) == nil {
				text = s
				if m.key == "stack" {
					stack = s
					continue
				}
				if s == "" || strings.ContainsAny(s, " \t\r\n\"=") {
					text = string(m.value)
				}
			}
		}
		dst = append(dst, ' ')
		code := cyan
		if m.key == "error" {
			code = consoleLevels[Error].color
		}
		paint(code, m.key+"=")
		dst = append(dst, text...)
	}
	dst = append(dst, '\n')
	if stack != "" {
		dst = append(dst, strings.TrimRight(stack, "\n")...)
		dst = append(dst, '\n')
	}
	return dst
}

type member struct {
	key   string
	value json.RawMessage
}

// decodeFields returns the members of a JSON object in their order, repeated ones too.
func decodeFields(object []byte) []member {
	var members []member
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil {
		return nil
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return members
		}
		m := member{key: key.(string)}
		if err := decoder.Decode(&m.value); err != nil {
			return members
		}
		members = append(members, m)
	}
	return members
}
