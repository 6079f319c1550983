// Package day holds dates without a place: midnight UTC of that date. Only Of and End know a time zone (rule 11).
package day

import (
	"time"

	"encore.app/internal/refusal"
)

// First and Last are the ends of a list that is not limited.
var (
	First = time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC)
	Last  = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
)

// Of returns the date that the moment has in zone.
func Of(moment time.Time, zone *time.Location) time.Time {
	year, month, date := moment.In(zone).Date()
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}

// End returns the moment at which day is over in zone.
func End(day time.Time, zone *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, zone)
}

// At returns the moment of day at which clocks in zone show the time of day that is so long after midnight. One that they skip on that day is as
// much later.
func At(day time.Time, clock time.Duration, zone *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), int(clock.Hours()), int(clock.Minutes())%60, 0, 0, zone)
}

// Format writes day as YYYY-MM-DD.
func Format(day time.Time) string { return day.Format(time.DateOnly) }

// Parse reads the date of a request field, YYYY-MM-DD; anything else is invalid_argument with field.
func Parse(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, refusal.Invalid(field, refusal.Required, "Give a date.")
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, refusal.Invalid(field, refusal.Malformed, "Write the date as YYYY-MM-DD.")
	}
	return day, nil
}

// ParseOr is Parse with a date for an empty text.
func ParseOr(field, text string, fallback time.Time) (time.Time, error) {
	if text == "" {
		return fallback, nil
	}
	return Parse(field, text)
}

// ParsePeriod reads the optional days from and to of a list.
func ParsePeriod(from, to string) (first, last time.Time, err error) {
	if first, err = ParseOr("from", from, First); err != nil {
		return first, last, err
	}
	if last, err = ParseOr("to", to, Last); err != nil {
		return first, last, err
	}
	if last.Before(first) {
		return first, last, refusal.Invalid("to", refusal.OutOfRange, "The last day lies before the first.")
	}
	return first, last, nil
}
