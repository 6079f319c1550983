package core

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/recur"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// CollectionRule is a recurrence from which collections are made.
type CollectionRule struct {
	ID int64 `json:"id"`
	// Type is the code of the kind of waste: GFT, PMD.
	Type string `json:"type"`
	// RRule is when, as RFC 5545 writes it: FREQ=WEEKLY;BYDAY=TU.
	RRule string `json:"rrule"`
	// StartDate is the first day on which it counts, YYYY-MM-DD.
	StartDate string `json:"start_date"`
	// SeasonFrom and SeasonTo, MM-DD, limit it to a part of every year; empty for the whole year.
	SeasonFrom string `json:"season_from"`
	SeasonTo   string `json:"season_to"`
	// OnHolidays says what becomes of a date that is a Belgian public holiday: keep, skip or next_working_day.
	OnHolidays string `json:"on_holidays"`
	// HeldFrom and HeldUntil are the days, YYYY-MM-DD, from and until which the rule makes nothing; empty without a hold, and HeldUntil
	// for one without end.
	HeldFrom  string `json:"held_from"`
	HeldUntil string `json:"held_until"`
	// BuildingIDs are the buildings that it is for; empty for one of a tour or region. Others than the office get those of the buildings
	// that they see which it is about, however it names them.
	BuildingIDs []int64 `json:"building_ids"`
	// Buildings are those of building_ids, in the order of their addresses.
	Buildings []RuleBuilding `json:"buildings"`
	// Tour and Region are what it is for, if it is for the stops of a tour or the buildings of a region; for the office.
	Tour   *TourName `json:"tour"`
	Region *Region   `json:"region"`
	// Note, PutOut, BringIn, TimeFrom and TimeTo are those of its collections.
	Note     string `json:"note"`
	PutOut   bool   `json:"put_out"`
	BringIn  bool   `json:"bring_in"`
	TimeFrom string `json:"time_from"`
	TimeTo   string `json:"time_to"`
	// Exceptions change single dates, in their order.
	Exceptions []RuleException `json:"exceptions"`
	// NextDate is the first date from today on, YYYY-MM-DD; empty when there is none within ten years.
	NextDate string `json:"next_date"`
	Archived bool   `json:"archived"`
	// Version grows with every change of the rule.
	Version int64 `json:"version"`
}

// RuleBuilding is a building of a rule.
type RuleBuilding struct {
	ID       int64   `json:"id"`
	Name     string  `json:"name"`
	Address  Address `json:"address"`
	Archived bool    `json:"archived"`
}

// RuleException changes one date of a rule.
type RuleException struct {
	// Date is the one that the rule has, YYYY-MM-DD; for extra one that it has not.
	Date string `json:"date"`
	// Kind is skip (nothing is collected), move (it is collected on another date) or extra (it is collected although the rule has no such
	// date). They count whatever season and holidays say.
	Kind string `json:"kind"`
	// MovedTo is where move moves it, YYYY-MM-DD, at most 60 days away; empty for the others.
	MovedTo string `json:"moved_to"`
}

// ListCollectionRulesParams chooses rules. Filters add up.
type ListCollectionRulesParams struct {
	// Building limits the list to the rules that are about any of these buildings, however they name it; 200 at most.
	Building []int64 `query:"building"`
	// Tour limits the list to the rules that are about any of the stops of a tour.
	Tour int64 `query:"tour"`
	// Region limits the list to the rules that are about any building of a region.
	Region int64 `query:"region"`
	// Type limits the list to a kind of waste, by its code.
	Type string `query:"type"`
	// Q searches the kind of waste, the note, and for the office the tour, the region and the buildings that a rule names; up to 100
	// characters.
	Q string `query:"q"`
	// Held limits the list to the rules that make nothing today, because they are on hold.
	Held bool `query:"held"`
	// Archived lists the archived rules instead of those in use.
	Archived bool `query:"archived"`
	// Limit is how many rules to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// CollectionRuleList is a page of rules.
type CollectionRuleList struct {
	Items []CollectionRule `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type ruleKey struct{ ID int64 }

// ListCollectionRules returns the rules in use, or the archived ones, in the order in which they were made. The office sees all, a
// student those about the stops of their own runs from 14 days before to 14 days after the run, a syndic those about their own buildings.
//
// Errors: permission_denied for other roles, invalid_argument for a bad filter, limit or cursor.
//
//encore:api auth method=GET path=/collection-rules
func (s *Service) ListCollectionRules(ctx context.Context, p *ListCollectionRulesParams) (*CollectionRuleList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := access.Collections(caller)
	if err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, _, err := page.After[ruleKey]("collection-rules", p.Cursor)
	if err != nil {
		return nil, err
	}
	if p.Type != "" && !wasteKindCode.MatchString(p.Type) {
		return nil, refusal.Invalid("type", refusal.Unknown, "There is no such kind of waste.")
	}
	search, err := input.Text("q", p.Q, maxSearch)
	if err != nil {
		return nil, err
	}
	buildings, limited, err := s.selectedBuildings(ctx, s.query, scope, selection{buildingIDs: p.Building, tourID: p.Tour, regionID: p.Region, field: "building"})
	if err != nil {
		return nil, err
	}
	keys := store.CollectionRuleKeysParams{
		Archived: p.Archived, Type: p.Type, Held: p.Held, Today: s.today(), Patterns: input.WordPatterns(search), SeesAll: scope.All,
		AfterID: after.ID, RowLimit: int32(limit + 1),
	}
	var ids []int64
	if limited {
		ids, err = s.query.CollectionRuleKeysOf(ctx, store.CollectionRuleKeysOfParams{
			BuildingIds: buildings, Archived: keys.Archived, Type: keys.Type, Held: keys.Held, Today: keys.Today, Patterns: keys.Patterns,
			SeesAll: keys.SeesAll, AfterID: keys.AfterID, RowLimit: keys.RowLimit,
		})
	} else {
		ids, err = s.query.CollectionRuleKeys(ctx, keys)
	}
	if err != nil {
		return nil, refusal.Failure(err, "list the collection rules")
	}
	ids, next := page.Cut("collection-rules", ids, limit, func(id int64) ruleKey { return ruleKey{id} })
	items, err := s.rulesByID(ctx, s.query, scope, ids)
	if err != nil {
		return nil, err
	}
	return &CollectionRuleList{Items: items, NextCursor: next}, nil
}

// GetCollectionRule returns one rule, archived or not.
//
// Errors: not_found when there is none that the caller may see, permission_denied for roles that see no collections.
//
//encore:api auth method=GET path=/collection-rules/:id
func (s *Service) GetCollectionRule(ctx context.Context, id int64) (*CollectionRule, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := access.Collections(caller)
	if err != nil {
		return nil, err
	}
	return s.readRule(ctx, s.query, scope, id)
}

// RuleGeneration is what a rule made of its collections the last time that it looked: when it was changed, or last night.
type RuleGeneration struct {
	// GeneratedAt is null as long as it has not looked.
	GeneratedAt *time.Time `json:"generated_at"`
	// Created are how many it made, Changed how many got what the rule says now, Removed how many it has no more.
	Created int `json:"created"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
	// SkippedCount is how many it did not make, and Skipped the first 200 of them.
	SkippedCount int              `json:"skipped_count"`
	Skipped      []GenerationSkip `json:"skipped"`
}

// GenerationSkip is a date on which a rule made no collection.
type GenerationSkip struct {
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
	// Building is where; null for a date that falls away everywhere.
	Building *RuleBuilding `json:"building"`
	// Reason is already_collected, archived (the kind of waste), deleted or changed (by hand, so that the rule leaves it alone), or why
	// the rule has no collection on the date: skipped (an exception), holiday, held, same_date.
	Reason string `json:"reason"`
}

// GetCollectionRuleGeneration returns what a rule made of its collections the last time. The office only.
//
// Errors: not_found when there is no such rule, permission_denied for other roles.
//
//encore:api auth method=GET path=/collection-rules/:id/generation
func (s *Service) GetCollectionRuleGeneration(ctx context.Context, id int64) (*RuleGeneration, error) {
	if _, err := s.office(ctx); err != nil {
		return nil, err
	}
	if _, err := s.readRule(ctx, s.query, access.Scope{All: true}, id); err != nil {
		return nil, err
	}
	result := &RuleGeneration{Skipped: []GenerationSkip{}}
	row, err := s.query.Generation(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return result, nil
	case err != nil:
		return nil, refusal.Failure(err, "read the generation")
	}
	var made Generation
	if err := json.Unmarshal(row.Made, &made); err != nil {
		return nil, refusal.Failure(err, "read the generation")
	}
	result.GeneratedAt = &row.GeneratedAt
	result.Created, result.Changed, result.Removed, result.SkippedCount = made.Created, made.Changed, made.Removed, made.SkippedCount
	of := make(map[int64][]int64)
	for _, skip := range made.Skipped {
		if skip.BuildingID != 0 {
			of[id] = append(of[id], skip.BuildingID)
		}
	}
	buildings, err := namedBuildings(ctx, s.query, of)
	if err != nil {
		return nil, err
	}
	for _, skip := range made.Skipped {
		item := GenerationSkip{Date: skip.Date, Reason: skip.Reason}
		if i := slices.IndexFunc(buildings, func(b RuleBuilding) bool { return b.ID == skip.BuildingID }); i >= 0 {
			item.Building = &buildings[i]
		}
		result.Skipped = append(result.Skipped, item)
	}
	return result, nil
}

func (s *Service) readRule(ctx context.Context, query *store.Queries, scope access.Scope, id int64) (*CollectionRule, error) {
	rules, err := s.rulesByID(ctx, query, scope, []int64{id})
	switch {
	case err != nil:
		return nil, err
	case len(rules) == 0 || !scope.All && len(rules[0].BuildingIDs) == 0:
		return nil, noRule()
	}
	return &rules[0], nil
}

// rulesByID reads rules, whichever of ids exist, as the scope may see them: five queries at most.
func (s *Service) rulesByID(
	ctx context.Context, query *store.Queries, scope access.Scope, ids []int64,
) ([]CollectionRule, error) {
	rows, err := query.CollectionRulesByID(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read the collection rules")
	}
	exceptions, err := query.ExceptionsOfRules(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read the exceptions of the rules")
	}
	buildings, err := s.ruleBuildings(ctx, query, scope, ids)
	if err != nil {
		return nil, err
	}
	named, err := namedBuildings(ctx, query, buildings)
	if err != nil {
		return nil, err
	}
	of := make(map[int64][]store.CollectionRuleException)
	for _, e := range exceptions {
		of[e.RuleID] = append(of[e.RuleID], e)
	}
	items := make([]CollectionRule, 0, len(rows))
	for _, row := range rows {
		item, err := ruleOf(row.CollectionRule, of[row.CollectionRule.ID], s.today())
		if err != nil {
			return nil, refusal.Failure(err, "read the recurrence")
		}
		if found := buildings[item.ID]; found != nil {
			item.BuildingIDs = found
			for _, building := range named {
				if slices.Contains(found, building.ID) {
					item.Buildings = append(item.Buildings, building)
				}
			}
		}
		if scope.All && row.CollectionRule.TourID != nil {
			item.Tour = &TourName{*row.CollectionRule.TourID, row.TourName}
		}
		if scope.All && row.CollectionRule.RegionID != nil {
			item.Region = &Region{*row.CollectionRule.RegionID, row.RegionName}
		}
		items = append(items, item)
	}
	return items, nil
}

// ruleBuildings returns the buildings that rules name, or to others than the office those that they are about.
func (s *Service) ruleBuildings(
	ctx context.Context, query *store.Queries, scope access.Scope, ids []int64,
) (map[int64][]int64, error) {
	of := make(map[int64][]int64)
	if scope.All {
		rows, err := query.BuildingsOfRules(ctx, ids)
		for _, row := range rows {
			of[row.RuleID] = append(of[row.RuleID], row.BuildingID)
		}
		return of, refusal.Failure(err, "read the buildings of the rules")
	}
	visible, _, err := s.selectedBuildings(ctx, query, scope, selection{})
	if err != nil {
		return nil, err
	}
	rows, err := query.BuildingsConcerned(ctx, store.BuildingsConcernedParams{RuleIds: ids, BuildingIds: visible})
	for _, row := range rows {
		of[row.RuleID] = append(of[row.RuleID], row.BuildingID)
	}
	return of, refusal.Failure(err, "read the buildings of the rules")
}

// namedBuildings reads the buildings of rules, in the order of their addresses.
func namedBuildings(ctx context.Context, query *store.Queries, of map[int64][]int64) (buildings []RuleBuilding, err error) {
	var ids []int64
	for _, some := range of {
		ids = append(ids, some...)
	}
	rows, err := query.RuleBuildings(ctx, ids)
	for _, row := range rows {
		buildings = append(buildings, RuleBuilding{
			row.ID, row.Name, Address{row.Street, row.HouseNumber, row.Bus, row.PostalCode, row.City}, row.Archived,
		})
	}
	return buildings, refusal.Failure(err, "read the buildings of the rules")
}

// ruleOf is a rule without what it is for.
func ruleOf(row store.CollectionRule, exceptions []store.CollectionRuleException, today time.Time) (CollectionRule, error) {
	item := CollectionRule{
		ID: row.ID, Type: row.Type, RRule: row.Rrule, StartDate: day.Format(row.StartDate), SeasonFrom: row.SeasonFrom, SeasonTo: row.SeasonTo,
		OnHolidays: row.OnHolidays, HeldFrom: dayOrEmpty(row.HeldFrom), HeldUntil: dayOrEmpty(row.HeldUntil), BuildingIDs: []int64{},
		Buildings: []RuleBuilding{},
		Note:      row.Note, PutOut: row.PutOut, BringIn: row.BringIn, TimeFrom: row.TimeFrom, TimeTo: row.TimeTo,
		Exceptions: make([]RuleException, 0, len(exceptions)), Archived: row.ArchivedAt != nil, Version: row.Version,
	}
	for _, e := range exceptions {
		item.Exceptions = append(item.Exceptions, RuleException{Date: day.Format(e.Date), Kind: e.Kind, MovedTo: dayOrEmpty(e.MovedTo)})
	}
	if item.Archived {
		return item, nil
	}
	rule, err := recurrenceOf(row, exceptions)
	if err != nil {
		return item, err
	}
	for _, date := range rule.Next(today, 1) {
		if date.Skipped == "" {
			item.NextDate = day.Format(date.Date)
		}
	}
	return item, nil
}

// recurrenceOf is the recurrence that a rule holds.
func recurrenceOf(row store.CollectionRule, exceptions []store.CollectionRuleException) (rule recur.Rule, err error) {
	rule = recur.Rule{Start: row.StartDate, OnHolidays: recur.OnHolidays(row.OnHolidays)}
	if rule.Pattern, err = recur.Parse(row.Rrule); err != nil {
		return rule, err
	}
	if row.SeasonFrom != "" {
		rule.Season.From, _ = recur.ParseMonthDay(row.SeasonFrom)
		rule.Season.To, _ = recur.ParseMonthDay(row.SeasonTo)
	}
	if row.HeldFrom != nil {
		rule.Hold.From = *row.HeldFrom
	}
	if row.HeldUntil != nil {
		rule.Hold.Until = *row.HeldUntil
	}
	for _, e := range exceptions {
		exception := recur.Exception{Date: e.Date, Kind: recur.ExceptionKind(e.Kind)}
		if e.MovedTo != nil {
			exception.To = *e.MovedTo
		}
		rule.Exceptions = append(rule.Exceptions, exception)
	}
	slices.SortFunc(rule.Exceptions, func(a, b recur.Exception) int { return a.Date.Compare(b.Date) })
	return rule, nil
}

// dayOrEmpty writes a day as YYYY-MM-DD; empty when there is none.
func dayOrEmpty(date *time.Time) string {
	if date == nil {
		return ""
	}
	return day.Format(*date)
}

func noRule() error { return refusal.NotFound("There is no such collection rule.") }
