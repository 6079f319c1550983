// Package auth tells which user the current request is made for.
package auth

import (
	"context"

	"encore.dev/internal/reqtrack"
)

// UID identifies a user. The application's auth handler decides what it is.
type UID string

// UserID returns the user that the current request is made for. ok is false when there is none. Goroutines started
// by the request see its user too.
func UserID() (_ UID, ok bool) {
	auth, ok := reqtrack.CurrentAuth()
	return UID(auth.UID), ok
}

// Data returns what the auth handler found out about the user, of the type that it returns; nil when there is no
// user or the auth handler has no such type.
func Data() any {
	auth, _ := reqtrack.CurrentAuth()
	return auth.Data
}

// WithContext returns a context whose API calls are made for the given user. It changes nothing for the request that
// makes the calls. data must be of the type that the auth handler returns; a call fails when it is not.
func WithContext(ctx context.Context, uid UID, data any) context.Context {
	return reqtrack.WithAuth(ctx, &reqtrack.Auth{UID: string(uid), Data: data})
}
