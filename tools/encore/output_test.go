package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/logline"
)

const (
	traceLine = `{"level":"trace","time":"2026-01-02T15:04:05Z","message":"starting request"}` + "\n"
	infoLine  = `{"level":"info","n":1,"time":"2026-01-02T15:04:05Z","message":"started"}` + "\n"
	errorLine = `{"level":"error","code":"internal","time":"2026-01-02T15:04:05Z","message":"request failed"}` + "\n"
)

func TestOutputShowsTheLogAsText(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		form logForm
		want string
	}{
		"from info":  {logForm{lowest: logline.Info}, "%s INF started n=1\nplain\n%s ERR request failed code=internal\n"},
		"everything": {logForm{}, "%s TRC starting request\n%s INF started n=1\nplain\n%s ERR request failed code=internal\n"},
		"errors":     {logForm{lowest: logline.Error}, "plain\n%s ERR request failed code=internal\n"},
		"JSON":       {logForm{json: true}, traceLine + infoLine + "plain\n" + errorLine},
		"JSON from info": {
			logForm{json: true, lowest: logline.Info, color: true}, infoLine + "plain\n" + errorLine,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, "2026-01-02T15:04:05Z")
			require.NoError(t, err)
			want := strings.ReplaceAll(test.want, "%s", at.Local().Format(time.Kitchen))
			written := traceLine + infoLine + "plain\n" + errorLine
			for size := range len(written) {
				var shown bytes.Buffer
				var lines []string
				o := &programOutput{w: &shown, form: test.form, line: func(line []byte) { lines = append(lines, string(line)+"\n") }}
				for rest := written; rest != ""; rest = rest[min(size+1, len(rest)):] {
					_, err := o.Write([]byte(rest[:min(size+1, len(rest))]))
					require.NoError(t, err)
				}
				require.NoError(t, o.end())
				require.Equal(t, want, shown.String(), "in pieces of %d", size+1)
				require.Equal(t, []string{traceLine, infoLine, "plain\n", errorLine}, lines, "everything reaches the dashboard")
			}
		})
	}
}

func TestOutputPassesWhatIsNoLog(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	var lines []string
	o := &programOutput{w: &shown, line: func(line []byte) { lines = append(lines, string(line)) }}
	write := func(text string) {
		n, err := o.Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), n)
	}
	write("Your name: ")
	require.Equal(t, "Your name: ", shown.String(), "at once")
	write("\x1b[31mred\x1b[0m\n{\"a\": ")
	require.Equal(t, "Your name: \x1b[31mred\x1b[0m\n", shown.String())
	write("1}\npanic: boom\n\ngoroutine 1")
	require.NoError(t, o.end())
	require.Equal(t, "Your name: \x1b[31mred\x1b[0m\n{\"a\": 1}\npanic: boom\n\ngoroutine 1", shown.String())
	require.Equal(t, []string{"Your name: \x1b[31mred\x1b[0m", `{"a": 1}`, "panic: boom", "", "goroutine 1"}, lines)

	shown.Reset()
	endless := "{" + strings.Repeat("x", maxHeldLine)
	write(endless)
	require.Equal(t, endless, shown.String(), "a line without an end is not held for ever")
	require.NoError(t, o.end())
	require.Equal(t, endless, shown.String())
}

func TestSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s silence
		begin := time.Now()
		s.wait(nil, 100*time.Millisecond, time.Second)
		require.Equal(t, 100*time.Millisecond, time.Since(begin))

		begin = time.Now()
		time.AfterFunc(50*time.Millisecond, s.broken)
		s.wait(nil, 100*time.Millisecond, time.Second)
		require.Equal(t, 150*time.Millisecond, time.Since(begin), "it begins anew when something is written")

		begin = time.Now()
		ticker := time.NewTicker(50 * time.Millisecond)
		done := make(chan struct{})
		go func() {
			for {
				select {
				case <-ticker.C:
					s.broken()
				case <-done:
					return
				}
			}
		}()
		s.wait(nil, 100*time.Millisecond, time.Second)
		require.Equal(t, time.Second, time.Since(begin), "a talkative program holds nothing up")
		close(done)

		ended := make(chan struct{})
		close(ended)
		begin = time.Now()
		s.wait(ended, time.Hour, time.Hour)
		require.Zero(t, time.Since(begin))
	})
}
