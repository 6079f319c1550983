package recur

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/be"
)

// publicHolidays are those of Belgium, by keys that screens translate.
var publicHolidays = []struct {
	key     string
	holiday *cal.Holiday
}{
	{"new_year", be.Nieuwjaar},
	{"easter_monday", be.Paasmaandag},
	{"labour_day", be.DagVanDeArbeid},
	{"ascension", be.OnzeLieveHeerHemelvaart},
	{"whit_monday", be.Pinkstermaandag},
	{"national_day", be.NationaleFeestdag},
	{"assumption", be.OnzeLieveVrouwHemelvaart},
	{"all_saints", be.Allerheiligen},
	{"armistice", be.Wapenstilstand},
	{"christmas", be.Kerstmis},
}

// Holiday returns the key of the Belgian public holiday that a day is; empty when it is none: new_year, easter_monday, labour_day,
// ascension, whit_monday, national_day, assumption, all_saints, armistice, christmas.
func Holiday(day time.Time) string {
	for _, h := range publicHolidays {
		date, _ := h.holiday.Calc(day.Year())
		if date.Month() == day.Month() && date.Day() == day.Day() {
			return h.key
		}
	}
	return ""
}

// NextWorkingDay returns the first day after day that is neither Saturday nor Sunday nor a public holiday.
func NextWorkingDay(day time.Time) time.Time {
	for {
		day = day.AddDate(0, 0, 1)
		if day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && Holiday(day) == "" {
			return day
		}
	}
}
