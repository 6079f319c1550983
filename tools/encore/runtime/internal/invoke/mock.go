package invoke

import (
	"context"
	"reflect"

	"encore.dev/beta/errs"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
)

// Mock stands in for an endpoint or, as a value with methods, for a service.
type Mock struct {
	Value         reflect.Value
	RunMiddleware bool
}

type (
	endpointMockKey struct{ endpoint *registry.Endpoint }
	serviceMockKey  struct{ service string }
)

// SetEndpointMock makes calls of e in the current test and its subtests call mock, a function with the endpoint's
// signature. A nil mock undoes it.
func SetEndpointMock(e *registry.Endpoint, mock *Mock) {
	reqtrack.TestScope().Set(endpointMockKey{e}, mock)
}

// SetServiceMock makes calls of the service's endpoints in the current test and its subtests call the methods of mock.
// A nil mock undoes it.
func SetServiceMock(service string, mock *Mock) {
	reqtrack.TestScope().Set(serviceMockKey{service}, mock)
}

// runMocked is Run with the mocks of the test.
func runMocked(ctx context.Context, e *registry.Endpoint, params []any, payload any) Outcome {
	scope := reqtrack.CurrentScope()
	if scope == nil {
		return Run(ctx, e, params, payload)
	}
	value, _ := scope.Lookup(endpointMockKey{e})
	mock, _ := value.(*Mock)
	var function reflect.Value
	if mock != nil {
		function = mock.Value
	} else {
		value, _ = scope.Lookup(serviceMockKey{e.Service})
		if mock, _ = value.(*Mock); mock == nil {
			return Run(ctx, e, params, payload)
		}
		if function = mock.Value.MethodByName(e.Name); !function.IsValid() {
			return Outcome{Err: errs.B().Code(errs.Internal).Msgf("the mock of service %s, a %s, has no method %s",
				e.Service, mock.Value.Type(), e.Name).Err()}
		}
	}
	payload, err := validate(e, payload)
	if err != nil {
		return Outcome{Err: err}
	}
	handler := func(ctx context.Context) (any, error) { return callMock(ctx, e, function, params, payload) }
	if chain := e.Middleware(); mock.RunMiddleware && len(chain) > 0 {
		return RunMiddleware(ctx, e, chain, handler)
	}
	response, err := handler(ctx)
	return Outcome{Payload: response, Err: err}
}

func callMock(ctx context.Context, e *registry.Endpoint, function reflect.Value, params []any, payload any) (response any, err error) {
	defer recoverInto(&err, "panic handling request")
	arguments := []reflect.Value{reflect.ValueOf(ctx)}
	for _, param := range params {
		arguments = append(arguments, reflect.ValueOf(param))
	}
	if e.Request != nil {
		argument := reflect.Zero(e.Request)
		if payload != nil {
			argument = reflect.ValueOf(payload)
		}
		arguments = append(arguments, argument)
	}
	if err := checkMock(e, function.Type(), arguments); err != nil {
		return nil, err
	}
	results := function.Call(arguments)
	if len(results) == 2 {
		response = results[0].Interface()
	}
	err, _ = reflect.TypeAssert[error](results[len(results)-1])
	return response, err
}

var errorType = reflect.TypeFor[error]()

func checkMock(e *registry.Endpoint, function reflect.Type, arguments []reflect.Value) error {
	fits := function.NumIn() == len(arguments) && !function.IsVariadic()
	for i := 0; fits && i < len(arguments); i++ {
		fits = arguments[i].Type().AssignableTo(function.In(i))
	}
	results := []reflect.Type{errorType}
	if e.Response != nil {
		results = []reflect.Type{e.Response, errorType}
	}
	fits = fits && function.NumOut() == len(results)
	for i := 0; fits && i < len(results); i++ {
		fits = function.Out(i) == results[i]
	}
	if fits {
		return nil
	}
	return errs.B().Code(errs.Internal).Msgf("the mock of endpoint %s.%s has another signature: %s", e.Service, e.Name, function).Err()
}
