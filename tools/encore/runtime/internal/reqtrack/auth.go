package reqtrack

import "context"

type authKey struct{}

// Auth is the user that calls are made for.
type Auth struct {
	UID  string
	Data any
}

// WithAuth returns a context whose API calls are made for the given user.
func WithAuth(ctx context.Context, auth *Auth) context.Context {
	return context.WithValue(ctx, authKey{}, auth)
}

// AuthFrom returns the user set by WithAuth, nil when there is none.
func AuthFrom(ctx context.Context) *Auth {
	auth, _ := ctx.Value(authKey{}).(*Auth)
	return auth
}

// SetAuth makes auth the user of the test outside of requests.
func (s *Scope) SetAuth(auth *Auth) { s.Set(authKey{}, auth) }

// CurrentAuth returns the user of the current request or, outside of one, the user that the test has set; nil when
// there is none.
func CurrentAuth() (auth Auth, ok bool) {
	c := currentCell()
	if c == nil {
		return Auth{}, false
	}
	if c.req != nil {
		return Auth{c.req.UID, c.req.AuthData}, c.req.UID != ""
	}
	value, _ := c.scope.Lookup(authKey{})
	if set, _ := value.(*Auth); set != nil {
		return *set, set.UID != ""
	}
	return Auth{}, false
}
