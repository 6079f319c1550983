// Package calls shows calls between services.
package calls

import (
	"context"
	"errors"

	"conformance.example/guard"
	"conformance.example/store"
	"encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/storage/sqldb"
)

// Service calls others and itself.
//
//encore:service
type Service struct {
	greeting string
}

func initService() (*Service, error) { return &Service{greeting: "hello"}, nil }

// Outcome is what a call gave.
type Outcome struct {
	Text   string `json:"text"`
	Code   string `json:"code"`
	NoRows bool   `json:"no_rows"`
}

// Missing calls an endpoint that finds nothing.
//
//encore:api public method=GET path=/calls/missing
func (s *Service) Missing(ctx context.Context) (*Outcome, error) {
	_, err := store.GetThing(ctx, 404)
	return &Outcome{Text: err.Error(), Code: errs.Code(err).String(), NoRows: errors.Is(err, sqldb.ErrNoRows)}, nil
}

// Panicking calls an endpoint that panics.
//
//encore:api public method=GET path=/calls/panicking
func (s *Service) Panicking(ctx context.Context) (*Outcome, error) {
	_, err := Panics(ctx)
	return &Outcome{Text: err.Error(), Code: errs.Code(err).String()}, nil
}

// Panics panics; only code can call it.
//
//encore:api private method=GET path=/calls/panics
func (s *Service) Panics(context.Context) (*Outcome, error) { panic("inside") }

// Caller answers who it was called by.
//
//encore:api private method=GET path=/calls/caller
func (s *Service) Caller(context.Context) (*Outcome, error) {
	uid, _ := auth.UserID()
	return &Outcome{Text: s.greeting + " " + string(uid)}, nil
}

// Propagated calls on behalf of its own caller.
//
//encore:api auth method=GET path=/calls/propagated
func (s *Service) Propagated(ctx context.Context) (*Outcome, error) { return Caller(ctx) }

// Overridden calls on behalf of somebody else.
//
//encore:api public method=GET path=/calls/overridden
func (s *Service) Overridden(ctx context.Context) (*Outcome, error) {
	return Caller(auth.WithContext(ctx, "7", &guard.Person{Name: "Ilse"}))
}

// Anonymous names a user without the data that the auth handler gives.
//
//encore:api public method=GET path=/calls/anonymous
func (s *Service) Anonymous(ctx context.Context) (*Outcome, error) {
	_, err := Caller(auth.WithContext(ctx, "7", nil))
	if err == nil {
		return &Outcome{Text: "called"}, nil
	}
	return &Outcome{Text: err.Error(), Code: errs.Code(err).String()}, nil
}

// Mistyped names a user with data of another type.
//
//encore:api public method=GET path=/calls/mistyped
func (s *Service) Mistyped(ctx context.Context) (*Outcome, error) {
	_, err := Caller(auth.WithContext(ctx, "7", &Order{}))
	if err == nil {
		return &Outcome{Text: "called"}, nil
	}
	return &Outcome{Text: err.Error(), Code: errs.Code(err).String()}, nil
}

// Order is validated by the endpoint that takes it.
type Order struct {
	Count int `json:"count"`
}

// Validate wants at least one.
func (o *Order) Validate() error {
	if o.Count < 1 {
		return errors.New("count is too small")
	}
	return nil
}

// Place takes an order.
//
//encore:api private method=POST path=/calls/place
func (s *Service) Place(_ context.Context, o *Order) (*Outcome, error) {
	return &Outcome{Text: "placed"}, nil
}

// Invalid places an order that is refused.
//
//encore:api public method=GET path=/calls/invalid
func (s *Service) Invalid(ctx context.Context) (*Outcome, error) {
	_, err := Place(ctx, &Order{})
	return &Outcome{Text: err.Error(), Code: errs.Code(err).String()}, nil
}
