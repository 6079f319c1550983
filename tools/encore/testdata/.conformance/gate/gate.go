// Package gate is middleware for every service.
package gate

import (
	"conformance.example/passed"
	"encore.dev/beta/errs"
	"encore.dev/middleware"
)

// Mark marks every answer.
//
//encore:middleware global target=all
func Mark(req middleware.Request, next middleware.Next) middleware.Response {
	res := next(req)
	res.Header().Set("X-Gate", "passed")
	return res
}

// Refuse turns requests away.
//
//encore:middleware global target=tag:refused
func Refuse(middleware.Request, middleware.Next) middleware.Response {
	return middleware.Response{Err: &errs.Error{Code: errs.PermissionDenied, Message: "turned away"}}
}

// Close is the last of the global ones.
//
//encore:middleware global target=tag:ordered
func Close(req middleware.Request, next middleware.Next) middleware.Response {
	return passed.Through("gate.Close", req, next)
}

// Explode panics.
//
//encore:middleware global target=tag:exploding
func Explode(middleware.Request, middleware.Next) middleware.Response { panic("out of order") }

// Twice runs what comes next twice.
//
//encore:middleware global target=tag:twice
func Twice(req middleware.Request, next middleware.Next) middleware.Response {
	next(req)
	return next(req)
}

// Teapot sets a status and a header, on errors too.
//
//encore:middleware global target=tag:teapot
func Teapot(req middleware.Request, next middleware.Next) middleware.Response {
	res := next(req)
	res.HTTPStatus = 418
	res.Header().Set("X-Pot", "tea")
	return res
}
