//go:build !encore_app

package errs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"
)

type fieldDetails struct {
	Field string `json:"field"`
}

func (fieldDetails) ErrDetails() {}

type badDetails struct{ F func() }

func (badDetails) ErrDetails() {}

func TestTextOfErrors(t *testing.T) {
	t.Parallel()
	inner := &errs.Error{Code: errs.NotFound, Message: "inner"}
	tests := map[string]struct {
		err  error
		text string
	}{
		"code and message":         {inner, "not_found: inner"},
		"unknown":                  {&errs.Error{Code: errs.Unknown, Message: "m"}, "unknown code: m"},
		"no message":               {&errs.Error{Code: errs.Internal}, "internal"},
		"wrap keeps the code":      {errs.Wrap(inner, "outer"), "not_found: outer: inner"},
		"wrap a plain error":       {errs.Wrap(io.EOF, "outer"), "unknown code: outer: EOF"},
		"wrap without a message":   {errs.Wrap(inner, ""), "not_found: inner"},
		"wrap with a code":         {errs.WrapCode(inner, errs.Internal, "outer"), "internal: outer: inner"},
		"builder":                  {errs.B().Code(errs.Aborted).Msgf("%d", 3).Err(), "aborted: 3"},
		"builder with a cause":     {errs.B().Msg("outer").Cause(inner).Err(), "not_found: outer: inner"},
		"builder without anything": {errs.B().Err(), "unknown code"},
		"convert a plain error":    {errs.Convert(io.EOF), "unknown code: EOF"},
		"convert a wrapped error":  {errs.Convert(fmt.Errorf("ctx: %w", inner)), "not_found: ctx: not_found: inner: ctx: not_found: inner"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, test.err, test.text)
		})
	}
}

func TestNilStaysNil(t *testing.T) {
	t.Parallel()
	require.NoError(t, errs.Wrap(nil, "m"))
	require.NoError(t, errs.WrapCode(nil, errs.Internal, "m"))
	require.NoError(t, errs.Convert(nil))
	require.Equal(t, errs.OK, errs.Code(nil))
	require.Nil(t, errs.Meta(nil))
	require.Nil(t, errs.Details(nil))
}

func TestWrapKeepsDetailsAndMergesMeta(t *testing.T) {
	t.Parallel()
	inner := errs.B().Code(errs.InvalidArgument).Details(fieldDetails{"a"}).Meta("k", 1, "same", "inner").Err()
	outer := errs.Wrap(inner, "outer", "same", "outer", "odd")
	require.Equal(t, fieldDetails{"a"}, errs.Details(outer))
	require.Equal(t, errs.Metadata{"k": 1, "same": "outer"}, errs.Meta(outer))
	require.Equal(t, errs.Metadata{"k": 1, "same": "inner"}, errs.Meta(inner), "the inner error is unchanged")
	require.ErrorIs(t, outer, inner)

	built := errs.B().Meta("same", "built").Cause(inner).Err()
	require.Equal(t, errs.Metadata{"k": 1, "same": "built"}, errs.Meta(built))
	require.Equal(t, fieldDetails{"a"}, errs.Details(built))
}

func TestCodesHaveNamesAndStatuses(t *testing.T) {
	t.Parallel()
	want := map[errs.ErrCode]string{
		0: "ok 200", 1: "canceled 499", 2: "unknown 500", 3: "invalid_argument 400", 4: "deadline_exceeded 504",
		5: "not_found 404", 6: "already_exists 409", 7: "permission_denied 403", 8: "resource_exhausted 429",
		9: "failed_precondition 400", 10: "aborted 409", 11: "out_of_range 400", 12: "unimplemented 501",
		13: "internal 500", 14: "unavailable 503", 15: "data_loss 500", 16: "unauthenticated 401",
		17: "unknown 500", -1: "unknown 500",
	}
	for code, text := range want {
		require.Equal(t, text, fmt.Sprintf("%s %d", code, code.HTTPStatus()))
		encoded, err := json.Marshal(code)
		require.NoError(t, err)
		require.Equal(t, `"`+code.String()+`"`, string(encoded))
	}
}

func TestHTTPErrorWritesTheDocument(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    error
		status int
		body   string
	}{
		"nil": {nil, 200, "{\n  \"code\": \"ok\",\n  \"message\": \"\",\n  \"details\": null\n}\n"},
		"with details": {
			errs.B().Code(errs.NotFound).Msg("<no> \"x\"").Details(fieldDetails{"a"}).Meta("secret", 1).Err(), 404,
			"{\n  \"code\": \"not_found\",\n  \"message\": \"<no> \\\"x\\\"\",\n  \"details\": {\n    \"field\": \"a\"\n  }\n}",
		},
		"a plain error shows its text": {errors.New("boom"), 500, "{\n  \"code\": \"unknown\",\n  \"message\": \"boom\",\n  \"details\": null\n}"},
		"details that are no JSON":     {errs.B().Code(errs.Internal).Details(badDetails{}).Err(), 500, "{\n  \"code\": \"internal\",\n  \"message\": \"\",\n  \"details\": null\n}"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			errs.HTTPError(w, test.err)
			require.Equal(t, test.status, w.Code)
			require.Equal(t, test.body, w.Body.String())
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
			require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		})
	}
}
