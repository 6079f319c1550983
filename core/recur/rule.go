// Package recur computes the dates of collection rules: an RRULE over local dates, a season, public holidays, a hold, and
// exceptions. It is pure: it knows no clock, no database and no time zone. Days are midnight UTC, as in internal/day.
package recur

import (
	"fmt"
	"slices"
	"time"
)

// Rule says on which dates something happens.
type Rule struct {
	Pattern Pattern
	// Start is the first day on which the pattern counts, and what INTERVAL and COUNT count from.
	Start time.Time
	// Season limits the dates of the pattern to a part of every year; the zero Season is the whole year.
	Season Season
	// OnHolidays says what becomes of a date that is a public holiday; empty is Keep.
	OnHolidays OnHolidays
	// Hold is a period without dates; the zero Hold is none.
	Hold Hold
	// Exceptions change single dates, at most MaxExceptions, one for a date.
	Exceptions []Exception
}

// OnHolidays says what becomes of a date that is a public holiday.
type OnHolidays string

// Keep: it stays. SkipHolidays: it falls away. ToNextWorkingDay: it goes to the next working day, Monday to Friday.
const (
	Keep             OnHolidays = "keep"
	SkipHolidays     OnHolidays = "skip"
	ToNextWorkingDay OnHolidays = "next_working_day"
)

// Season is a part of every year, both days included; From may lie after To, as in winter.
type Season struct{ From, To MonthDay }

// MonthDay is a day of every year. The 29th of February is, in years that have none, the end of the 28th.
type MonthDay struct {
	Month time.Month
	Day   int
}

// ParseMonthDay reads MM-DD; false for what is no day of any year.
func ParseMonthDay(text string) (MonthDay, bool) {
	day, err := time.Parse(time.DateOnly, "2024-"+text) // a leap year
	if err != nil {
		return MonthDay{}, false
	}
	return MonthDay{day.Month(), day.Day()}, true
}

func (d MonthDay) String() string {
	if d == (MonthDay{}) {
		return ""
	}
	return fmt.Sprintf("%02d-%02d", d.Month, d.Day)
}

func (d MonthDay) order() int { return int(d.Month)*100 + d.Day }

// Has reports whether the day of the year lies in the season.
func (s Season) Has(day time.Time) bool {
	if s == (Season{}) {
		return true
	}
	of, from, to := MonthDay{day.Month(), day.Day()}.order(), s.From.order(), s.To.order()
	if from <= to {
		return from <= of && of <= to
	}
	return of >= from || of <= to
}

// Hold is a period without dates, both days included. Without Until it lasts until somebody ends it; without From there is none.
type Hold struct{ From, Until time.Time }

func (h Hold) has(day time.Time) bool {
	return !h.From.IsZero() && !day.Before(h.From) && (h.Until.IsZero() || !day.After(h.Until))
}

// Exception changes one date.
type Exception struct {
	// Date is the one that the pattern has; for Extra one that it has not.
	Date time.Time
	Kind ExceptionKind
	// To is where Move moves it, at most MaxMove days away.
	To time.Time
}

// ExceptionKind is what an exception does.
type ExceptionKind string

// Skip: nothing happens on the date. Move: it happens on another one. Extra: it happens although the pattern has no such date.
// They count whatever season and holidays say; a hold goes before them.
const (
	Skip  ExceptionKind = "skip"
	Move  ExceptionKind = "move"
	Extra ExceptionKind = "extra"
)

const (
	// MaxExceptions is how many exceptions a rule has at most.
	MaxExceptions = 366
	// MaxMove is by how many days an exception moves a date at most.
	MaxMove = 60
)

// reach is how many days a date can lie from the one that the pattern has for it.
const reach = MaxMove + 10

// Date is one of a rule.
type Date struct {
	// Date is when it happens; what did not happen, when it would have.
	Date time.Time
	// RuleDate is the date that the pattern has for it: the same, unless it was moved.
	RuleDate time.Time
	// Skipped says why nothing happens: skipped by an exception, holiday, held, or same_date when another one falls on the
	// date. Empty when it happens.
	Skipped string
	// Holiday is the public holiday on RuleDate because of which it was moved or skipped.
	Holiday string
}

// The reasons of Date.Skipped.
const (
	Skipped  = "skipped"
	OnHold   = "held"
	SameDate = "same_date"
	AHoliday = "holiday"
)

// Dates returns what happens, and what was skipped, from first to last, in order.
func (r *Rule) Dates(first, last time.Time) []Date {
	exceptions := make(map[time.Time]Exception, len(r.Exceptions))
	for _, e := range r.Exceptions {
		exceptions[e.Date] = e
	}
	var all []Date
	for _, day := range r.Pattern.dates(r.Start, first.AddDate(0, 0, -reach), last.AddDate(0, 0, reach)) {
		if r.Season.Has(day) {
			all = append(all, r.date(day, exceptions))
		}
	}
	for _, e := range r.Exceptions {
		if e.Kind == Extra {
			all = append(all, r.unlessHeld(Date{Date: e.Date, RuleDate: e.Date}))
		}
	}
	// Of two on a date the one that was not moved stays, else the earlier one.
	slices.SortStableFunc(all, func(a, b Date) int {
		if c := a.Date.Compare(b.Date); c != 0 {
			return c
		}
		if moved := a.moved(); moved != b.moved() {
			if moved {
				return 1
			}
			return -1
		}
		return a.RuleDate.Compare(b.RuleDate)
	})
	taken := make(map[time.Time]bool, len(all))
	found := all[:0]
	for _, d := range all {
		if d.Skipped == "" {
			if taken[d.Date] {
				d.Skipped = SameDate
			}
			taken[d.Date] = true
		}
		if !d.Date.Before(first) && !d.Date.After(last) {
			found = append(found, d)
		}
	}
	return found
}

func (d Date) moved() bool { return !d.Date.Equal(d.RuleDate) }

// date is what becomes of a date of the pattern.
func (r *Rule) date(day time.Time, exceptions map[time.Time]Exception) Date {
	d := Date{Date: day, RuleDate: day}
	switch e := exceptions[day]; e.Kind {
	case Skip:
		d.Skipped = Skipped
		return d
	case Move:
		d.Date = e.To
		return r.unlessHeld(d)
	}
	if r.OnHolidays == SkipHolidays || r.OnHolidays == ToNextWorkingDay {
		d.Holiday = Holiday(day)
	}
	if d.Holiday != "" {
		if r.OnHolidays == SkipHolidays {
			d.Skipped = AHoliday
			return d
		}
		d.Date = NextWorkingDay(day)
	}
	return r.unlessHeld(d)
}

func (r *Rule) unlessHeld(d Date) Date {
	if r.Hold.has(d.Date) {
		d.Skipped = OnHold
	}
	return d
}

// searchYears is how far Next looks.
const searchYears = 10

// Next returns the next count dates on which it happens, from the day on, and what is skipped among them; fewer when there
// are not so many within ten years.
func (r *Rule) Next(from time.Time, count int) []Date {
	if from.Before(r.Start) {
		from = r.Start
	}
	var found []Date
	happens := 0
	// Year after year: most rules have 20 dates in the first one.
	for range searchYears {
		last := from.AddDate(1, 0, -1)
		for _, d := range r.Dates(from, last) {
			if happens == count {
				return found
			}
			if d.Skipped == "" {
				happens++
			}
			found = append(found, d)
		}
		from = last.AddDate(0, 0, 1)
	}
	return found
}

// Check refuses a rule that is out of bounds, in a sentence for people; field is what it is about: start, season, on_holidays,
// hold, exceptions or pattern.
func (r *Rule) Check() (field string, err error) {
	switch {
	case !reasonable(r.Start):
		return "start", refuse("A rule begins between the years %d and %d.", firstYear, lastYear)
	case r.Season != (Season{}) && (r.Season.From == (MonthDay{}) || r.Season.To == (MonthDay{})):
		return "season", refuse("A season has a first and a last day.")
	case !slices.Contains([]OnHolidays{"", Keep, SkipHolidays, ToNextWorkingDay}, r.OnHolidays):
		return "on_holidays", refuse("On holidays a date stays (keep), is skipped (skip), or goes to the next_working_day.")
	case r.Hold.From.IsZero() && !r.Hold.Until.IsZero() || !r.Hold.Until.IsZero() && r.Hold.Until.Before(r.Hold.From):
		return "hold", refuse("A hold has a first day, which is not after its last.")
	case len(r.Exceptions) > MaxExceptions:
		return "exceptions", refuse("A rule has at most %d exceptions.", MaxExceptions)
	}
	seen := make(map[time.Time]bool, len(r.Exceptions))
	for _, e := range r.Exceptions {
		if err := e.check(); err != nil {
			return "exceptions", err
		}
		if seen[e.Date] {
			return "exceptions", refuse("The date %s has two exceptions.", e.Date.Format(time.DateOnly))
		}
		seen[e.Date] = true
	}
	if len(r.Pattern.dates(r.Start, r.Start, r.Start.AddDate(searchYears, 0, 0))) == 0 {
		return "pattern", refuse("This recurrence has no dates.")
	}
	return "", nil
}

func (e Exception) check() error {
	date := e.Date.Format(time.DateOnly)
	switch {
	case !reasonable(e.Date):
		return refuse("The exception on %s lies too far away.", date)
	case e.Kind == Move:
		if away := e.To.Sub(e.Date).Hours() / 24; away == 0 || away > MaxMove || away < -MaxMove {
			return refuse("The date %s moves to another one, at most %d days away.", date, MaxMove)
		}
	case e.Kind != Skip && e.Kind != Extra:
		return refuse("An exception skips a date (skip), moves it (move) or adds one (extra).")
	}
	return nil
}
