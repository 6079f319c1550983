package input_test

import (
	"strings"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

func requireRefused(t *testing.T, err error, reason refusal.Reason, typed string) {
	t.Helper()
	require.Error(t, err, "%q", typed)
	require.Equal(t, errs.InvalidArgument, errs.Code(err), "%q", typed)
	require.Equal(t, "field", errs.Details(err).(refusal.Details).Field, "%q", typed)
	require.Equal(t, reason, refusal.ReasonOf(err), "%q", typed)
}

func TestTextOfOneLine(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"":                                "",
		"  Kerk \t straat\u00a0\n 3  ":    "Kerk straat 3",
		"Cafe\u0301":                      "Café",
		"\u200bEmma\ufeff":                "Emma",
		"Em\u200bma":                      "Emma",
		"a\u202eb":                        "ab",
		"\u200b\u200d\u2060":              "",
		" \u3164 \u2800 ":                 "",
		"\u0301":                          "",
		"\u200dمی\u200cخواهم\u200c":       "می\u200cخواهم",
		"👩\u200d🚒":                        "👩\u200d🚒",
		strings.Repeat("é", 100):          strings.Repeat("é", 100),
		strings.Repeat("e\u0301", 100):    strings.Repeat("é", 100),
		strings.Repeat(" ", 300) + "dots": "dots",
	} {
		got, err := input.Text("field", typed, 100)
		require.NoError(t, err, "%q", typed)
		require.Equal(t, want, got, "%q", typed)
		_, err = input.RequiredText("field", typed, 100)
		if want == "" {
			requireRefused(t, err, refusal.Required, typed)
		} else {
			require.NoError(t, err, "%q", typed)
		}
	}
	for typed, reason := range map[string]refusal.Reason{
		"a\x00b": refusal.Malformed, "a\xffb": refusal.Malformed, "\xed\xa0\x80": refusal.Malformed,
		"a\x1b[31m": refusal.Malformed, "a\x7f": refusal.Malformed, "a\u0080": refusal.Malformed,
		strings.Repeat("é", 101): refusal.TooLong, strings.Repeat("a", 1<<20): refusal.TooLong,
		strings.Repeat(" ", 1<<20): refusal.TooLong,
	} {
		_, err := input.Text("field", typed, 100)
		requireRefused(t, err, reason, typed)
		_, err = input.Lines("field", typed, 100)
		requireRefused(t, err, reason, typed)
	}
}

func TestTextOfSeveralLines(t *testing.T) {
	t.Parallel()
	got, err := input.Lines("field", "\r\n Code:\r\n\t12 34\u200b\r\n\n", 100)
	require.NoError(t, err)
	require.Equal(t, "Code:\n\t12 34", got)
	_, err = input.RequiredLines("field", " \n\u200b\n ", 100)
	requireRefused(t, err, refusal.Required, "nothing to see")
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"\tEmma.Peeters@Example.ORG\n": "emma.peeters@example.org",
		"\u200bemma@example.org\ufeff": "emma@example.org",
		"emma+bins@mail.example.org":   "emma+bins@mail.example.org",
		"o'neil@example.org":           "o'neil@example.org",
		"emma@Zoë.example":             "emma@xn--zo-ija.example",
		"emma@xn--zo-ija.example":      "emma@xn--zo-ija.example",
		"emma@zoe\u0308.example":       "emma@xn--zo-ija.example",
	} {
		got, err := input.Email("field", typed)
		require.NoError(t, err, "%q", typed)
		require.Equal(t, want, got, "%q", typed)
		same, err := input.SameEmails("field", typed)
		require.NoError(t, err, "%q", typed)
		require.Contains(t, same, want, "%q", typed)
	}
	for typed, reason := range map[string]refusal.Reason{
		"": refusal.Required, " \u200b ": refusal.Required,
		"emma": refusal.Malformed, "@example.org": refusal.Malformed, "emma@": refusal.Malformed,
		"emma@localhost": refusal.Malformed, "emma@[192.0.2.1]": refusal.Malformed, "emma@192.0.2.1": refusal.Malformed,
		`"emma p"@example.org`: refusal.Malformed, "emma p@example.org": refusal.Malformed, "zoë@example.org": refusal.Malformed,
		"Emma <emma@example.org>": refusal.Malformed, "a@b.be, c@d.be": refusal.Malformed, "a@b.be\nBcc: c@d.be": refusal.Malformed,
		".emma@example.org": refusal.Malformed, "em..ma@example.org": refusal.Malformed, "emma@-a.example": refusal.Malformed,
		strings.Repeat("a", 65) + "@example.org": refusal.Malformed, "a\x00b@example.org": refusal.Malformed,
		strings.Repeat("a", 250) + "@b.be": refusal.TooLong,
		// Short as it is typed, too long as DNS knows it.
		strings.Repeat("a", 60) + "@" + strings.Repeat(strings.Repeat("é", 30)+".", 6) + "example": refusal.TooLong,
	} {
		_, err := input.Email("field", typed)
		requireRefused(t, err, reason, typed)
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"": "", " \u200b": "",
		"0470 12 34 56": "+32470123456", "0470/12.34.56": "+32470123456", "+32 (0)470 12 34 56": "+32470123456",
		"0032 470 12 34 56": "+32470123456", "+32470123456": "+32470123456", "09 233 12 34": "+3292331234",
		"+31 6 12345678": "+31612345678", "+33 6 12 34 56 78": "+33612345678",
	} {
		got, err := input.Phone("field", typed)
		require.NoError(t, err, typed)
		require.Equal(t, want, got, typed)
	}
	for _, typed := range []string{
		"12", "0470 12 34", "+320470123456789", "0470-EMMA-12", "09 233 12 34 ext. 5", "+999 123456", "emma@example.org",
	} {
		_, err := input.Phone("field", typed)
		requireRefused(t, err, refusal.Malformed, typed)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	got, err := input.IDs("field", []int64{5, 2, 5}, 3)
	require.NoError(t, err)
	require.Equal(t, []int64{2, 5}, got)
	got, err = input.IDs("field", nil, 3)
	require.NoError(t, err)
	require.Equal(t, []int64{}, got)
	_, err = input.IDs("field", make([]int64, 4), 3)
	requireRefused(t, err, refusal.TooLong, "four")
	_, err = input.IDs("field", []int64{1, 0, -3}, 3)
	requireRefused(t, err, refusal.Unknown, "no ids")
	require.Len(t, errs.Details(err).(refusal.Details).Rows, 2)
}
