package content_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/internal/mailrequest"
	"encore.app/mail/content"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

var (
	evening = time.Date(2026, time.December, 1, 17, 0, 0, 0, time.UTC)
	facts   = content.Facts{
		"InvitedBy": "Ruben <b>Verhaeghe</b>", "Role": "student", "Until": "", "When": "", "Day": "", "Time": "07:30",
		"Link": "https://bins.example.be/register?token=a-_b&x=1", "Device": "Firefox on Linux", "IP": "192.0.2.1", "Place": "Gent, België",
		"Count": 2, "Remarks": 0, "Photos": 2, "Missing": 2, "Started": 1, "Tour": "Centrum – Zuid", "Worker": "Zoë Peeters", "Reason": "sleutel & code", "Building": "Korenmarkt 1", "Change": "Ok.", "Number": 12, "Kind": "Vuil", "Region": "Gent", "Under": 1,
	}
)

func brussels(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return zone
}

// Mail about stops tells of remarks, alone or with stops that were not done.
func TestMailsAboutRemarksAreAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, language := range content.Languages() {
		in := content.In(language, brussels(t))
		var written strings.Builder
		for _, kind := range []string{"stops", "building-stops"} {
			for _, counts := range []content.Facts{
				{"Count": 0, "Remarks": 1, "Building": "Korenmarkt 1"}, {"Count": 0, "Remarks": 3, "Building": ""}, {"Count": 1, "Remarks": 1, "Building": "Korenmarkt 1"},
				{"Count": 1, "Remarks": 2, "Building": ""}, {"Count": 2, "Remarks": 2, "Building": ""},
			} {
				mail, err := in.Mail(kind, "Zoë", facts.With(counts).With(content.Facts{"Day": in.Day(evening)}))
				require.NoError(t, err)
				group := content.Group{Heading: "Centrum – Zuid"}
				for photos := range 3 {
					line, err := in.Phrase("stop-remark", facts.With(content.Facts{"Photos": photos}))
					require.NoError(t, err)
					group.Lines = append(group.Lines, line)
				}
				mail.Groups = []content.Group{group}
				got, err := mail.Render()
				require.NoError(t, err)
				written.WriteString(got.Subject + "\n\n" + got.Text + "\n")
			}
		}
		file := filepath.Join("testdata", "lines", "remarks."+language+".txt")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(written.String()), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), written.String())
	}
}

// Every line about a swap.
func TestLinesAboutSwapsAreAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, language := range content.Languages() {
		in := content.In(language, brussels(t))
		var written strings.Builder
		for _, phrase := range []string{
			"swap-line", "swap-line-both", "swap-line-ended", "swap-given-back", "swap-withdrawn", "swap-approved", "swap-approved-for-you",
			"swap-refused", "swap-lapsed",
		} {
			for _, about := range []content.Facts{{"Name": "Zoë", "Reason": ""}, {"Name": "", "Reason": "sleutel & code"}} {
				line, err := in.Phrase(phrase, about.With(content.Facts{"Day": in.Day(evening), "Tour": "Centrum – Zuid", "Taker": "Lucas"}))
				require.NoError(t, err)
				written.WriteString(line + "\n")
			}
		}
		file := filepath.Join("testdata", "lines", "swaps."+language+".txt")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(written.String()), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), written.String())
	}
}

// Every mail as it is sent, in every language: a change of any of them is seen.
func TestMailsAreAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, language := range content.Languages() {
		in := content.In(language, brussels(t))
		for _, kind := range content.Kinds() {
			t.Run(language+"/"+kind, func(t *testing.T) {
				t.Parallel()
				facts := facts.With(content.Facts{
					"Until": in.Moment(evening), "When": in.Moment(evening), "Day": in.Day(evening), "Role": in.Role("student"),
				})
				mail, err := in.Mail(kind, "Zoë", facts)
				require.NoError(t, err)
				if kind == "runs" || kind == "reminder" {
					line, err := in.Phrase("run-line", facts)
					require.NoError(t, err)
					heading, err := in.Phrase("run-planned", nil)
					require.NoError(t, err)
					mail.Groups = []content.Group{{Heading: heading, Lines: []string{line, "<script>alert(1)</script>"}}}
					mail.Reason = in.Reason("work")
					mail.Preferences = in.PreferencesButton("https://bins.example.be/profile")
					mail.Unsubscribe = in.UnsubscribeButton("https://bins.example.be/unsubscribe?token=abc")
				}
				got, err := mail.Render()
				require.NoError(t, err)
				written := got.Subject + "\n\n" + got.Text + "\n" + got.HTML
				file := filepath.Join("testdata", kind+"."+language+".txt")
				if *update {
					require.NoError(t, os.WriteFile(file, []byte(written), 0o600))
				}
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				require.Equal(t, string(want), written)

				require.NotContains(t, got.HTML, "<script>")
				require.NotContains(t, got.HTML, "<b>", "names are text")
				require.Contains(t, got.HTML, `lang="`+language+`"`)
				require.Contains(t, got.HTML, "prefers-color-scheme", "dark mode")
				require.Regexp(t, `<body[^>]* style="[^"]*background-color`, got.HTML, "styles stand in the elements: many programs drop the rest")
				require.NotRegexp(t, `(?i)<(img|script|link|iframe)|url\(`, got.HTML, "nothing is loaded from elsewhere")
			})
		}
	}
}

func TestEveryKindOfRequestHasItsWords(t *testing.T) {
	t.Parallel()
	for _, kind := range mailrequest.Kinds() {
		require.Contains(t, content.Kinds(), kind)
	}
}

// The languages say the same: the same keys, the same number of paragraphs, the same names filled in.
func TestTheLanguagesHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	shapes := map[string][]string{}
	for _, language := range content.Languages() {
		raw, err := os.ReadFile(language + ".json")
		require.NoError(t, err)
		var tree any
		require.NoError(t, json.Unmarshal(raw, &tree))
		shapes[language] = shape("", tree)
	}
	for _, language := range content.Languages() {
		require.Equal(t, shapes["en"], shapes[language], language)
	}
}

var filledIn = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

func shape(path string, node any) (lines []string) {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			lines = append(lines, shape(path+"."+key, value)...)
		}
	case []any:
		for _, value := range node {
			lines = append(lines, shape(path+"[]", value)...)
		}
	case string:
		names := filledIn.FindAllString(node, -1)
		slices.Sort(names)
		names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "{{.Day}}" && path == ".date" })
		lines = append(lines, path+" "+strings.Join(names, ","))
	}
	slices.Sort(lines)
	return lines
}

func TestDatesAreThoseOfTheZone(t *testing.T) {
	t.Parallel()
	lateUTC := time.Date(2026, time.August, 1, 22, 30, 0, 0, time.UTC)
	for language, want := range map[string]string{
		"nl": "zondag 2 augustus 2026, 00:30", "en": "Sunday 2 August 2026, 00:30", "fr": "dimanche 2 août 2026, 00:30",
		"de": "zondag 2 augustus 2026, 00:30",
	} {
		require.Equal(t, want, content.In(language, brussels(t)).Moment(lateUTC))
	}
	require.Equal(t, "mardi 1er décembre 2026", content.In("fr", brussels(t)).Day(evening))
}

func TestAMissingFactIsAnError(t *testing.T) {
	t.Parallel()
	_, err := content.In("en", brussels(t)).Mail(mailrequest.Invitation, "", content.Facts{"InvitedBy": ""})
	require.Error(t, err)
}

func TestALongSubjectIsCut(t *testing.T) {
	t.Parallel()
	mail, err := content.In("nl", brussels(t)).Mail("test", "", nil)
	require.NoError(t, err)
	mail.Subject = strings.Repeat("ë", 500)
	got, err := mail.Render()
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("ë", 199)+"…", got.Subject)
}

func BenchmarkRender(b *testing.B) {
	mail, err := content.In("en", time.UTC).Mail("test", "Emma", nil)
	require.NoError(b, err)
	for b.Loop() {
		_, err := mail.Render()
		require.NoError(b, err)
	}
}

func TestALetterSaysWhatWasWrittenAndNothingElse(t *testing.T) {
	t.Parallel()
	for language, reason := range map[string]string{
		"en": "Somebody from the office sent you this mail.", "nl": "Iemand van het kantoor", "fr": "Une personne du bureau",
	} {
		got, err := content.In(language, brussels(t)).Letter("Keys & bins", "Dear Zoë,\n\n\n\nline 1\nline <b>2</b>\n").Render()
		require.NoError(t, err)
		require.Equal(t, "Keys & bins", got.Subject)
		require.True(t, strings.HasPrefix(got.Text, "Dear Zoë,\n\nline 1\nline <b>2</b>\n\n-- \nTrottoir\n"), got.Text)
		require.Contains(t, got.Text, reason)
		require.NotContains(t, got.HTML, "<b>", "what is written is text")
		require.Contains(t, got.HTML, "line &lt;b&gt;2&lt;/b&gt;")
	}
}
