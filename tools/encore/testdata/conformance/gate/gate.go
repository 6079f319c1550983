// Package gate is middleware for every service.
package gate

import (
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
