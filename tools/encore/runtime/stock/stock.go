// Package stock is what generated code calls: it registers an application's services, endpoints, handlers and
// secrets with the runtime, carries calls between services, and holds the main function of the built program.
// Application code never imports it.
//
// Everything here is called from package init functions, except Call, CallEmpty and Main. A descriptor is a
// package-level variable without function values (so that an endpoint may call another one without an
// initialization cycle); its functions are filled in by the generated init, which then registers it.
package stock

import (
	"context"

	"encore.dev/beta/errs"
	"encore.dev/internal/invoke"
	"encore.dev/internal/registry"
)

// Access says who may call an endpoint.
type Access = registry.Access

// The access levels.
const (
	Public  = registry.Public
	Auth    = registry.Auth
	Private = registry.Private
)

// Endpoint describes one API endpoint.
type Endpoint = registry.Endpoint

// ParamKind is the form of a path parameter.
type ParamKind = registry.ParamKind

// The kinds of path parameter.
const (
	Segment  = registry.Segment  // :name
	Wildcard = registry.Wildcard // *name
	Fallback = registry.Fallback // !name
)

// Param is a path parameter.
type Param = registry.Param

// AuthHandler describes the application's auth handler.
type AuthHandler = registry.AuthHandler

// Middleware describes one middleware function.
type Middleware = registry.Middleware

// App is what the generated main function knows about the application.
type App struct {
	ID       string
	Revision string
	Dirty    bool // built from a tree with uncommitted changes
	CORS     CORS
	LogLevel string
}

// CORS is global_cors of encore.app.
type CORS struct {
	Debug                          bool
	AllowHeaders                   []string
	ExposeHeaders                  []string
	AllowOriginsWithoutCredentials []string // nil = all
	AllowOriginsWithCredentials    []string
}

// RegisterEndpoint adds an endpoint, whose functions must be set.
func RegisterEndpoint(e *Endpoint) { registry.RegisterEndpoint(e) }

// RegisterAuthHandler sets the application's auth handler.
func RegisterAuthHandler(h *AuthHandler) { registry.RegisterAuthHandler(h) }

// RegisterMiddleware adds a middleware function.
func RegisterMiddleware(m *Middleware) { registry.RegisterMiddleware(m) }

// RegisterSubscription tells the service that a subscription belongs to.
func RegisterSubscription(service, topic, subscription string) {
	registry.RegisterSubscription(service, topic, subscription)
}

// RegisterCron tells the service that a cron job belongs to.
func RegisterCron(service, id string) { registry.RegisterCron(service, id) }

// Call runs an endpoint that has a response, on behalf of the code that calls its package-level function. params and
// req are as for Endpoint.Handle. The error is an *errs.Error, or a plain error when ctx carries auth data that the
// auth handler could not have returned.
func Call[R any](ctx context.Context, ep *Endpoint, params []any, req any) (R, error) {
	response, err := invoke.Call(ctx, ep, params, req)
	typed, ok := response.(R)
	if !ok && err == nil && response != nil {
		err = errs.B().Code(errs.Internal).Msgf("endpoint %s.%s returned a %T", ep.Service, ep.Name, response).Err()
	}
	return typed, err
}

// CallEmpty is Call for an endpoint without a response.
func CallEmpty(ctx context.Context, ep *Endpoint, params []any, req any) error {
	_, err := invoke.Call(ctx, ep, params, req)
	return err
}
