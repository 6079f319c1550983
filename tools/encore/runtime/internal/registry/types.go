// Package registry holds what the generated code says about the application: its services, endpoints, auth handler and
// middleware, and which service owns a subscription or cron job.
package registry

import (
	"context"
	"net/http"
	"reflect"

	"encore.dev/beta/auth"
	"encore.dev/internal/metrics"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/wire"
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

	// Made by RegisterEndpoint.
	info       reqtrack.Endpoint
	request    *wire.Request
	response   *wire.Response
	params     []*wire.Param
	middleware func() []*Middleware
	metrics    func() *metrics.Endpoint
	maxBody    int64
}

// Info returns what the endpoint's requests say about it.
func (e *Endpoint) Info() *reqtrack.Endpoint { return &e.info }

// Metrics returns what counts the endpoint's requests over HTTP.
func (e *Endpoint) Metrics() *metrics.Endpoint { return e.metrics() }

// RequestCodec returns the decoder of the payload, nil when there is none.
func (e *Endpoint) RequestCodec() *wire.Request { return e.request }

// ResponseCodec returns the encoder of the response, nil when there is none.
func (e *Endpoint) ResponseCodec() *wire.Response { return e.response }

// MaxBody is how many bytes of a body are read for a typed endpoint: 1 MiB, or what its tag says (see maxBody).
func (e *Endpoint) MaxBody() int64 { return e.maxBody }

// ParamCodecs returns the parsers of the path parameters.
func (e *Endpoint) ParamCodecs() []*wire.Param { return e.params }

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
