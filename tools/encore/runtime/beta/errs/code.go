package errs

import "strconv"

// ErrCode is the kind of an error. The numbers are those of gRPC.
type ErrCode int

// The error codes, with the HTTP status of each.
const (
	// OK is no error (200).
	OK ErrCode = 0
	// Canceled means that the caller gave up (499).
	Canceled ErrCode = 1
	// Unknown is an error without a code (500).
	Unknown ErrCode = 2
	// InvalidArgument means that the request itself is wrong, whatever the state of the system (400).
	InvalidArgument ErrCode = 3
	// DeadlineExceeded means that the work was not finished in time (504).
	DeadlineExceeded ErrCode = 4
	// NotFound means that something asked for does not exist (404).
	NotFound ErrCode = 5
	// AlreadyExists means that something to be made exists already (409).
	AlreadyExists ErrCode = 6
	// PermissionDenied means that the caller, who is known, may not do this (403).
	PermissionDenied ErrCode = 7
	// ResourceExhausted means that a quota or rate limit is used up (429).
	ResourceExhausted ErrCode = 8
	// FailedPrecondition means that the system is not in the state this needs (400).
	FailedPrecondition ErrCode = 9
	// Aborted means that concurrent work interfered; the caller may try again (409).
	Aborted ErrCode = 10
	// OutOfRange means that the request goes past a valid range (400).
	OutOfRange ErrCode = 11
	// Unimplemented means that this is not supported (501).
	Unimplemented ErrCode = 12
	// Internal means that something that always holds was broken (500).
	Internal ErrCode = 13
	// Unavailable means that a service cannot answer now; the caller may try again (503).
	Unavailable ErrCode = 14
	// DataLoss means that data is lost or corrupt (500).
	DataLoss ErrCode = 15
	// Unauthenticated means that the caller is not known (401).
	Unauthenticated ErrCode = 16
)

var codes = [...]struct {
	name   string
	status int
}{
	OK:                 {"ok", 200},
	Canceled:           {"canceled", 499},
	Unknown:            {"unknown", 500},
	InvalidArgument:    {"invalid_argument", 400},
	DeadlineExceeded:   {"deadline_exceeded", 504},
	NotFound:           {"not_found", 404},
	AlreadyExists:      {"already_exists", 409},
	PermissionDenied:   {"permission_denied", 403},
	ResourceExhausted:  {"resource_exhausted", 429},
	FailedPrecondition: {"failed_precondition", 400},
	Aborted:            {"aborted", 409},
	OutOfRange:         {"out_of_range", 400},
	Unimplemented:      {"unimplemented", 501},
	Internal:           {"internal", 500},
	Unavailable:        {"unavailable", 503},
	DataLoss:           {"data_loss", 500},
	Unauthenticated:    {"unauthenticated", 401},
}

// String returns the name of the code as it appears in JSON; "unknown" for a number that is no code.
func (c ErrCode) String() string {
	if c < 0 || int(c) >= len(codes) {
		return codes[Unknown].name
	}
	return codes[c].name
}

// HTTPStatus returns the HTTP status of the code; 500 for a number that is no code.
func (c ErrCode) HTTPStatus() int {
	if c < 0 || int(c) >= len(codes) {
		return codes[Unknown].status
	}
	return codes[c].status
}

// MarshalJSON returns the name of the code as a JSON string.
func (c ErrCode) MarshalJSON() ([]byte, error) {
	return strconv.AppendQuote(nil, c.String()), nil
}
