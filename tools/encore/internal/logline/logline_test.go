package logline_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/logline"
)

func show(t *testing.T, line string, color bool) string {
	t.Helper()
	l, ok := logline.Parse([]byte(line))
	require.True(t, ok, line)
	l.Time = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	return string(l.Append(nil, color))
}

func TestLinesForAPerson(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ line, want string }{
		"fields by name": {
			`{"level":"info","zeta":1,"alpha":"two words","beta":"one","empty":"","list":[1, "a"],"time":"2026-01-02T15:04:05Z","message":"it works"}`,
			"3:04PM INF it works alpha=\"two words\" beta=one empty=\"\" list=[1, \"a\"] zeta=1\n",
		},
		"the error first": {
			`{"level":"error","code":"internal","error":"bad","time":"2026-01-02T15:04:05Z","message":"request failed"}`,
			"3:04PM ERR request failed error=bad code=internal\n",
		},
		"several lines below": {
			`{"level":"error","error":"first\nsecond","code":"internal","stack":"line 1\n\tline 2\n","time":"2026-01-02T15:04:05Z","message":"m"}`,
			"3:04PM ERR m code=internal\n  error=\n    first\n    second\n  stack=\n    line 1\n    \tline 2\n",
		},
		"a message of several lines": {
			`{"level":"warn","a":1,"time":"2026-01-02T15:04:05Z","message":"one\ntwo\n"}`,
			"3:04PM WRN one\n    two a=1\n",
		},
		"repeated names stay": {
			`{"level":"debug","service":"a","service":"b","level":"mine","time":"2026-01-02T15:04:05Z","message":"m"}`,
			"3:04PM DBG m level=mine service=a service=b\n",
		},
		"nothing controls the terminal": {
			`{"level":"trace","a":"\u001b[2J","b":"x\n\u001b[2J","time":"2026-01-02T15:04:05Z","message":"\u001b[2Jm"}`,
			"3:04PM TRC \\x1b[2Jm a=\"\\u001b[2J\"\n  b=\n    x\n    \\x1b[2J\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, show(t, test.line, false))
		})
	}
}

func TestColours(t *testing.T) {
	t.Parallel()
	require.Equal(t, "\x1b[90m3:04PM\x1b[0m \x1b[32mINF\x1b[0m m \x1b[1;31merror=\x1b[0mbad \x1b[36ma=\x1b[0m1\n",
		show(t, `{"level":"info","a":1,"error":"bad","time":"2026-01-02T15:04:05Z","message":"m"}`, true))
}

func TestWhatIsNoLogLine(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"", "panic: boom", "{", `{"a":1}`, `[1]`, `{"level":"loud","time":"2026-01-02T15:04:05Z","message":"m"}`,
		`{"level":"info","message":"no time"}`, `{"level":"info","time":"noon","message":"m"}`,
		`{"level":"info","time":"2026-01-02T15:04:05Z"}`, `{"level":"info","time":"2026-01-02T15:04:05Z","message":"m"} {}`,
	} {
		_, ok := logline.Parse([]byte(line))
		require.False(t, ok, line)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"level":"info","time":"2026-01-02T03:04:05Z","message":"a","error":"b"}`, `{"level":1}`, `{}`, `[]`, `{"a":{"b":[null]},"a":1e999}`, `{"\ud800":"\u0000"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, ok := logline.Parse(data); ok {
			require.True(t, json.Valid(data))
		}
	})
}
