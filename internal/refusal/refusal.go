// Package refusal builds the errors that endpoints answer with: an Encore error code, a sentence for people, and
// details that programs act on. The web app translates the reason; the sentence is for everybody else.
package refusal

import (
	"context"
	"errors"
	"time"

	"encore.dev/beta/errs"
)

// Details tell a program what is wrong. They are the "details" of an error answer.
type Details struct {
	// Field is the request field that is refused, as it is called in the request; empty when it is not about one field.
	Field string `json:"field,omitempty"`
	// Reason is a stable key; All lists every one.
	Reason Reason `json:"reason"`
	// RetryAfter is how many seconds to wait before the same request may succeed; 0 when waiting does not help.
	RetryAfter int64 `json:"retry_after,omitempty"`
	// Rows names every entry of a list that is refused; empty when the request has no list.
	Rows []Row `json:"rows,omitempty"`
	// IDs names the things that the request would have to speak of.
	IDs []int64 `json:"ids,omitempty"`
	// Since is when it became as it is; null where that says nothing.
	Since *time.Time `json:"since,omitempty"`
}

// Row is an entry of a list that is refused.
type Row struct {
	// Index is the place of the entry in the request, from 0.
	Index  int    `json:"index"`
	Reason Reason `json:"reason"`
}

// ErrDetails marks Details as error details.
func (Details) ErrDetails() {}

// Invalid refuses a request whose field has a value that can never be accepted (invalid_argument).
func Invalid(field string, reason Reason, message string) error {
	return refuse(errs.InvalidArgument, Details{Field: field, Reason: reason}, message)
}

// InvalidRows refuses a request whose list has entries that cannot be accepted (invalid_argument). The reason is that of
// the first row; there must be one.
func InvalidRows(field string, rows []Row, message string) error {
	return refuse(errs.InvalidArgument, Details{Field: field, Reason: rows[0].Reason, Rows: rows}, message)
}

// Precondition refuses a request that is sound but not possible in the present state (failed_precondition).
// Field may be empty.
func Precondition(field string, reason Reason, message string) error {
	return refuse(errs.FailedPrecondition, Details{Field: field, Reason: reason}, message)
}

// PreconditionOf is Precondition with the things that stand in the way.
func PreconditionOf(field string, reason Reason, ids []int64, message string) error {
	return refuse(errs.FailedPrecondition, Details{Field: field, Reason: reason, IDs: ids}, message)
}

// Exists refuses to make what is there already (already_exists). Field may be empty.
func Exists(field string, reason Reason, message string) error {
	return refuse(errs.AlreadyExists, Details{Field: field, Reason: reason}, message)
}

// ExistsRows refuses to make a list of which some entries are there already (already_exists). The reason is that of the first
// row; there must be one.
func ExistsRows(field string, rows []Row, message string) error {
	return refuse(errs.AlreadyExists, Details{Field: field, Reason: rows[0].Reason, Rows: rows}, message)
}

// Conflict refuses a change of something that another request has changed in the meantime (aborted).
func Conflict(reason Reason, message string) error {
	return refuse(errs.Aborted, Details{Reason: reason}, message)
}

// ConflictRows refuses a change of a list of which some entries were changed in the meantime (aborted). The reason is that of the
// first row; there must be one.
func ConflictRows(field string, rows []Row, message string) error {
	return refuse(errs.Aborted, Details{Field: field, Reason: rows[0].Reason, Rows: rows}, message)
}

// Forbidden refuses what the caller may know about but not do (permission_denied).
func Forbidden(reason Reason, message string) error {
	return refuse(errs.PermissionDenied, Details{Reason: reason}, message)
}

// ForbiddenSince is Forbidden for what the caller could do until then.
func ForbiddenSince(reason Reason, since time.Time, message string) error {
	return refuse(errs.PermissionDenied, Details{Reason: reason, Since: new(since.UTC())}, message)
}

// NotFound answers for what does not exist, and equally for what the caller may not know about (not_found).
func NotFound(message string) error {
	return refuse(errs.NotFound, Details{Reason: Missing}, message)
}

// Unauthenticated refuses a caller who is not, or no longer, known (unauthenticated).
func Unauthenticated(reason Reason, message string) error {
	return refuse(errs.Unauthenticated, Details{Reason: reason}, message)
}

// TooMany refuses a request that came too soon (resource_exhausted). The answer carries Retry-After.
func TooMany(reason Reason, wait time.Duration, message string) error {
	seconds := max(1, int64((wait+time.Second-1)/time.Second))
	return refuse(errs.ResourceExhausted, Details{Reason: reason, RetryAfter: seconds}, message)
}

// Unavailable refuses a request that needs something which is down at the moment (unavailable). The cause is logged
// and not told. The answer carries Retry-After.
func Unavailable(cause error, wait time.Duration, message string) error {
	return &errs.Error{
		Code: errs.Unavailable, Message: message, Details: Details{Reason: TryAgain, RetryAfter: int64(wait / time.Second)},
		Meta: errs.Metadata{"cause": cause.Error()},
	}
}

// Failure hides an unexpected error from the caller: it answers internal (canceled and deadline_exceeded when the
// request itself ended, unavailable while the database cannot be reached), and the cause is logged with the operation
// ("read the user"). An error that is an answer already is returned as it is, so that a transaction's error can be
// passed through; nil stays nil.
func Failure(cause error, operation string) error {
	if cause == nil {
		return nil
	}
	if answer, ok := errors.AsType[*errs.Error](cause); ok {
		return answer
	}
	code, message, details := errs.Internal, "Something went wrong on the server.", errs.ErrDetails(nil)
	switch {
	case errors.Is(cause, context.Canceled):
		code, message = errs.Canceled, "The request was cancelled."
	case errors.Is(cause, context.DeadlineExceeded):
		code, message = errs.DeadlineExceeded, "The server took too long."
	case databaseAway(cause):
		code, message = errs.Unavailable, "The server is not ready. Try again in a moment."
		details = Details{Reason: TryAgain, RetryAfter: databasePause}
	}
	return &errs.Error{
		Code: code, Message: message, Details: details,
		Meta: errs.Metadata{"operation": operation, "cause": cause.Error()},
	}
}

// ReasonOf reports the reason that err carries, empty when it carries none.
func ReasonOf(err error) Reason {
	details, _ := errs.Details(err).(Details)
	return details.Reason
}

func refuse(code errs.ErrCode, details Details, message string) error {
	return &errs.Error{Code: code, Message: message, Details: details}
}
