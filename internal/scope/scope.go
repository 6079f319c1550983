// Package scope holds credentials to what they are for: tokens that only read, and accounts that must first set up a second
// factor.
package scope

import (
	encore "encore.dev"
	encoreauth "encore.dev/beta/auth"
	"encore.dev/middleware"

	"encore.app/internal/origin"
	"encore.app/internal/refusal"
)

// holder is auth.Data. It is not named: programs without the service auth would then need its secrets.
type holder interface {
	MayOnlyRead() bool
	MustSetUp() bool
}

// setupTag is on the endpoints that work before the second factor is set up.
const setupTag = "second-factor-setup"

// Keep refuses requests that change something and come with a token that may only read (permission_denied, read_only), and
// requests of who must first set up a second factor (permission_denied, second_factor_required), whatever endpoint they go
// to. Public endpoints are for everybody, private ones for services: these are always POST, also to answer who only reads,
// and what led to them was looked at when it came in. Encore leaves it out in tests.
//
//encore:middleware global target=all
func Keep(req middleware.Request, next middleware.Next) middleware.Response {
	data := req.Data()
	if data.Type != encore.APICall || data.API != nil && !data.API.Exposed {
		return next(req)
	}
	who, ok := encoreauth.Data().(holder)
	switch {
	case !ok:
	case origin.Changes(data.Method) && who.MayOnlyRead():
		return middleware.Response{Err: refusal.Forbidden(refusal.ReadOnly, "This token may only read.")}
	case who.MustSetUp() && data.API != nil && data.API.AuthRequired && !data.API.Tags.Has(setupTag):
		return middleware.Response{Err: refusal.Forbidden(refusal.SecondFactorRequired, "First set up your second factor.")}
	}
	return next(req)
}
