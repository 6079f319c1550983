package core

import (
	"context"
	"fmt"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// weekly describes a rule that is accepted: every Tuesday from today on. 5 May 2026 is the first.
func weekly(buildings ...int64) *CollectionRuleParams {
	return &CollectionRuleParams{
		Type: "PMD", RRule: "FREQ=WEEKLY;BYDAY=TU", StartDate: "2026-05-04", BuildingIDs: buildings, PutOut: true, BringIn: true,
	}
}

// editRule is the rule as its form would send it.
func editRule(rule CollectionRule) *CollectionRuleParams {
	p := &CollectionRuleParams{
		Type: rule.Type, RRule: rule.RRule, StartDate: rule.StartDate, SeasonFrom: rule.SeasonFrom, SeasonTo: rule.SeasonTo,
		OnHolidays: rule.OnHolidays, HeldFrom: rule.HeldFrom, HeldUntil: rule.HeldUntil, BuildingIDs: rule.BuildingIDs, Note: rule.Note,
		PutOut: rule.PutOut, BringIn: rule.BringIn, TimeFrom: rule.TimeFrom, TimeTo: rule.TimeTo, Exceptions: rule.Exceptions, Version: rule.Version,
	}
	if rule.Tour != nil {
		p.TourID = &rule.Tour.ID
	}
	if rule.Region != nil {
		p.RegionID = &rule.Region.ID
	}
	return p
}

func (r *rounds) rule(p *CollectionRuleParams) CollectionRule {
	r.t.Helper()
	made, err := r.CreateCollectionRule(r.as(office), p)
	require.NoError(r.t, err)
	return made.Rule
}

// change edits a rule as the office would, and returns what became of its collections.
func (r *rounds) changeTheRule(rule *CollectionRule, edit func(p *CollectionRuleParams)) Generation {
	r.t.Helper()
	p := editRule(*rule)
	edit(p)
	result, err := r.PutCollectionRule(r.as(office), rule.ID, p)
	require.NoError(r.t, err)
	*rule = result.Rule
	return result.Generation
}

// until lists the collections at a building up to a day.
func (r *rounds) until(building int64, last string) []string {
	r.t.Helper()
	return r.places(office, &ListCollectionsParams{Building: []int64{building}, To: last}, building)
}

func (r *rounds) generate() {
	r.t.Helper()
	require.NoError(r.t, r.GenerateCollections(r.t.Context()))
}

func TestARuleMakesItsCollectionsSixtyDaysAheadEveryNight(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	params := weekly(building)
	params.Note, params.TimeFrom, params.TimeTo, params.IdempotencyKey = "Gele zakken", "07:00", "12:00", newID().String()
	result, err := r.CreateCollectionRule(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, Generation{Created: 9, Skipped: []SkippedCollection{}}, result.Generation)
	require.Equal(t, "2026-05-05", result.Rule.NextDate)
	require.Equal(t, "keep", result.Rule.OnHolidays)
	again, err := r.CreateCollectionRule(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, result, again, "the answer was lost")

	list, err := r.ListCollections(r.as(office), &ListCollectionsParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 9)
	first := list.Items[0]
	require.Equal(t, []any{"PMD", "2026-05-05", "Gele zakken", "07:00", "12:00", result.Rule.ID, "2026-05-05", false}, []any{
		first.Type, first.Date, first.Note, first.TimeFrom, first.TimeTo, *first.RuleID, *first.RuleDate, first.Changed,
	})
	require.Equal(t, "2026-06-30", list.Items[8].Date)

	events := r.events()
	require.Equal(t, []string{CollectionRuleCreated, CollectionGenerated}, events)
	r.generate()
	require.Equal(t, events, r.events(), "generating again changes nothing (rule 6)")
	for range 7 {
		r.pass(24 * time.Hour)
		r.generate()
	}
	require.Equal(t, append(events, CollectionGenerated), r.events(), "one more Tuesday has come near")
	require.Len(t, r.until(building, ""), 10)
	id := fmt.Sprint(" collection_rule ", result.Rule.ID)
	require.Equal(t, []string{"collection_rule.created" + id, "collection.generated" + id, "collection.generated" + id}, r.auditLines())
}

func TestChangingARuleNeverChangesThePast(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	rule := r.rule(weekly(building))
	r.setTime(monday.AddDate(0, 0, 9)) // Wednesday the 13th
	r.generate()
	made := r.changeTheRule(&rule, func(p *CollectionRuleParams) { p.RRule, p.Note = "FREQ=WEEKLY;BYDAY=TH", "Nu op donderdag" })
	require.Equal(t, []int{9, 8}, []int{made.Created, made.Removed})
	require.Equal(t, []string{"2026-05-05 PMD 0", "2026-05-12 PMD 0", "2026-05-14 PMD 0", "2026-05-21 PMD 0"}, r.until(building, "2026-05-21"))
	list, err := r.ListCollections(r.as(office), &ListCollectionsParams{})
	require.NoError(t, err)
	require.Empty(t, list.Items[1].Note, "the past stays as it was")

	made = r.changeTheRule(&rule, func(p *CollectionRuleParams) { p.Note = "Zakken" })
	require.Equal(t, Generation{Changed: 9, Skipped: []SkippedCollection{}}, made)
	made = r.changeTheRule(&rule, func(p *CollectionRuleParams) { p.Type = "GFT" })
	require.Equal(t, []int{9, 9}, []int{made.Created, made.Removed})
	made = r.changeTheRule(&rule, func(p *CollectionRuleParams) { p.StartDate = "2026-06-01" })
	require.Equal(t, 3, made.Removed)
	require.Equal(t, []string{"2026-05-05 PMD 0", "2026-05-12 PMD 0", "2026-06-04 GFT 0"}, r.until(building, "2026-06-04"))

	result, err := r.ArchiveCollectionRule(r.as(office), rule.ID)
	require.NoError(t, err)
	require.Equal(t, 6, result.Generation.Removed)
	require.True(t, result.Rule.Archived)
	require.Empty(t, result.Rule.NextDate)
	require.Equal(t, []string{"2026-05-05 PMD 0", "2026-05-12 PMD 0"}, r.until(building, ""))
	events := r.events()
	result, err = r.ArchiveCollectionRule(r.as(office), rule.ID)
	require.NoError(t, err)
	require.Zero(t, result.Generation.Removed)
	r.generate()
	require.Equal(t, events, r.events())
	_, err = r.PutCollectionRule(r.as(office), rule.ID, editRule(result.Rule))
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)
}

func TestWhatWasChangedByHandStays(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	rule := r.rule(weekly(building))
	list, err := r.ListCollections(r.as(office), &ListCollectionsParams{})
	require.NoError(t, err)
	moved, noted, deleted, movedTogether := list.Items[0], list.Items[1], list.Items[2], list.Items[3]
	put := editCollection(&moved)
	put.Date = "2026-05-06"
	_, err = r.PutCollection(r.as(office), moved.ID, put)
	require.NoError(t, err)
	put = editCollection(&noted)
	put.Note = "Enkel deze keer"
	changed, err := r.PutCollection(r.as(office), noted.ID, put)
	require.NoError(t, err)
	require.True(t, changed.Changed)
	_, err = r.DeleteCollection(r.as(office), deleted.ID)
	require.NoError(t, err)
	_, err = r.MoveCollections(r.as(office), &MoveCollectionsParams{Type: "PMD", From: movedTogether.Date, To: "2026-05-27", BuildingIDs: []int64{building}})
	require.NoError(t, err)
	want := []string{"2026-05-06 PMD 0", "2026-05-12 PMD 0", "2026-05-27 PMD 0", "2026-06-02 PMD 0"}
	require.Equal(t, want, r.until(building, "2026-06-02"))

	r.generate()
	require.Equal(t, want, r.until(building, "2026-06-02"))
	made := r.changeTheRule(&rule, func(p *CollectionRuleParams) { p.Note = "Voor allemaal" })
	require.Equal(t, 5, made.Changed)
	require.Equal(t, []SkippedCollection{
		{building, "PMD", "2026-05-05", "changed"}, {building, "PMD", "2026-05-12", "changed"}, {building, "PMD", "2026-05-19", "deleted"},
		{building, "PMD", "2026-05-26", "changed"},
	}, made.Skipped)
	require.Equal(t, want, r.until(building, "2026-06-02"))
	kept, err := r.GetCollection(r.as(office), noted.ID)
	require.NoError(t, err)
	require.Equal(t, "Enkel deze keer", kept.Note)

	_, err = r.ArchiveCollectionRule(r.as(office), rule.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"2026-05-06 PMD 0", "2026-05-12 PMD 0", "2026-05-27 PMD 0"}, r.until(building, ""))

	r.pass(40 * 24 * time.Hour)
	require.NoError(t, r.RemoveDeletedCollections(t.Context()))
	var left int
	require.NoError(t, r.pool.QueryRow(t.Context(), `select count(*) from collections where id = $1`, deleted.ID).Scan(&left))
	require.Zero(t, left, "its day is over")
}

func TestADeletedCollectionIsKeptFromItsRuleUntilItsDay(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	r.rule(weekly(building))
	list, err := r.ListCollections(r.as(office), &ListCollectionsParams{From: "2026-06-30"})
	require.NoError(t, err)
	_, err = r.DeleteCollection(r.as(office), list.Items[0].ID)
	require.NoError(t, err)
	r.pass(45 * 24 * time.Hour)
	require.NoError(t, r.RemoveDeletedCollections(t.Context()))
	r.generate()
	require.Empty(t, r.places(office, &ListCollectionsParams{From: "2026-06-30", To: "2026-06-30"}))
}

func TestADeletedCollectionThatHadBeenMovedForwardIsKeptFromItsRuleUntilTheDayOfTheRule(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	params := weekly(building)
	params.Exceptions = []RuleException{{Date: "2026-06-30", Kind: "move", MovedTo: "2026-05-06"}}
	rule := r.rule(params)
	list, err := r.ListCollections(r.as(office), &ListCollectionsParams{Building: []int64{building}, From: "2026-05-06", To: "2026-05-06"})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	_, err = r.DeleteCollection(r.as(office), list.Items[0].ID)
	require.NoError(t, err)
	r.pass(restorable + 24*time.Hour)
	require.NoError(t, r.RemoveDeletedCollections(t.Context()))
	made := r.changeTheRule(&rule, func(p *CollectionRuleParams) { p.Exceptions = nil })
	require.Contains(t, made.Skipped, SkippedCollection{building, "PMD", "2026-06-30", "deleted"})
}

func TestARuleSaysWhatItSkipped(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b := r.building(region), r.building(region)
	r.collection(b, "2026-05-26")
	params := weekly(a, b)
	params.RRule, params.OnHolidays = "FREQ=WEEKLY;BYDAY=MO", "next_working_day"
	params.HeldFrom, params.HeldUntil = "2026-06-01", "2026-06-07"
	params.Exceptions = []RuleException{
		{Date: "2026-05-11", Kind: "skip"}, {Date: "2026-05-18", Kind: "move", MovedTo: "2026-05-16"}, {Date: "2026-05-13", Kind: "extra"},
	}
	result, err := r.CreateCollectionRule(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, []SkippedCollection{
		{0, "PMD", "2026-05-11", "skipped"}, {0, "PMD", "2026-06-01", "held"}, {b, "PMD", "2026-05-26", "already_collected"},
	}, result.Generation.Skipped)
	require.Equal(t, []string{"2026-05-04 PMD 0", "2026-05-13 PMD 0", "2026-05-16 PMD 0", "2026-05-26 PMD 0", "2026-06-08 PMD 0"}, r.until(a, "2026-06-08"))
	require.Equal(t, []RuleException{
		{Date: "2026-05-11", Kind: "skip"}, {Date: "2026-05-13", Kind: "extra"}, {Date: "2026-05-18", Kind: "move", MovedTo: "2026-05-16"},
	}, result.Rule.Exceptions)

	rule := result.Rule
	made := r.changeTheRule(&rule, func(p *CollectionRuleParams) { p.HeldFrom, p.HeldUntil, p.Exceptions = "", "", nil })
	require.Equal(t, []int{6, 4}, []int{made.Created, made.Removed}, "11, 18 May and 1 June come, 13 and 16 May go")
	require.Equal(t, []string{"2026-05-04 PMD 0", "2026-05-11 PMD 0", "2026-05-18 PMD 0", "2026-05-26 PMD 0", "2026-06-01 PMD 0"}, r.until(a, "2026-06-07"))

	_, err = r.ArchiveWasteKind(r.as(admin), "PMD")
	require.NoError(t, err)
	r.generate()
	require.Empty(t, r.until(a, ""), "nothing of an archived kind is planned")
}

func TestRulesFollowTheirTourAndTheirRegion(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	on, off := r.building(region), r.building(region)
	tour := r.tour(region, on)
	forTour := weekly()
	forTour.TourID = &tour
	forRegion := weekly()
	forRegion.RegionID, forRegion.Type = &region, "GFT"
	require.Empty(t, r.rule(forTour).BuildingIDs)
	require.Equal(t, region, r.rule(forRegion).Region.ID)
	require.Equal(t, []string{"2026-05-05 GFT 0", "2026-05-05 PMD 0"}, sorted(r.until(on, "2026-05-05")))
	require.Equal(t, []string{"2026-05-05 GFT 0"}, r.until(off, "2026-05-05"))

	_, err := r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: []int64{off}, Version: 1})
	require.NoError(t, err)
	_, err = r.ArchiveBuilding(r.as(office), on)
	require.NoError(t, err)
	require.Empty(t, r.until(on, ""), "an archived building has none to come")
	r.generate()
	require.Equal(t, []string{"2026-05-05 GFT 0", "2026-05-05 PMD 0"}, sorted(r.until(off, "2026-05-05")))
	_, err = r.UnarchiveBuilding(r.as(office), on)
	require.NoError(t, err)
	require.Empty(t, r.until(on, ""))
	r.generate()
	require.Equal(t, []string{"2026-05-05 GFT 0"}, r.until(on, "2026-05-05"))

	_, err = r.DeleteRegion(r.as(admin), region, &DeleteRegionParams{})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.InUse)
	empty, err := r.CreateRegion(r.as(admin), &RegionParams{Name: "Leeg"})
	require.NoError(t, err)
	forEmpty := weekly()
	forEmpty.RegionID = &empty.ID
	rule := r.rule(forEmpty)
	_, err = r.DeleteRegion(r.as(admin), empty.ID, &DeleteRegionParams{})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.InUse)
	require.ErrorContains(t, err, "collection rule")
	_, err = r.ArchiveCollectionRule(r.as(office), rule.ID)
	require.NoError(t, err)
	_, err = r.DeleteRegion(r.as(admin), empty.ID, &DeleteRegionParams{})
	require.NoError(t, err)
}

func TestAPreviewShowsTheNextTwentyDatesAndChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b := r.building(region), r.building(region)
	_, err := r.ArchiveBuilding(r.as(office), b)
	require.NoError(t, err)
	params := weekly()
	params.RegionID, params.RRule, params.OnHolidays, params.StartDate = &region, "FREQ=WEEKLY;BYDAY=MO", "skip", "2026-01-01"
	preview, err := r.PreviewCollectionRule(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, 1, preview.BuildingCount)
	require.Len(t, preview.Dates, 21)
	require.Equal(t, RuleDate{Date: "2026-05-04", RuleDate: "2026-05-04"}, preview.Dates[0], "from today on")
	require.Equal(t, RuleDate{Date: "2026-05-25", RuleDate: "2026-05-25", Skipped: "holiday", Holiday: "whit_monday"}, preview.Dates[3])
	require.Equal(t, "2026-09-21", preview.Dates[20].Date)
	require.Empty(t, r.until(a, ""))
	list, err := r.ListCollectionRules(r.as(office), &ListCollectionRulesParams{})
	require.NoError(t, err)
	require.Empty(t, list.Items)
}

func TestWhatIsNoRuleIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building, archived := r.building(region), r.building(region)
	tour := r.tour(region)
	for _, err := range []error{
		errOf(r.ArchiveBuilding(r.as(office), archived)), errOf(r.ArchiveTour(r.as(office), tour)), errOf(r.ArchiveWasteKind(r.as(admin), "KER")),
	} {
		require.NoError(t, err)
	}
	none := int64(999)
	for name, c := range map[string]struct {
		change func(*CollectionRuleParams)
		field  string
		reason refusal.Reason
	}{
		"no recurrence":        {func(p *CollectionRuleParams) { p.RRule = "now and then" }, "rrule", refusal.Malformed},
		"no date ever":         {func(p *CollectionRuleParams) { p.RRule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }, "rrule", refusal.OutOfRange},
		"no start":             {func(p *CollectionRuleParams) { p.StartDate = "" }, "start_date", refusal.Required},
		"a start long ago":     {func(p *CollectionRuleParams) { p.StartDate = "1970-01-01" }, "start_date", refusal.OutOfRange},
		"half a season":        {func(p *CollectionRuleParams) { p.SeasonFrom = "03-01" }, "season_to", refusal.Required},
		"no season":            {func(p *CollectionRuleParams) { p.SeasonFrom, p.SeasonTo = "spring", "03-01" }, "season_from", refusal.Malformed},
		"a hold from nowhere":  {func(p *CollectionRuleParams) { p.HeldUntil = "2026-06-01" }, "held_until", refusal.OutOfRange},
		"a hold backwards":     {func(p *CollectionRuleParams) { p.HeldFrom, p.HeldUntil = "2026-06-02", "2026-06-01" }, "held_until", refusal.OutOfRange},
		"on holidays":          {func(p *CollectionRuleParams) { p.OnHolidays = "party" }, "on_holidays", refusal.OutOfRange},
		"an exception's kind":  {func(p *CollectionRuleParams) { p.Exceptions = []RuleException{{Date: "2026-05-05", Kind: "?"}} }, "exceptions", refusal.OutOfRange},
		"an exception's date":  {func(p *CollectionRuleParams) { p.Exceptions = []RuleException{{Date: "soon", Kind: "skip"}} }, "exceptions", refusal.Malformed},
		"moved nowhere":        {func(p *CollectionRuleParams) { p.Exceptions = []RuleException{{Date: "2026-05-05", Kind: "move"}} }, "exceptions", refusal.Required},
		"for nothing":          {func(p *CollectionRuleParams) { p.BuildingIDs = nil }, "building_ids", refusal.Required},
		"for two things":       {func(p *CollectionRuleParams) { p.TourID = &tour }, "building_ids", refusal.OutOfRange},
		"many buildings":       {func(p *CollectionRuleParams) { p.BuildingIDs = make([]int64, 201) }, "building_ids", refusal.TooLong},
		"an archived building": {func(p *CollectionRuleParams) { p.BuildingIDs = []int64{building, archived} }, "building_ids", refusal.Archived},
		"an unknown building":  {func(p *CollectionRuleParams) { p.BuildingIDs = []int64{none} }, "building_ids", refusal.Unknown},
		"an archived tour":     {func(p *CollectionRuleParams) { p.BuildingIDs, p.TourID = nil, &tour }, "tour_id", refusal.Archived},
		"an unknown tour":      {func(p *CollectionRuleParams) { p.BuildingIDs, p.TourID = nil, &none }, "tour_id", refusal.Unknown},
		"an unknown region":    {func(p *CollectionRuleParams) { p.BuildingIDs, p.RegionID = nil, &none }, "region_id", refusal.Unknown},
		"an archived kind":     {func(p *CollectionRuleParams) { p.Type = "KER" }, "type", refusal.Archived},
		"nothing to do":        {func(p *CollectionRuleParams) { p.PutOut, p.BringIn = false, false }, "put_out", refusal.Required},
	} {
		params := weekly(building)
		c.change(params)
		_, err := r.CreateCollectionRule(r.as(office), params)
		requireRefusal(t, err, errs.InvalidArgument, c.reason, name)
		details, _ := errs.Details(err).(refusal.Details)
		require.Equal(t, c.field, details.Field, name)
		_, err = r.PreviewCollectionRule(r.as(office), params)
		requireRefusal(t, err, errs.InvalidArgument, c.reason, "%s in a preview", name)
	}
	_, err := r.PutCollectionRule(r.as(office), none, weekly(building))
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	rule := r.rule(weekly(building))
	stale := editRule(rule)
	stale.Version = 99
	_, err = r.PutCollectionRule(r.as(office), rule.ID, stale)
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
}

func errOf[T any](_ T, err error) error { return err }

func TestRulesAreSeenByWhoSeesTheirBuildings(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	ofNobody := func(p *store.InsertBuildingParams) { p.SyndicID = nil }
	on, off, foreign := r.building(region), r.building(region), r.building(region, ofNobody)
	r.run(func(p *store.InsertRunParams) { p.TourID = r.tour(region, on, foreign) })
	tour := r.tour(region, foreign)
	ofTour, ofRegion := weekly(), weekly()
	ofTour.TourID, ofTour.Type = &tour, "GLS"
	ofRegion.RegionID, ofRegion.Type = &region, "RES"
	rules := []int64{r.rule(weekly(on, off)).ID, r.rule(ofTour).ID, r.rule(ofRegion).ID}
	for name, c := range map[string]struct {
		actor access.Actor
		// want are the buildings of each rule; nil for one that is not seen.
		want [][]int64
	}{
		"the office":       {office, [][]int64{{on, off}, {}, {}}},
		"the worker":       {emma, [][]int64{{on}, {foreign}, {on, foreign}}},
		"another worker":   {lucas, [][]int64{nil, nil, nil}},
		"the syndic":       {martin, [][]int64{{on, off}, nil, {on, off}}},
		"a syndic of none": {nadia, [][]int64{nil, nil, nil}},
	} {
		list, err := r.ListCollectionRules(r.as(c.actor), &ListCollectionRulesParams{})
		require.NoError(t, err, name)
		listed := make(map[int64]CollectionRule)
		for _, rule := range list.Items {
			listed[rule.ID] = rule
		}
		for i, id := range rules {
			one, err := r.GetCollectionRule(r.as(c.actor), id)
			if c.want[i] == nil {
				requireRefusal(t, err, errs.NotFound, refusal.Missing, "%s: rule %d", name, i)
				require.NotContains(t, listed, id, "%s: rule %d", name, i)
				continue
			}
			require.NoError(t, err, "%s: rule %d", name, i)
			require.Equal(t, listed[id], *one, name)
			require.Equal(t, c.want[i], one.BuildingIDs, "%s: rule %d", name, i)
			if c.actor != office {
				require.Nil(t, one.Tour, name)
				require.Nil(t, one.Region, name)
			}
		}
	}
	_, err := r.ListCollectionRules(r.as(nobody), &ListCollectionRulesParams{})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)

	for name, c := range map[string]struct {
		params ListCollectionRulesParams
		want   []int64
	}{
		"a building":       {ListCollectionRulesParams{Building: []int64{off}}, []int64{rules[0], rules[2]}},
		"a tour":           {ListCollectionRulesParams{Tour: tour}, []int64{rules[1], rules[2]}},
		"a region":         {ListCollectionRulesParams{Region: region}, rules},
		"a kind":           {ListCollectionRulesParams{Type: "GLS"}, []int64{rules[1]}},
		"archived ones":    {ListCollectionRulesParams{Archived: true}, nil},
		"none on hold":     {ListCollectionRulesParams{Held: true}, nil},
		"a name of a kind": {ListCollectionRulesParams{Q: "gläs"}, []int64{rules[1]}},
		"a region's name":  {ListCollectionRulesParams{Q: "residual REGION", Region: region}, []int64{rules[2]}},
		"a street":         {ListCollectionRulesParams{Q: "veldstr 9000"}, []int64{rules[0]}},
		"nothing":          {ListCollectionRulesParams{Q: "veldstr xyz"}, nil},
		"the second page":  {ListCollectionRulesParams{Limit: 2, Cursor: r.secondPageOfRules()}, []int64{rules[2]}},
	} {
		list, err := r.ListCollectionRules(r.as(office), &c.params)
		require.NoError(t, err, name)
		var found []int64
		for _, rule := range list.Items {
			found = append(found, rule.ID)
		}
		require.Equal(t, c.want, found, name)
	}
}

// Nobody finds out by searching what the rules of others are for.
func TestASearchOfRulesTellsOthersThanTheOfficeNothingThatTheyDoNotSee(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	mine, foreign := r.building(region), r.building(region, func(p *store.InsertBuildingParams) { p.Street, p.SyndicID = "Geheimstraat", nil })
	p := weekly(mine, foreign)
	p.Note = "Gele zakken"
	r.rule(p)
	count := func(actor access.Actor, q string) int {
		list, err := r.ListCollectionRules(r.as(actor), &ListCollectionRulesParams{Q: q})
		require.NoError(t, err)
		return len(list.Items)
	}
	require.Equal(t, 1, count(office, "geheim"))
	require.Equal(t, 0, count(martin, "geheim"))
	require.Equal(t, 1, count(martin, "gele"))
	list, err := r.ListCollectionRules(r.as(martin), &ListCollectionRulesParams{})
	require.NoError(t, err)
	require.Len(t, list.Items[0].Buildings, 1)
	require.Equal(t, mine, list.Items[0].Buildings[0].ID)
}

func TestRulesOnHoldAreFoundOnTheirDays(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	hold := func(kind, from, until string) int64 {
		p := weekly(building)
		p.Type, p.HeldFrom, p.HeldUntil = kind, from, until
		return r.rule(p).ID
	}
	want := []int64{hold("PMD", "2026-05-04", "2026-05-04"), hold("GFT", "2026-04-01", "")}
	hold("GLS", "2026-05-05", "")
	hold("RES", "2026-04-01", "2026-05-03")
	list, err := r.ListCollectionRules(r.as(office), &ListCollectionRulesParams{Held: true})
	require.NoError(t, err)
	var found []int64
	for _, rule := range list.Items {
		found = append(found, rule.ID)
	}
	require.Equal(t, want, found)
}

func TestAnArchivedRuleComesBackWithItsCollections(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building := r.building(region)
	tour := r.tour(region, building)
	p := weekly()
	p.TourID = &tour
	rule := r.rule(p)
	list, err := r.ListCollections(r.as(office), &ListCollectionsParams{Building: []int64{building}})
	require.NoError(t, err)
	_, err = r.DeleteCollection(r.as(office), list.Items[0].ID)
	require.NoError(t, err)
	before := r.until(building, "")
	for range 2 {
		archived, err := r.ArchiveCollectionRule(r.as(office), rule.ID)
		require.NoError(t, err)
		require.True(t, archived.Rule.Archived)
		require.Empty(t, r.until(building, ""))
	}
	for range 2 {
		back, err := r.UnarchiveCollectionRule(r.as(office), rule.ID)
		require.NoError(t, err)
		require.False(t, back.Rule.Archived)
		require.Equal(t, before, r.until(building, ""), "but for the one that was deleted by hand")
	}
	id := fmt.Sprint(" collection_rule ", rule.ID)
	require.Equal(t, []string{
		"collection_rule.archived" + id, "collection.generated" + id, "collection_rule.unarchived" + id, "collection.generated" + id,
	}, r.auditLines()[3:], "repeating it says nothing")

	_, err = r.ArchiveCollectionRule(r.as(office), rule.ID)
	require.NoError(t, err)
	_, err = r.ArchiveWasteKind(r.as(admin), "PMD")
	require.NoError(t, err)
	_, err = r.UnarchiveCollectionRule(r.as(office), rule.ID)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)
	_, err = r.UnarchiveWasteKind(r.as(admin), "PMD")
	require.NoError(t, err)
	_, err = r.ArchiveTour(r.as(office), tour)
	require.NoError(t, err)
	_, err = r.UnarchiveCollectionRule(r.as(office), rule.ID)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)
	require.Empty(t, r.until(building, ""))

	empty, err := r.CreateRegion(r.as(admin), &RegionParams{Name: "Leeg"})
	require.NoError(t, err)
	p = weekly()
	p.RegionID = &empty.ID
	gone := r.rule(p)
	_, err = r.ArchiveCollectionRule(r.as(office), gone.ID)
	require.NoError(t, err)
	_, err = r.DeleteRegion(r.as(admin), empty.ID, &DeleteRegionParams{})
	require.NoError(t, err)
	_, err = r.UnarchiveCollectionRule(r.as(office), gone.ID)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Unknown, "its region is gone")
	_, err = r.UnarchiveCollectionRule(r.as(office), 99999)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.UnarchiveCollectionRule(r.as(martin), rule.ID)
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
}

func TestARuleReportsWhatItMadeTheLastTime(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b := r.building(region), r.building(region)
	r.collection(b, "2026-05-12")
	p := weekly(a, b)
	p.Exceptions = []RuleException{{Date: "2026-05-19", Kind: "skip"}}
	rule := r.rule(p)
	report, err := r.GetCollectionRuleGeneration(r.as(office), rule.ID)
	require.NoError(t, err)
	require.WithinDuration(t, r.clock(), *report.GeneratedAt, 0)
	require.Equal(t, []int{15, 0, 0, 2}, []int{report.Created, report.Changed, report.Removed, report.SkippedCount})
	require.Len(t, report.Skipped, 2)
	require.Equal(t, GenerationSkip{Date: "2026-05-19", Reason: "skipped"}, report.Skipped[0])
	require.Equal(t, []any{"2026-05-12", "already_collected", b}, []any{report.Skipped[1].Date, report.Skipped[1].Reason, report.Skipped[1].Building.ID})

	r.pass(24 * time.Hour)
	r.generate()
	report, err = r.GetCollectionRuleGeneration(r.as(office), rule.ID)
	require.NoError(t, err)
	require.WithinDuration(t, r.clock(), *report.GeneratedAt, 0, "also when there was nothing to do")
	require.Equal(t, []int{0, 2}, []int{report.Created, report.SkippedCount})

	_, err = r.pool.Exec(t.Context(), `delete from collection_rule_generations`)
	require.NoError(t, err)
	report, err = r.GetCollectionRuleGeneration(r.as(office), rule.ID)
	require.NoError(t, err)
	require.Nil(t, report.GeneratedAt)
	require.Empty(t, report.Skipped)
	_, err = r.GetCollectionRuleGeneration(r.as(office), 99999)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.GetCollectionRuleGeneration(r.as(martin), rule.ID)
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
}

func (r *rounds) secondPageOfRules() string {
	r.t.Helper()
	list, err := r.ListCollectionRules(r.as(office), &ListCollectionRulesParams{Limit: 2})
	require.NoError(r.t, err)
	require.NotEmpty(r.t, list.NextCursor)
	return list.NextCursor
}

func TestGeneratingAtTheSameTimeMakesNothingTwice(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	buildings := []int64{r.building(region), r.building(region)}
	params := weekly()
	params.RegionID = &region
	r.rule(params)
	r.pass(30 * 24 * time.Hour)
	for _, err := range together(6, func(i int) error {
		if i == 0 { // and somebody plans by hand meanwhile
			_, err := r.CreateCollections(r.as(office), &CreateCollectionsParams{
				BuildingIDs: buildings, Dates: []string{"2026-08-01"}, Type: "PMD", PutOut: true,
			})
			return err
		}
		return r.GenerateCollections(t.Context())
	}) {
		require.NoError(t, err)
	}
	var twice int
	require.NoError(t, r.pool.QueryRow(t.Context(), `select count(*) from (
		select 1 from collections group by building_id, date, type having count(*) > 1) x`).Scan(&twice))
	require.Zero(t, twice)
	require.Len(t, r.places(office, &ListCollectionsParams{Building: buildings[:1], From: "2026-06-03"}), 9)
}

func TestGeneratingWaitsForAChangeByHandAndLeavesIt(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	rule := r.rule(weekly(building))
	list, err := r.ListCollections(r.as(office), &ListCollectionsParams{Limit: 1})
	require.NoError(t, err)
	err = r.during(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update collections set note = 'by hand', changed = true, version = version + 1 where id = $1`, list.Items[0].ID)
		return err
	}, func() error {
		_, err := r.ArchiveCollectionRule(r.as(office), rule.ID)
		return err
	})
	require.NoError(t, err)
	require.Equal(t, []string{"2026-05-05 PMD 0"}, r.until(building, ""))
}

func TestARuleThatFailsKeepsNoOtherFromItsCollections(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	broken := r.rule(weekly(building))
	other := weekly(building)
	other.Type = "GFT"
	r.rule(other)
	_, err := r.pool.Exec(t.Context(), `update collection_rules set rrule = 'of a newer version' where id = $1`, broken.ID)
	require.NoError(t, err)
	r.pass(7 * 24 * time.Hour)
	require.Error(t, r.GenerateCollections(t.Context()))
	require.Equal(t, []string{"2026-07-07 GFT 0"}, r.places(office, &ListCollectionsParams{From: "2026-07-01"}, building))
}

func TestARuleMakesNotTooManyAtOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	_, err := r.pool.Exec(t.Context(), `insert into buildings (region_id, name, street, house_number, postal_code, city)
		select $1, 'B' || n, 'Langestraat', n::text, '9000', 'Gent' from generate_series(1, 350) n`, region)
	require.NoError(t, err)
	params := weekly()
	params.RegionID, params.RRule = &region, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"
	_, err = r.CreateCollectionRule(r.as(office), params)
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "rrule", Reason: refusal.TooLong})
	require.Empty(t, r.events())
}

func TestTheAuditLogCallsCollectionsAndRulesByName(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region(), func(p *store.InsertBuildingParams) { p.Name = "Coupure 1" })
	rule := r.rule(weekly(building))
	deleted := r.collection(building, "2026-05-06")
	_, err := r.DeleteCollection(r.as(office), deleted.ID)
	require.NoError(t, err)
	named, err := r.Names(t.Context(), &NamesParams{CollectionIDs: []int64{deleted.ID, 99999}, RuleIDs: []int64{rule.ID}})
	require.NoError(t, err)
	require.ElementsMatch(t, []ThingName{
		{"collection", deleted.ID, "PMD 2026-05-06 Coupure 1"}, {"collection_rule", rule.ID, "PMD Coupure 1"},
	}, named.Names)
}
