package refusal

import (
	"strconv"

	"encore.dev/beta/errs"
	"encore.dev/middleware"
)

// RetryAfter sets the Retry-After header of answers whose details say how long to wait.
//
//encore:middleware global target=all
func RetryAfter(req middleware.Request, next middleware.Next) middleware.Response {
	answer := next(req)
	if details, ok := errs.Details(answer.Err).(Details); ok && details.RetryAfter > 0 {
		answer.Header().Set("Retry-After", strconv.FormatInt(details.RetryAfter, 10))
	}
	return answer
}
