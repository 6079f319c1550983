package demo

import (
	"context"
	"fmt"
	"time"

	"encore.app/core/recur"
	"encore.app/core/store"
)

// rule is a collection rule of the demo company. It begins a year ago.
type rule struct {
	kind, rrule  string
	region, tour string // one of them
	// buildings limits it to so many buildings of the region, by name.
	buildings int
	// archived: it has ended.
	archived         bool
	season           [2]string
	onHolidays       recur.OnHolidays
	timeFrom, timeTo string
	note             string
	// held is a hold, in days from today; moved moves a date soon by a day, and extra adds one, in days from today.
	held  [2]int
	moved bool
	extra int
}

// rules are roughly when waste is fetched in Ghent.
var rules = []rule{
	{kind: "RES", rrule: "FREQ=WEEKLY;BYDAY=TU", region: centre, onHolidays: recur.ToNextWorkingDay, timeFrom: "06:00", timeTo: "14:00"},
	{kind: "RES", rrule: "FREQ=WEEKLY;BYDAY=TH", region: south, onHolidays: recur.ToNextWorkingDay, timeFrom: "06:00", timeTo: "14:00"},
	{kind: "RES", rrule: "FREQ=WEEKLY;BYDAY=FR", tour: "Ledeberg en Gentbrugge", onHolidays: recur.ToNextWorkingDay, timeFrom: "07:00", timeTo: "15:00"},
	{kind: "PMD", rrule: "FREQ=YEARLY;BYWEEKNO=" + recur.EvenWeeks + ";BYDAY=WE", region: centre, onHolidays: recur.ToNextWorkingDay},
	{kind: "PMD", rrule: "FREQ=YEARLY;BYWEEKNO=" + recur.OddWeeks + ";BYDAY=WE", region: south, onHolidays: recur.ToNextWorkingDay, moved: true},
	{kind: "PMD", rrule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", tour: "Ledeberg en Gentbrugge", onHolidays: recur.SkipHolidays},
	{kind: "GFT", rrule: "FREQ=WEEKLY;BYDAY=TU", region: centre, season: [2]string{"04-01", "10-31"}, onHolidays: recur.ToNextWorkingDay},
	{kind: "GFT", rrule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", region: centre, season: [2]string{"11-01", "03-31"}, onHolidays: recur.ToNextWorkingDay},
	{kind: "GFT", rrule: "FREQ=WEEKLY;BYDAY=TH", region: south, onHolidays: recur.ToNextWorkingDay},
	{kind: "PAP", rrule: "FREQ=MONTHLY;BYDAY=2TH", region: centre, note: "Karton plat en gebonden.", onHolidays: recur.ToNextWorkingDay},
	{kind: "PAP", rrule: "FREQ=MONTHLY;BYDAY=-1FR", region: south, note: "Karton plat en gebonden.", extra: 9},
	{kind: "PAP", rrule: "FREQ=MONTHLY;BYDAY=1WE", region: ledeberg, onHolidays: recur.SkipHolidays},
	{kind: "GLS", rrule: "FREQ=MONTHLY;BYDAY=3MO", region: centre, onHolidays: recur.ToNextWorkingDay, held: [2]int{-40, 20}},
	{kind: "GLS", rrule: "FREQ=MONTHLY;BYDAY=3TU", tour: "Sint-Pieters", onHolidays: recur.ToNextWorkingDay},
	{kind: "GLS", rrule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", region: ledeberg, onHolidays: recur.ToNextWorkingDay},
	{kind: "RES", rrule: "FREQ=WEEKLY;BYDAY=TU,FR", region: centre, buildings: 3, onHolidays: recur.SkipHolidays, note: "Grote gebouwen: twee keer per week."},
	{kind: "PAP", rrule: "FREQ=WEEKLY;INTERVAL=4;BYDAY=TH", region: ledeberg, archived: true},
	{kind: "KER", rrule: "FREQ=YEARLY;BYMONTH=1;BYDAY=2MO", region: centre, note: "Zonder pot en zonder versiering."},
	{kind: "KER", rrule: "FREQ=YEARLY;BYMONTH=1;BYDAY=2TU", region: south, note: "Zonder pot en zonder versiering."},
}

// bulky are the days from today on which bulky waste is fetched, by hand, on a tour.
var bulky = map[string][]int{"Centrum Noord": {-300, -180, -60, 12}, "Centrum Zuid": {-240, -120, 5, 33}, "Sint-Pieters": {-200, -30, 21}}

// collections makes the rules, and the collections of the year before today, unless there are rules. Those from today on the
// rules make themselves.
func (d *maker) collections(ctx context.Context) error {
	made, err := d.query.AnyCollectionRule(ctx)
	if err != nil || made {
		return err
	}
	for _, rule := range rules {
		if err := d.collectionRule(ctx, rule); err != nil {
			return fmt.Errorf("the rule %s: %w", rule.rrule, err)
		}
	}
	for tour, days := range bulky {
		buildings, err := d.query.BuildingsOfTour(ctx, d.tours[tour])
		if err != nil {
			return err
		}
		what := store.InsertCollectionsParams{Type: "GRF", Note: "Op afspraak, aan de gevel.", PutOut: true}
		for _, ahead := range days {
			for _, building := range buildings {
				what.BuildingIds, what.Dates = append(what.BuildingIds, building), append(what.Dates, d.day(ahead))
			}
		}
		what.RuleDates = what.Dates
		if _, err := d.query.InsertCollections(ctx, what); err != nil {
			return err
		}
	}
	return nil
}

func (d *maker) day(ahead int) time.Time { return d.today.AddDate(0, 0, ahead) }

// collectionRule makes a rule and its past.
func (d *maker) collectionRule(ctx context.Context, r rule) error {
	row := store.InsertCollectionRuleParams{
		Type: r.kind, Rrule: r.rrule, StartDate: d.today.AddDate(-1, 0, 0), SeasonFrom: r.season[0], SeasonTo: r.season[1],
		OnHolidays: string(recur.Keep), Note: r.note, PutOut: true, BringIn: r.kind != "KER", TimeFrom: r.timeFrom, TimeTo: r.timeTo,
	}
	if r.onHolidays != "" {
		row.OnHolidays = string(r.onHolidays)
	}
	var buildings []int64
	var err error
	if r.tour != "" {
		id, known := d.tours[r.tour]
		if !known {
			return nil // renamed or archived
		}
		row.TourID = &id
		buildings, err = d.query.BuildingsOfTour(ctx, id)
	} else {
		id, known := d.regions[r.region]
		if !known {
			return nil
		}
		buildings, err = d.query.BuildingsOfRegion(ctx, id)
		if r.buildings == 0 {
			row.RegionID = &id
		} else {
			buildings = buildings[:min(r.buildings, len(buildings))]
		}
	}
	if err != nil {
		return err
	}
	recurrence := recur.Rule{Start: row.StartDate, OnHolidays: r.onHolidays}
	if recurrence.Pattern, err = recur.Parse(r.rrule); err != nil {
		return err
	}
	if row.SeasonFrom != "" {
		recurrence.Season.From, _ = recur.ParseMonthDay(row.SeasonFrom)
		recurrence.Season.To, _ = recur.ParseMonthDay(row.SeasonTo)
	}
	if r.held != [2]int{} {
		recurrence.Hold = recur.Hold{From: d.day(r.held[0]), Until: d.day(r.held[1])}
		row.HeldFrom, row.HeldUntil = &recurrence.Hold.From, &recurrence.Hold.Until
	}
	id, err := d.query.InsertCollectionRule(ctx, row)
	if err != nil {
		return err
	}
	if err := d.ruleExceptions(ctx, id, r, recurrence); err != nil {
		return err
	}
	if r.buildings > 0 {
		if err := d.query.InsertRuleBuildings(ctx, store.InsertRuleBuildingsParams{RuleID: id, BuildingIds: buildings}); err != nil {
			return err
		}
	}
	if r.archived {
		ended := d.day(-30)
		if err := d.query.SetCollectionRuleArchived(ctx, store.SetCollectionRuleArchivedParams{ID: id, ArchivedAt: &ended}); err != nil {
			return err
		}
		// What it would have made since is not there.
		recurrence.Hold = recur.Hold{From: ended}
	}
	what := store.InsertCollectionsParams{
		Type: row.Type, Note: row.Note, PutOut: row.PutOut, BringIn: row.BringIn, TimeFrom: row.TimeFrom, TimeTo: row.TimeTo, RuleID: &id,
	}
	for _, date := range recurrence.Dates(row.StartDate, d.day(-1)) {
		if date.Skipped != "" {
			continue
		}
		for _, building := range buildings {
			what.BuildingIds, what.Dates = append(what.BuildingIds, building), append(what.Dates, date.Date)
			what.RuleDates = append(what.RuleDates, date.RuleDate)
		}
	}
	_, err = d.query.InsertCollections(ctx, what)
	return err
}

// ruleExceptions moves the first date after some days, and adds one.
func (d *maker) ruleExceptions(ctx context.Context, id int64, r rule, recurrence recur.Rule) error {
	exceptions := store.InsertRuleExceptionsParams{RuleID: id}
	add := func(date time.Time, kind recur.ExceptionKind, to time.Time) {
		exceptions.Dates, exceptions.Kinds = append(exceptions.Dates, date), append(exceptions.Kinds, string(kind))
		exceptions.MovedTo = append(exceptions.MovedTo, to)
	}
	if r.moved {
		for _, date := range recurrence.Next(d.day(7), 1) {
			add(date.RuleDate, recur.Move, date.Date.AddDate(0, 0, 1))
		}
	}
	if r.extra != 0 {
		add(d.day(r.extra), recur.Extra, time.Time{})
	}
	return d.query.InsertRuleExceptions(ctx, exceptions)
}
