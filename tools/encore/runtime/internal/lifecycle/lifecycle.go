// Package lifecycle starts and stops the parts of a program that live as long as it does.
package lifecycle

import (
	"context"
	"errors"
	"sync"
)

// Hook is a function run at the start or stop of the program.
type Hook func(ctx context.Context) error

var hooks struct {
	mu          sync.Mutex
	start, stop []Hook
}

// OnStart registers a function that starts something once all packages are initialized and the HTTP listener is open.
// It must not block. Its context is the base of all work that is not a request: it is canceled when running handlers
// are told to give up.
func OnStart(hook Hook) {
	hooks.mu.Lock()
	defer hooks.mu.Unlock()
	hooks.start = append(hooks.start, hook)
}

// OnStop registers a function that stops taking new work and returns when the work in hand is done or ctx is
// canceled. It is called as soon as a shutdown begins.
func OnStop(hook Hook) {
	hooks.mu.Lock()
	defer hooks.mu.Unlock()
	hooks.stop = append(hooks.stop, hook)
}

// Start runs the start hooks in order of registration and returns at the first error.
func Start(ctx context.Context) error {
	for _, hook := range registered(&hooks.start) {
		if err := hook(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Stop runs the stop hooks concurrently and returns when all have returned, with their errors.
func Stop(ctx context.Context) error {
	stops := registered(&hooks.stop)
	failures := make([]error, len(stops))
	var wg sync.WaitGroup
	for i, hook := range stops {
		wg.Go(func() { failures[i] = hook(ctx) })
	}
	wg.Wait()
	return errors.Join(failures...)
}

func registered(list *[]Hook) []Hook {
	hooks.mu.Lock()
	defer hooks.mu.Unlock()
	return append([]Hook(nil), *list...)
}
