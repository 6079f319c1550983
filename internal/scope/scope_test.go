package scope_test

import (
	"context"
	"net/http"
	"testing"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/middleware"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/internal/refusal"
	"encore.app/internal/scope"
)

func TestATokenToReadChangesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scope   auth.Scope
		method  string
		refused bool
	}{
		{auth.ScopeRead, http.MethodGet, false}, {auth.ScopeRead, http.MethodHead, false},
		{auth.ScopeRead, http.MethodPost, true}, {auth.ScopeRead, http.MethodPut, true},
		{auth.ScopeRead, http.MethodPatch, true}, {auth.ScopeRead, http.MethodDelete, true},
		{auth.ScopeWrite, http.MethodPost, false},
	} {
		et.OverrideAuthInfo("1", &auth.Data{UserID: 1, TokenID: 2, Scope: c.scope})
		reached := false
		request := middleware.NewRequest(context.Background(), &encore.Request{Type: encore.APICall, Method: c.method})
		answer := scope.Keep(request, func(middleware.Request) middleware.Response {
			reached = true
			return middleware.Response{}
		})
		require.Equal(t, !c.refused, reached, c)
		if c.refused {
			require.Equal(t, errs.PermissionDenied, errs.Code(answer.Err), c)
		}
	}
}

// A service asks another one by a private endpoint, whose method is always POST, to answer a GET too.
func TestATokenToReadReadsWhatAServiceAsksOfAnother(t *testing.T) {
	t.Parallel()
	for exposed, refused := range map[bool]bool{false: false, true: true} {
		et.OverrideAuthInfo("1", &auth.Data{UserID: 1, TokenID: 2, Scope: auth.ScopeRead})
		reached := false
		request := middleware.NewRequest(context.Background(), &encore.Request{
			Type: encore.APICall, Method: http.MethodPost, API: &encore.APIDesc{Exposed: exposed},
		})
		answer := scope.Keep(request, func(middleware.Request) middleware.Response {
			reached = true
			return middleware.Response{}
		})
		require.Equal(t, !refused, reached, exposed)
		require.Equal(t, refused, answer.Err != nil, exposed)
	}
}

func TestWhoMustSetUpASecondFactorDoesNothingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		api     *encore.APIDesc
		missing bool
		refused bool
	}{
		{&encore.APIDesc{Exposed: true, AuthRequired: true}, true, true},
		{&encore.APIDesc{Exposed: true, AuthRequired: true, Raw: true}, true, true},
		{&encore.APIDesc{Exposed: true, AuthRequired: true, Tags: encore.Tags{"second-factor-setup"}}, true, false},
		{&encore.APIDesc{Exposed: true, AuthRequired: false}, true, false},
		{&encore.APIDesc{Exposed: true, AuthRequired: true}, false, false},
	} {
		et.OverrideAuthInfo("1", &auth.Data{UserID: 1, SessionID: 2, Scope: auth.ScopeWrite, SecondFactorMissing: c.missing})
		reached := false
		request := middleware.NewRequest(context.Background(), &encore.Request{Type: encore.APICall, Method: http.MethodGet, API: c.api})
		answer := scope.Keep(request, func(middleware.Request) middleware.Response {
			reached = true
			return middleware.Response{}
		})
		require.Equal(t, !c.refused, reached, c)
		if c.refused {
			require.Equal(t, refusal.SecondFactorRequired, refusal.ReasonOf(answer.Err))
		}
	}
}
