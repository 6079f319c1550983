package refusal

import (
	"net/http"
	"strconv"

	"encore.dev/beta/errs"
	"encore.dev/rlog"
)

// Write answers a raw endpoint's request with an error as the framework answers those of others; what the caller is not
// told is logged.
func Write(w http.ResponseWriter, err error) {
	if code := errs.Code(err); code == errs.Internal || code == errs.Unavailable {
		rlog.Error("a request failed", "err", err, "cause", errs.Meta(err)["cause"], "operation", errs.Meta(err)["operation"])
	}
	SetRetryAfter(w, err)
	errs.HTTPError(w, err)
}

// SetRetryAfter tells the client of a raw endpoint when to try again, if err says so.
func SetRetryAfter(w http.ResponseWriter, err error) {
	if details, ok := errs.Details(err).(Details); ok && details.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(details.RetryAfter, 10))
	}
}
