package dashboard

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	keptLogs    = 2000 // lines; the oldest go first
	maxLogLine  = 64 << 10
	streamQueue = 500 // lines that wait for a slow browser before it is cut off, to come back by itself
)

// logLine is a line of the log, taken apart.
type logLine struct {
	Time                            time.Time
	Level, Service, Endpoint, Trace string
	Message                         string
	Fields                          []logField
	Duration                        string // of the request that it reports as completed
	Code                            string
}

type logField struct{ Name, Value string }

// logStore keeps the last lines and hands new ones to the pages that are open.
type logStore struct {
	mu      sync.Mutex
	lines   []*logLine
	streams map[chan *logLine]bool
}

func newLogStore() *logStore { return &logStore{streams: make(map[chan *logLine]bool)} }

func (s *logStore) add(data []byte) {
	line := parseLog(data, time.Now())
	if line == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lines) == keptLogs {
		s.lines = slices.Delete(s.lines, 0, keptLogs/10)
	}
	s.lines = append(s.lines, line)
	for c := range s.streams {
		select {
		case c <- line:
		default: // too slow
			delete(s.streams, c)
			close(c)
		}
	}
}

// list returns the lines that pass the filter, newest first.
func (s *logStore) list(f logFilter) []*logLine {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*logLine
	for _, line := range slices.Backward(s.lines) {
		if f.passes(line) {
			found = append(found, line)
		}
	}
	return found
}

// subscribe returns a channel of new lines, which is closed when they are not received in time.
func (s *logStore) subscribe() (lines <-chan *logLine, stop func()) {
	c := make(chan *logLine, streamQueue)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams[c] = true
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.streams, c)
	}
}

func parseLog(data []byte, now time.Time) *logLine {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil
	}
	data = data[:min(len(data), maxLogLine)]
	var values map[string]json.RawMessage
	if data[0] != '{' || json.Unmarshal(data, &values) != nil {
		return &logLine{Time: now, Level: "output", Message: strings.ToValidUTF8(string(data), "\uFFFD")}
	}
	take := func(name string) string {
		value := text(values[name])
		delete(values, name)
		return value
	}
	line := &logLine{
		Level: take("level"), Service: take("service"), Endpoint: take("endpoint"), Trace: take("trace_id"),
		Message: take("message"), Time: now,
	}
	if t, err := time.Parse(time.RFC3339Nano, text(values["time"])); err == nil {
		// The log tells whole seconds; the moment of arrival is closer.
		if now.Sub(t).Abs() > 2*time.Second {
			line.Time = t
		}
		delete(values, "time")
	}
	if line.Message == "request completed" {
		line.Duration, line.Code = text(values["duration"]), text(values["code"])
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		line.Fields = append(line.Fields, logField{name, text(values[name])})
	}
	return line
}

// text is a string itself, other values are their JSON.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// logFilter chooses lines; empty members let everything pass.
type logFilter struct {
	Service, Level, Trace string
	Requests              bool // only those that report a request as completed
}

var levels = []string{"trace", "debug", "info", "warn", "error"}

func readFilter(r *http.Request) logFilter {
	q := r.URL.Query()
	return logFilter{q.Get("service"), q.Get("level"), strings.TrimSpace(q.Get("trace")), q.Get("show") == "requests"}
}

func (f logFilter) passes(l *logLine) bool {
	if f.Requests && l.Message != "request completed" {
		return false
	}
	if f.Level != "" {
		// A line of no known level, such as a panic, always passes.
		if i := slices.Index(levels, l.Level); i >= 0 && i < slices.Index(levels, f.Level) {
			return false
		}
	}
	return cmp.Or(f.Service, l.Service) == l.Service && cmp.Or(f.Trace, l.Trace) == l.Trace
}

type logPage struct {
	Filter   logFilter
	Services []string
	Levels   []string
	Query    string
	Lines    []*logLine
}

func (d *Dashboard) logPage(w http.ResponseWriter, r *http.Request) {
	p := logPage{Filter: readFilter(r), Levels: levels, Query: r.URL.RawQuery}
	for _, s := range d.options.App().Services {
		p.Services = append(p.Services, s.Name)
	}
	p.Lines = d.logs.list(p.Filter)
	p.Lines = p.Lines[:min(len(p.Lines), 500)]
	d.show(w, r, http.StatusOK, "logs.html", "logs", "Logs", p)
}

// logStream sends new lines as they are on the page, by server-sent events.
func (d *Dashboard) logStream(w http.ResponseWriter, r *http.Request) {
	filter := readFilter(r)
	lines, stop := d.logs.subscribe()
	defer stop()
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	if _, err := fmt.Fprint(w, ": open\n\n"); err != nil || control.Flush() != nil {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case line, open := <-lines:
			if !open {
				return
			}
			if !filter.passes(line) {
				continue
			}
			var row bytes.Buffer
			if err := d.pages.ExecuteTemplate(&row, "log-row", line); err != nil {
				return
			}
			data := strings.NewReplacer("\r", " ", "\n", "\ndata: ").Replace(row.String())
			if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil || control.Flush() != nil {
				return
			}
		}
	}
}
