package stock

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"encore.dev/internal/lifecycle"
	"encore.dev/internal/registry"
	"encore.dev/internal/server"
)

// initialization makes the structs of all services that the process hosts, and knows those that must be told when the
// program stops.
type initialization struct {
	mu       sync.Mutex
	done     bool
	err      error
	values   []any
	underway int           // structs that are being made
	stopping bool          // none is made any more
	settled  chan struct{} // closed when stopping and none is underway
}

// running is that of the program, nil in tests of an application.
var running atomic.Pointer[initialization]

func newInitialization() *initialization { return &initialization{settled: make(chan struct{})} }

// run makes them concurrently and returns when all are made.
func (i *initialization) run() error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failures []error
	for _, service := range registry.Services() {
		if !registry.Hosted(service.Name()) {
			continue
		}
		wg.Go(func() {
			value, err := service.Instance()
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failures = append(failures, err)
				return
			}
			i.keep(value)
		})
	}
	wg.Wait()
	err := errors.Join(failures...)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.done, i.err = true, err
	return err
}

// startWork starts what runs in the background, unless the program is stopping: it would not be stopped again.
func (i *initialization) startWork(ctx context.Context) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stopping {
		return nil
	}
	return lifecycle.Start(ctx)
}

// begin reports whether a struct may be made; then made must be called.
func (i *initialization) begin() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stopping {
		return false
	}
	i.underway++
	return true
}

// made takes the struct that begin allowed, nil when there is none after all.
func (i *initialization) made(value any) {
	if value != nil {
		i.keep(value)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.underway--; i.underway == 0 && i.stopping {
		close(i.settled)
	}
}

func (i *initialization) keep(value any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !slices.Contains(i.values, value) {
		i.values = append(i.values, value)
	}
}

// stop lets no further struct be made.
func (i *initialization) stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stopping {
		return
	}
	if i.stopping = true; i.underway == 0 {
		close(i.settled)
	}
}

// structs returns all service structs, once those that were being made at the stop are made. Its error says that ctx
// ended before.
func (i *initialization) structs(ctx context.Context) (values []any, err error) {
	select {
	case <-i.settled:
	case <-ctx.Done():
		err = errors.New("a service is still being initialized: it is not told of the shutdown")
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.values), err
}

func (i *initialization) check() server.Check {
	i.mu.Lock()
	defer i.mu.Unlock()
	check := server.Check{Name: "services.initialized", Passed: i.done && i.err == nil}
	switch {
	case !i.done:
		check.Error = "services are being initialized"
	case i.err != nil:
		check.Error = i.err.Error()
	}
	return check
}
