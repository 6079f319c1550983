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
	"net/http"
	"reflect"

	"encore.dev/beta/auth"
	"encore.dev/middleware"
)

// Access says who may call an endpoint.
type Access string

// The access levels.
const (
	Public  Access = "public"
	Auth    Access = "auth"
	Private Access = "private"
)

// Endpoint describes one API endpoint.
type Endpoint struct {
	Service   string
	Name      string
	Access    Access
	Raw       bool
	Sensitive bool
	Methods   []string // upper case; {"*"} for any
	Path      string   // as written in the directive
	Params    []Param  // in path order
	Tags      []string
	File      string // relative to the app root
	Line      int

	// Request and Response are the declared types (struct or pointer to struct), nil when there is none.
	Request, Response reflect.Type

	// Func is the package-level function of the endpoint: for a method endpoint the generated one. It identifies
	// the endpoint for et.MockEndpoint and cron.JobConfig.Endpoint.
	Func any
	// PackageLevel is true when Func is the user's own function, so that calls in code are plain Go calls.
	PackageLevel bool

	// Handle calls the endpoint. params holds a value of the declared Go type for each path parameter, req a
	// value of type Request (nil when there is none); the result has type Response (nil when there is none).
	Handle func(ctx context.Context, params []any, req any) (any, error)
	// HandleRaw serves a raw endpoint.
	HandleRaw func(w http.ResponseWriter, req *http.Request)
}

// ParamKind is the form of a path parameter.
type ParamKind string

// The kinds of path parameter.
const (
	Segment  ParamKind = "param"    // :name
	Wildcard ParamKind = "wildcard" // *name
	Fallback ParamKind = "fallback" // !name
)

// Param is a path parameter.
type Param struct {
	Name string
	Kind ParamKind
	Type reflect.Type // string, bool, an integer or uuid.UUID
}

// AuthHandler describes the application's auth handler.
type AuthHandler struct {
	Service string // "" outside services
	Name    string
	Params  reflect.Type // string for the token form, else the declared struct type (or pointer to it)
	Data    reflect.Type // declared pointer type, nil when there is none
	Handle  func(ctx context.Context, params any) (auth.UID, any, error)
}

// Middleware describes one middleware function.
type Middleware struct {
	Service string // "" for global middleware
	Pkg     string // package name, for messages
	Name    string
	Global  bool
	All     bool     // target=all
	Tags    []string // otherwise: endpoints with any of these tags
	Order   int      // position in the order of execution
	Handle  func(req middleware.Request, next middleware.Next) middleware.Response
}

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
