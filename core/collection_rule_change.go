package core

import (
	"context"
	"fmt"
	"slices"
	"time"

	"encore.app/core/access"
	"encore.app/core/recur"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// previewDates is how many dates a preview shows.
const previewDates = 20

// CollectionRuleParams describe a rule.
type CollectionRuleParams struct {
	// Type is the code of a kind of waste that is not archived.
	Type string `json:"type"`
	// RRule is when, as RFC 5545 writes it: FREQ WEEKLY, MONTHLY or YEARLY with INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, BYWEEKNO,
	// and COUNT or UNTIL. Odd weeks are FREQ=YEARLY;BYWEEKNO=1,3,5 … 53;BYDAY=TU.
	RRule string `json:"rrule"`
	// StartDate is the first day on which it counts, YYYY-MM-DD; INTERVAL and COUNT count from it.
	StartDate string `json:"start_date"`
	// SeasonFrom and SeasonTo, MM-DD, limit it to a part of every year; empty for the whole year.
	SeasonFrom string `json:"season_from"`
	SeasonTo   string `json:"season_to"`
	// OnHolidays says what becomes of a date that is a Belgian public holiday: keep (also when empty), skip or next_working_day.
	OnHolidays string `json:"on_holidays"`
	// HeldFrom and HeldUntil are the days, YYYY-MM-DD, from and until which the rule makes nothing; empty without a hold, and HeldUntil
	// for one without end.
	HeldFrom  string `json:"held_from"`
	HeldUntil string `json:"held_until"`
	// BuildingIDs, TourID or RegionID say what it is for, one of them: 200 buildings at most, the stops that a tour has, or the buildings
	// that lie in a region.
	BuildingIDs []int64 `json:"building_ids"`
	TourID      *int64  `json:"tour_id"`
	RegionID    *int64  `json:"region_id"`
	// Note is up to 500 characters; workers and the syndic read it.
	Note string `json:"note"`
	// PutOut and BringIn say what there is to do, one of them at least: put the bins on the street, bring them in again.
	PutOut  bool `json:"put_out"`
	BringIn bool `json:"bring_in"`
	// TimeFrom and TimeTo say when the waste company comes, HH:MM, on the same day; both or neither.
	TimeFrom string `json:"time_from"`
	TimeTo   string `json:"time_to"`
	// Exceptions are all that change single dates from now on; 366 at most.
	Exceptions []RuleException `json:"exceptions"`
	// Version is that of the rule that was changed; left out for a new one.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// CollectionRuleResult is a rule, and what became of its collections.
type CollectionRuleResult struct {
	Rule       CollectionRule `json:"rule"`
	Generation Generation     `json:"generation"`
}

// CreateCollectionRule makes a rule, and its collections from today to 60 days ahead. Every night it makes those of the day that has come
// nearer. The office only.
//
// Errors: invalid_argument for a field that is missing, wrong or names something unknown or archived, for a recurrence without dates, and
// for more than 20,000 collections at once; permission_denied for other roles.
//
//encore:api auth method=POST path=/collection-rules
func (s *Service) CreateCollectionRule(ctx context.Context, p *CollectionRuleParams) (*CollectionRuleResult, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := checkRule(p)
	if err != nil {
		return nil, err
	}
	return s.changeRule(ctx, caller, sent{p.IdempotencyKey, "CreateCollectionRule", p}, CollectionRuleCreated,
		func(c *change) (before *ruleState, rule store.CollectionRule, err error) {
			if err := c.checkRuleTarget(ctx, p); err != nil {
				return nil, rule, err
			}
			id, err := c.query.InsertCollectionRule(ctx, wanted.row)
			if err != nil {
				return nil, rule, err
			}
			return nil, store.CollectionRule{ID: id}, c.putRuleParts(ctx, id, p, wanted)
		})
}

// PutCollectionRule changes a rule, and its collections from today on: what it does not have any more goes, what it has more comes. The
// past stays as it was, and so does what was changed or deleted by hand. The office only.
//
// Errors: aborted when somebody else has changed the rule since that version; failed_precondition when it is archived; not_found when
// there is no such rule; otherwise as CreateCollectionRule.
//
//encore:api auth method=PUT path=/collection-rules/:id
func (s *Service) PutCollectionRule(ctx context.Context, id int64, p *CollectionRuleParams) (*CollectionRuleResult, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := checkRule(p)
	if err != nil {
		return nil, err
	}
	return s.changeRule(ctx, caller, sent{p.IdempotencyKey, fmt.Sprint("PutCollectionRule/", id), p}, CollectionRuleChanged,
		func(c *change) (before *ruleState, rule store.CollectionRule, err error) {
			rule, before, err = c.lockRule(ctx, id)
			switch {
			case err != nil:
				return nil, rule, err
			case rule.ArchivedAt != nil:
				return nil, rule, refusal.Precondition("", refusal.Archived, "The rule is archived; make another one.")
			case rule.Version != p.Version:
				return nil, rule, changedMeanwhile("rule")
			}
			if err := c.checkRuleTarget(ctx, p); err != nil {
				return nil, rule, err
			}
			row := wanted.row
			err = c.query.UpdateCollectionRule(ctx, store.UpdateCollectionRuleParams{
				ID: id, Type: row.Type, Rrule: row.Rrule, StartDate: row.StartDate, SeasonFrom: row.SeasonFrom, SeasonTo: row.SeasonTo,
				OnHolidays: row.OnHolidays, HeldFrom: row.HeldFrom, HeldUntil: row.HeldUntil, TourID: row.TourID, RegionID: row.RegionID,
				Note: row.Note, PutOut: row.PutOut, BringIn: row.BringIn, TimeFrom: row.TimeFrom, TimeTo: row.TimeTo,
			})
			if err != nil {
				return nil, rule, err
			}
			return before, rule, c.putRuleParts(ctx, id, p, wanted)
		})
}

// ArchiveCollectionRule ends a rule: its collections from today on go, those of before stay (rule 8), and so does what was changed by hand.
// Repeating it changes nothing. The office only.
//
// Errors: not_found when there is no such rule, permission_denied for other roles.
//
//encore:api auth method=DELETE path=/collection-rules/:id
func (s *Service) ArchiveCollectionRule(ctx context.Context, id int64) (*CollectionRuleResult, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	return s.changeRule(ctx, caller, sent{}, CollectionRuleArchived,
		func(c *change) (before *ruleState, rule store.CollectionRule, err error) {
			rule, before, err = c.lockRule(ctx, id)
			if err != nil || rule.ArchivedAt != nil {
				return before, rule, err
			}
			return before, rule, c.query.SetCollectionRuleArchived(ctx, store.SetCollectionRuleArchivedParams{ID: id, ArchivedAt: &c.at})
		})
}

// UnarchiveCollectionRule takes a rule back into use, and makes its collections from today on again; what was changed by hand meanwhile
// stays. Repeating it changes nothing. The office only.
//
// Errors: failed_precondition when its kind of waste or its tour is archived, or what it was for is gone; not_found when there is no such
// rule; permission_denied for other roles.
//
//encore:api auth method=POST path=/collection-rules/:id/unarchive
func (s *Service) UnarchiveCollectionRule(ctx context.Context, id int64) (*CollectionRuleResult, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	return s.changeRule(ctx, caller, sent{}, CollectionRuleUnarchived,
		func(c *change) (before *ruleState, rule store.CollectionRule, err error) {
			rule, before, err = c.lockRule(ctx, id)
			if err != nil || rule.ArchivedAt == nil {
				return before, rule, err
			}
			if err := c.checkRuleComesBack(ctx, before); err != nil {
				return nil, rule, err
			}
			return before, rule, c.query.SetCollectionRuleArchived(ctx, store.SetCollectionRuleArchivedParams{ID: id})
		})
}

// checkRuleComesBack refuses to take a rule back that can make no collections any more, and keeps what it is for. Of buildings that it
// names those that are archived have none, as with any rule.
func (c *change) checkRuleComesBack(ctx context.Context, rule *ruleState) error {
	target := &CollectionRuleParams{Type: rule.Type, TourID: rule.TourID, RegionID: rule.RegionID}
	if rule.TourID == nil && rule.RegionID == nil && len(rule.BuildingIDs) == 0 {
		return refusal.Precondition("", refusal.Unknown, "What the rule was for is gone; make another one.")
	}
	err := c.checkRuleTarget(ctx, target)
	if refusal.ReasonOf(err) == refusal.Archived {
		return refusal.Precondition("", refusal.Archived, "The kind of waste or the tour of the rule is archived; take it back first.")
	}
	return err
}

// CollectionRulePreview shows what a rule would do.
type CollectionRulePreview struct {
	// Dates are the next 20 from today on, with those that are skipped among them; fewer when there are not so many within ten years.
	Dates []RuleDate `json:"dates"`
	// BuildingCount is how many buildings in use the rule is for at the moment.
	BuildingCount int `json:"building_count"`
}

// RuleDate is a date of a rule.
type RuleDate struct {
	// Date is when it is collected, YYYY-MM-DD; when it is skipped, when it would have been.
	Date string `json:"date"`
	// RuleDate is the date that the recurrence has for it: the same, unless it was moved.
	RuleDate string `json:"rule_date"`
	// Skipped says why nothing is collected: skipped (an exception), holiday, held, or same_date when another one falls on the date; empty
	// when it is collected.
	Skipped string `json:"skipped"`
	// Holiday is the public holiday because of which it is skipped or moved: new_year, easter_monday, labour_day, ascension, whit_monday,
	// national_day, assumption, all_saints, armistice, christmas; empty for none.
	Holiday string `json:"holiday"`
}

// PreviewCollectionRule shows the next dates that a rule would have, and changes nothing. The office only.
//
// Errors: as CreateCollectionRule.
//
//encore:api auth method=POST path=/planning/collection-rules/preview
func (s *Service) PreviewCollectionRule(ctx context.Context, p *CollectionRuleParams) (*CollectionRulePreview, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := checkRule(p)
	if err != nil {
		return nil, err
	}
	preview := &CollectionRulePreview{Dates: []RuleDate{}}
	err = s.transact(ctx, caller, func(c *change) error {
		if err := c.checkRuleTarget(ctx, p); err != nil {
			return err
		}
		buildings, err := c.targetBuildings(ctx, p.BuildingIDs, p.TourID, p.RegionID)
		preview.BuildingCount = len(buildings)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "preview the rule")
	}
	for _, date := range wanted.recurrence.Next(s.today(), previewDates) {
		preview.Dates = append(preview.Dates, RuleDate{
			Date: day.Format(date.Date), RuleDate: day.Format(date.RuleDate), Skipped: date.Skipped, Holiday: date.Holiday,
		})
	}
	return preview, nil
}

// changeRule runs do in a transaction, and has the rule that do returns make its collections anew. do holds the rule's lock.
func (s *Service) changeRule(
	ctx context.Context, caller access.Actor, request sent, kind string,
	do func(c *change) (before *ruleState, rule store.CollectionRule, err error),
) (*CollectionRuleResult, error) {
	result, err := answerOnce(ctx, s, caller, request, func(c *change) (*CollectionRuleResult, error) {
		before, rule, err := do(c)
		if err != nil {
			return nil, err
		}
		rule, after, err := c.lockRule(ctx, rule.ID)
		if err != nil {
			return nil, err
		}
		result := &CollectionRuleResult{Generation: Generation{Skipped: []SkippedCollection{}}}
		if before == nil || before.Version != after.Version {
			if err := c.ruleChanged(ctx, kind, rule.ID, before, after); err != nil {
				return nil, err
			}
			if result.Generation, err = c.generate(ctx, rule, s.today()); err != nil {
				return nil, err
			}
		}
		read, err := s.readRule(ctx, c.query, access.Scope{All: true}, rule.ID)
		if err != nil {
			return nil, err
		}
		result.Rule = *read
		return result, nil
	})
	return result, refusal.Failure(err, "change the collection rule")
}

func (c *change) ruleChanged(ctx context.Context, kind string, id int64, before, after *ruleState) error {
	var was any
	if before != nil {
		was = before
	}
	if err := c.audit(ctx, kind, "collection_rule", id, was, after); err != nil {
		return err
	}
	return outbox.Append(ctx, c.tx, collectionEvents, &CollectionEvent{Type: kind, ActorID: c.caller.ID, RuleID: id})
}

// ruleState is a rule as the audit log shows it.
type ruleState struct {
	store.CollectionRule
	BuildingIDs []int64         `json:"building_ids"`
	Exceptions  []RuleException `json:"exceptions"`
}

// lockRule locks a rule and returns it with its parts.
func (c *change) lockRule(ctx context.Context, id int64) (rule store.CollectionRule, state *ruleState, err error) {
	rule, err = c.query.LockCollectionRule(ctx, id)
	if err != nil {
		return rule, nil, missingOr(err, noRule(), "lock the rule")
	}
	buildings, err := c.query.BuildingsOfRules(ctx, []int64{id})
	if err != nil {
		return rule, nil, err
	}
	exceptions, err := c.query.ExceptionsOfRules(ctx, []int64{id})
	if err != nil {
		return rule, nil, err
	}
	state = &ruleState{CollectionRule: rule, BuildingIDs: []int64{}, Exceptions: []RuleException{}}
	for _, b := range buildings {
		state.BuildingIDs = append(state.BuildingIDs, b.BuildingID)
	}
	for _, e := range exceptions {
		state.Exceptions = append(state.Exceptions, RuleException{Date: day.Format(e.Date), Kind: e.Kind, MovedTo: dayOrEmpty(e.MovedTo)})
	}
	return rule, state, nil
}

// putRuleParts replaces the buildings and the exceptions of a rule.
func (c *change) putRuleParts(ctx context.Context, id int64, p *CollectionRuleParams, wanted checkedRule) error {
	if err := c.query.DeleteRuleBuildings(ctx, id); err != nil {
		return err
	}
	if err := c.query.InsertRuleBuildings(ctx, store.InsertRuleBuildingsParams{RuleID: id, BuildingIds: p.BuildingIDs}); err != nil {
		return err
	}
	if err := c.query.DeleteRuleExceptions(ctx, id); err != nil {
		return err
	}
	exceptions := store.InsertRuleExceptionsParams{RuleID: id}
	for _, e := range wanted.recurrence.Exceptions {
		exceptions.Dates, exceptions.Kinds = append(exceptions.Dates, e.Date), append(exceptions.Kinds, string(e.Kind))
		exceptions.MovedTo = append(exceptions.MovedTo, e.To)
	}
	return c.query.InsertRuleExceptions(ctx, exceptions)
}

// checkRuleTarget refuses a kind of waste, buildings, a tour or a region that a rule cannot be for, and keeps those that it can.
func (c *change) checkRuleTarget(ctx context.Context, p *CollectionRuleParams) error {
	if err := c.keepWasteKind(ctx, p.Type); err != nil {
		return err
	}
	switch {
	case p.TourID != nil:
		if err := c.query.KeepTour(ctx, *p.TourID); err != nil {
			return err
		}
		tour, err := c.query.TourForPlanning(ctx, *p.TourID)
		switch {
		case err != nil:
			return missingOr(err, refusal.Invalid("tour_id", refusal.Unknown, "There is no such tour."), "read the tour")
		case tour.Archived:
			return refusal.Invalid("tour_id", refusal.Archived, "The tour is archived.")
		}
	case p.RegionID != nil:
		found, err := c.query.KeepRegions(ctx, []int64{*p.RegionID})
		switch {
		case err != nil:
			return err
		case len(found) == 0:
			return refusal.Invalid("region_id", refusal.Unknown, "There is no such region.")
		}
	default:
		rows, err := c.checkBuildings(ctx, p.BuildingIDs)
		switch {
		case err != nil:
			return err
		case len(rows) > 0:
			return refusal.InvalidRows("building_ids", rows, "Every one is another building that is in use; the rows say which are not.")
		}
	}
	return nil
}

// targetBuildings returns the buildings in use that a rule is for, in order, and keeps them from being archived.
func (c *change) targetBuildings(ctx context.Context, buildingIDs []int64, tourID, regionID *int64) (buildings []int64, err error) {
	switch {
	case tourID != nil:
		buildingIDs, err = c.query.BuildingsOfTour(ctx, *tourID)
	case regionID != nil:
		buildingIDs, err = c.query.BuildingsOfRegion(ctx, *regionID)
	}
	if err != nil {
		return nil, err
	}
	inUse, err := c.buildingsInUse(ctx, buildingIDs)
	for id, used := range inUse {
		if used {
			buildings = append(buildings, id)
		}
	}
	slices.Sort(buildings)
	return buildings, err
}

// checkedRule is a rule that a request describes.
type checkedRule struct {
	row        store.InsertCollectionRuleParams
	recurrence recur.Rule
}

// checkRule cleans what a request says about a rule.
func checkRule(p *CollectionRuleParams) (wanted checkedRule, err error) {
	what, err := checkWork(p.Type, p.Note, p.PutOut, p.BringIn, p.TimeFrom, p.TimeTo)
	if err != nil {
		return wanted, err
	}
	if err := checkTargetGiven(p); err != nil {
		return wanted, err
	}
	row := store.InsertCollectionRuleParams{
		Type: what.Type, OnHolidays: p.OnHolidays, SeasonFrom: p.SeasonFrom, SeasonTo: p.SeasonTo, TourID: p.TourID, RegionID: p.RegionID,
		Note: what.Note, PutOut: what.PutOut, BringIn: what.BringIn, TimeFrom: what.TimeFrom, TimeTo: what.TimeTo,
	}
	if row.OnHolidays == "" {
		row.OnHolidays = string(recur.Keep)
	}
	if row.StartDate, err = day.Parse("start_date", p.StartDate); err != nil {
		return wanted, err
	}
	for field, text := range map[string]string{"season_from": p.SeasonFrom, "season_to": p.SeasonTo} {
		if _, ok := recur.ParseMonthDay(text); text != "" && !ok {
			return wanted, refusal.Invalid(field, refusal.Malformed, "Write the day as MM-DD.")
		}
	}
	if (p.SeasonFrom == "") != (p.SeasonTo == "") {
		return wanted, refusal.Invalid("season_to", refusal.Required, "A season has a first and a last day.")
	}
	if row.HeldFrom, err = optionalDay("held_from", p.HeldFrom); err != nil {
		return wanted, err
	}
	if row.HeldUntil, err = optionalDay("held_until", p.HeldUntil); err != nil {
		return wanted, err
	}
	pattern, err := recur.Parse(p.RRule)
	if err != nil {
		return wanted, refusal.Invalid("rrule", refusal.Malformed, err.Error())
	}
	row.Rrule = pattern.String()
	exceptions, err := parseExceptions(p.Exceptions)
	if err != nil {
		return wanted, err
	}
	recurrence, err := recurrenceOf(store.CollectionRule{
		Rrule: row.Rrule, StartDate: row.StartDate, SeasonFrom: row.SeasonFrom, SeasonTo: row.SeasonTo, OnHolidays: row.OnHolidays,
		HeldFrom: row.HeldFrom, HeldUntil: row.HeldUntil,
	}, exceptions)
	if err != nil {
		return wanted, refusal.Invalid("rrule", refusal.Malformed, err.Error())
	}
	if err := checkRecurrence(recurrence); err != nil {
		return wanted, err
	}
	return checkedRule{row, recurrence}, nil
}

// checkRecurrence refuses what is out of bounds, by the names that the fields have in requests.
func checkRecurrence(recurrence recur.Rule) error {
	field, err := recurrence.Check()
	if err == nil {
		return nil
	}
	fields := map[string]string{"start": "start_date", "season": "season_to", "hold": "held_until", "pattern": "rrule"}
	if named, is := fields[field]; is {
		field = named
	}
	return refusal.Invalid(field, refusal.OutOfRange, err.Error())
}

// checkTargetGiven refuses a rule that is for nothing, or for more than one thing.
func checkTargetGiven(p *CollectionRuleParams) error {
	given := 0
	for _, is := range []bool{len(p.BuildingIDs) > 0, p.TourID != nil, p.RegionID != nil} {
		if is {
			given++
		}
	}
	switch {
	case given == 0:
		return nothingSelected()
	case given > 1:
		return refusal.Invalid("building_ids", refusal.OutOfRange, "A rule is for buildings, for a tour, or for a region.")
	case len(p.BuildingIDs) > maxSelected:
		return refusal.Invalid("building_ids", refusal.TooLong, "At most 200 buildings at a time.")
	}
	return nil
}

// parseExceptions reads the exceptions of a request, and names the rows that cannot be read.
func parseExceptions(list []RuleException) (exceptions []store.CollectionRuleException, err error) {
	if len(list) > recur.MaxExceptions {
		return nil, refusal.Invalid("exceptions", refusal.TooLong, "A rule has at most 366 exceptions.")
	}
	var rows []refusal.Row
	for i, e := range list {
		date, err := day.Parse("exceptions", e.Date)
		exception := store.CollectionRuleException{Date: date, Kind: e.Kind}
		if err == nil && e.Kind == string(recur.Move) {
			var to time.Time
			to, err = day.Parse("exceptions", e.MovedTo)
			exception.MovedTo = &to
		}
		if err != nil {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.ReasonOf(err)})
		}
		exceptions = append(exceptions, exception)
	}
	if len(rows) > 0 {
		return nil, refusal.InvalidRows("exceptions", rows, "Write the dates as YYYY-MM-DD; the rows say which are not.")
	}
	return exceptions, nil
}

func optionalDay(field, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no day is no mistake
	}
	date, err := parseCollectionDate(field, text)
	return &date, err
}
