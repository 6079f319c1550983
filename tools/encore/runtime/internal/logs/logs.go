// Package logs writes the log: JSON lines, or in tests lines for a person at a terminal.
package logs

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"encore.dev/internal/hiddenenv"
	"encore.dev/internal/jsonappend"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/runconfig"
)

// Level is the importance of a line.
type Level int32

// The levels, ascending.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Error
	disabled
)

var levelNames = [...]string{"trace", "debug", "info", "warn", "error", "disabled"}

// String returns the name of the level.
func (l Level) String() string { return levelNames[l] }

// ParseLevel returns the level of that name; ok is false when there is none.
func ParseLevel(name string) (level Level, ok bool) {
	for i, known := range levelNames {
		if name == known {
			return Level(i), true
		}
	}
	return Trace, false
}

var (
	minimum atomic.Int32
	console atomic.Bool
	colored atomic.Bool
	quiet   atomic.Bool

	output struct {
		sync.Mutex
		w io.Writer
	}
	setUp sync.Once
)

// SetUp reads the configuration; the first line does it too. The level is that of ENCORE_LOG, the configuration or
// the application, the first that is given, else trace.
func SetUp(applicationLevel string) {
	setUp.Do(func() {
		cfg := runconfig.Get()
		console.Store(reqtrack.Testing())
		colored.Store(cfg.Local.LogColor)
		quiet.Store(cfg.Local.QuietLog)
		for _, name := range []string{hiddenenv.Get("ENCORE_LOG"), cfg.LogConfig, applicationLevel} {
			if level, ok := ParseLevel(name); ok {
				minimum.Store(int32(level))
				break
			}
		}
	})
}

// Expected returns the level of lines about what is as it should be, such as refused requests, the start and the stop:
// info, for those who operate the program; debug where a developer watches it, who has other lines to look for.
func Expected() Level {
	SetUp("")
	if quiet.Load() {
		return Debug
	}
	return Info
}

// Quiet has Expected answer as where a developer watches the program, until the returned function is called. It is for tests.
func Quiet() (restore func()) {
	SetUp("")
	previous := quiet.Swap(true)
	return func() { quiet.Store(previous) }
}

// Redirect sends the log to w in the given form until the returned function is called. It is for tests.
func Redirect(w io.Writer, asConsole bool, level Level) (restore func()) {
	SetUp("")
	output.Lock()
	defer output.Unlock()
	previous, previousConsole, previousLevel := output.w, console.Load(), minimum.Load()
	output.w = w
	console.Store(asConsole)
	minimum.Store(int32(level))
	return func() {
		output.Lock()
		defer output.Unlock()
		output.w = previous
		console.Store(previousConsole)
		minimum.Store(previousLevel)
	}
}

// Enabled reports whether lines of the level are written.
func Enabled(level Level) bool { return int32(level) >= minimum.Load() }

// Line is a line being written. A nil Line, of a level that is not written, ignores everything.
type Line struct {
	buf   []byte
	level Level
}

var lines = sync.Pool{New: func() any { return &Line{buf: make([]byte, 0, 1024)} }}

const maxPooledLine = 16 << 10

// Start begins a line with the fields of req, which may be nil, and in tests with the name of the test. The line must
// be sent.
func Start(level Level, req *reqtrack.Request) *Line {
	SetUp("")
	if !Enabled(level) {
		return nil
	}
	l := lines.Get().(*Line)
	l.level = level
	l.buf = append(l.buf[:0], `{"level":"`...)
	l.buf = append(l.buf, levelNames[level]...)
	l.buf = append(l.buf, '"')
	if req != nil {
		l.request(req)
	}
	if reqtrack.Testing() {
		if test := reqtrack.TestName(); test != "" {
			l.Str("test", test)
		}
	}
	return l
}

// Current is Start with the request of the calling goroutine.
func Current(level Level) *Line { return Start(level, reqtrack.Current()) }

func (l *Line) request(req *reqtrack.Request) {
	if req.Service != "" {
		l.Str("service", req.Service)
	}
	if req.Endpoint != "" {
		l.Str("endpoint", req.Endpoint)
	}
	if req.Message != nil {
		l.Str("topic", req.Message.Topic)
		l.Str("subscription", req.Message.Subscription)
	}
	if req.UID != "" {
		l.Str("uid", req.UID)
	}
	if req.Trace.ID != ([16]byte{}) {
		l.buf = append(l.buf, `,"trace_id":"`...)
		l.buf = reqtrack.AppendTraceID(l.buf, req.Trace.ID)
		l.buf = append(l.buf, '"')
	}
	if req.Span != nil {
		// The form that viewers of traces know it in.
		l.Str("otel_trace_id", req.Span.SpanContext().TraceID().String())
	}
	if req.Trace.RequestID != "" {
		l.Str("request_id", req.Trace.RequestID)
	}
	if req.Trace.CorrelationID != "" {
		l.Str("x_correlation_id", req.Trace.CorrelationID)
	}
}

// Send writes the line with its message.
func (l *Line) Send(message string) {
	if l == nil {
		return
	}
	now := time.Now()
	if console.Load() {
		l.buf = appendConsole(nil, l.buf, l.level, now, message, colored.Load())
	} else {
		l.buf = append(l.buf, `,"time":"`...)
		l.buf = now.AppendFormat(l.buf, time.RFC3339)
		l.buf = append(l.buf, `","message":`...)
		l.buf = jsonappend.String(l.buf, message)
		l.buf = append(l.buf, '}', '\n')
	}
	write(l.buf)
	if cap(l.buf) <= maxPooledLine {
		lines.Put(l)
	}
}

func write(line []byte) {
	output.Lock()
	defer output.Unlock()
	w := output.w
	if w == nil {
		w = os.Stderr
	}
	// A log that cannot be written has nowhere to say so.
	_, _ = w.Write(line)
}
