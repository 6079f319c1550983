package stock

import (
	"errors"
	"sync"

	"encore.dev/internal/registry"
	"encore.dev/internal/server"
)

// initialization makes the structs of all services that the process hosts.
type initialization struct {
	mu     sync.Mutex
	done   bool
	err    error
	values []any
}

// run makes them concurrently and returns when all are made.
func (i *initialization) run() error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var values []any
	var failures []error
	for _, service := range registry.Services() {
		if !registry.Hosted(service.Name()) {
			continue
		}
		wg.Go(func() {
			value, err := service.Instance()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failures = append(failures, err)
				return
			}
			values = append(values, value)
		})
	}
	wg.Wait()
	err := errors.Join(failures...)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.done, i.err, i.values = true, err, values
	return err
}

// structs returns the service structs made so far, none while they are being made.
func (i *initialization) structs() []any {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.values
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
