// Package routes shows which endpoint answers a path.
package routes

import (
	"context"
	"fmt"
	"net/http"

	encore "encore.dev"
	"encore.dev/types/uuid"
)

// Answer names the endpoint that answered and what it saw.
type Answer struct {
	Endpoint string `json:"endpoint"`
	Value    string `json:"value"`
}

// GetUser has a path parameter.
//
//encore:api public method=GET path=/users/:id
func GetUser(_ context.Context, id string) (*Answer, error) {
	return &Answer{Endpoint: "GetUser", Value: id}, nil
}

// CreateMe stands beside the parameter of another method.
//
//encore:api public method=POST path=/users/me
func CreateMe(context.Context) (*Answer, error) {
	return &Answer{Endpoint: "CreateMe"}, nil
}

// Number takes one parameter of each kind.
//
//encore:api public method=GET path=/typed/:text/:flag/:small/:count/:id
func Number(_ context.Context, text string, flag bool, small int8, count uint16, id uuid.UUID) (*Answer, error) {
	return &Answer{Endpoint: "Number", Value: fmt.Sprint(text, " ", flag, " ", small, " ", count, " ", id)}, nil
}

// Files takes the rest of the path.
//
//encore:api public method=GET path=/files/*rest
func Files(_ context.Context, rest string) (*Answer, error) {
	return &Answer{Endpoint: "Files", Value: rest}, nil
}

// Any answers every method.
//
//encore:api public raw method=* path=/any
func Any(w http.ResponseWriter, req *http.Request) {
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(req.Method)) // the test reads the answer
}

// AnyGet is preferred to Any for its method.
//
//encore:api public method=GET path=/any-or-get
func AnyGet(context.Context) (*Answer, error) { return &Answer{Endpoint: "AnyGet"}, nil }

// Fallback answers what nothing else answers below its folder.
//
//encore:api public raw method=GET path=/site/!rest
func Fallback(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("fallback:" + encore.CurrentRequest().PathParams.Get("rest")))
}

// Page is a page below the folder of the fallback.
//
//encore:api public method=GET path=/site/page
func Page(context.Context) (*Answer, error) { return &Answer{Endpoint: "Page"}, nil }

// Default has the default path and methods.
//
//encore:api public
func Default(context.Context) (*Answer, error) { return &Answer{Endpoint: "Default"}, nil }

// Hidden is private by default.
//
//encore:api method=GET path=/hidden
func Hidden(context.Context) (*Answer, error) { return &Answer{Endpoint: "Hidden"}, nil }

// Secluded is private, below the folder of the fallback.
//
//encore:api private method=GET path=/site/private
func Secluded(context.Context) (*Answer, error) { return &Answer{Endpoint: "Secluded"}, nil }
