package refusal

// Reason is a stable key that says why a request was refused. Reasons are only ever added: clients act on them.
type Reason string

// The reasons, from general to particular. Each one is translated by the web app (`errors.reason.<key>`), and a test
// fails when a constant is missing in All or in a translation.
const (
	// Required: the field is empty.
	Required Reason = "required"
	// Malformed: the value cannot be read as what the field holds.
	Malformed Reason = "malformed"
	// Unknown: the value names something that does not exist.
	Unknown Reason = "unknown"
	// OutOfRange: the number or date lies outside the allowed range.
	OutOfRange Reason = "out_of_range"
	// TooLong: the text has more characters than allowed.
	TooLong Reason = "too_long"
	// Missing: there is no such thing, or none that the caller may see.
	Missing Reason = "missing"
	// TryAgain: something that the server needs is down; the same request may succeed soon.
	TryAgain Reason = "try_again"

	// ForeignOrigin: the request was started by a page of another site.
	ForeignOrigin Reason = "foreign_origin"
	// WrongRole: the caller's role may not do this.
	WrongRole Reason = "wrong_role"

	// SignedOut: there is no session, or it has ended.
	SignedOut Reason = "signed_out"
	// WrongCredentials: no account has this e-mail address and password.
	WrongCredentials Reason = "wrong_credentials"
	// RateLimited: too many attempts; wait.
	RateLimited Reason = "rate_limited"
	// Busy: the server handles as many such requests as it can; wait a moment.
	Busy Reason = "busy"
	// OwnRole: nobody changes the own role.
	OwnRole Reason = "own_role"
	// HigherRank: the other person, or the role that is given, has not a lower rank than the caller.
	HigherRank Reason = "higher_rank"
)

// All returns every reason.
func All() []Reason {
	return []Reason{
		Required, Malformed, Unknown, OutOfRange, TooLong, Missing, TryAgain,
		ForeignOrigin, WrongRole,
		SignedOut, WrongCredentials, RateLimited, Busy, OwnRole, HigherRank,
	}
}
