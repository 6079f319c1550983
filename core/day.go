package core

import (
	"time"

	"encore.app/refusal"
)

// A day is a date without a place: midnight UTC of that date. Only today and the ends of a day know the time zone.

// today is the date at the company (rule 11).
func (s *Service) today() time.Time { return s.dayOf(s.now()) }

func (s *Service) dayOf(t time.Time) time.Time {
	year, month, date := t.In(s.zone).Date()
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}

// endOf is the moment at which day ends at the company.
func (s *Service) endOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, s.zone)
}

func formatDay(day time.Time) string { return day.Format(time.DateOnly) }

// parseDay reads the date of a request field.
func parseDay(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, refusal.Invalid(field, refusal.Required, "Give a date.")
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, refusal.Invalid(field, refusal.Malformed, "Write the date as YYYY-MM-DD.")
	}
	return day, nil
}

// parseDayOr reads an optional date.
func parseDayOr(field, text string, fallback time.Time) (time.Time, error) {
	if text == "" {
		return fallback, nil
	}
	return parseDay(field, text)
}

// The first and last day of a list that is not limited.
var (
	firstDay = time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
)

// parsePeriod reads the optional days from and to of a list.
func parsePeriod(from, to string) (first, last time.Time, err error) {
	if first, err = parseDayOr("from", from, firstDay); err != nil {
		return first, last, err
	}
	if last, err = parseDayOr("to", to, lastDay); err != nil {
		return first, last, err
	}
	if last.Before(first) {
		return first, last, refusal.Invalid("to", refusal.OutOfRange, "The last day lies before the first.")
	}
	return first, last, nil
}
