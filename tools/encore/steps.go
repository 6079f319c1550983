package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// slow is after how long a step says that it is still at work.
const slow = 3 * time.Second

// steps prints what a command does, one line for each step when it is done; a slow one says in between that it goes on.
type steps struct {
	mu    sync.Mutex
	w     io.Writer
	color bool
	quiet atomic.Bool // print only the steps that fail
}

func newSteps(w io.Writer) *steps { return &steps{w: w, color: hasColor(w)} }

// do runs a step and prints how it ended, in any order with others.
func (s *steps) do(name string, step func() error) error {
	start := time.Now()
	notice := time.AfterFunc(slow, func() {
		if !s.quiet.Load() {
			s.printf("  … %s\n", name)
		}
	})
	err := step()
	notice.Stop()
	took := time.Since(start)
	if err != nil {
		s.printf("  %s %s\n", s.paint("31", "✘"), name)
		return err
	}
	if !s.quiet.Load() {
		s.printf("  %s %s %s\n", s.paint("32", "✔"), name, s.paint("2", took.Round(10*time.Millisecond).String()))
	}
	return nil
}

func (s *steps) printf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.w, format, args...)
}

// Write lets others print between the steps.
func (s *steps) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// paint colours text, where the reader sees colours.
func (s *steps) paint(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// hasColor reports whether what is written to w is seen on a terminal, by someone who wants colours.
func hasColor(w io.Writer) bool {
	if s, ok := w.(*steps); ok {
		return s.color
	}
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
