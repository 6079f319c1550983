// Package scope holds programs to what their tokens are for.
package scope

import (
	encore "encore.dev"
	encoreauth "encore.dev/beta/auth"
	"encore.dev/middleware"

	"encore.app/internal/origin"
	"encore.app/internal/refusal"
)

// reader is auth.Data. It is not named: programs without the service auth would then need its secrets.
type reader interface{ MayOnlyRead() bool }

// Keep refuses requests that change something and come with a token that may only read (permission_denied), whatever
// endpoint they go to. Encore leaves it out in tests.
//
//encore:middleware global target=all
func Keep(req middleware.Request, next middleware.Next) middleware.Response {
	data := req.Data()
	if data.Type == encore.APICall && origin.Changes(data.Method) {
		if who, ok := encoreauth.Data().(reader); ok && who.MayOnlyRead() {
			return middleware.Response{Err: refusal.Forbidden(refusal.ReadOnly, "This token may only read.")}
		}
	}
	return next(req)
}
