package core

import (
	"time"

	"encore.app/internal/refusal"
)

// maxWeeks is to how many weeks something is copied at once.
const maxWeeks = 53

// weeks are what is copied, whole weeks from Monday to Sunday, and the Mondays at which copies begin (rule 6).
type weeks struct {
	first, last time.Time
	mondays     []time.Time
}

// readWeeks reads which weeks are copied to which: to 53 at most, each another one, after those that are copied.
func readWeeks(from, to string, targets []string) (w weeks, err error) {
	first, err := parseCollectionDate("from", from)
	if err != nil {
		return w, err
	}
	last, err := parseCollectionDate("to", to)
	if err != nil {
		return w, err
	}
	w.first, w.last = mondayOf(first), mondayOf(last).AddDate(0, 0, 6)
	switch {
	case w.last.Before(w.first):
		return w, refusal.Invalid("to", refusal.OutOfRange, "The last day lies before the first.")
	case w.last.Sub(w.first) > maxDates*24*time.Hour:
		return w, refusal.Invalid("to", refusal.OutOfRange, "At most a year is copied at once.")
	case len(targets) > maxWeeks:
		return w, refusal.Invalid("weeks", refusal.TooLong, "At most 53 weeks at a time.")
	}
	if w.mondays, err = parseDates("weeks", targets); err != nil {
		return w, err
	}
	seen := make(map[time.Time]bool)
	var rows []refusal.Row
	for i, week := range w.mondays {
		monday := mondayOf(week)
		w.mondays[i] = monday
		switch {
		case !monday.After(w.last):
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.OutOfRange})
		case seen[monday]:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Duplicate})
		}
		seen[monday] = true
	}
	if len(rows) > 0 {
		return w, refusal.InvalidRows("weeks", rows, "Every week is another one, after those that are copied.")
	}
	return w, nil
}
