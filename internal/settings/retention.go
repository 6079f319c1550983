package settings

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Retention is how long something is kept, by the calendar. The zero value keeps it for ever.
type Retention struct{ years, months, days int }

// Years returns a retention of so many years.
func Years(count int) Retention { return Retention{years: count} }

// Before returns the moment before which something is older than it is kept; ends is false when everything is kept.
func (r Retention) Before(now time.Time) (moment time.Time, ends bool) {
	return now.AddDate(-r.years, -r.months, -r.days), r != Retention{}
}

var retentionText = regexp.MustCompile(`^([1-9][0-9]{0,3})([ymd])$`)

// parseRetention reads a number of years, months or days, as in 2y, 18m or 90d, or 0.
func parseRetention(text string) (r Retention, err error) {
	if text == "0" {
		return r, nil
	}
	parts := retentionText.FindStringSubmatch(text)
	if parts == nil {
		return r, fmt.Errorf("%q is no time", text)
	}
	count, err := strconv.Atoi(parts[1])
	switch parts[2] {
	case "y":
		r.years = count
	case "m":
		r.months = count
	default:
		r.days = count
	}
	return r, err
}
