package feed_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
	"github.com/stretchr/testify/require"

	"encore.app/core/feed"
)

func brussels(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return zone
}

// read reads a file with another library than the one that wrote it.
func read(t *testing.T, file []byte) *ical.Calendar {
	t.Helper()
	calendar, err := ical.NewDecoder(bytes.NewReader(file)).Decode()
	require.NoError(t, err, "%s", file)
	return calendar
}

func text(t *testing.T, event ical.Event, name string) string {
	t.Helper()
	value, err := event.Props.Text(name)
	require.NoError(t, err)
	return value
}

func TestTextsArriveAsTheyWere(t *testing.T) {
	t.Parallel()
	summary := `Papier, karton; "éénmalig" \ n: 50 %` + " – 😀"
	description := "Eerste lijn\nTweede, met komma; en\\backslash\n" + strings.Repeat("één lange lijn zonder einde ", 40)
	file := (&feed.Calendar{
		Name: "Afval, Burgstraat 14; bus é", Zone: brussels(t), Written: time.Date(2026, time.May, 4, 0, 0, 0, 0, time.UTC),
		Events: []feed.Event{{
			UID: "collection-1@trottoir", Version: 3, Start: time.Date(2026, time.May, 4, 5, 0, 0, 0, time.UTC),
			End: time.Date(2026, time.May, 4, 7, 0, 0, 0, time.UTC), Summary: summary + "\x00\x1b", Description: description + "\x00\x1b\r\neinde", Location: "Burgstraat 14, 9000 Gent",
			URL: "https://trottoir.example/b/0190?lang=nl",
		}},
	}).Write()
	for line := range strings.SplitSeq(strings.TrimSuffix(string(file), "\r\n"), "\r\n") {
		require.LessOrEqual(t, len(line), 75, "lines are folded: %q", line)
		require.True(t, utf8.ValidString(line), "no letter is cut in two: %q", line)
		require.NotContains(t, line, "\n")
	}
	calendar := read(t, file)
	event := calendar.Events()[0]
	require.Equal(t, summary, text(t, event, ical.PropSummary))
	require.Equal(t, strings.TrimSpace(description)+" \neinde", text(t, event, ical.PropDescription))
	require.Equal(t, "Burgstraat 14, 9000 Gent", text(t, event, ical.PropLocation))
	require.Equal(t, "collection-1@trottoir", text(t, event, ical.PropUID))
	require.Equal(t, "3", event.Props.Get(ical.PropSequence).Value)
	name, err := calendar.Props.Text("X-WR-CALNAME")
	require.NoError(t, err)
	require.Equal(t, "Afval, Burgstraat 14; bus é", name)
	require.Equal(t, "PUBLISH", calendar.Props.Get(ical.PropMethod).Value)
}

func TestDaysAndTimesAreRightWhenTheClockChanges(t *testing.T) {
	t.Parallel()
	zone := brussels(t)
	for _, day := range []time.Time{
		time.Date(2026, time.March, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, time.March, 29, 0, 0, 0, 0, time.UTC),
		time.Date(2026, time.March, 30, 0, 0, 0, 0, time.UTC), time.Date(2026, time.October, 25, 0, 0, 0, 0, time.UTC),
		time.Date(2026, time.October, 26, 0, 0, 0, 0, time.UTC),
	} {
		start := time.Date(day.Year(), day.Month(), day.Day(), 6, 0, 0, 0, zone)
		file := (&feed.Calendar{Name: "x", Zone: zone, Events: []feed.Event{
			{UID: "whole", Start: day, End: day.AddDate(0, 0, 1), WholeDays: true, Summary: "x"},
			{UID: "timed", Start: start, End: start.Add(8 * time.Hour), Summary: "x", Cancelled: true},
		}}).Write()
		events := read(t, file).Events()
		whole, timed := events[0], events[1]
		require.Equal(t, day.Format("20060102"), whole.Props.Get(ical.PropDateTimeStart).Value)
		require.Equal(t, "DATE", whole.Props.Get(ical.PropDateTimeStart).Params.Get("VALUE"))
		require.Equal(t, day.AddDate(0, 0, 1).Format("20060102"), whole.Props.Get(ical.PropDateTimeEnd).Value)
		from, err := timed.DateTimeStart(zone)
		require.NoError(t, err)
		require.Equal(t, "06:00", from.In(zone).Format("15:04"), day)
		require.True(t, strings.HasSuffix(timed.Props.Get(ical.PropDateTimeStart).Value, "Z"))
		status, err := timed.Status()
		require.NoError(t, err)
		require.Equal(t, ical.EventCancelled, status)
		status, err = whole.Status()
		require.NoError(t, err)
		require.Equal(t, ical.EventConfirmed, status)
	}
}

func TestTheSameContentIsTheSameFile(t *testing.T) {
	t.Parallel()
	calendar := &feed.Calendar{Name: "x", Zone: time.UTC, Events: []feed.Event{{UID: "1", WholeDays: true, Summary: "x"}}}
	first := calendar.Write()
	require.Equal(t, first, calendar.Write())
	require.Empty(t, read(t, (&feed.Calendar{Name: "x", Zone: time.UTC}).Write()).Events(), "an empty one is one too")
}
