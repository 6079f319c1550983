// Package sqlerr names the database errors that applications tell apart.
package sqlerr

// Code is a class of database error.
type Code string

// The classes of error. Other is every error that has no class of its own.
const (
	Other               Code = "other"
	NotNullViolation    Code = "not_null_violation"
	ForeignKeyViolation Code = "foreign_key_violation"
	UniqueViolation     Code = "unique_violation"
	CheckViolation      Code = "check_violation"
	ExcludeViolation    Code = "exclude_violation"
	TransactionFailed   Code = "transaction_failed"
	DeadlockDetected    Code = "deadlock_detected"
	TooManyConnections  Code = "too_many_connections"
)

// Severity is how severe the database says an error is.
type Severity string

// The severities of PostgreSQL.
const (
	SeverityError   Severity = "ERROR"
	SeverityFatal   Severity = "FATAL"
	SeverityPanic   Severity = "PANIC"
	SeverityWarning Severity = "WARNING"
	SeverityNotice  Severity = "NOTICE"
	SeverityDebug   Severity = "DEBUG"
	SeverityInfo    Severity = "INFO"
	SeverityLog     Severity = "LOG"
)
