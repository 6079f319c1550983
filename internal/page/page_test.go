package page_test

import (
	"encoding/base64"
	"testing"
	"unicode/utf8"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/internal/page"
)

type key struct {
	Name string `json:"n"`
	ID   int64  `json:"i"`
}

func keyOf(k key) key { return k }

func TestLimit(t *testing.T) {
	t.Parallel()
	for requested, want := range map[int]int{0: 50, 1: 1, 200: 200} {
		got, err := page.Limit(requested)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, requested := range []int{-1, 201} {
		_, err := page.Limit(requested)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), requested)
	}
}

func TestTheCursorLeadsBehindTheLastRowOfThePage(t *testing.T) {
	t.Parallel()
	rows := []key{{"a", 1}, {"é\"<\uFFFD\\u0000", 2}, {"c", 3}} // whatever a name may hold

	cut, cursor := page.Cut("keys", rows, 2, keyOf)
	require.Equal(t, rows[:2], cut)
	after, ok, err := page.After[key]("keys", cursor)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, rows[1], after)
}

func TestTheLastPageHasNoCursor(t *testing.T) {
	t.Parallel()
	rows := []key{{"a", 1}, {"b", 2}}
	cut, cursor := page.Cut("keys", rows, 2, keyOf)
	require.Equal(t, rows, cut)
	require.Empty(t, cursor)
}

func TestTheFirstPageIsAfterNothing(t *testing.T) {
	t.Parallel()
	_, ok, err := page.After[key]("keys", "")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	_, ofAnother := page.Cut("others", []key{{"a", 1}, {"b", 2}}, 1, keyOf)
	for name, cursor := range map[string]string{
		"no base64": "!", "padding": "e30=", "no JSON": "bm90IGpzb24", "of another list": ofAnother,
		"edited type": edited(`{"l":"keys","k":{"n":"a","i":"x"}}`), "more fields": edited(`{"l":"keys","k":{"n":"a","i":1,"x":1}}`),
		"NUL": edited(`{"l":"keys","k":{"n":"a\u0000","i":1}}`), "not UTF-8": edited("{\"l\":\"keys\",\"k\":{\"n\":\"\xff\",\"i\":1}}"),
		"half a character": edited(`{"l":"keys","k":{"n":"\ud800","i":1}}`),
		"smallest number":  edited(`{"l":"keys","k":{"n":"a","i":-9223372036854775808}}`),
		"too large":        edited(`{"l":"keys","k":{"n":"a","i":9223372036854775808}}`),
		"fields missing":   edited(`{"l":"keys","k":{"n":"a"}}`),
		"text after it":    edited(`{"l":"keys","k":{"n":"a","i":1}}x`),
	} {
		got, ok, err := page.After[key]("keys", cursor)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
		require.False(t, ok, name)
		require.Zero(t, got, name)
	}
}

func edited(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func FuzzAfter(f *testing.F) {
	_, made := page.Cut("keys", []key{{"é", 1}, {"b", 2}}, 1, keyOf)
	for _, seed := range []string{"", made, "e30", edited(`{"l":"keys","k":{"n":"a\u0000","i":-1}}`), edited(`{"l":"keys","k":null}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		got, _, err := page.After[key]("keys", cursor)
		if err != nil {
			require.Equal(t, errs.InvalidArgument, errs.Code(err))
			return
		}
		require.True(t, utf8.ValidString(got.Name))
		require.NotContains(t, got.Name, "\x00")
		require.GreaterOrEqual(t, got.ID, int64(0))
	})
}
