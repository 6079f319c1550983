package gate

import (
	"conformance.example/passed"
	"encore.dev/middleware"
)

// Unlock comes before what gate.go has, by the name of its file.
//
//encore:middleware global target=tag:teapot,tag:ordered
func Unlock(req middleware.Request, next middleware.Next) middleware.Response {
	return passed.Through("gate.Unlock", req, next)
}

// Enter comes after Unlock, by its position.
//
//encore:middleware global target=tag:ordered
func Enter(req middleware.Request, next middleware.Next) middleware.Response {
	return passed.Through("gate.Enter", req, next)
}
