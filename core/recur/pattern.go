package recur

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Pattern is a recurrence as RFC 5545 writes it (RRULE), over local dates: no times, no time zones, so no hour that comes
// twice or never. The zero Pattern has no dates.
//
// It is the part of the RFC with which waste companies plan, and whose meaning is beyond doubt:
//
//	FREQ        WEEKLY, MONTHLY or YEARLY
//	INTERVAL    every so many weeks (to 52), months (to 24) or years (to 10), counted from that of the first day
//	BYDAY       days of the week; in a month also the nth (2TU, -1FR)
//	BYMONTHDAY  days of the month, also from its end (-1); not with WEEKLY
//	BYMONTH     months; not with WEEKLY
//	BYWEEKNO    ISO weeks; with YEARLY, every year, and BYDAY only: 1,3,5 … 53 are the odd weeks (OddWeeks, EvenWeeks)
//	BYSETPOS    which of the days that BYDAY names in a month; with MONTHLY only
//	COUNT       after how many dates it ends (to 1000), or
//	UNTIL       the last day, YYYYMMDD
//	WKST        MO: weeks begin on Monday
type Pattern struct {
	text   string
	option rrule.ROption
}

// OddWeeks and EvenWeeks are the values of BYWEEKNO for every second week as calendars number them. They differ from
// INTERVAL=2 after a year of 53 weeks: two odd weeks follow each other then.
var OddWeeks, EvenWeeks = everySecondWeek(1), everySecondWeek(2)

func everySecondWeek(first int) string {
	var weeks []string
	for week := first; week <= 53; week += 2 {
		weeks = append(weeks, strconv.Itoa(week))
	}
	return strings.Join(weeks, ",")
}

// maxPattern is how many characters a pattern may have.
const maxPattern = 300

// Parse reads an RRULE, with or without the word before it, in capitals or not. What it refuses it says in a sentence for the
// person who wrote it.
func Parse(text string) (Pattern, error) {
	if len(text) > maxPattern {
		return Pattern{}, refuse("A recurrence has at most %d characters.", maxPattern)
	}
	text = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "RRULE:")
	parts := make(map[string]string)
	for part := range strings.SplitSeq(text, ";") {
		name, value, found := strings.Cut(part, "=")
		if _, twice := parts[name]; twice {
			return Pattern{}, refuse("%s stands twice in the recurrence.", name)
		}
		if !found || value == "" {
			return Pattern{}, refuse("A recurrence is written as in FREQ=WEEKLY;BYDAY=MO,TH.")
		}
		parts[name] = value
	}
	if err := checkParts(parts); err != nil {
		return Pattern{}, err
	}
	option, err := rrule.StrToROption(text)
	if err != nil {
		return Pattern{}, refuse("The recurrence cannot be read: %s.", err)
	}
	return Pattern{text: text, option: *option}, nil
}

// String is the pattern as Parse reads it, without the word RRULE.
func (p Pattern) String() string { return p.text }

// The most of each frequency that INTERVAL may name: what lies further apart is not a rule of a waste company.
var maxInterval = map[string]int{"WEEKLY": 52, "MONTHLY": 24, "YEARLY": 10}

const maxCount = 1000

// checkParts refuses what the comment at Pattern does not list.
func checkParts(parts map[string]string) error {
	freq := parts["FREQ"]
	if maxInterval[freq] == 0 {
		return refuse("A recurrence is weekly, monthly or yearly: FREQ=WEEKLY, FREQ=MONTHLY or FREQ=YEARLY.")
	}
	for name, value := range parts {
		var err error
		switch name {
		case "FREQ":
		case "INTERVAL":
			err = checkNumbers(name, value, 1, maxInterval[freq], false)
		case "COUNT":
			err = checkNumbers(name, value, 1, maxCount, false)
		case "UNTIL":
			if day, failed := time.Parse("20060102", value); failed != nil || !reasonable(day) {
				err = refuse("UNTIL is a day: UNTIL=20271231.")
			}
		case "WKST":
			if value != "MO" {
				err = refuse("Weeks begin on Monday: WKST=MO.")
			}
		case "BYMONTH":
			err = checkNumbers(name, value, 12, 12, false)
		case "BYMONTHDAY":
			err = checkNumbers(name, value, 62, 31, true)
		case "BYWEEKNO":
			err = checkNumbers(name, value, 53, 53, false)
		case "BYSETPOS":
			err = checkNumbers(name, value, 10, 31, true)
		case "BYDAY":
			err = checkDays(value, freq == "MONTHLY" || freq == "YEARLY" && parts["BYMONTH"] != "")
		default:
			err = refuse("A recurrence here has no %.20q.", name)
		}
		if err != nil {
			return err
		}
	}
	return checkTogether(freq, func(name string) bool { return parts[name] != "" }, parts)
}

// checkTogether refuses parts that do not go together.
func checkTogether(freq string, has func(string) bool, parts map[string]string) error {
	switch {
	case has("COUNT") && has("UNTIL"):
		return refuse("A recurrence ends after COUNT dates or on the day UNTIL, not both.")
	case freq == "WEEKLY" && (has("BYMONTH") || has("BYMONTHDAY")):
		return refuse("A weekly recurrence names days of the week only; a season limits it to months.")
	case has("BYWEEKNO") && (freq != "YEARLY" || !has("BYDAY") || has("INTERVAL") && parts["INTERVAL"] != "1" ||
		has("BYMONTH") || has("BYMONTHDAY")):
		return refuse("BYWEEKNO goes with FREQ=YEARLY and BYDAY only.")
	case has("BYSETPOS") && (freq != "MONTHLY" || !has("BYDAY") || has("BYMONTHDAY")):
		return refuse("BYSETPOS goes with FREQ=MONTHLY and BYDAY only.")
	}
	return nil
}

// checkNumbers refuses lists of more than most numbers, and numbers outside 1 to last; negated: those from the end, -1 to -last, too.
func checkNumbers(name, list string, most, last int, negated bool) error {
	numbers := strings.Split(list, ",")
	for _, text := range numbers {
		number, err := strconv.Atoi(text)
		size := number
		if negated && size < 0 {
			size = -size
		}
		if err != nil || size < 1 || size > last || len(numbers) > most {
			return refuse("%s is a number from 1 to %d.", name, last)
		}
	}
	return nil
}

var weekdays = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// checkDays refuses what is no list of weekdays; nth: days may be the nth of their month, all of them or none.
func checkDays(list string, nth bool) error {
	days := strings.Split(list, ",")
	numbered := 0
	for _, text := range days {
		if len(text) < 2 || !slices.Contains(weekdays, text[len(text)-2:]) {
			return refuse("BYDAY names days of the week: MO, TU, WE, TH, FR, SA, SU.")
		}
		if number := text[:len(text)-2]; number != "" {
			if !nth {
				return refuse("Only in a month there is a second Tuesday.")
			}
			if err := checkNumbers("The number before a day", number, 1, 5, true); err != nil {
				return err
			}
			numbered++
		}
	}
	switch {
	case len(days) > 77:
		return refuse("BYDAY names a day more than once.")
	case numbered != 0 && numbered != len(days):
		return refuse("Either every day has a number (1MO,3MO) or none has.")
	}
	return nil
}

// refused is a sentence that says to people what is wrong.
type refused string

func (r refused) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refused(fmt.Sprintf(format, args...)) }

// dates are those from start on that lie from first to last, in order.
func (p Pattern) dates(start, first, last time.Time) []time.Time {
	if p.text == "" {
		return nil
	}
	// rrule-go looks for the next date up to the year 9999, whatever UNTIL says. The calendar repeats itself every 400 years, to
	// the day of the week: so many years later there is little to look through.
	later := (9999 - last.Year()) / 400 * 400
	option := p.option
	option.Dtstart = start.AddDate(later, 0, 0)
	end := last
	if !option.Until.IsZero() && option.Until.Before(end) {
		end = option.Until
	}
	option.Until = end.AddDate(later, 0, 0)
	if option.Until.Before(option.Dtstart) {
		return nil
	}
	rule, err := rrule.NewRRule(option)
	if err != nil {
		panic("recur: Parse has let pass what is no rule: " + err.Error()) // a programming error
	}
	next := rule.Iterator()
	var found []time.Time
	for day, more := next(); more; day, more = next() {
		if day = day.AddDate(-later, 0, 0); !day.Before(first) {
			found = append(found, day)
		}
	}
	return found
}

// The years in which rules may begin, end, and have exceptions: they bound the work.
const firstYear, lastYear = 2000, 2120

func reasonable(day time.Time) bool { return day.Year() >= firstYear && day.Year() <= lastYear }
