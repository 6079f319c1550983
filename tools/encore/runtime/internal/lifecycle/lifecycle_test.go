//go:build !encore_app

package lifecycle

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// It is one test, because hooks belong to the process.
func TestHooks(t *testing.T) {
	t.Parallel()
	var order []string
	errStart, errStop := errors.New("start"), errors.New("stop")
	OnStart(func(context.Context) error { order = append(order, "first"); return nil })
	OnStart(func(context.Context) error { order = append(order, "second"); return errStart })
	OnStart(func(context.Context) error { order = append(order, "third"); return nil })
	require.ErrorIs(t, Start(t.Context()), errStart)
	require.Equal(t, []string{"first", "second"}, order)

	// Each waits for the other, so they must run side by side.
	one, other := make(chan struct{}), make(chan struct{})
	OnStop(func(context.Context) error { close(one); <-other; return errStop })
	OnStop(func(context.Context) error { close(other); <-one; return nil })
	require.ErrorIs(t, Stop(t.Context()), errStop)

	Mount("/__encore/x/", http.NotFoundHandler())
	require.Len(t, Mounts(), 1)
	require.Equal(t, "/__encore/x/", Mounts()[0].Prefix)
}
