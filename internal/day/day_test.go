package day_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/internal/day"
)

func TestRule11DaysAreThoseOfTheZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	short := time.Date(2026, time.March, 29, 0, 0, 0, 0, time.UTC) // 23 hours long
	require.Equal(t, time.Date(2026, time.March, 29, 22, 0, 0, 0, time.UTC), day.End(short, zone).UTC())
	require.Equal(t, short, day.Of(time.Date(2026, time.March, 28, 23, 0, 0, 0, time.UTC), zone))
	require.Equal(t, short, day.Of(time.Date(2026, time.March, 29, 21, 59, 59, 0, time.UTC), zone))
	require.Equal(t, short.AddDate(0, 0, 1), day.Of(time.Date(2026, time.March, 29, 22, 0, 0, 0, time.UTC), zone))
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	first, last, err := day.ParsePeriod("", "")
	require.NoError(t, err)
	require.Equal(t, day.First, first)
	require.Equal(t, day.Last, last)
	for _, c := range [][2]string{{"2026-02-30", ""}, {"", "tomorrow"}, {"2026-03-02", "2026-03-01"}} {
		_, _, err := day.ParsePeriod(c[0], c[1])
		require.Error(t, err, c)
	}
}
