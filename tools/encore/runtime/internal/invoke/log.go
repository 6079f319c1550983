package invoke

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/internal/logs"
	"encore.dev/internal/metrics"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/tracing"
)

// LogStart writes that work on the request begins.
func LogStart(req *reqtrack.Request) {
	line := logs.Start(logs.Trace, req)
	if line == nil {
		return
	}
	if req.Trace.ExtRequestID != "" {
		line.Str("ext_request_id", req.Trace.ExtRequestID)
	}
	line.Send("starting request")
}

// LogEnd writes that the request is done, and before that why it failed. status is the HTTP status, 0 when there is
// none.
func LogEnd(req *reqtrack.Request, err error, status int) {
	code, level := errs.OK, logs.Trace
	if err != nil {
		countPanic(req, err)
		code = errs.Code(err)
		level = failureLevel(req, code)
		if line := logs.Start(level, req); line != nil {
			Describe(line, err).Send("request failed")
		}
	}
	if req.Span != nil {
		tracing.End(req, err, code, level == logs.Error, status)
	}
	line := logs.Start(logs.Trace, req)
	if line == nil {
		return
	}
	line.Duration("duration", time.Since(req.Started)).Str("code", code.String())
	if status != 0 && status != code.HTTPStatus() {
		line.Int("http_code", int64(status))
	}
	line.Send("request completed")
}

// failureLevel is error for failures of the program or of what it uses. What a caller brings about is expected, and debug
// when it is ordinary: that it gave up, or is not signed in. Nobody but the program causes what fails in a message or a
// job.
func failureLevel(req *reqtrack.Request, code errs.ErrCode) logs.Level {
	if req.Kind != reqtrack.API || req.CronKey != "" {
		return logs.Error
	}
	switch code {
	case errs.Internal, errs.Unknown, errs.Unavailable, errs.DataLoss, errs.DeadlineExceeded:
		return logs.Error
	case errs.Canceled, errs.Unauthenticated:
		return logs.Debug
	}
	return logs.Expected()
}

func countPanic(req *reqtrack.Request, err error) {
	if _, panicked := errors.AsType[*panicError](err); !panicked {
		return
	}
	endpoint := req.Endpoint
	if req.Message != nil {
		endpoint = req.Message.Topic + "/" + req.Message.Subscription
	}
	metrics.CountPanic(req.Service, endpoint)
}

// Describe adds an error to a line: its text, code, metadata, and the stack if it was a panic.
func Describe(line *logs.Line, err error) *logs.Line {
	coded := errs.Convert(err).(*errs.Error)
	line.Str("error", coded.ErrorMessage()).Str("code", coded.Code.String())
	for _, key := range slices.Sorted(maps.Keys(coded.Meta)) {
		line.Any(key, coded.Meta[key])
	}
	if panicked, ok := errors.AsType[*panicError](err); ok {
		line.Str("stack", string(panicked.stack))
	}
	return line
}

// StatusError returns an error, for the log, for an HTTP status that a raw endpoint wrote.
func StatusError(status int) error {
	code := errs.Unknown
	switch status {
	case http.StatusBadRequest:
		code = errs.InvalidArgument
	case http.StatusUnauthorized:
		code = errs.Unauthenticated
	case http.StatusForbidden:
		code = errs.PermissionDenied
	case http.StatusNotFound:
		code = errs.NotFound
	case http.StatusConflict:
		code = errs.AlreadyExists
	case http.StatusTooManyRequests:
		code = errs.ResourceExhausted
	case 499:
		code = errs.Canceled
	case http.StatusInternalServerError:
		code = errs.Internal
	case http.StatusNotImplemented:
		code = errs.Unimplemented
	case http.StatusServiceUnavailable:
		code = errs.Unavailable
	case http.StatusGatewayTimeout:
		code = errs.DeadlineExceeded
	}
	return &errs.Error{Code: code, Message: "the endpoint answered with HTTP status " + http.StatusText(status)}
}
