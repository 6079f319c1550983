//go:build !encore_app

package rlog_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"encore.dev/internal/logs"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/runconfig"
	"encore.dev/rlog"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	runconfig.SetForTest(&runconfig.Config{})
	os.Exit(m.Run())
}

// The tests share the output, so they do not run side by side.

func record(t *testing.T) func() []string {
	t.Helper()
	buf := new(bytes.Buffer)
	t.Cleanup(logs.Redirect(buf, false, logs.Debug))
	return func() []string {
		var lines []string
		for line := range strings.Lines(buf.String()) {
			before, after, _ := strings.Cut(line, `"time":"`)
			_, after, _ = strings.Cut(after, `",`)
			lines = append(lines, before+strings.TrimSpace(after))
		}
		return lines
	}
}

func TestLinesCarryTheRequestAndTheirFields(t *testing.T) {
	lines := record(t)
	req := &reqtrack.Request{Service: "core", Endpoint: "Get"}
	reqtrack.Begin(t.Context(), req)
	rlog.Info("in", "k", 1, "service", "mine", "odd")
	req.End()
	rlog.Debug("d")
	rlog.Warn("w", "e", os.ErrNotExist)
	rlog.Error("e")
	require.Equal(t, []string{
		`{"level":"info","service":"core","endpoint":"Get","k":1,"service":"mine","message":"in"}`,
		`{"level":"debug","message":"d"}`,
		`{"level":"warn","e":"file does not exist","message":"w"}`,
		`{"level":"error","message":"e"}`,
	}, lines())
}

func TestWith(t *testing.T) {
	lines := record(t)
	base := rlog.With("a", 1)
	first, second := base.With("b", 2), base.With("b", 3)
	first.Info("x", "c", 4)
	second.Debug("y")
	base.Warn("z")
	rlog.Ctx{}.Error("e")
	require.Equal(t, []string{
		`{"level":"info","a":1,"b":2,"c":4,"message":"x"}`,
		`{"level":"debug","a":1,"b":3,"message":"y"}`,
		`{"level":"warn","a":1,"message":"z"}`,
		`{"level":"error","message":"e"}`,
	}, lines())
}

func TestKeysAreStrings(t *testing.T) {
	record(t)
	require.PanicsWithValue(t, "rlog: key 3 is a int, not a string", func() { rlog.Info("m", 3, 4) })
	require.Panics(t, func() { rlog.With(3, 4) })
}
