package monitor

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Dependency is something outside of the program that it uses, and whether it could be reached when it was last tried.
type Dependency struct {
	Name      string `json:"name"`
	Reachable bool   `json:"reachable"`
	Error     string `json:"error,omitempty"`
}

const (
	probeEvery = 5 * time.Second
	probeLimit = 3 * time.Second

	// probeWait is how long an answer waits for a probe. A dependency that hangs must not make the program look dead.
	probeWait = 250 * time.Millisecond
)

// probed is a dependency and what is known about it.
type probed struct {
	probe func(ctx context.Context) error

	mu      sync.Mutex
	last    Dependency
	tried   time.Time
	running chan struct{} // closed when the probe in hand is done; nil when there is none
}

var known struct {
	sync.Mutex
	list []*probed
}

// Depend makes a dependency be listed by /readyz. probe, whose context ends soon, reports why it cannot be reached. A
// dependency that is named again is the later one.
func Depend(name string, probe func(ctx context.Context) error) {
	known.Lock()
	defer known.Unlock()
	known.list = slices.DeleteFunc(known.list, func(p *probed) bool { return p.last.Name == name })
	known.list = append(known.list, &probed{probe: probe, last: Dependency{Name: name, Error: "not tried yet"}})
	slices.SortFunc(known.list, func(a, b *probed) int { return cmp.Compare(a.last.Name, b.last.Name) })
}

// dependencies returns what is known about all, after trying again those that were not tried lately.
func dependencies(ctx context.Context) []Dependency {
	known.Lock()
	list := slices.Clone(known.list)
	known.Unlock()
	limit, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	for _, p := range list {
		p.begin()
	}
	states := make([]Dependency, len(list))
	for i, p := range list {
		states[i] = p.state(limit)
	}
	return states
}

func (p *probed) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running != nil || time.Since(p.tried) < probeEvery {
		return
	}
	done := make(chan struct{})
	p.running = done
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), probeLimit)
		err := p.probe(ctx)
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.last.Reachable, p.last.Error = err == nil, ""
		if err != nil {
			p.last.Error = err.Error()
		}
		p.tried, p.running = time.Now(), nil
		close(done)
	}()
}

// state returns what is known at the end of the probe in hand or of ctx.
func (p *probed) state(ctx context.Context) Dependency {
	p.mu.Lock()
	running := p.running
	p.mu.Unlock()
	if running != nil {
		select {
		case <-running:
		case <-ctx.Done():
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}
