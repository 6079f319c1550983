package mail

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAMailServerThatCannotBeFoundIsLookedUpUntilTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	asked, ticks, done := make(chan string), make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		watchHost(ctx, "nowhere", func(_ context.Context, host string) ([]string, error) {
			asked <- host
			return nil, errors.New("no such host")
		}, ticks)
	}()
	for range 2 {
		require.Equal(t, "nowhere", <-asked)
		ticks <- time.Time{}
	}
	require.Equal(t, "nowhere", <-asked)
	cancel()
	<-done
}
