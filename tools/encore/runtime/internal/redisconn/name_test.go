package redisconn

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"encore.dev/internal/logs"
	"github.com/stretchr/testify/require"
)

func TestAHostThatCannotBeFoundIsSaidSparsely(t *testing.T) {
	var out bytes.Buffer // read when the watch has ended
	logs.Redirect(&out, false, logs.Trace)
	ctx, cancel := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan struct{})
	known := make(chan bool)
	lookup := func(_ context.Context, host string) ([]string, error) {
		require.Equal(t, "nowhere", host)
		if <-known {
			return []string{"192.0.2.1"}, nil
		}
		return nil, errors.New("no such host")
	}
	go func() {
		defer close(done)
		watchName(ctx, "REDIS_HOST", "nowhere", lookup, ticks)
	}()
	for range warnEach + 1 {
		known <- false
		ticks <- time.Time{}
	}
	known <- true
	ticks <- time.Time{}
	known <- true
	cancel()
	<-done
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3, out.String())
	for _, line := range lines[:2] {
		require.Contains(t, line, "the host that REDIS_HOST names cannot be found")
		require.Contains(t, line, `"host":"nowhere"`)
		require.Contains(t, line, "no such host")
	}
	require.Contains(t, lines[2], "the host that REDIS_HOST names is found")
}
