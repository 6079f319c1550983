// Package caching keeps what the API answers out of caches: of browsers on shared phones, and of proxies on the way.
package caching

import (
	encore "encore.dev"
	"encore.dev/middleware"
)

// NoStore says of the answers of typed endpoints, refusals too, that nobody may keep them. Raw endpoints say themselves
// how long their files may be kept. Encore leaves it out in tests.
//
//encore:middleware global target=all
func NoStore(req middleware.Request, next middleware.Next) middleware.Response {
	answer := next(req)
	if data := req.Data(); data.Type == encore.APICall && data.API != nil && !data.API.Raw {
		answer.Header().Set("Cache-Control", "no-store")
	}
	return answer
}
