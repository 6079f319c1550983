package recur_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/core/recur"
)

func day(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

func pattern(tb testing.TB, text string) recur.Pattern {
	tb.Helper()
	p, err := recur.Parse(text)
	require.NoError(tb, err, text)
	return p
}

// texts writes dates: 2026-01-05, 2026-01-07<2026-01-06 when it was moved, with the reason when it is skipped.
func texts(dates []recur.Date) (found []string) {
	for _, d := range dates {
		text := d.Date.Format(time.DateOnly)
		if !d.Date.Equal(d.RuleDate) {
			text += "<" + d.RuleDate.Format(time.DateOnly)
		}
		if d.Skipped != "" {
			text += " " + d.Skipped
		}
		if d.Holiday != "" {
			text += " " + d.Holiday
		}
		found = append(found, text)
	}
	return found
}

func TestTheRecurrencesOfWasteCompanies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, start string
		want        []string
	}{
		"weekly":                  {"FREQ=WEEKLY;BYDAY=MO,TH", "2026-01-01", []string{"2026-01-01", "2026-01-05", "2026-01-08", "2026-01-12"}},
		"every two weeks":         {"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-01-06", []string{"2026-01-06", "2026-01-20", "2026-02-03"}},
		"on the day of the start": {"rrule:freq=weekly", "2026-01-07", []string{"2026-01-07", "2026-01-14"}},
		// 2026 has 53 weeks: the odd week 53 is followed by the odd week 1.
		"odd weeks":                             {"FREQ=YEARLY;BYWEEKNO=" + recur.OddWeeks + ";BYDAY=WE", "2026-12-14", []string{"2026-12-16", "2026-12-30", "2027-01-06", "2027-01-20"}},
		"even weeks":                            {"FREQ=YEARLY;BYWEEKNO=" + recur.EvenWeeks + ";BYDAY=WE", "2026-12-14", []string{"2026-12-23", "2027-01-13", "2027-01-27"}},
		"the days of week 1 in the year before": {"FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "2024-12-01", []string{"2024-12-30", "2025-12-29", "2027-01-04"}},
		"the second Tuesday":                    {"FREQ=MONTHLY;BYDAY=2TU", "2026-01-01", []string{"2026-01-13", "2026-02-10"}},
		"the last Friday":                       {"FREQ=MONTHLY;BYDAY=-1FR", "2026-01-01", []string{"2026-01-30", "2026-02-27"}},
		"the first working day":                 {"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "2026-01-01", []string{"2026-01-01", "2026-02-02", "2026-03-02"}},
		"the last day of the month":             {"FREQ=MONTHLY;BYMONTHDAY=-1", "2027-12-01", []string{"2027-12-31", "2028-01-31", "2028-02-29"}},
		"leap days":                             {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2024-02-29", []string{"2024-02-29", "2028-02-29"}},
		"so many":                               {"FREQ=WEEKLY;COUNT=3", "2026-12-24", []string{"2026-12-24", "2026-12-31", "2027-01-07"}},
		"until a day":                           {"FREQ=WEEKLY;UNTIL=20261231", "2026-12-24", []string{"2026-12-24", "2026-12-31"}},
		// The clock changes on 29 March and 25 October 2026.
		"when summer begins": {"FREQ=WEEKLY;BYDAY=SU,MO", "2026-03-22", []string{"2026-03-22", "2026-03-23", "2026-03-29", "2026-03-30", "2026-04-05"}},
		"when winter begins": {"FREQ=WEEKLY;BYDAY=SU,MO", "2026-10-18", []string{"2026-10-18", "2026-10-19", "2026-10-25", "2026-10-26", "2026-11-01"}},
	} {
		rule := recur.Rule{Pattern: pattern(t, c.text), Start: day(c.start)}
		_, err := rule.Check()
		require.NoError(t, err, name)
		require.Equal(t, c.want, texts(rule.Next(day("2000-01-01"), len(c.want))), name)
	}
	ended := recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;COUNT=3"), Start: day("2026-12-24")}
	require.Len(t, ended.Next(ended.Start, 20), 3)
	require.Empty(t, ended.Next(day("2027-01-08"), 20))
	require.Empty(t, (&recur.Rule{Start: day("2026-12-24")}).Next(day("2027-01-08"), 20), "without a pattern")
}

func TestWhatIsNoRecurrenceIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "FREQ", "FREQ=", "BYDAY=MO", "FREQ=DAILY", "FREQ=HOURLY", "FREQ=WEEKLY;FREQ=MONTHLY", "FREQ=WEEKLY;", ";FREQ=WEEKLY",
		"FREQ=WEEKLY\nFREQ=WEEKLY", "DTSTART:20260101T000000Z\nRRULE:FREQ=WEEKLY", "FREQ=WEEKLY;DTSTART=20260101",
		"FREQ=WEEKLY;INTERVAL=0", "FREQ=WEEKLY;INTERVAL=-1", "FREQ=WEEKLY;INTERVAL=53", "FREQ=WEEKLY;INTERVAL=1,2", "FREQ=WEEKLY;INTERVAL=2;INTERVAL=2",
		"FREQ=WEEKLY;COUNT=0", "FREQ=WEEKLY;COUNT=1001", "FREQ=WEEKLY;COUNT=2;UNTIL=20270101", "FREQ=WEEKLY;COUNT=99999999999999999999",
		"FREQ=WEEKLY;UNTIL=20270101T000000Z", "FREQ=WEEKLY;UNTIL=2027-01-01", "FREQ=WEEKLY;UNTIL=99990101", "FREQ=WEEKLY;UNTIL=20270230",
		"FREQ=WEEKLY;WKST=SU", "FREQ=WEEKLY;BYMONTH=1", "FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=MO,",
		"FREQ=WEEKLY;BYHOUR=8", "FREQ=MONTHLY;BYYEARDAY=1", "FREQ=YEARLY;BYEASTER=0", "FREQ=WEEKLY;BYSETPOS=1", "FREQ=WEEKLY;X=1",
		"FREQ=MONTHLY;BYDAY=6MO", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=1MO,TU", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=MONTHLY;BYMONTHDAY=32",
		"FREQ=MONTHLY;BYMONTH=13", "FREQ=MONTHLY;BYMONTH=-1", "FREQ=MONTHLY;BYSETPOS=1", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=32", "FREQ=MONTHLY;BYWEEKNO=1;BYDAY=MO",
		"FREQ=YEARLY;BYWEEKNO=1", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;INTERVAL=2", "FREQ=YEARLY;BYWEEKNO=54;BYDAY=MO", "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO",
		"FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;BYMONTH=1", "FREQ=YEARLY;BYDAY=1MO", "FREQ=YEARLY;INTERVAL=11",
		"FREQ=WEEKLY;BYDAY=" + strings.Repeat("MO,", 100) + "MO",
	} {
		_, err := recur.Parse(text)
		require.Error(t, err, "%q", text)
		require.Regexp(t, `^[A-Z].*\.$`, err.Error(), "%q: a sentence", text)
	}
}

func TestARuleOutOfBoundsIsRefused(t *testing.T) {
	t.Parallel()
	weekly := pattern(t, "FREQ=WEEKLY")
	many := make([]recur.Exception, recur.MaxExceptions+1)
	for i := range many {
		many[i] = recur.Exception{Date: day("2026-01-01").AddDate(0, 0, i), Kind: recur.Skip}
	}
	for name, c := range map[string]struct {
		rule  recur.Rule
		field string
	}{
		"long ago":            {recur.Rule{Start: day("1999-12-31")}, "start"},
		"never":               {recur.Rule{Start: day("2121-01-01")}, "start"},
		"half a season":       {recur.Rule{Season: recur.Season{From: recur.MonthDay{Month: 3, Day: 1}}}, "season"},
		"on holidays":         {recur.Rule{OnHolidays: "party"}, "on_holidays"},
		"a hold backwards":    {recur.Rule{Hold: recur.Hold{From: day("2026-02-01"), Until: day("2026-01-01")}}, "hold"},
		"a hold from nowhere": {recur.Rule{Hold: recur.Hold{Until: day("2026-01-01")}}, "hold"},
		"many exceptions":     {recur.Rule{Exceptions: many}, "exceptions"},
		"the same exception": {recur.Rule{Exceptions: []recur.Exception{
			{Date: day("2026-01-01"), Kind: recur.Skip}, {Date: day("2026-01-01"), Kind: recur.Extra},
		}}, "exceptions"},
		"a kind":           {recur.Rule{Exceptions: []recur.Exception{{Date: day("2026-01-01"), Kind: "perhaps"}}}, "exceptions"},
		"moved to itself":  {recur.Rule{Exceptions: []recur.Exception{{Date: day("2026-01-01"), Kind: recur.Move, To: day("2026-01-01")}}}, "exceptions"},
		"moved far away":   {recur.Rule{Exceptions: []recur.Exception{{Date: day("2026-01-01"), Kind: recur.Move, To: day("2026-03-03")}}}, "exceptions"},
		"moved nowhere":    {recur.Rule{Exceptions: []recur.Exception{{Date: day("2026-01-01"), Kind: recur.Move}}}, "exceptions"},
		"30 February":      {recur.Rule{Pattern: pattern(t, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")}, "pattern"},
		"months that miss": {recur.Rule{Pattern: pattern(t, "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2;BYMONTHDAY=1")}, "pattern"},
		"over before":      {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;UNTIL=20251231")}, "pattern"},
	} {
		if c.rule.Start.IsZero() {
			c.rule.Start = day("2026-01-01")
		}
		if c.rule.Pattern.String() == "" {
			c.rule.Pattern = weekly
		}
		field, err := c.rule.Check()
		require.Error(t, err, name)
		require.Equal(t, c.field, field, name)
	}
}

func TestSeasonsHolidaysHoldsAndExceptions(t *testing.T) {
	t.Parallel()
	md := func(text string) recur.MonthDay {
		d, ok := recur.ParseMonthDay(text)
		require.True(t, ok, text)
		return d
	}
	for name, c := range map[string]struct {
		rule        recur.Rule
		first, last string
		want        []string
	}{
		"summer": {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;BYDAY=MO"), Start: day("2026-01-01"), Season: recur.Season{From: md("05-11"), To: md("05-18")}},
			"2026-01-01", "2027-12-31", []string{"2026-05-11", "2026-05-18", "2027-05-17"}},
		"winter goes over the end of the year": {recur.Rule{Pattern: pattern(t, "FREQ=MONTHLY;BYMONTHDAY=1"), Start: day("2026-01-01"), Season: recur.Season{From: md("11-01"), To: md("02-29")}},
			"2026-01-01", "2027-03-31", []string{"2026-01-01", "2026-02-01", "2026-11-01", "2026-12-01", "2027-01-01", "2027-02-01"}},
		"29 February is in a season until it": {recur.Rule{Pattern: pattern(t, "FREQ=YEARLY;BYMONTH=2,3;BYMONTHDAY=28,29,1"), Start: day("2027-02-01"), Season: recur.Season{From: md("02-29"), To: md("03-31")}},
			"2027-01-01", "2028-12-31", []string{"2027-03-01", "2027-03-28", "2027-03-29", "2028-02-29", "2028-03-01", "2028-03-28", "2028-03-29"}},
		"holidays stay": {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;BYDAY=FR"), Start: day("2026-12-18")},
			"2026-12-18", "2027-01-08", []string{"2026-12-18", "2026-12-25", "2027-01-01", "2027-01-08"}},
		"holidays are skipped": {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;BYDAY=FR"), Start: day("2026-12-18"), OnHolidays: recur.SkipHolidays},
			"2026-12-18", "2027-01-08", []string{"2026-12-18", "2026-12-25 holiday christmas", "2027-01-01 holiday new_year", "2027-01-08"}},
		"from a holiday to the next working day, over a weekend and a year's end": {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;BYDAY=FR"), Start: day("2026-12-18"), OnHolidays: recur.ToNextWorkingDay},
			"2026-12-28", "2027-01-08", []string{"2026-12-28<2026-12-25 christmas", "2027-01-04<2027-01-01 new_year", "2027-01-08"}},
		"two on a day": {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;BYDAY=MO,TU"), Start: day("2026-04-01"), OnHolidays: recur.ToNextWorkingDay},
			"2026-04-06", "2026-04-13", []string{"2026-04-07", "2026-04-07<2026-04-06 same_date easter_monday", "2026-04-13"}},
		"a hold": {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY"), Start: day("2026-07-01"), Hold: recur.Hold{From: day("2026-07-08"), Until: day("2026-07-15")}, Exceptions: []recur.Exception{{Date: day("2026-07-10"), Kind: recur.Extra}}},
			"2026-07-01", "2026-07-22", []string{"2026-07-01", "2026-07-08 held", "2026-07-10 held", "2026-07-15 held", "2026-07-22"}},
		"a hold without end": {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY"), Start: day("2026-07-01"), Hold: recur.Hold{From: day("2026-07-08")}},
			"2026-07-01", "2026-07-15", []string{"2026-07-01", "2026-07-08 held", "2026-07-15 held"}},
		"exceptions": {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;BYDAY=MO"), Start: day("2026-06-01"), Exceptions: []recur.Exception{
			{Date: day("2026-06-08"), Kind: recur.Skip}, {Date: day("2026-06-15"), Kind: recur.Move, To: day("2026-06-13")},
			{Date: day("2026-06-18"), Kind: recur.Extra}, {Date: day("2026-06-16"), Kind: recur.Skip}, {Date: day("2026-06-22"), Kind: recur.Extra},
		}}, "2026-06-01", "2026-06-30", []string{
			"2026-06-01", "2026-06-08 skipped", "2026-06-13<2026-06-15", "2026-06-18", "2026-06-22", "2026-06-22 same_date", "2026-06-29",
		}},
		"moved into and out of the period": {recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;BYDAY=MO"), Start: day("2026-06-01"), Exceptions: []recur.Exception{
			{Date: day("2026-06-08"), Kind: recur.Move, To: day("2026-08-07")}, {Date: day("2026-08-03"), Kind: recur.Move, To: day("2026-06-09")},
		}}, "2026-08-01", "2026-08-10", []string{"2026-08-07<2026-06-08", "2026-08-10"}},
	} {
		_, err := c.rule.Check()
		require.NoError(t, err, name)
		require.Equal(t, c.want, texts(c.rule.Dates(day(c.first), day(c.last))), name)
	}
	for _, text := range []string{"", "2-3", "02-30", "13-01", "2026-01-01"} {
		_, ok := recur.ParseMonthDay(text)
		require.False(t, ok, text)
	}
	require.Equal(t, "02-29", md("02-29").String())
}

func TestTheNextDatesCountWhatHappens(t *testing.T) {
	t.Parallel()
	rule := recur.Rule{Pattern: pattern(t, "FREQ=WEEKLY;BYDAY=FR"), Start: day("2026-12-18"), OnHolidays: recur.SkipHolidays}
	require.Equal(t, []string{"2026-12-18", "2026-12-25 holiday christmas", "2027-01-01 holiday new_year", "2027-01-08"},
		texts(rule.Next(day("2026-12-01"), 2)))
	rare := recur.Rule{Pattern: pattern(t, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), Start: day("2026-01-01")}
	require.Equal(t, []string{"2028-02-29", "2032-02-29"}, texts(rare.Next(day("2026-01-01"), 20)), "those within ten years")
}

// The days were looked up in the calendars of the years, not computed.
func TestBelgianHolidays(t *testing.T) {
	t.Parallel()
	for year, moving := range map[int][3]string{
		2000: {"04-24", "06-01", "06-12"}, 2008: {"03-24", "05-01", "05-12"}, 2011: {"04-25", "06-02", "06-13"},
		2024: {"04-01", "05-09", "05-20"}, 2025: {"04-21", "05-29", "06-09"}, 2026: {"04-06", "05-14", "05-25"},
		2027: {"03-29", "05-06", "05-17"}, 2028: {"04-17", "05-25", "06-05"}, 2038: {"04-26", "06-03", "06-14"},
	} {
		want := map[string]string{
			"01-01": "new_year", "05-01": "labour_day", "07-21": "national_day", "08-15": "assumption", "11-01": "all_saints",
			"11-11": "armistice", "12-25": "christmas",
		}
		want[moving[0]], want[moving[2]] = "easter_monday", "whit_monday"
		if want[moving[1]] == "" { // in 2008 Ascension fell on 1 May
			want[moving[1]] = "ascension"
		}
		found := make(map[string]string)
		for d := day(fmt.Sprint(year, "-01-01")); d.Year() == year; d = d.AddDate(0, 0, 1) {
			if key := recur.Holiday(d); key != "" {
				found[d.Format("01-02")] = key
			}
		}
		require.Equal(t, want, found, year)
	}
	require.Equal(t, day("2026-12-28"), recur.NextWorkingDay(day("2026-12-25")), "after a Friday")
	require.Equal(t, day("2026-05-26"), recur.NextWorkingDay(day("2026-05-23")), "over Whit Monday")
}

// enumerate is what a pattern means, day by day and without a library: slow, and easy to check.
func enumerate(text string, start, last time.Time) (dates []time.Time) {
	part := make(map[string]string)
	for p := range strings.SplitSeq(strings.ToUpper(text), ";") {
		name, value, _ := strings.Cut(p, "=")
		part[name] = value
	}
	list := func(name string) []string {
		if part[name] == "" {
			return nil
		}
		return strings.Split(part[name], ",")
	}
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(part[name]); err == nil {
			return n
		}
		return otherwise
	}
	has := func(list []string, n int) bool {
		return slices.ContainsFunc(list, func(text string) bool { m, _ := strconv.Atoi(text); return m == n })
	}
	if part["UNTIL"] != "" {
		if until, _ := time.Parse("20060102", part["UNTIL"]); until.Before(last) {
			last = until
		}
	}
	days, monthdays, months := list("BYDAY"), list("BYMONTHDAY"), list("BYMONTH")
	if days == nil && monthdays == nil {
		if part["FREQ"] == "WEEKLY" {
			days = []string{strings.ToUpper(start.Weekday().String()[:2])}
		} else {
			monthdays = []string{strconv.Itoa(start.Day())}
			if part["FREQ"] == "YEARLY" && months == nil {
				months = []string{strconv.Itoa(int(start.Month()))}
			}
		}
	}
	daysIn := func(d time.Time) int { return time.Date(d.Year(), d.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() }
	matches := func(d time.Time) bool {
		if months != nil && !has(months, int(d.Month())) {
			return false
		}
		if _, week := d.ISOWeek(); list("BYWEEKNO") != nil && !has(list("BYWEEKNO"), week) {
			return false
		}
		if monthdays != nil && !has(monthdays, d.Day()) && !has(monthdays, d.Day()-daysIn(d)-1) {
			return false
		}
		name, nth, nthLast := strings.ToUpper(d.Weekday().String()[:2]), (d.Day()+6)/7, -(daysIn(d)-d.Day()+7)/7
		return days == nil || slices.ContainsFunc(days, func(text string) bool {
			n, _ := strconv.Atoi(text[:len(text)-2])
			return text[len(text)-2:] == name && (n == 0 || n == nth || n == nthLast)
		})
	}
	// period numbers the week, month or year of a day.
	period := func(d time.Time) int {
		switch part["FREQ"] {
		case "WEEKLY":
			return int(d.Unix()/86400+3) / 7 // 1970-01-01 was a Thursday
		case "MONTHLY":
			return d.Year()*12 + int(d.Month())
		default:
			return d.Year()
		}
	}
	first := start
	for period(first.AddDate(0, 0, -1)) == period(start) {
		first = first.AddDate(0, 0, -1)
	}
	inPeriod := make(map[int][]time.Time)
	var order []int
	for d := first; !d.After(last.AddDate(1, 0, 1)); d = d.AddDate(0, 0, 1) {
		if n := period(d); (n-period(start))%number("INTERVAL", 1) == 0 && matches(d) {
			if inPeriod[n] == nil {
				order = append(order, n)
			}
			inPeriod[n] = append(inPeriod[n], d)
		}
	}
	count := number("COUNT", 1<<30)
	for _, n := range order {
		found := inPeriod[n]
		for i, d := range found {
			chosen := part["BYSETPOS"] == "" || has(list("BYSETPOS"), i+1) || has(list("BYSETPOS"), i-len(found))
			if !chosen || d.Before(start) || d.After(last) || count == 0 {
				continue
			}
			count--
			dates = append(dates, d)
		}
	}
	return dates
}

func dates(found []recur.Date) (days []time.Time) {
	for _, d := range found {
		days = append(days, d.Date)
	}
	return days
}

// anyPattern makes a pattern of the parts that there are.
func anyPattern(random *rand.Rand) string {
	some := func(most int, one func() string) string {
		values := make([]string, 1+random.IntN(most))
		for i := range values {
			values[i] = one()
		}
		return strings.Join(values, ",")
	}
	weekday := func() string { return []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}[random.IntN(7)] }
	signed := func(most int) string {
		return strconv.Itoa((1 + random.IntN(most)) * (1 - 2*random.IntN(2)))
	}
	maybe := func(part func() string) string {
		if random.IntN(2) == 0 {
			return ""
		}
		return part()
	}
	text := ""
	interval := func(most int) string {
		return maybe(func() string { return fmt.Sprint(";INTERVAL=", 1+random.IntN(most)) })
	}
	months := func() string {
		return ";BYMONTH=" + some(3, func() string { return strconv.Itoa(1 + random.IntN(12)) })
	}
	monthdays := func() string { return ";BYMONTHDAY=" + some(3, func() string { return signed(31) }) }
	plain := func() string { return ";BYDAY=" + some(3, weekday) }
	numbered := func() string { return ";BYDAY=" + some(3, func() string { return signed(5) + weekday() }) }
	switch random.IntN(6) {
	case 0:
		text = "FREQ=WEEKLY" + interval(5) + maybe(plain)
	case 1:
		text = "FREQ=MONTHLY" + interval(4) + maybe(months) + maybe(monthdays) + maybe(plain)
	case 2:
		text = "FREQ=MONTHLY" + interval(4) + maybe(months) + maybe(monthdays) + numbered()
	case 3:
		text = "FREQ=MONTHLY" + interval(4) + maybe(months) + plain() + ";BYSETPOS=" + some(2, func() string { return signed(6) })
	case 4:
		text = "FREQ=YEARLY;BYWEEKNO=" + some(5, func() string { return strconv.Itoa(1 + random.IntN(53)) }) + plain()
	case 5:
		text = "FREQ=YEARLY" + interval(3) + maybe(func() string { return months() + maybe(numbered) }) + maybe(monthdays)
	}
	switch random.IntN(4) {
	case 0:
		text += fmt.Sprint(";COUNT=", 1+random.IntN(60))
	case 1:
		text += ";UNTIL=" + day("2026-01-01").AddDate(0, 0, random.IntN(1500)).Format("20060102")
	}
	return text
}

func TestPatternsMeanWhatTheyDoDayByDay(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) // the same every time
	for range 1000 {
		text, start := anyPattern(random), day("2023-06-01").AddDate(0, 0, random.IntN(1200))
		first := start.AddDate(0, 0, random.IntN(900)-100)
		last := first.AddDate(0, 0, random.IntN(900))
		var want []time.Time
		for _, d := range enumerate(text, start, last) {
			if !d.Before(first) {
				want = append(want, d)
			}
		}
		rule := recur.Rule{Pattern: pattern(t, text), Start: start}
		require.Equal(t, want, dates(rule.Dates(first, last)), "%s from %s, %s to %s", text, start, first, last)
	}
}

// Whichever part of the time is asked for, a date is the same, happens once, and is neither in a hold nor out of season unless an
// exception says so.
func TestEveryPartOfTheTimeTellsTheSame(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4)) // the same every time
	for range 40 {
		start := day("2025-11-01").AddDate(0, 0, random.IntN(200))
		rule := recur.Rule{
			Pattern: pattern(t, anyPattern(random)), Start: start,
			OnHolidays: []recur.OnHolidays{recur.Keep, recur.SkipHolidays, recur.ToNextWorkingDay}[random.IntN(3)],
		}
		if random.IntN(2) == 0 {
			rule.Season = recur.Season{
				From: recur.MonthDay{Month: time.Month(1 + random.IntN(12)), Day: 1 + random.IntN(28)},
				To:   recur.MonthDay{Month: time.Month(1 + random.IntN(12)), Day: 1 + random.IntN(28)},
			}
		}
		if random.IntN(3) == 0 {
			rule.Hold.From = start.AddDate(0, 0, random.IntN(300))
			rule.Hold.Until = rule.Hold.From.AddDate(0, 0, random.IntN(60))
		}
		named := make(map[time.Time]bool)
		for _, d := range rule.Dates(start, start.AddDate(1, 0, 0)) {
			if random.IntN(5) == 0 && !named[d.RuleDate] {
				named[d.RuleDate] = true
				rule.Exceptions = append(rule.Exceptions, recur.Exception{
					Date: d.RuleDate, Kind: []recur.ExceptionKind{recur.Skip, recur.Move}[random.IntN(2)],
					To: d.RuleDate.AddDate(0, 0, []int{-recur.MaxMove, -1, 1, 7, recur.MaxMove}[random.IntN(5)]),
				})
			}
		}
		if extra := start.AddDate(0, 0, random.IntN(300)); !named[extra] {
			rule.Exceptions = append(rule.Exceptions, recur.Exception{Date: extra, Kind: recur.Extra})
			named[extra] = true
		}
		first, last := start, start.AddDate(1, 6, 0)
		whole := rule.Dates(first, last)
		var parts []recur.Date
		for from := first; !from.After(last); {
			to := from.AddDate(0, 0, random.IntN(40))
			if to.After(last) {
				to = last
			}
			parts = append(parts, rule.Dates(from, to)...)
			from = to.AddDate(0, 0, 1)
		}
		require.Equal(t, texts(whole), texts(parts), "%+v", rule)
		seen := make(map[time.Time]bool)
		for _, d := range whole {
			if d.Skipped != "" {
				continue
			}
			require.False(t, seen[d.Date], "twice on %s: %+v", d.Date, rule)
			seen[d.Date] = true
			require.False(t, !rule.Hold.From.IsZero() && !d.Date.Before(rule.Hold.From) && !d.Date.After(rule.Hold.Until), "%s is held: %+v", d.Date, rule)
			require.True(t, named[d.RuleDate] || rule.Season.Has(d.RuleDate), "%s is out of season: %+v", d.Date, rule)
			require.True(t, named[d.RuleDate] || rule.OnHolidays == recur.Keep || recur.Holiday(d.Date) == "", "%s is a holiday: %+v", d.Date, rule)
		}
	}
}

// Whatever somebody writes: it is refused or means what it does day by day, and no rule keeps the server busy.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYWEEKNO=" + recur.OddWeeks + ";BYDAY=SU",
		"FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20301231", "rrule:FREQ=MONTHLY;INTERVAL=24;BYMONTH=2;BYMONTHDAY=31;COUNT=7", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1,31",
		"FREQ=WEEKLY;INTERVAL=52;WKST=MO", "FREQ=YEARLY;INTERVAL=10;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=+1,-31", "FREQ=MONTHLY;BYDAY=+1MO",
	} {
		f.Add(text, uint16(9000))
	}
	f.Fuzz(func(t *testing.T, text string, start uint16) {
		p, err := recur.Parse(text)
		if err != nil {
			return
		}
		again, err := recur.Parse(p.String())
		require.NoError(t, err)
		require.Equal(t, p, again)
		rule := recur.Rule{Pattern: p, Start: day("2000-01-01").AddDate(0, 0, int(start)%40000)}
		last := rule.Start.AddDate(4, 0, 0)
		require.Equal(t, enumerate(p.String(), rule.Start, last), dates(rule.Dates(rule.Start, last)), p.String())
		_, _ = rule.Check()
		_ = rule.Next(rule.Start, 20)
	})
}

// The worst that Parse lets pass: no date ever, and much to look through for each.
func TestNoRuleKeepsTheServerBusy(t *testing.T) { //nolint:paralleltest // it counts what the whole process does
	for _, text := range []string{
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30,31,-30,-31", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=31",
		"FREQ=MONTHLY;BYDAY=5MO,5TU,5WE,5TH,5FR,5SA,5SU,-5MO,-5TU;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=YEARLY;BYWEEKNO=" + recur.OddWeeks + ";BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
	} {
		rule := recur.Rule{Pattern: pattern(t, text), Start: day("2000-01-01")}
		// How much memory is asked for is the work, whatever else the machine does.
		work := testing.AllocsPerRun(1, func() {
			_, _ = rule.Check()
			rule.Next(day("2100-01-01"), 20)
		})
		require.Less(t, work, 500_000.0, text)
	}
}
