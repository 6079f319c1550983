package lifecycle

import (
	"context"
	"strings"
	"testing"

	"conformance.example/passed"
	"encore.dev/et"
	"github.com/stretchr/testify/require"
)

func TestMiddlewareOfTheServiceRunsWithoutTheGlobalOne(t *testing.T) {
	t.Parallel()
	text, err := Ordered(t.Context())
	require.NoError(t, err)
	require.Equal(t, "lifecycle.Sort", text.Text)
}

func TestMiddlewareRunsAroundAMockWhenAskedTo(t *testing.T) {
	t.Parallel()
	mock := func(ctx context.Context) (*Text, error) {
		return &Text{Text: "mocked after " + strings.Join(passed.By(ctx), " ")}, nil
	}
	et.MockEndpoint(Ordered, mock)
	text, err := Ordered(t.Context())
	require.NoError(t, err)
	require.Equal(t, "mocked after ", text.Text)
	et.MockEndpoint(Ordered, mock, et.RunMiddleware(true))
	text, err = Ordered(t.Context())
	require.NoError(t, err)
	require.Equal(t, "mocked after lifecycle.Sort", text.Text)
}

func TestASecretWithoutAValueIsEmpty(t *testing.T) {
	t.Parallel()
	text, err := Secret(t.Context())
	require.NoError(t, err)
	require.Empty(t, text.Text)
}

func TestBucketsWorkInTests(t *testing.T) {
	t.Parallel()
	text, err := Keep(t.Context())
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text.Text, "kept|text/plain|"), text.Text)
}
