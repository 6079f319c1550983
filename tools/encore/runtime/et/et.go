// Package et helps tests: it replaces endpoints and services by mocks, sets the user, gives a test its own services and
// databases, and shows what was published.
//
// What a test sets up holds for the test itself, its subtests and the goroutines it starts, and ends with it. In
// TestMain it holds for the whole package. Every function panics when the program is not a test.
package et

import (
	"fmt"
	"reflect"

	"encore.dev/beta/auth"
	"encore.dev/internal/invoke"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
)

// MockOption changes how a mock is called.
type MockOption func(*mockOptions)

type mockOptions struct{ runMiddleware bool }

// RunMiddleware says whether the middleware of the service runs around a mock. Without this option it does not.
func RunMiddleware(enabled bool) MockOption {
	return func(o *mockOptions) { o.runMiddleware = enabled }
}

// MockEndpoint makes calls of originalEndpoint call mock instead. It wins over MockService. A nil mock undoes it. It
// panics when originalEndpoint is not an endpoint, or is one that is a function of its package, whose calls are plain
// Go calls.
func MockEndpoint[T any](originalEndpoint T, mock T, opts ...MockOption) {
	requireTest("MockEndpoint")
	endpoint := registry.EndpointOf(originalEndpoint)
	switch {
	case endpoint == nil:
		panic(fmt.Sprintf("et.MockEndpoint: %T is not an endpoint: pass the package-level function, such as orders.Place", originalEndpoint))
	case endpoint.PackageLevel:
		panic(fmt.Sprintf("et.MockEndpoint: calls of %s.%s cannot be replaced, because it is a function of its package; "+
			"make it a method of the service struct", endpoint.Service, endpoint.Name))
	}
	invoke.SetEndpointMock(endpoint, newMock(mock, opts))
}

// MockService makes calls of the service's endpoints call the methods of the same name of mock instead. A call of an
// endpoint for which mock has no method fails with the code Internal. A nil mock undoes it.
func MockService[T any](serviceName string, mock T, opts ...MockOption) {
	requireTest("MockService")
	known := false
	for _, endpoint := range registry.Endpoints() {
		known = known || endpoint.Service == serviceName
	}
	if !known {
		panic(fmt.Sprintf("et.MockService: there is no service %q with endpoints", serviceName))
	}
	invoke.SetServiceMock(serviceName, newMock(mock, opts))
}

func newMock(mock any, opts []MockOption) *invoke.Mock {
	value := reflect.ValueOf(mock)
	if !value.IsValid() {
		return nil
	}
	switch value.Kind() {
	case reflect.Func, reflect.Pointer, reflect.Interface, reflect.Map:
		if value.IsNil() {
			return nil
		}
	}
	var options mockOptions
	for _, opt := range opts {
		opt(&options)
	}
	return &invoke.Mock{Value: value, RunMiddleware: options.runMiddleware}
}

// OverrideAuthInfo sets the user of the test: of the code it calls directly, and of the endpoints that it calls. data
// must be of the type that the auth handler returns; calls fail when it is not. An empty uid means no user.
func OverrideAuthInfo(uid auth.UID, data any) {
	requireTest("OverrideAuthInfo")
	reqtrack.TestScope().SetAuth(&reqtrack.Auth{UID: string(uid), Data: data})
}

// EnableServiceInstanceIsolation gives the test service structs of its own, initialized at their first use in it.
func EnableServiceInstanceIsolation() {
	requireTest("EnableServiceInstanceIsolation")
	registry.Isolate(reqtrack.TestScope())
}

func requireTest(function string) {
	if !reqtrack.Testing() {
		panic("et." + function + ": only tests may call this")
	}
}
