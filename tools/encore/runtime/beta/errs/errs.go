// Package errs is the error type of endpoints: a code that programs act on, a message for people, details for the
// caller and metadata for the logs.
package errs

import (
	"errors"
	"fmt"
	"maps"
)

// Error is an error with a code. Code, Message and Details reach the caller of an endpoint, also over HTTP; Meta is
// only logged.
type Error struct {
	// Code says what kind of error it is and decides the HTTP status.
	Code ErrCode `json:"code"`
	// Message tells the caller what went wrong.
	Message string `json:"message"`
	// Details is data for the caller, nil when there is none.
	Details ErrDetails `json:"details"`
	// Meta never leaves the program; it is logged with the error.
	Meta Metadata `json:"-"`

	underlying error
}

// Metadata is key-value data about an error.
type Metadata map[string]any

// ErrDetails marks a type as error details. The type must be representable in JSON.
type ErrDetails interface {
	ErrDetails()
}

// Wrap returns an error that adds msg and metadata to err, keeping its code, details and metadata. An err without a
// code gets Unknown. It returns nil when err is nil.
//
// metaPairs are keys (strings) and values in turn; a last key without a value is dropped.
func Wrap(err error, msg string, metaPairs ...any) error {
	if err == nil {
		return nil
	}
	return wrap(err, Code(err), msg, metaPairs)
}

// WrapCode is Wrap with another code.
func WrapCode(err error, code ErrCode, msg string, metaPairs ...any) error {
	if err == nil {
		return nil
	}
	return wrap(err, code, msg, metaPairs)
}

func wrap(err error, code ErrCode, msg string, metaPairs []any) error {
	return &Error{
		Code:       code,
		Message:    msg,
		Details:    Details(err),
		Meta:       mergePairs(Meta(err), metaPairs),
		underlying: err,
	}
}

// Convert returns err as an *Error: itself when it is one, else an error with the code of the *Error it wraps, or
// Unknown. It returns nil when err is nil.
func Convert(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok {
		return e
	}
	inner, ok := errors.AsType[*Error](err)
	if !ok {
		return &Error{Code: Unknown, underlying: err}
	}
	return &Error{Code: inner.Code, Message: err.Error(), Details: inner.Details, Meta: inner.Meta, underlying: err}
}

// Code reports the code of err: OK when err is nil, Unknown when it wraps no *Error.
func Code(err error) ErrCode {
	if err == nil {
		return OK
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Unknown
}

// Meta reports the metadata of err, nil when there is none.
func Meta(err error) Metadata {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Meta
	}
	return nil
}

// Details reports the details of err, nil when there are none.
func Details(err error) ErrDetails {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Details
	}
	return nil
}

// Error returns the code and the message chain.
func (e *Error) Error() string {
	code := "unknown code"
	if e.Code != Unknown {
		code = e.Code.String()
	}
	return joinParts(code, e.ErrorMessage())
}

// ErrorMessage returns the message followed by those of the errors it wraps.
func (e *Error) ErrorMessage() string {
	if e.underlying == nil {
		return e.Message
	}
	if inner, ok := e.underlying.(*Error); ok {
		return joinParts(e.Message, inner.ErrorMessage())
	}
	return joinParts(e.Message, e.underlying.Error())
}

// Unwrap returns the wrapped error, nil when there is none.
func (e *Error) Unwrap() error { return e.underlying }

func joinParts(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + ": " + b
}

// mergePairs returns meta with pairs added, without changing meta.
func mergePairs(meta Metadata, pairs []any) Metadata {
	if len(pairs) < 2 {
		return meta
	}
	merged := make(Metadata, len(meta)+len(pairs)/2)
	maps.Copy(merged, meta)
	for i := 0; i+1 < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			key = fmt.Sprint(pairs[i])
		}
		merged[key] = pairs[i+1]
	}
	return merged
}
