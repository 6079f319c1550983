package main

import (
	"bytes"
	"io"
	"sync"
	"time"

	"encore.app/tools/encore/internal/logline"
)

// maxHeldLine bounds what is held of a line that does not end.
const maxHeldLine = 1 << 20

// programOutput takes what the program writes. The lines of its log, which are JSON, it shows as text; what the
// program prints by itself passes unchanged and at once.
type programOutput struct {
	w     io.Writer
	form  logForm
	line  func([]byte) // gets every line as the program wrote it; may be nil
	wrote func()       // may be nil

	// notice gets what the program has to tell at its start. It is not shown with the rest of the log.
	notice func(logline.Line) // may be nil

	mu     sync.Mutex
	held   []byte // the line that has not ended yet
	passed int    // how much of it has been shown
}

// logForm is how the log is shown.
type logForm struct {
	json   bool // as the program wrote it
	color  bool
	lowest logline.Level // what is less important is left out
}

// Write takes a piece of the output.
func (o *programOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wrote != nil {
		o.wrote()
	}
	o.held = append(o.held, p...)
	var text []byte
	for {
		end := bytes.IndexByte(o.held, '\n')
		if end < 0 {
			break
		}
		text = o.finish(text, o.held[:end+1])
		o.held = o.held[end+1:]
	}
	switch {
	case len(o.held) == 0:
		o.held = nil // free what long lines took
	case len(o.held) > maxHeldLine:
		text = o.finish(text, o.held)
		o.held = nil
	case o.held[0] != '{': // no line of the log: it may be a question that waits for an answer
		text = append(text, o.held[o.passed:]...)
		o.passed = len(o.held)
	}
	if len(text) > 0 {
		if _, err := o.w.Write(text); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// finish appends a whole line as it is shown.
func (o *programOutput) finish(text, line []byte) []byte {
	rest := line[o.passed:]
	o.passed = 0
	if o.line != nil {
		o.line(bytes.TrimRight(line, "\r\n"))
	}
	parsed, isLog := logline.Parse(line)
	isNotice := isLog && parsed.Notice != ""
	if isNotice && o.notice != nil {
		o.notice(parsed)
	}
	switch {
	case !isLog:
		return append(text, rest...)
	case isNotice && !o.form.json:
		return text
	case parsed.Level < o.form.lowest:
		return text
	case o.form.json:
		return append(text, line...)
	default:
		return parsed.Append(text, o.form.color)
	}
}

// end shows what the program wrote last, if it was no whole line.
func (o *programOutput) end() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.held) == 0 {
		return nil
	}
	text := o.finish(nil, o.held)
	o.held = nil
	_, err := o.w.Write(text)
	return err
}

// silence tells when a program has nothing more to say.
type silence struct {
	mu   sync.Mutex
	last time.Time
}

// broken says that the program has written something.
func (s *silence) broken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Now()
}

// wait waits until nothing has been written for a moment, or until done, but no longer than most.
func (s *silence) wait(done <-chan struct{}, moment, most time.Duration) {
	s.broken()
	limit := time.Now().Add(most)
	for {
		s.mu.Lock()
		rest := min(time.Until(s.last.Add(moment)), time.Until(limit))
		s.mu.Unlock()
		if rest <= 0 {
			return
		}
		select {
		case <-time.After(rest):
		case <-done:
			return
		}
	}
}
