package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
)

// ending is the end of a run: it says what is stopped, and hears when the developer does not want to wait for it.
type ending struct {
	steps  *steps
	forced chan struct{} // closed by the second signal

	mu    sync.Mutex
	names []string // what was started
	begun bool
}

func newEnding(s *steps) *ending { return &ending{steps: s, forced: make(chan struct{})} }

// add notes what has been started.
func (e *ending) add(names ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range names {
		if !slices.Contains(e.names, name) {
			e.names = append(e.names, name)
		}
	}
}

// follow begins the end when ctx ends, and forces it at the next signal, until the returned function is called.
func (e *ending) follow(ctx context.Context, signals <-chan os.Signal) (unfollow func()) {
	over := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
		case <-over:
			return
		}
		e.begin()
		select {
		case <-signals:
			e.steps.printf("  Forced: everything is ended at once.\n")
			close(e.forced)
		case <-over:
		}
	}()
	return func() { close(over) }
}

// begin says what is stopped, the first time, if there is anything.
func (e *ending) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.begun || len(e.names) == 0 {
		return
	}
	e.begun = true
	names := slices.Clone(e.names)
	slices.Reverse(names) // the order of stopping
	e.steps.printf("\n  Stopping: %s …\n", strings.Join(names, ", "))
}

// done says that everything has stopped.
func (e *ending) done() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.begun {
		e.steps.printf("  Stopped.\n")
	}
}
