package calls

import (
	"context"
	"errors"
	"testing"

	"conformance.example/guard"
	"conformance.example/store"
	encore "encore.dev"
	"encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"github.com/stretchr/testify/require"
)

func TestMeta(t *testing.T) {
	t.Parallel()
	env := encore.Meta().Environment
	require.Equal(t, "test", env.Name)
	require.Equal(t, encore.EnvTest, env.Type)
	require.Empty(t, encore.CurrentRequest().Type, "a test is no request")
}

func failing(text string) func(context.Context, int64) (*store.Thing, error) {
	return func(context.Context, int64) (*store.Thing, error) {
		return nil, &errs.Error{Code: errs.Unavailable, Message: text}
	}
}

func missing(t *testing.T) string {
	t.Helper()
	outcome, err := Missing(t.Context())
	require.NoError(t, err)
	return outcome.Text
}

const noRows = "not_found: sql: no rows in result set"

func TestMocksOfAnEndpointAreScoped(t *testing.T) {
	t.Parallel()
	require.Equal(t, noRows, missing(t))
	t.Run("a subtest has its own", func(t *testing.T) {
		et.MockEndpoint(store.GetThing, failing("outer"))
		require.Equal(t, "unavailable: outer", missing(t))
		t.Run("which its subtests have too, and may replace", func(t *testing.T) {
			require.Equal(t, "unavailable: outer", missing(t))
			et.MockEndpoint(store.GetThing, failing("inner"))
			require.Equal(t, "unavailable: inner", missing(t))
		})
		require.Equal(t, "unavailable: outer", missing(t))
		et.MockEndpoint(store.GetThing, nil)
		require.Equal(t, noRows, missing(t), "nil undoes it")
	})
	require.Equal(t, noRows, missing(t), "and it ends with the subtest")
}

func TestMocksOfParallelTestsDoNotMeet(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "b", "c", "d"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			et.MockEndpoint(store.GetThing, failing(name))
			for range 50 {
				require.Equal(t, "unavailable: "+name, missing(t))
			}
			inside := make(chan string)
			go func() {
				_, err := store.GetThing(t.Context(), 1)
				inside <- err.Error()
			}()
			require.Equal(t, "unavailable: "+name, <-inside, "goroutines of a test have its mocks")
		})
	}
}

// almost is a store that can only be asked.
type almost struct{}

func (almost) GetThing(_ context.Context, id int64) (*store.Thing, error) {
	return &store.Thing{ID: id, Name: "mocked"}, nil
}

func TestMockOfAService(t *testing.T) {
	t.Parallel()
	et.MockService("store", almost{})
	thing, err := store.GetThing(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, &store.Thing{ID: 3, Name: "mocked"}, thing)
	_, err = store.AddThing(t.Context(), &store.Thing{ID: 3})
	require.Equal(t, errs.Internal, errs.Code(err), "the mock has no such method")
	et.MockEndpoint(store.GetThing, failing("first"))
	_, err = store.GetThing(t.Context(), 3)
	require.EqualError(t, err, "unavailable: first", "an endpoint's mock beats its service's")
}

func TestMocksAreValidatedAndCopied(t *testing.T) {
	t.Parallel()
	order := &Order{Count: 1}
	et.MockEndpoint(Place, func(_ context.Context, o *Order) (*Outcome, error) {
		o.Count = 100
		return &Outcome{Text: "mocked"}, nil
	})
	outcome, err := Place(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, "mocked", outcome.Text)
	require.Equal(t, 1, order.Count, "the endpoint has a copy")
	_, err = Place(t.Context(), &Order{})
	require.EqualError(t, err, "invalid_argument: validation failed: count is too small")
}

func TestTheUserOfATest(t *testing.T) {
	t.Parallel()
	_, known := auth.UserID()
	require.False(t, known)
	t.Run("is set", func(t *testing.T) {
		et.OverrideAuthInfo("42", &guard.Person{Name: "Noor"})
		uid, known := auth.UserID()
		require.True(t, known)
		require.Equal(t, auth.UID("42"), uid)
		require.Equal(t, &guard.Person{Name: "Noor"}, auth.Data())
		outcome, err := Propagated(t.Context())
		require.NoError(t, err)
		require.Equal(t, "hello 42", outcome.Text, "calls within calls have it")
		outcome, err = Overridden(t.Context())
		require.NoError(t, err)
		require.Equal(t, "hello 7", outcome.Text, "a context goes before it")
	})
	_, known = auth.UserID()
	require.False(t, known, "it ends with the test")
	t.Run("has the data of the auth handler", func(t *testing.T) {
		et.OverrideAuthInfo("42", "a text")
		_, err := Caller(t.Context())
		require.Equal(t, errs.Unknown, errs.Code(err))
	})
}

func TestErrorsCrossACallAsText(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	et.MockEndpoint(Caller, func(context.Context) (*Outcome, error) {
		return nil, errs.WrapCode(cause, errs.Aborted, "outer")
	})
	_, err := Caller(t.Context())
	require.EqualError(t, err, "aborted: outer: cause")
	require.NotErrorIs(t, err, cause)
	et.MockEndpoint(Caller, func(context.Context) (*Outcome, error) { panic("gone") })
	_, err = Caller(t.Context())
	require.EqualError(t, err, "internal: panic handling request: gone")
}
