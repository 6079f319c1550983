package refusal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/middleware"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"encore.app/internal/refusal"
)

func TestARefusalCarriesWhatProgramsActOn(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	errs.HTTPError(w, refusal.Invalid("date", refusal.InPast, "The date has passed."))
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.JSONEq(t, `{
		"code": "invalid_argument", "message": "The date has passed.",
		"details": {"field": "date", "reason": "in_past"}
	}`, w.Body.String())
}

func TestTheCauseOfAFailureStaysInside(t *testing.T) {
	t.Parallel()
	const secret = "password authentication failed for user trottoir"
	for name, err := range map[string]error{
		"failure":     refusal.Failure(errors.New(secret), "read the user"),
		"unavailable": refusal.Unavailable(errors.New(secret), time.Minute, "Mail cannot be sent at the moment."),
	} {
		require.NotContains(t, err.Error(), secret, name)
		require.Equal(t, secret, errs.Meta(err)["cause"], name)
	}
}

func TestFailureKeepsAnswers(t *testing.T) {
	t.Parallel()
	answer := refusal.NotFound("There is no such user.")
	require.Equal(t, answer, refusal.Failure(answer, "change the role"))
	require.Equal(t, answer, refusal.Failure(fmt.Errorf("in a transaction: %w", answer), "change the role"))
	require.NoError(t, refusal.Failure(nil, "change the role"))
	for cause, code := range map[error]errs.ErrCode{
		errors.New("boom"):       errs.Internal,
		context.Canceled:         errs.Canceled,
		context.DeadlineExceeded: errs.DeadlineExceeded,
	} {
		require.Equal(t, code, errs.Code(refusal.Failure(fmt.Errorf("query: %w", cause), "read the user")))
	}
}

func TestWhileTheDatabaseIsAwayOneIsToldToTryAgain(t *testing.T) {
	t.Parallel()
	_, unreachable := pgconn.Connect(t.Context(), "postgres://user:password@127.0.0.1:1/db")
	require.Error(t, unreachable)
	for _, cause := range []error{
		unreachable,
		&pgconn.PgError{Code: "57P01", Message: "terminating connection due to administrator command"},
		&pgconn.PgError{Code: "57P03", Message: "the database system is starting up"},
		&pgconn.PgError{Code: "53300", Message: "too many clients already"},
		&pgconn.PgError{Code: "40P01", Message: "deadlock detected"},
		fmt.Errorf("write failed: %w", &net.OpError{Op: "write", Err: syscall.EPIPE}),
		io.ErrUnexpectedEOF,
	} {
		err := refusal.Failure(fmt.Errorf("query: %w", cause), "read the user")
		require.Equal(t, errs.Unavailable, errs.Code(err), cause)
		require.Equal(t, refusal.TryAgain, refusal.ReasonOf(err))
		require.Equal(t, "5", retryAfter(err))
		require.Equal(t, "read the user", errs.Meta(err)["operation"])
	}
	for _, cause := range []error{&pgconn.PgError{Code: "42703"}, &pgconn.PgError{Code: "40001"}, errors.New("boom")} {
		require.Equal(t, errs.Internal, errs.Code(refusal.Failure(cause, "read the user")), cause)
	}
}

func TestRetryAfterRoundsUp(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{
		time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60",
	} {
		require.Equal(t, want, retryAfter(refusal.TooMany(refusal.RateLimited, wait, "Wait.")), wait)
	}
	require.Empty(t, retryAfter(nil))
	require.Empty(t, retryAfter(refusal.NotFound("There is no such user.")))
	require.Empty(t, retryAfter(errors.New("boom")))
}

// retryAfter returns the header that the middleware sets for an endpoint that returns err.
func retryAfter(err error) string {
	request := middleware.NewRequest(context.Background(), &encore.Request{})
	answer := refusal.RetryAfter(request, func(middleware.Request) middleware.Response {
		return middleware.Response{Err: err}
	})
	return answer.Header().Get("Retry-After")
}

// declared returns the constants of type Reason in the source.
func declared(t *testing.T) []refusal.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var reasons []refusal.Reason
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Reason" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			reasons = append(reasons, refusal.Reason(value))
		}
		return false
	})
	require.NotEmpty(t, reasons)
	return reasons
}

func TestAllHoldsEveryReasonOnce(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, declared(t), refusal.All())
}

// Pages that show a refusal before anybody has signed in have its sentence with the start, all others with the shell.
func TestEveryReasonIsTranslated(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"nl", "en", "fr"} {
		var catalogue struct {
			Errors struct {
				Reason map[refusal.Reason]string `json:"reason"`
			} `json:"errors"`
			Refusal map[refusal.Reason]string `json:"refusal"`
		}
		for _, name := range []string{"start", "shell"} {
			raw, err := os.ReadFile("../../frontend-proxy/web/src/shared/i18n/" + language + "/" + name + ".json")
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(raw, &catalogue))
		}
		for _, reason := range refusal.All() {
			require.NotEmpty(t, catalogue.Errors.Reason[reason]+catalogue.Refusal[reason], "%s: %s", language, reason)
		}
	}
}
