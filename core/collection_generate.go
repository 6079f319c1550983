package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"encore.dev/cron"
	"encore.dev/rlog"

	"encore.app/core/access"
	"encore.app/core/recur"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

const (
	// daysGenerated is how many days ahead rules make their collections.
	daysGenerated = 60
	// maxGenerated is how many collections one rule makes at once at most.
	maxGenerated = 20_000
	// maxSkippedShown is how many of those that were skipped an answer names.
	maxSkippedShown = 200
)

// Generation says what a rule made of its collections, from today to 60 days ahead.
type Generation struct {
	// Created are how many it made, Changed how many got what the rule says now, Removed how many it has no more.
	Created int `json:"created"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
	// SkippedCount is how many it did not make, and Skipped the first 200 of them; building_id is 0 for a date that falls away everywhere.
	SkippedCount int                 `json:"skipped_count"`
	Skipped      []SkippedCollection `json:"skipped"`
}

// The reasons why a rule makes no collection, beside those of recur.Date.
const (
	reasonDeleted = "deleted"
	reasonChanged = "changed"
)

func (g *Generation) skip(buildingID int64, kind string, date time.Time, reason string) {
	g.SkippedCount++
	if len(g.Skipped) < maxSkippedShown {
		g.Skipped = append(g.Skipped, SkippedCollection{buildingID, kind, day.Format(date), reason})
	}
}

var _ = cron.NewJob("generate-collections", cron.JobConfig{
	Title:    "Make the collections of the rules, 60 days ahead",
	Schedule: "15 1 * * *",
	Endpoint: GenerateCollections,
})

// GenerateCollections has every rule make its collections from today to 60 days ahead. Repeating it changes nothing (rule 6). A rule that
// fails is logged, and does not keep the others from theirs.
//
//encore:api private method=POST path=/internal/generate-collections
func (s *Service) GenerateCollections(ctx context.Context) error {
	ids, err := s.query.RulesToGenerate(ctx)
	if err != nil {
		return refusal.Failure(err, "list the collection rules")
	}
	var failed []error
	for _, id := range ids {
		err := s.transact(ctx, access.Actor{}, func(c *change) error {
			rule, err := c.query.LockCollectionRule(ctx, id)
			if err != nil || rule.ArchivedAt != nil {
				return err
			}
			made, err := c.generate(ctx, rule, s.today())
			if err == nil && made.SkippedCount > 0 {
				rlog.Info("a collection rule skipped some", "rule_id", id, "created", made.Created, "skipped", made.SkippedCount)
			}
			return err
		})
		if err != nil {
			rlog.Error("the collections of a rule were not made", "rule_id", id, "err", err)
			failed = append(failed, fmt.Errorf("rule %d: %w", id, err))
		}
	}
	return refusal.Failure(errors.Join(failed...), "make the collections of the rules")
}

// generate makes the collections of a rule, whose lock is held, what they are to be from today on. What was changed or deleted by hand
// stays, and so does the past.
func (c *change) generate(ctx context.Context, rule store.CollectionRule, today time.Time) (made Generation, err error) {
	made.Skipped = []SkippedCollection{}
	dates, buildings, err := c.ruleDates(ctx, rule, today, &made)
	if err != nil {
		return made, err
	}
	if len(dates)*len(buildings) > maxGenerated {
		return made, refusal.Invalid("rrule", refusal.TooLong,
			"These are more than 20,000 collections in 60 days. Make rules for fewer buildings.")
	}
	rows, err := c.query.CollectionsOfRule(ctx, store.CollectionsOfRuleParams{RuleID: rule.ID, Day: today.AddDate(0, 0, -2*recur.MaxMove)})
	if err != nil {
		return made, err
	}
	plan := planGeneration(rule, today, dates, buildings, rows, &made)
	var span collectionSpan
	removed, err := c.query.RemoveGenerated(ctx, plan.remove)
	if err != nil {
		return made, err
	}
	for _, row := range removed {
		span.add(row.BuildingID, row.Date)
	}
	changed, err := c.query.UpdateGenerated(ctx, store.UpdateGeneratedParams{
		Ids: plan.update, Note: rule.Note, PutOut: rule.PutOut, BringIn: rule.BringIn, TimeFrom: rule.TimeFrom, TimeTo: rule.TimeTo,
	})
	if err != nil {
		return made, err
	}
	for _, row := range changed {
		span.add(row.BuildingID, row.Date)
	}
	created, err := c.query.InsertCollections(ctx, plan.create)
	if err != nil {
		return made, err
	}
	done := make(map[collectionPlace]bool, len(created))
	for _, row := range created {
		span.add(row.BuildingID, row.Date)
		done[placeOf(row)] = true
	}
	for i, building := range plan.create.BuildingIds {
		if date := plan.create.Dates[i]; !done[collectionPlace{building, rule.Type, date}] {
			made.skip(building, rule.Type, date, string(refusal.AlreadyCollected))
		}
	}
	made.Created, made.Changed, made.Removed = len(created), len(changed), len(removed)
	if err := c.keepGeneration(ctx, rule.ID, made); err != nil {
		return made, err
	}
	if made.Created+made.Changed+made.Removed == 0 {
		return made, nil
	}
	// The collections name their rule, and the log how it was at the time: one line says it all.
	summary := made
	summary.Skipped = nil
	if err := c.audit(ctx, CollectionGenerated, "collection_rule", rule.ID, nil, summary); err != nil {
		return made, err
	}
	return made, c.tellCollections(ctx, CollectionGenerated, rule.ID, span)
}

// keepGeneration stores what a rule made of its collections, instead of the time before.
func (c *change) keepGeneration(ctx context.Context, ruleID int64, made Generation) error {
	report, err := json.Marshal(made)
	if err != nil {
		return err
	}
	return c.query.KeepGeneration(ctx, store.KeepGenerationParams{RuleID: ruleID, GeneratedAt: c.at, Made: report})
}

// ruleDates returns the dates of a rule from today on, and the buildings that it is for; nothing for what is archived. What falls away it
// adds to made.
func (c *change) ruleDates(
	ctx context.Context, rule store.CollectionRule, today time.Time, made *Generation,
) (dates []recur.Date, buildings []int64, err error) {
	kind, err := c.query.WasteKind(ctx, rule.Type)
	if err != nil || rule.ArchivedAt != nil {
		return nil, nil, err
	}
	exceptions, err := c.query.ExceptionsOfRules(ctx, []int64{rule.ID})
	if err != nil {
		return nil, nil, err
	}
	recurrence, err := recurrenceOf(rule, exceptions)
	if err != nil {
		return nil, nil, err
	}
	named, err := c.query.BuildingsOfRules(ctx, []int64{rule.ID})
	if err != nil {
		return nil, nil, err
	}
	var ids []int64
	for _, row := range named {
		ids = append(ids, row.BuildingID)
	}
	if buildings, err = c.targetBuildings(ctx, ids, rule.TourID, rule.RegionID); err != nil {
		return nil, nil, err
	}
	for _, date := range recurrence.Dates(today, today.AddDate(0, 0, daysGenerated)) {
		switch {
		case kind.ArchivedAt != nil:
			made.skip(0, rule.Type, date.Date, string(refusal.Archived))
		case date.Skipped != "":
			made.skip(0, rule.Type, date.Date, date.Skipped)
		default:
			dates = append(dates, date)
		}
	}
	return dates, buildings, nil
}

// generationPlan is what there is to do for a rule.
type generationPlan struct {
	remove, update []int64
	create         store.InsertCollectionsParams
}

// planGeneration compares what a rule has with the collections that it has made.
func planGeneration(
	rule store.CollectionRule, today time.Time, dates []recur.Date, buildings []int64, rows []store.Collection, made *Generation,
) (plan generationPlan) {
	type key struct {
		buildingID int64
		ruleDate   time.Time
	}
	there := make(map[key]store.Collection, len(rows))
	for _, row := range rows {
		there[key{row.BuildingID, *row.RuleDate}] = row
	}
	plan.create = store.InsertCollectionsParams{
		Type: rule.Type, Note: rule.Note, PutOut: rule.PutOut, BringIn: rule.BringIn, TimeFrom: rule.TimeFrom, TimeTo: rule.TimeTo, RuleID: &rule.ID,
	}
	kept := make(map[int64]bool, len(rows))
	for _, building := range buildings {
		for _, date := range dates {
			row, exists := there[key{building, date.RuleDate}]
			switch {
			case exists && row.DeletedAt != nil:
				made.skip(building, rule.Type, date.Date, reasonDeleted)
				continue
			case exists && row.Changed:
				made.skip(building, rule.Type, date.Date, reasonChanged)
				continue
			case exists && row.Date.Before(today):
				continue // it is over
			case exists && row.Date.Equal(date.Date) && row.Type == rule.Type:
				kept[row.ID] = true
				if !agrees(row, rule) {
					plan.update = append(plan.update, row.ID)
				}
				continue
			}
			plan.create.BuildingIds = append(plan.create.BuildingIds, building)
			plan.create.Dates = append(plan.create.Dates, date.Date)
			plan.create.RuleDates = append(plan.create.RuleDates, date.RuleDate)
		}
	}
	for _, row := range rows {
		if !kept[row.ID] && !row.Changed && row.DeletedAt == nil && !row.Date.Before(today) {
			plan.remove = append(plan.remove, row.ID)
		}
	}
	return plan
}

// agrees reports whether a collection of the rule's kind is as the rule says.
func agrees(row store.Collection, rule store.CollectionRule) bool {
	return row.Note == rule.Note && row.PutOut == rule.PutOut && row.BringIn == rule.BringIn &&
		row.TimeFrom == rule.TimeFrom && row.TimeTo == rule.TimeTo
}
