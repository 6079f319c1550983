// Package guard shows authentication.
package guard

import (
	"context"
	"errors"
	"strings"

	"encore.dev/beta/auth"
	"encore.dev/beta/errs"
)

// Credentials are what the auth handler reads.
type Credentials struct {
	Authorization string `header:"Authorization"`
	Level         int    `header:"X-Level"`
	Key           string `query:"key"`
	Session       string `cookie:"session"`
}

// Person is the data of an authenticated request.
type Person struct {
	Name  string
	Level int
}

// Authenticate knows the token "good".
//
//encore:authhandler
func Authenticate(_ context.Context, c *Credentials) (auth.UID, *Person, error) {
	token := strings.TrimPrefix(c.Authorization, "Bearer ")
	if token == "" {
		token = c.Key + c.Session
	}
	switch token {
	case "good":
		return "42", &Person{Name: "Noor", Level: c.Level}, nil
	case "nobody":
		return "", nil, nil
	case "broken":
		return "", nil, errors.New("the directory is down")
	case "panic":
		panic("lost")
	}
	return "", nil, &errs.Error{Code: errs.Unauthenticated, Message: "unknown token"}
}

// Who is the caller.
type Who struct {
	UID   string `json:"uid"`
	Known bool   `json:"known"`
	Name  string `json:"name"`
	Level int    `json:"level"`
}

func who() *Who {
	uid, known := auth.UserID()
	w := &Who{UID: string(uid), Known: known}
	if p, ok := auth.Data().(*Person); ok && p != nil {
		w.Name, w.Level = p.Name, p.Level
	}
	return w
}

// Limited has a field that does not decode.
type Limited struct {
	Limit int `query:"limit"`
}

// Closed wants a user.
//
//encore:api auth method=GET path=/guard/closed
func Closed(_ context.Context, _ *Limited) (*Who, error) { return who(), nil }

// Open answers everybody, and knows who asks.
//
//encore:api public method=GET path=/guard/open
func Open(context.Context) (*Who, error) { return who(), nil }
