// Package logline shows the lines of a program's JSON log to a person at a terminal.
package logline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Level is the importance of a line.
type Level int

// The levels, ascending.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Error
)

// Levels are the names of the levels, ascending.
var Levels = []string{"trace", "debug", "info", "warn", "error"}

var shown = [...]struct{ name, color string }{
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

// ParseLevel returns the level of that name; ok is false when there is none.
func ParseLevel(name string) (level Level, ok bool) {
	i := slices.Index(Levels, name)
	return Level(max(i, 0)), i >= 0
}

// Line is a line of the log.
type Line struct {
	Level   Level
	Time    time.Time
	Message string
	// Notice is the field "notice", empty in most lines: the program has something to tell the developer at its start, below
	// this heading. The other fields say it.
	Notice string
	fields []field // sorted by name, the error first; a repeated name stays
}

type field struct {
	name, value string // as it is shown
	text        string // the value itself
}

// Texts are the values of the fields, by their names, each on one line.
func (l Line) Texts() []string {
	texts := make([]string, len(l.fields))
	for i, f := range l.fields {
		texts[i] = strings.ReplaceAll(printable(f.text), "\n", " ")
	}
	return texts
}

// Parse takes a line of the log apart. ok is false for what is not one, such as what the program prints by itself.
func Parse(data []byte) (line Line, ok bool) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' || !json.Valid(data) {
		return Line{}, false
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if _, err := decoder.Token(); err != nil {
		return Line{}, false
	}
	var hasLevel, hasTime, hasMessage bool
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return Line{}, false
		}
		name, _ := token.(string) // the data is a valid object
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return Line{}, false
		}
		var text string
		isText := json.Unmarshal(raw, &text) == nil && raw[0] == '"'
		// A field of the program may have the same name. The log writes the level first, and time and message last.
		switch {
		case name == "level" && isText && !hasLevel:
			line.Level, hasLevel = ParseLevel(text)
		case name == "time" && isText && parses(text, &line.Time):
			hasTime = true
		case name == "message" && isText:
			line.Message, hasMessage = text, true
		case name == "notice" && isText:
			line.Notice = text
		case isText && (!inline(text) || bare(text)):
			line.fields = append(line.fields, field{name, text, text})
		case isText:
			line.fields = append(line.fields, field{name, string(raw), text})
		default:
			line.fields = append(line.fields, field{name, string(raw), string(raw)})
		}
	}
	slices.SortStableFunc(line.fields, func(a, b field) int {
		if (a.name == "error") != (b.name == "error") {
			if a.name == "error" {
				return -1
			}
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	return line, hasLevel && hasTime && hasMessage
}

func parses(text string, t *time.Time) bool {
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return false
	}
	*t = parsed.Local()
	return true
}

// inline reports whether a value fits on the line.
func inline(text string) bool { return !strings.Contains(strings.TrimRight(text, "\n"), "\n") }

// bare reports whether a text needs no quotes to be told from what surrounds it.
func bare(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r == '"' || r == '=' || unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}

// Append appends the line as text: time, level, message and name=value. Values of several lines, such as stack traces,
// follow below.
func (l Line) Append(dst []byte, color bool) []byte {
	paint := func(code, text string) {
		if color {
			text = code + text + reset
		}
		dst = append(dst, text...)
	}
	paint(dim, l.Time.Format(time.Kitchen))
	dst = append(dst, ' ')
	paint(shown[l.Level].color, shown[l.Level].name)
	dst = append(dst, ' ')
	dst = append(dst, strings.ReplaceAll(printable(strings.TrimRight(l.Message, "\n")), "\n", "\n    ")...)
	name := func(f field) {
		code := cyan
		if f.name == "error" {
			code = shown[Error].color
		}
		paint(code, printable(f.name)+"=")
	}
	for _, f := range l.fields {
		if inline(f.value) {
			dst = append(dst, ' ')
			name(f)
			dst = append(dst, f.value...)
		}
	}
	for _, f := range l.fields {
		if !inline(f.value) {
			dst = append(dst, "\n  "...)
			name(f)
			for text := range strings.SplitSeq(strings.TrimRight(f.value, "\n"), "\n") {
				dst = append(dst, "\n    "...)
				dst = append(dst, printable(text)...)
			}
		}
	}
	return append(dst, '\n')
}

// printable shows what would control the terminal instead of letting it: the text may be a stranger's.
func printable(text string) string {
	controls := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if !strings.ContainsFunc(text, controls) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if controls(r) {
			fmt.Fprintf(&b, `\x%02x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
