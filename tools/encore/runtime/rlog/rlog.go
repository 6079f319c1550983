// Package rlog writes structured log lines. The fields of the current request (service, endpoint, user, trace) are
// added to each.
package rlog

import (
	"fmt"

	"encore.dev/internal/logs"
	_ "encore.dev/stock" // for generated files, which cannot name it
)

// Ctx is a logger with fields of its own. The zero Ctx has none.
type Ctx struct {
	fields []byte // encoded; never appended to in place
}

// Debug logs a message with fields: keys (strings) and values in turn. A last key without a value is dropped. It
// panics when a key is not a string.
func Debug(msg string, keysAndValues ...any) { write(logs.Debug, nil, msg, keysAndValues) }

// Info is Debug at the level info.
func Info(msg string, keysAndValues ...any) { write(logs.Info, nil, msg, keysAndValues) }

// Warn is Debug at the level warn.
func Warn(msg string, keysAndValues ...any) { write(logs.Warn, nil, msg, keysAndValues) }

// Error is Debug at the level error.
func Error(msg string, keysAndValues ...any) { write(logs.Error, nil, msg, keysAndValues) }

// With returns a logger that adds the given fields to each line.
func With(keysAndValues ...any) Ctx { return Ctx{}.With(keysAndValues...) }

// Debug logs a message as the function Debug does, with the fields of the logger.
func (ctx Ctx) Debug(msg string, keysAndValues ...any) {
	write(logs.Debug, ctx.fields, msg, keysAndValues)
}

// Info is Debug at the level info.
func (ctx Ctx) Info(msg string, keysAndValues ...any) {
	write(logs.Info, ctx.fields, msg, keysAndValues)
}

// Warn is Debug at the level warn.
func (ctx Ctx) Warn(msg string, keysAndValues ...any) {
	write(logs.Warn, ctx.fields, msg, keysAndValues)
}

// Error is Debug at the level error.
func (ctx Ctx) Error(msg string, keysAndValues ...any) {
	write(logs.Error, ctx.fields, msg, keysAndValues)
}

// With returns a logger with more fields.
func (ctx Ctx) With(keysAndValues ...any) Ctx {
	fields := append([]byte(nil), ctx.fields...)
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		fields = logs.AppendField(fields, keyOf(keysAndValues[i]), keysAndValues[i+1])
	}
	return Ctx{fields}
}

func write(level logs.Level, fields []byte, msg string, keysAndValues []any) {
	line := logs.Current(level).Raw(fields)
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		line.Any(keyOf(keysAndValues[i]), keysAndValues[i+1])
	}
	line.Send(msg)
}

func keyOf(key any) string {
	text, ok := key.(string)
	if !ok {
		panic(fmt.Sprintf("rlog: key %v is a %T, not a string", key, key))
	}
	return text
}
