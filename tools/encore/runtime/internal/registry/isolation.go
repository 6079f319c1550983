package registry

import "encore.dev/internal/reqtrack"

type isolationKey struct{}

// Isolate gives the test of the scope, and its subtests, service structs of their own.
func Isolate(scope *reqtrack.Scope) { scope.Set(isolationKey{}, scope) }

// IsolatingScope returns the scope of the innermost test that has service structs of its own, nil when there is none.
func IsolatingScope(scope *reqtrack.Scope) *reqtrack.Scope {
	value, _ := scope.Lookup(isolationKey{})
	isolating, _ := value.(*reqtrack.Scope)
	return isolating
}
