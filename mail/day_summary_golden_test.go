package mail

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/core"
	"encore.app/mail/content"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

// The summary as it is sent, in every language: of a whole day, and of a region on which all was done.
func TestSummariesAreAsTheyWere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	done := core.DaySummary{
		Date: "2026-11-25", Region: &core.Region{ID: 7, Name: "Gent <Zuid>"},
		Counts: core.SummaryCount{Completed: 2, WorkedMinutes: 40, AgreedMinutes: 45, Stops: 8, StopsDone: 8},
	}
	for _, language := range content.Languages() {
		written := ""
		day := aDay()
		for _, summary := range []*core.DaySummary{&day, &done} {
			w, err := b.writeSummary(content.In(language, b.zone), "Zoë", summary)
			require.NoError(t, err)
			got, err := w.mail.Render()
			require.NoError(t, err)
			written += got.Subject + "\n\n" + got.Text + "\n" + got.HTML + "\n"
			require.NotContains(t, got.HTML, "<b>", "what people write is text")
			require.Contains(t, got.HTML, "prefers-color-scheme", "dark mode")
		}
		file := filepath.Join("testdata", "day-summary."+language+".txt")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(written), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), written)
	}
}
