package caching_test

import (
	"context"
	"errors"
	"testing"

	encore "encore.dev"
	"encore.dev/middleware"
	"github.com/stretchr/testify/require"

	"encore.app/internal/caching"
)

func TestAnswersOfTypedEndpointsAreNotKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw  bool
		err  error
		want string
	}{
		"an answer":         {false, nil, "no-store"},
		"a refusal":         {false, errors.New("refused"), "no-store"},
		"of a raw endpoint": {true, nil, ""},
	} {
		request := middleware.NewRequest(context.Background(), &encore.Request{Type: encore.APICall, API: &encore.APIDesc{Raw: c.raw}})
		answer := caching.NoStore(request, func(middleware.Request) middleware.Response { return middleware.Response{Err: c.err} })
		require.Equal(t, c.want, answer.Header().Get("Cache-Control"), name)
	}
}
