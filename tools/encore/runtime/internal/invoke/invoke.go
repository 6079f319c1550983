// Package invoke runs endpoints: validation, middleware, the handler, and calls from one endpoint to another.
package invoke

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/internal/registry"
	"encore.dev/middleware"
)

// Outcome is the result of running an endpoint.
type Outcome struct {
	Payload any
	Err     error
	Status  int         // HTTP status set by middleware, 0 = none
	Header  http.Header // headers set by middleware, may be nil
}

// Handler is the innermost part of an endpoint.
type Handler func(ctx context.Context) (any, error)

// Run validates payload and runs the endpoint's middleware and handler. The request must be the current one.
func Run(ctx context.Context, e *registry.Endpoint, params []any, payload any) Outcome {
	payload, err := validate(e, payload)
	if err != nil {
		return Outcome{Err: err}
	}
	chain := e.Middleware()
	if len(chain) == 0 {
		response, err := handle(ctx, e, params, payload)
		return Outcome{Payload: response, Err: err}
	}
	return RunMiddleware(ctx, e, chain, func(ctx context.Context) (any, error) { return handle(ctx, e, params, payload) })
}

func handle(ctx context.Context, e *registry.Endpoint, params []any, payload any) (response any, err error) {
	defer recoverInto(&err, "panic handling request")
	return e.Handle(ctx, params, payload)
}

type validator interface{ Validate() error }

var validatorType = reflect.TypeFor[validator]()

// validate returns the payload, which the validation may have changed.
func validate(e *registry.Endpoint, payload any) (valid any, err error) {
	if payload == nil {
		return nil, nil
	}
	defer recoverInto(&err, "panic handling request")
	valid = payload
	check, ok := payload.(validator)
	switch {
	case ok:
		if v := reflect.ValueOf(payload); v.Kind() == reflect.Pointer && v.IsNil() {
			return payload, nil
		}
		err = check.Validate()
	case e.Request != nil && e.Request.Kind() == reflect.Struct && reflect.PointerTo(e.Request).Implements(validatorType):
		pointer := reflect.New(e.Request)
		pointer.Elem().Set(reflect.ValueOf(payload))
		err = pointer.Interface().(validator).Validate()
		valid = pointer.Elem().Interface()
	}
	if err == nil {
		return valid, nil
	}
	return nil, ValidationError(err)
}

// ValidationError returns the error for a payload whose Validate method returned err.
func ValidationError(err error) error {
	if coded, ok := err.(*errs.Error); ok {
		return coded
	}
	return &errs.Error{Code: errs.InvalidArgument, Message: "validation failed: " + err.Error()}
}

// RunMiddleware runs the given middleware around handler.
func RunMiddleware(ctx context.Context, e *registry.Endpoint, chain []*registry.Middleware, handler Handler) Outcome {
	response := next(e, chain, handler)(middleware.NewRequest(ctx, encore.CurrentRequest()))
	return Outcome{Payload: response.Payload, Err: response.Err, Status: response.HTTPStatus, Header: response.Header()}
}

// next returns the function that runs the first of chain, or the handler when there is none left.
func next(e *registry.Endpoint, chain []*registry.Middleware, handler Handler) middleware.Next {
	called := false
	return func(req middleware.Request) (response middleware.Response) {
		if called {
			return middleware.Response{Err: errs.B().Code(errs.Internal).Msg("invalid middleware: next was called more than once").Err()}
		}
		called = true
		if len(chain) == 0 {
			payload, err := handler(req.Context())
			return middleware.Response{Payload: payload, Err: err}
		}
		response = runOne(chain[0], req, next(e, chain[1:], handler))
		if response.Err == nil {
			response.Payload, response.Err = checkPayload(e, response.Payload)
		}
		return response
	}
}

func runOne(m *registry.Middleware, req middleware.Request, next middleware.Next) (response middleware.Response) {
	defer recoverInto(&response.Err, "panic executing middleware "+m.Pkg+"."+m.Name)
	return m.Handle(req, next)
}

// checkPayload returns a payload of the endpoint's response type.
func checkPayload(e *registry.Endpoint, payload any) (any, error) {
	if e.Raw {
		return payload, nil
	}
	if payload == nil {
		if e.Response == nil {
			return nil, nil
		}
		return reflect.Zero(e.Response).Interface(), nil
	}
	if got := reflect.TypeOf(payload); got != e.Response {
		expected := "<none>"
		if e.Response != nil {
			expected = e.Response.String()
		}
		return nil, errs.B().Code(errs.Internal).Msgf(
			"invalid middleware: cannot return payload of type %s for endpoint %s.%s (expected type %s)",
			got, e.Service, e.Name, expected).Err()
	}
	return payload, nil
}

// panicError carries the stack of a recovered panic to the log. It has no text: the message of the error that wraps it
// says it all.
type panicError struct {
	value any
	stack []byte
}

func (*panicError) Error() string { return "" }

// recoverInto turns a panic of the function that defers it into an error with the code Internal.
func recoverInto(err *error, what string) {
	if value := recover(); value != nil {
		*err = PanicError(what, value)
	}
}

// PanicError returns the error for a recovered panic, with the stack of the caller.
func PanicError(what string, value any) error {
	return errs.B().Code(errs.Internal).Msg(what + ": " + fmt.Sprint(value)).
		Cause(&panicError{value, debug.Stack()}).Err()
}
