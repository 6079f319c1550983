// Package stock is what the generated registration files of an application call: it describes services, endpoints,
// handlers and secrets, and carries calls between services. Application code imports it for CheckAtStart alone, in files
// with the build tag of generated ones (!encore_app).
//
// It is a module of its own that needs nothing but the standard library: the official Encore CLI puts a runtime of its
// own in the place of encore.dev, and what the registration files import must exist beside both. The runtime plugs
// itself in with Use when it is initialized, which is before any package of the application.
//
// Everything here is called from package init functions, except Call, CallEmpty and Service.Get. An endpoint's
// descriptor is a package-level variable without function values (so that an endpoint may call another one without an
// initialization cycle); its functions are filled in by the generated init, which then registers it.
package stock

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
)

// Runtime is what carries an application out.
type Runtime interface {
	// RegisterService adds a service. create makes the service struct, a pointer to structType, when it is first needed.
	// The returned function gives that struct; its error has the code Internal.
	RegisterService(name string, structType reflect.Type, create func() (any, error)) func() (any, error)
	// RegisterEndpoint adds an endpoint and returns what calls it on behalf of code, with params and req as for
	// Endpoint.Handle.
	RegisterEndpoint(e *Endpoint) func(ctx context.Context, params []any, req any) (any, error)
	RegisterAuthHandler(h *AuthHandler)
	RegisterMiddleware(m *Middleware)
	RegisterSubscription(service, topic, subscription string)
	RegisterCron(service, id string)
	// LoadSecrets fills group, a pointer to a struct of strings.
	LoadSecrets(group any)
}

var runtime Runtime

// Use plugs the runtime in.
func Use(r Runtime) { runtime = r }

var startChecks []func() error

// CheckAtStart has the program refuse to start when check returns an error: each line of it is told, in one message with
// what else is wrong. check is called before anything is connected or made, and must not do so itself: it is for settings
// in the environment. Tests do not call it. It is called from a package's init function.
func CheckAtStart(check func() error) { startChecks = append(startChecks, check) }

// StartChecks returns what CheckAtStart was given, for the runtime.
func StartChecks() []func() error { return startChecks }

// Access says who may call an endpoint.
type Access string

// The access levels.
const (
	Public  Access = "public"
	Auth    Access = "auth"
	Private Access = "private"
)

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

	call func(ctx context.Context, params []any, req any) (any, error) // set by RegisterEndpoint
}

// AuthHandler describes the application's auth handler.
type AuthHandler struct {
	Service string // "" outside services
	Name    string
	Params  reflect.Type // string for the token form, else the declared struct type (or pointer to it)
	Data    reflect.Type // declared pointer type, nil when there is none
	// Handle returns the user's id, an auth.UID, and what else is known of them.
	Handle func(ctx context.Context, params any) (uid string, data any, err error)
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
	Handle  any      // func(middleware.Request, middleware.Next) middleware.Response
}

// Service holds the service struct S of a service; S is struct{} when there is none.
type Service[S any] struct {
	create func() (*S, error)
	get    func() (any, error)
}

// NewService registers a service.
func NewService[S any](name string) *Service[S] {
	s := new(Service[S])
	s.get = runtime.RegisterService(name, reflect.TypeFor[S](), func() (any, error) {
		if s.create == nil {
			return new(S), nil
		}
		value, err := s.create()
		if err == nil && value == nil {
			err = fmt.Errorf("the init function returned no service struct")
		}
		return value, err
	})
	return s
}

// Init sets the function that makes the service struct; nil = its zero value.
func (s *Service[S]) Init(fn func() (*S, error)) { s.create = fn }

// Get returns the service struct, which the first call makes. Its error has the code Internal.
func (s *Service[S]) Get() (*S, error) {
	value, err := s.get()
	if err != nil {
		return nil, err
	}
	return value.(*S), nil
}

// LoadSecrets fills group, a pointer to a struct of strings, with the secrets named by its fields. A secret without a
// value is "" during development and in tests; elsewhere the program refuses to start.
func LoadSecrets(group any) struct{} {
	runtime.LoadSecrets(group)
	return struct{}{}
}

// RegisterEndpoint adds an endpoint, whose functions must be set.
func RegisterEndpoint(e *Endpoint) { e.call = runtime.RegisterEndpoint(e) }

// RegisterAuthHandler sets the application's auth handler.
func RegisterAuthHandler(h *AuthHandler) { runtime.RegisterAuthHandler(h) }

// RegisterMiddleware adds a middleware function.
func RegisterMiddleware(m *Middleware) { runtime.RegisterMiddleware(m) }

// RegisterSubscription tells the service that a subscription belongs to.
func RegisterSubscription(service, topic, subscription string) {
	runtime.RegisterSubscription(service, topic, subscription)
}

// RegisterCron tells the service that a cron job belongs to.
func RegisterCron(service, id string) { runtime.RegisterCron(service, id) }

// Call runs an endpoint that has a response, on behalf of the code that calls its package-level function. params and
// req are as for Endpoint.Handle. The error is an *errs.Error, or a plain error when ctx carries auth data that the
// auth handler could not have returned.
func Call[R any](ctx context.Context, e *Endpoint, params []any, req any) (R, error) {
	response, err := e.call(ctx, params, req)
	typed, ok := response.(R)
	if !ok && err == nil && response != nil {
		err = fmt.Errorf("endpoint %s.%s returned a %T", e.Service, e.Name, response)
	}
	return typed, err
}

// CallEmpty is Call for an endpoint without a response.
func CallEmpty(ctx context.Context, e *Endpoint, params []any, req any) error {
	_, err := e.call(ctx, params, req)
	return err
}
