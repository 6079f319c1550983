//go:build !encore_app

package logs

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"encore.dev/internal/reqtrack"
	"encore.dev/internal/runconfig"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	runconfig.SetForTest(&runconfig.Config{})
	os.Exit(m.Run())
}

// The tests share the output, so they do not run side by side.

func record(t *testing.T, asConsole bool, level Level) *bytes.Buffer {
	t.Helper()
	buf := new(bytes.Buffer)
	t.Cleanup(Redirect(buf, asConsole, level))
	return buf
}

var request = &reqtrack.Request{
	Service: "core", Endpoint: "GetRun", UID: "u1",
	Trace: reqtrack.Trace{ID: [16]byte{1}, CorrelationID: "c1"},
}

func TestJSONLines(t *testing.T) {
	buf := record(t, false, Trace)
	Start(Info, request).Str("text", "a\"\n\x01<é\xff>").Int("n", -1).Any("error", errors.New("bad")).
		Any("took", 1500*time.Microsecond).Any("nan", math.NaN()).Any("list", []int{1}).Any("func", func() {}).Any("nil", nil).
		Any("float", 0.1).Any("yes", true).Any("uint", uint64(7)).Any("int64", int64(8)).Any("nil_error", (*nilError)(nil)).Send("message")
	line := buf.String()
	require.True(t, strings.HasPrefix(line, `{"level":"info","service":"core","endpoint":"GetRun","uid":"u1","trace_id":"04000000000000000000000000","x_correlation_id":"c1","text":`), line)
	require.True(t, strings.HasSuffix(line, `,"message":"message"}`+"\n"), line)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(buf.Bytes(), &fields))
	_, err := time.Parse(time.RFC3339, fields["time"].(string))
	require.NoError(t, err)
	for key, want := range map[string]any{
		"text": "a\"\n\x01<é\uFFFD>", "n": -1.0, "error": "bad", "took": 1.5, "nan": "NaN", "list": []any{1.0}, "nil": nil, "float": 0.1,
		"yes": true, "uint": 7.0, "int64": 8.0, "nil_error": "<nil>", "func": "cannot log the value: json: unsupported type: func()",
	} {
		require.Equal(t, want, fields[key], key)
	}
}

type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func TestMessagesSayTheirSubscription(t *testing.T) {
	buf := record(t, false, Trace)
	Start(Info, &reqtrack.Request{Service: "core", Message: &reqtrack.MessageData{Topic: "t", Subscription: "s"}}).Send("m")
	require.Contains(t, buf.String(), `{"level":"info","service":"core","topic":"t","subscription":"s",`)
}

func TestLevels(t *testing.T) {
	buf := record(t, false, Warn)
	Start(Info, request).Str("a", "b").Any("c", 1).Duration("d", 1).Raw([]byte(",1")).Send("not written")
	require.Empty(t, buf.String())
	require.False(t, Enabled(Info))
	Start(Warn, nil).Send("written")
	require.Contains(t, buf.String(), `{"level":"warn","time":`)
	level, ok := ParseLevel("error")
	require.True(t, ok)
	require.Equal(t, Error, level)
	_, ok = ParseLevel("loud")
	require.False(t, ok)
}

func TestConsoleLines(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	fields := []byte(`{"level":"error","zeta":1,"alpha":"two words","beta":"one","error":"bad","stack":"line 1\nline 2\n"`)
	require.Equal(t, "3:04PM ERR message error=bad alpha=\"two words\" beta=one zeta=1\nline 1\nline 2\n",
		string(appendConsole(nil, fields, Error, now, "message", false)))
	colored := string(appendConsole(nil, []byte(`{"level":"info","a":1`), Info, now, "message", true))
	require.Equal(t, "\x1b[90m3:04PM\x1b[0m \x1b[32mINF\x1b[0m message \x1b[36ma=\x1b[0m1\n", colored)

	buf := record(t, true, Trace)
	Start(Debug, nil).Str("a", "").Send("m")
	require.Regexp(t, `^\d+:\d\d[AP]M DBG m a=""\n$`, buf.String())
}

func TestStandardLogger(t *testing.T) {
	buf := record(t, false, Trace)
	Standard("HTTP server").Printf("bad %d", 1)
	require.Contains(t, buf.String(), `"source":"HTTP server"`)
	require.Contains(t, buf.String(), `"message":"bad 1"`)
}

func BenchmarkLine(b *testing.B) {
	b.Cleanup(Redirect(discard{}, false, Trace))
	b.ReportAllocs()
	for b.Loop() {
		Start(Trace, request).Duration("duration", 1234567).Str("code", "ok").Send("request completed")
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestExpectedLinesAreQuietForADeveloper(t *testing.T) {
	require.Equal(t, Info, Expected(), "operators see them")
	restore := Quiet()
	require.Equal(t, Debug, Expected())
	restore()
	require.Equal(t, Info, Expected())
}
