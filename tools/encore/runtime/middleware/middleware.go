// Package middleware has the types of middleware: functions that run around endpoints.
package middleware

import (
	"context"
	"net/http"

	encore "encore.dev"
)

// Signature is what a middleware function looks like. It calls next at most once and returns its response, or one of
// its own.
type Signature func(req Request, next Next) Response

// Next runs the rest of the middleware and the endpoint.
type Next func(Request) Response

// Request is the request that a middleware function handles.
type Request struct {
	ctx  context.Context
	data *encore.Request
}

// NewRequest returns a Request; it is for tests of middleware functions.
func NewRequest(ctx context.Context, data *encore.Request) Request {
	return Request{ctx: ctx, data: data}
}

// WithContext returns a copy of the request with another context.
func (r *Request) WithContext(ctx context.Context) Request {
	return Request{ctx: ctx, data: r.data}
}

// Context returns the context of the request.
func (r *Request) Context() context.Context { return r.ctx }

// Data returns a description of the request.
func (r *Request) Data() *encore.Request { return r.data }

// Response is the outcome of a request.
type Response struct {
	// Payload is the response of the endpoint, of its response type; nil when there is none or on errors.
	Payload any
	// Err is the error, nil on success.
	Err error
	// HTTPStatus is the HTTP status; 0 = the usual one.
	HTTPStatus int

	header http.Header
}

// Header returns the headers to add to the HTTP response; the caller may change them.
func (r *Response) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}
