//go:build !encore_app

package redisconn_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"encore.dev/internal/logs"
	"encore.dev/internal/redisconn"
	"encore.dev/internal/runconfig"
	"github.com/stretchr/testify/require"
)

func TestTheLibraryReportsInTheLog(t *testing.T) {
	var out bytes.Buffer
	restore := logs.Redirect(&out, false, logs.Trace)
	defer restore()
	client, err := redisconn.New(runconfig.Redis{Host: "127.0.0.1:1"}) // where nobody listens
	require.NoError(t, err)
	require.Error(t, client.Ping(t.Context()).Err())
	require.NoError(t, client.Close())
	restore()
	require.Contains(t, out.String(), "failed to dial")
	for line := range strings.Lines(out.String()) {
		require.True(t, json.Valid([]byte(line)), line)
	}
}
