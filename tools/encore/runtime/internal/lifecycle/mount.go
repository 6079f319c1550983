package lifecycle

import "net/http"

// A Mounted handler serves a part of the reserved path prefix /__encore/.
type Mounted struct {
	Prefix  string // ends with a slash
	Handler http.Handler
}

var mounted []Mounted

// Mount makes handler serve all paths that begin with prefix, which begins with "/__encore/" and ends with a slash. The
// handler decides who may use it. It is called before Start.
func Mount(prefix string, handler http.Handler) {
	hooks.mu.Lock()
	defer hooks.mu.Unlock()
	mounted = append(mounted, Mounted{prefix, handler})
}

// Mounts returns what Mount was called with.
func Mounts() []Mounted {
	hooks.mu.Lock()
	defer hooks.mu.Unlock()
	return append([]Mounted(nil), mounted...)
}
