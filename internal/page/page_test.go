package page_test

import (
	"testing"

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
	rows := []key{{"a", 1}, {"é\"", 2}, {"c", 3}}

	cut, cursor := page.Cut(rows, 2, keyOf)
	require.Equal(t, rows[:2], cut)
	after, ok, err := page.After[key](cursor)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, rows[1], after)
}

func TestTheLastPageHasNoCursor(t *testing.T) {
	t.Parallel()
	rows := []key{{"a", 1}, {"b", 2}}
	cut, cursor := page.Cut(rows, 2, keyOf)
	require.Equal(t, rows, cut)
	require.Empty(t, cursor)
}

func TestTheFirstPageIsAfterNothing(t *testing.T) {
	t.Parallel()
	_, ok, err := page.After[key]("")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	for _, cursor := range []string{"!", "e30=", "bm90IGpzb24", "eyJpIjoieCJ9"} {
		got, ok, err := page.After[key](cursor)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), cursor)
		require.False(t, ok)
		require.Zero(t, got)
	}
}
