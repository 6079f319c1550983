// Package passed keeps, in a request's context, which middleware it has gone through.
package passed

import (
	"context"
	"slices"

	"encore.dev/middleware"
)

type key struct{}

// By returns the names of the middleware, in the order of their calls.
func By(ctx context.Context) []string {
	names, _ := ctx.Value(key{}).([]string)
	return names
}

// Through notes a name and runs what comes next.
func Through(name string, req middleware.Request, next middleware.Next) middleware.Response {
	names := append(slices.Clone(By(req.Context())), name)
	return next(req.WithContext(context.WithValue(req.Context(), key{}, names)))
}
