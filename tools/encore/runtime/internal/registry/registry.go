package registry

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"encore.dev/internal/metrics"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/wire"
)

// Service is a service of the application.
type Service interface {
	Name() string
	// StructType is the type of the service struct, not of a pointer to it.
	StructType() reflect.Type
	// Instance returns a pointer to the service struct, which it initializes at the first call.
	Instance() (any, error)
}

type subscriptionKey struct{ topic, subscription string }

// Everything is registered by package init functions, which run one after the other, and read afterwards.
var (
	services      []Service
	endpoints     []*Endpoint
	byFunc        = map[uintptr]*Endpoint{}
	byName        = map[[2]string]*Endpoint{}
	authHandler   *AuthHandler
	middlewares   []*Middleware
	subscriptions = map[subscriptionKey]string{}
	cronJobs      = map[string]string{}
)

// RegisterService adds a service.
func RegisterService(s Service) { services = append(services, s) }

// RegisterEndpoint adds an endpoint, whose functions must be set. It panics when its types cannot be carried over
// HTTP, which the parser rules out.
func RegisterEndpoint(e *Endpoint) {
	e.info = reqtrack.Endpoint{
		Service: e.Service, Name: e.Name, RequestType: e.Request, ResponseType: e.Response, Raw: e.Raw, Tags: e.Tags,
		Exposed: e.Access != Private, AuthRequired: e.Access == Auth,
	}
	e.info.PrepareLabels()
	var err error
	if e.Request != nil {
		if e.request, err = wire.CompileRequest(e.Request); err != nil {
			panic(fmt.Sprintf("endpoint %s.%s: %v", e.Service, e.Name, err))
		}
	}
	if e.Response != nil {
		if e.response, err = wire.CompileResponse(e.Response); err != nil {
			panic(fmt.Sprintf("endpoint %s.%s: %v", e.Service, e.Name, err))
		}
	}
	if !e.Raw {
		for _, param := range e.Params {
			compiled, err := wire.CompileParam(param.Name, param.Type)
			if err != nil {
				panic(fmt.Sprintf("endpoint %s.%s: %v", e.Service, e.Name, err))
			}
			e.params = append(e.params, compiled)
		}
	}
	if e.maxBody, err = maxBody(e.Tags); err != nil {
		panic(fmt.Sprintf("endpoint %s.%s: %v", e.Service, e.Name, err))
	}
	e.metrics = sync.OnceValue(func() *metrics.Endpoint { return metrics.NewEndpoint(e.Service, e.Name) })
	e.middleware = sync.OnceValue(func() []*Middleware { return middlewareFor(e) })
	endpoints = append(endpoints, e)
	byName[[2]string{e.Service, e.Name}] = e
	if e.Func != nil {
		byFunc[reflect.ValueOf(e.Func).Pointer()] = e
	}
}

const (
	defaultMaxBody = 1 << 20
	maxBodyPrefix  = "max-body-"
	maxBodySuffix  = "mib"
)

// maxBody returns the limit that one of the tags sets: tag:max-body-8mib lets an endpoint take 8 MiB, from 1 to 1024.
// Payloads are decoded in memory, by everybody who may call the endpoint: a raw endpoint reads a large body bit by bit.
func maxBody(tags []string) (int64, error) {
	for _, tag := range tags {
		number, ok := strings.CutPrefix(tag, maxBodyPrefix)
		if !ok {
			continue
		}
		number, ok = strings.CutSuffix(number, maxBodySuffix)
		n, err := strconv.ParseUint(number, 10, 16)
		if !ok || err != nil || n < 1 || n > 1024 {
			return 0, fmt.Errorf("tag:%s is not a limit from max-body-1mib to max-body-1024mib", tag)
		}
		return int64(n) << 20, nil
	}
	return defaultMaxBody, nil
}

// RegisterAuthHandler sets the auth handler.
func RegisterAuthHandler(h *AuthHandler) { authHandler = h }

// RegisterMiddleware adds a middleware function.
func RegisterMiddleware(m *Middleware) { middlewares = append(middlewares, m) }

// RegisterSubscription tells the service that a subscription belongs to.
func RegisterSubscription(service, topic, subscription string) {
	subscriptions[subscriptionKey{topic, subscription}] = service
}

// RegisterCron tells the service that a cron job belongs to.
func RegisterCron(service, id string) { cronJobs[id] = service }

// Services returns all services, sorted by name.
func Services() []Service {
	sorted := slices.Clone(services)
	slices.SortFunc(sorted, func(a, b Service) int {
		if a.Name() < b.Name() {
			return -1
		}
		return 1
	})
	return sorted
}

// ServiceOf returns the service whose struct has the given type, which may be a pointer type; nil when there is none.
func ServiceOf(structType reflect.Type) Service {
	if structType.Kind() == reflect.Pointer {
		structType = structType.Elem()
	}
	for _, s := range services {
		if s.StructType() == structType {
			return s
		}
	}
	return nil
}

// Endpoints returns all endpoints.
func Endpoints() []*Endpoint { return endpoints }

// EndpointOf returns the endpoint that fn is the package-level function of, nil when there is none. fn may be any value.
func EndpointOf(fn any) *Endpoint {
	value := reflect.ValueOf(fn)
	if value.Kind() != reflect.Func || value.IsNil() {
		return nil
	}
	return byFunc[value.Pointer()]
}

// EndpointNamed returns the endpoint of that name, nil when there is none.
func EndpointNamed(service, name string) *Endpoint { return byName[[2]string{service, name}] }

// TheAuthHandler returns the auth handler, nil when there is none.
func TheAuthHandler() *AuthHandler { return authHandler }

// SubscriptionService returns the service that a subscription belongs to, "" when it is unknown.
func SubscriptionService(topic, subscription string) string {
	return subscriptions[subscriptionKey{topic, subscription}]
}

// CronService returns the service that a cron job belongs to, "" when it is unknown.
func CronService(id string) string { return cronJobs[id] }

// Middleware returns the middleware functions to run around the endpoint, in order. In tests there is no global one.
func (e *Endpoint) Middleware() []*Middleware { return e.middleware() }

func middlewareFor(e *Endpoint) []*Middleware {
	var matching []*Middleware
	for _, m := range middlewares {
		switch {
		case m.Global && reqtrack.Testing(), !m.Global && m.Service != e.Service:
			continue
		case !m.All && !slices.ContainsFunc(m.Tags, func(tag string) bool { return slices.Contains(e.Tags, tag) }):
			continue
		}
		matching = append(matching, m)
	}
	slices.SortStableFunc(matching, func(a, b *Middleware) int {
		switch {
		case a.Global != b.Global && a.Global:
			return -1
		case a.Global != b.Global:
			return 1
		}
		return a.Order - b.Order
	})
	return matching
}

var hosted map[string]bool // nil = all

// SetHosted restricts the program to the given services; nil = all.
func SetHosted(names []string) {
	if names == nil {
		hosted = nil
		return
	}
	hosted = map[string]bool{}
	for _, name := range names {
		hosted[name] = true
	}
}

// Hosted reports whether the service runs in this process.
func Hosted(service string) bool { return hosted == nil || hosted[service] }
