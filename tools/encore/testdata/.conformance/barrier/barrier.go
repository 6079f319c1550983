// Package barrier is global middleware that comes before that of package gate, by its path.
package barrier

import (
	"conformance.example/passed"
	"encore.dev/middleware"
)

// Lift is the first.
//
//encore:middleware global target=tag:ordered
func Lift(req middleware.Request, next middleware.Next) middleware.Response {
	return passed.Through("barrier.Lift", req, next)
}
