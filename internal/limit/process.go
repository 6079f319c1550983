package limit

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// maxKeys bounds how many keys a process remembers of one limit: about 2 MB.
const maxKeys = 20_000

// processLimiter is the same algorithm as Redis' (GCRA), for one process. Every limit has a table of its own and every
// key an entry of its own: nobody waits for what somebody else has tried.
type processLimiter struct {
	mu sync.Mutex
	// paid is, for each limit's name and key, when all tries so far will be forgotten.
	paid map[string]map[key]time.Time
}

func newProcessLimiter() *processLimiter {
	return &processLimiter{paid: make(map[string]map[key]time.Time)}
}

func (p *processLimiter) take(limit Limit, id key, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	table := p.paid[limit.Name]
	if table == nil {
		table = make(map[key]time.Time)
		p.paid[limit.Name] = table
	}
	paid, known := table[id]
	if paid.Before(now) {
		paid = now
	}
	paid = paid.Add(limit.interval())
	if wait := paid.Add(-limit.interval() * time.Duration(limit.Count)).Sub(now); wait > 0 {
		return wait
	}
	if !known && len(table) >= maxKeys {
		makeRoom(table, now)
	}
	table[id] = paid
	return 0
}

func (p *processLimiter) forget(limit Limit, id key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.paid[limit.Name], id)
}

// makeRoom removes what is forgotten anyhow, and when that is too little those who tried the least: who fills the table
// from thousands of addresses frees others, and never those that try the most.
func makeRoom(table map[key]time.Time, now time.Time) {
	maps.DeleteFunc(table, func(_ key, paid time.Time) bool { return !paid.After(now) })
	if len(table) < maxKeys {
		return
	}
	ids := slices.SortedFunc(maps.Keys(table), func(a, b key) int {
		return cmp.Compare(table[a].UnixNano(), table[b].UnixNano())
	})
	for _, id := range ids[:maxKeys/8] {
		delete(table, id)
	}
}
