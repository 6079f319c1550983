package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"encore.dev/cron"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

// CollectionsResult says what became of many collections at once.
type CollectionsResult struct {
	// IDs are the collections that were made, moved, deleted or restored.
	IDs []int64 `json:"ids"`
	// Skipped are those that were not made, and why; only copying skips, everything else is all or nothing.
	Skipped []SkippedCollection `json:"skipped"`
}

// SkippedCollection was not made.
type SkippedCollection struct {
	BuildingID int64  `json:"building_id"`
	Type       string `json:"type"`
	Date       string `json:"date"`
	// Reason is already_collected, archived (the building, or the kind of waste), deleted or changed (by hand, so that the rule leaves
	// it alone), or why the rule has no collection on the date: skipped, holiday, held, same_date.
	Reason string `json:"reason"`
}

// CreateCollectionsParams describe collections of one kind.
type CreateCollectionsParams struct {
	// BuildingIDs are where; 1,000 at most.
	BuildingIDs []int64 `json:"building_ids"`
	// Dates are when, YYYY-MM-DD, at every building; 366 at most, and 5,000 collections.
	Dates []string `json:"dates"`
	// Type is the code of a kind of waste that is not archived.
	Type string `json:"type"`
	// Note is up to 500 characters; workers and the syndic read it.
	Note string `json:"note"`
	// PutOut and BringIn say what there is to do, one of them at least: put the bins on the street, bring them in again.
	PutOut  bool `json:"put_out"`
	BringIn bool `json:"bring_in"`
	// TimeFrom and TimeTo say when the waste company comes, HH:MM, on the same day; both or neither.
	TimeFrom string `json:"time_from"`
	TimeTo   string `json:"time_to"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// CreateCollections adds collections of one kind at several buildings on several dates, all or nothing (rule 5). The office only.
//
// Errors: invalid_argument with rows for buildings that are unknown, archived or named twice, and for dates that cannot be read or
// are named twice; already_exists with a row for every collection that is there already: its index is that of the building times
// the number of dates, plus that of the date; otherwise as CreateCollection.
//
//encore:api auth method=POST path=/planning/collections
func (s *Service) CreateCollections(ctx context.Context, p *CreateCollectionsParams) (*CollectionsResult, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	what, err := checkWork(p.Type, p.Note, p.PutOut, p.BringIn, p.TimeFrom, p.TimeTo)
	if err != nil {
		return nil, err
	}
	dates, err := parseDates("dates", p.Dates)
	if err != nil {
		return nil, err
	}
	switch {
	case len(p.BuildingIDs) == 0:
		return nil, refusal.Invalid("building_ids", refusal.Required, "Choose buildings.")
	case len(p.BuildingIDs) > maxCalendarBuildings:
		return nil, refusal.Invalid("building_ids", refusal.TooLong, "At most 1,000 buildings at a time.")
	case len(p.BuildingIDs)*len(dates) > maxCollections:
		return nil, tooManyCollections("dates")
	}
	result, err := answerOnce(ctx, s, caller, sent{p.IdempotencyKey, "CreateCollections", p}, func(c *change) (*CollectionsResult, error) {
		if err := c.keepWasteKind(ctx, what.Type); err != nil {
			return nil, err
		}
		rows, err := c.checkBuildings(ctx, p.BuildingIDs)
		switch {
		case err != nil:
			return nil, err
		case len(rows) > 0:
			return nil, refusal.InvalidRows("building_ids", rows, "Every one is another building that is in use; the rows say which are not.")
		}
		for _, building := range p.BuildingIDs {
			for _, date := range dates {
				what.BuildingIds, what.Dates = append(what.BuildingIds, building), append(what.Dates, date)
			}
		}
		what.RuleDates = what.Dates
		made, err := c.query.InsertCollections(ctx, what)
		if err != nil {
			return nil, err
		}
		if err := refuseMissing(what, made); err != nil {
			return nil, err
		}
		return resultOf(made), c.collectionsChanged(ctx, CollectionCreated, nil, made)
	})
	return result, refusal.Failure(err, "make the collections")
}

// refuseMissing names the rows of what was wanted and not made, because it is there already.
func refuseMissing(wanted store.InsertCollectionsParams, made []store.Collection) error {
	if len(made) == len(wanted.BuildingIds) {
		return nil
	}
	done := make(map[collectionPlace]bool, len(made))
	for _, row := range made {
		done[placeOf(row)] = true
	}
	var rows []refusal.Row
	for i, building := range wanted.BuildingIds {
		if !done[collectionPlace{building, wanted.Type, wanted.Dates[i]}] {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.AlreadyCollected})
		}
	}
	return refusal.ExistsRows("dates", rows, "Some of the buildings have a collection of this kind on that date; the rows say which.")
}

// collectionPlace is what there is one collection for.
type collectionPlace struct {
	buildingID int64
	kind       string
	date       time.Time
}

func placeOf(row store.Collection) collectionPlace {
	return collectionPlace{row.BuildingID, row.Type, row.Date}
}

func resultOf(rows []store.Collection) *CollectionsResult {
	result := &CollectionsResult{IDs: make([]int64, 0, len(rows)), Skipped: []SkippedCollection{}}
	for _, row := range rows {
		result.IDs = append(result.IDs, row.ID)
	}
	slices.Sort(result.IDs)
	return result
}

// MoveCollectionsParams choose collections, and say where they go. What is given of buildings, tour and region adds up; something must be.
type MoveCollectionsParams struct {
	// Type is the code of the kind of waste.
	Type string `json:"type"`
	// From is the date that the collections have, To the one that they get; YYYY-MM-DD.
	From string `json:"from"`
	To   string `json:"to"`
	// BuildingIDs are 200 at most.
	BuildingIDs []int64 `json:"building_ids"`
	// TourID takes the buildings that are stops of a tour now.
	TourID int64 `json:"tour_id"`
	// RegionID takes the buildings of a region.
	RegionID int64 `json:"region_id"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// MoveCollections moves the collections of one kind from a date to another one, all or nothing (rule 5), as when the waste company
// comes a day later. The answer has them as they are then, so that ChangeCollections can take them back. Rules that made them leave them
// alone from then on. The office only.
//
// Errors: invalid_argument for a field that is missing or wrong; failed_precondition (already_collected) with the ids of the buildings
// that have a collection of the kind on the new date; permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/collections/move
func (s *Service) MoveCollections(ctx context.Context, p *MoveCollectionsParams) (*ChangedCollections, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	from, err := parseCollectionDate("from", p.From)
	if err != nil {
		return nil, err
	}
	to, err := parseCollectionDate("to", p.To)
	if err != nil {
		return nil, err
	}
	choice := selection{buildingIDs: p.BuildingIDs, tourID: p.TourID, regionID: p.RegionID, field: "building_ids"}
	switch {
	case !wasteKindCode.MatchString(p.Type):
		return nil, refusal.Invalid("type", refusal.Unknown, "Choose a kind of waste.")
	case from.Equal(to):
		return nil, refusal.Invalid("to", refusal.OutOfRange, "Choose another date.")
	case choice.empty():
		return nil, nothingSelected()
	}
	result, err := answerOnce(ctx, s, caller, sent{p.IdempotencyKey, "MoveCollections", p}, func(c *change) (*ChangedCollections, error) {
		buildings, _, err := s.selectedBuildings(ctx, c.query, access.Scope{All: true}, choice)
		if err != nil {
			return nil, err
		}
		// Both dates at once, in the order of the ids: a move the other way does not wait for this one, and this one for it.
		found, err := c.query.LockCollectionsOn(ctx, store.LockCollectionsOnParams{
			BuildingIds: buildings, Dates: []time.Time{from, to}, Type: p.Type,
		})
		if err != nil {
			return nil, err
		}
		var before []store.Collection
		var ids []int64
		places := make(map[int64]bool)
		for _, row := range found {
			if row.Date.Equal(from) {
				before, ids, places[row.BuildingID] = append(before, row), append(ids, row.ID), true
			}
		}
		if len(before) > maxCollections {
			return nil, tooManyCollections("building_ids")
		}
		var there []int64
		for _, row := range found {
			if row.Date.Equal(to) && places[row.BuildingID] {
				there = append(there, row.BuildingID)
			}
		}
		if len(there) > 0 {
			return nil, refusal.PreconditionOf("to", refusal.AlreadyCollected, there,
				"Some of the buildings have a collection of this kind on the new date.")
		}
		moved, err := c.query.MoveCollections(ctx, store.MoveCollectionsParams{Ids: ids, Date: to})
		if err != nil {
			return nil, err
		}
		return changedCollections(moved), c.collectionsChanged(ctx, CollectionChanged, before, moved)
	})
	return result, refusal.Failure(collectionConflict(err), "move the collections")
}

// CopyCollectionsParams choose collections, and say to which weeks they are copied. What is given of buildings, tour and region adds up;
// something must be.
type CopyCollectionsParams struct {
	// From and To are the first and last day of what is copied, YYYY-MM-DD: whole weeks, from the Monday before to the Sunday after.
	From string `json:"from"`
	To   string `json:"to"`
	// Weeks name, by any of their days, the weeks at which the copies begin; 53 at most, all after the last week that is copied.
	Weeks []string `json:"weeks"`
	// Type limits the copy to a kind of waste, by its code.
	Type string `json:"type"`
	// BuildingIDs are 200 at most.
	BuildingIDs []int64 `json:"building_ids"`
	// TourID takes the buildings that are stops of a tour now.
	TourID int64 `json:"tour_id"`
	// RegionID takes the buildings of a region.
	RegionID int64 `json:"region_id"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// CopyCollections copies the collections of some weeks to later ones: each to the same day of the week (rule 6). Copies are made by
// hand: a rule that made the original knows nothing of them. What is there already, or is of an archived building or kind, is skipped;
// the same copy again makes nothing. The office only.
//
// Errors: invalid_argument for a field that is missing or wrong, for weeks with rows, and for more than 5,000 copies;
// permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/collections/copy
func (s *Service) CopyCollections(ctx context.Context, p *CopyCollectionsParams) (*CollectionsResult, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	copied, err := checkCopy(p)
	if err != nil {
		return nil, err
	}
	result, err := answerOnce(ctx, s, caller, sent{p.IdempotencyKey, "CopyCollections", p}, func(c *change) (*CollectionsResult, error) {
		made, skipped, err := s.copyPeriod(ctx, c, copied)
		if err != nil {
			return nil, err
		}
		result := resultOf(made)
		result.Skipped = skipped
		return result, c.collectionsChanged(ctx, CollectionCreated, nil, made)
	})
	return result, refusal.Failure(err, "copy the collections")
}

// CopyPreview says what a copy would make.
type CopyPreview struct {
	// Made are the collections that would be made, by week, building and date.
	Made []CollectionPlace `json:"made"`
	// Skipped are those that would not be made, and why.
	Skipped []SkippedCollection `json:"skipped"`
}

// CollectionPlace is where, when and of what kind a collection is.
type CollectionPlace struct {
	BuildingID int64  `json:"building_id"`
	Type       string `json:"type"`
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
}

// errPreviewed ends a transaction of which nothing is to stay.
var errPreviewed = errors.New("it was a preview")

// PreviewCopyCollections shows what CopyCollections would make and skip now, and changes nothing. The office only.
//
// Errors: as CopyCollections.
//
//encore:api auth method=POST path=/planning/collections/copy/preview
func (s *Service) PreviewCopyCollections(ctx context.Context, p *CopyCollectionsParams) (*CopyPreview, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	copied, err := checkCopy(p)
	if err != nil {
		return nil, err
	}
	preview := &CopyPreview{Made: []CollectionPlace{}}
	err = s.transact(ctx, caller, func(c *change) error {
		made, skipped, err := s.copyPeriod(ctx, c, copied)
		if err != nil {
			return err
		}
		for _, row := range made {
			preview.Made = append(preview.Made, CollectionPlace{row.BuildingID, row.Type, day.Format(row.Date)})
		}
		preview.Skipped = skipped
		return errPreviewed
	})
	if !errors.Is(err, errPreviewed) {
		return nil, refusal.Failure(err, "preview the copies")
	}
	return preview, nil
}

// periodToCopy is what is copied, and to which Mondays.
type periodToCopy struct {
	choice selection
	kind   string
	weeks  weeks
}

// copyPeriod copies a period to its weeks, and says what it skipped.
func (s *Service) copyPeriod(
	ctx context.Context, c *change, copied periodToCopy,
) (made []store.Collection, skipped []SkippedCollection, err error) {
	skipped = []SkippedCollection{}
	buildings, _, err := s.selectedBuildings(ctx, c.query, access.Scope{All: true}, copied.choice)
	if err != nil {
		return nil, nil, err
	}
	inUse, err := c.buildingsInUse(ctx, buildings)
	if err != nil {
		return nil, nil, err
	}
	originals, err := c.query.CollectionsBetween(ctx, store.CollectionsBetweenParams{
		BuildingIds: buildings, FirstDay: copied.weeks.first, LastDay: copied.weeks.last, Type: copied.kind, RowLimit: maxCollections + 1,
	})
	switch {
	case err != nil:
		return nil, nil, err
	case len(originals)*len(copied.weeks.mondays) > maxCollections:
		return nil, nil, tooManyCollections("weeks")
	}
	for _, week := range copied.weeks.mondays {
		copies, left, err := c.copyCollections(ctx, originals, inUse, int(week.Sub(copied.weeks.first)/(24*time.Hour)))
		if err != nil {
			return nil, nil, err
		}
		made, skipped = append(made, copies...), append(skipped, left...)
	}
	return made, skipped, nil
}

// checkCopy reads what is copied: whole weeks, and the Mondays to which it is copied.
func checkCopy(p *CopyCollectionsParams) (copied periodToCopy, err error) {
	if p.Type != "" && !wasteKindCode.MatchString(p.Type) {
		return copied, refusal.Invalid("type", refusal.Unknown, "There is no such kind of waste.")
	}
	copied = periodToCopy{choice: selection{buildingIDs: p.BuildingIDs, tourID: p.TourID, regionID: p.RegionID, field: "building_ids"}, kind: p.Type}
	if copied.weeks, err = readWeeks(p.From, p.To, p.Weeks); err != nil {
		return copied, err
	}
	if copied.choice.empty() {
		return copied, nothingSelected()
	}
	return copied, nil
}

// copyCollections copies so many days later, and says what it skipped.
func (c *change) copyCollections(
	ctx context.Context, originals []store.CollectionsBetweenRow, inUse map[int64]bool, days int,
) (made []store.Collection, skipped []SkippedCollection, err error) {
	var ids []int64
	reasons := make(map[collectionPlace]refusal.Reason, len(originals))
	for _, original := range originals {
		place := placeOf(original.Collection)
		place.date = place.date.AddDate(0, 0, days)
		if original.Archived || !inUse[place.buildingID] {
			reasons[place] = refusal.Archived
			continue
		}
		reasons[place] = refusal.AlreadyCollected
		ids = append(ids, original.Collection.ID)
	}
	if made, err = c.query.CopyCollections(ctx, store.CopyCollectionsParams{Ids: ids, Days: int32(days)}); err != nil {
		return nil, nil, err
	}
	for _, row := range made {
		delete(reasons, placeOf(row))
	}
	for _, original := range originals { // in their order
		place := placeOf(original.Collection)
		place.date = place.date.AddDate(0, 0, days)
		if reason, is := reasons[place]; is {
			skipped = append(skipped, SkippedCollection{place.buildingID, place.kind, day.Format(place.date), string(reason)})
		}
	}
	return made, skipped, nil
}

// buildingsInUse returns which of the buildings are in use, and keeps all from being archived.
func (c *change) buildingsInUse(ctx context.Context, ids []int64) (map[int64]bool, error) {
	rows, err := c.query.BuildingsForStops(ctx, ids)
	inUse := make(map[int64]bool, len(rows))
	for _, row := range rows {
		inUse[row.ID] = !row.Archived
	}
	return inUse, err
}

// CollectionIDsParams name collections.
type CollectionIDsParams struct {
	// IDs are 5,000 at most.
	IDs []int64 `json:"ids"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// DeleteCollections removes collections, all or nothing (rule 5); RestoreCollections brings them back within 30 days. Rules that made
// them do not make them again. Those that are deleted already stay so, and the answer leaves them out. The office only.
//
// Errors: invalid_argument with rows for what is no collection; permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/collections/delete
func (s *Service) DeleteCollections(ctx context.Context, p *CollectionIDsParams) (*CollectionsResult, error) {
	return s.changeCollections(ctx, sent{p.IdempotencyKey, "DeleteCollections", p}, p.IDs,
		func(c *change, rows []store.Collection) (*CollectionsResult, error) {
			present := slices.DeleteFunc(rows, func(row store.Collection) bool { return row.DeletedAt != nil })
			return resultOf(present), c.deleteCollections(ctx, present)
		})
}

// RestoreCollections brings back collections that were deleted, all or nothing (rule 5). Those that are not deleted stay as they are, and
// the answer leaves them out. The office only.
//
// Errors: invalid_argument with rows for what is no collection, is of an archived building (archived), or has been given its place to
// another one meanwhile (already_collected); permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/collections/restore
func (s *Service) RestoreCollections(ctx context.Context, p *CollectionIDsParams) (*CollectionsResult, error) {
	return s.changeCollections(ctx, sent{p.IdempotencyKey, "RestoreCollections", p}, p.IDs,
		func(c *change, rows []store.Collection) (*CollectionsResult, error) {
			gone := slices.DeleteFunc(rows, func(row store.Collection) bool { return row.DeletedAt == nil })
			if err := c.checkRestore(ctx, p.IDs, gone); err != nil {
				return nil, err
			}
			restored, err := c.query.SetCollectionsDeleted(ctx, store.SetCollectionsDeletedParams{Ids: resultOf(gone).IDs})
			if err != nil {
				return nil, err
			}
			return resultOf(restored), c.collectionsChanged(ctx, CollectionRestored, gone, restored)
		})
}

// checkRestore names the rows of ids that cannot be restored.
func (c *change) checkRestore(ctx context.Context, ids []int64, gone []store.Collection) error {
	buildings := make(map[int64]int64, len(gone))
	for _, row := range gone {
		buildings[row.ID] = row.BuildingID
	}
	var places []int64
	for _, building := range buildings {
		places = append(places, building)
	}
	inUse, err := c.buildingsInUse(ctx, places)
	if err != nil {
		return err
	}
	inTheWay, err := c.query.CollectionsInTheWay(ctx, ids)
	if err != nil {
		return err
	}
	var rows []refusal.Row
	for i, id := range ids {
		building, deleted := buildings[id]
		switch {
		case deleted && !inUse[building]:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Archived})
		case deleted && slices.Contains(inTheWay, id):
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.AlreadyCollected})
		}
	}
	if len(rows) > 0 {
		return refusal.InvalidRows("ids", rows, "Some collections cannot come back; the rows say why.")
	}
	return nil
}

// changeCollections runs do in a transaction that holds the locks of the collections, for the office.
func (s *Service) changeCollections(
	ctx context.Context, request sent, ids []int64, do func(c *change, rows []store.Collection) (*CollectionsResult, error),
) (*CollectionsResult, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	sorted, err := input.IDs("ids", ids, maxCollections)
	if err != nil {
		return nil, err
	}
	result, err := answerOnce(ctx, s, caller, request, func(c *change) (*CollectionsResult, error) {
		found, err := c.query.LockCollections(ctx, sorted)
		if err != nil {
			return nil, err
		}
		if len(found) < len(sorted) {
			known := resultOf(found).IDs
			var rows []refusal.Row
			for i, id := range ids {
				if _, is := slices.BinarySearch(known, id); !is {
					rows = append(rows, refusal.Row{Index: i, Reason: refusal.Unknown})
				}
			}
			return nil, refusal.InvalidRows("ids", rows, "Some collections do not exist; the rows say which.")
		}
		return do(c, found)
	})
	return result, refusal.Failure(collectionConflict(err), "change the collections")
}

// restorable is for how long a deleted collection can be restored.
const restorable = 30 * 24 * time.Hour

var _ = cron.NewJob("remove-deleted-collections", cron.JobConfig{
	Title:    "Remove collections that were deleted a month ago",
	Every:    24 * cron.Hour,
	Endpoint: RemoveDeletedCollections,
})

// RemoveDeletedCollections removes for good what was deleted more than 30 days ago and lies in the past; until then a rule that made it
// must know that it was deleted.
//
//encore:api private method=POST path=/internal/remove-deleted-collections
func (s *Service) RemoveDeletedCollections(ctx context.Context) error {
	return refusal.Failure(s.query.RemoveDeletedCollections(ctx, store.RemoveDeletedCollectionsParams{
		Before: s.clock().Add(-restorable), Today: s.today(),
	}), "remove deleted collections")
}

func (choice selection) empty() bool {
	return len(choice.buildingIDs) == 0 && choice.tourID == 0 && choice.regionID == 0
}

func nothingSelected() error {
	return refusal.Invalid("building_ids", refusal.Required, "Choose buildings, a tour or a region.")
}

func tooManyCollections(field string) error {
	return refusal.Invalid(field, refusal.TooLong, fmt.Sprintf("At most %d collections at a time.", maxCollections))
}

// parseDates reads a list of dates, and names the rows of what cannot be read or stands twice.
func parseDates(field string, texts []string) (dates []time.Time, err error) {
	switch {
	case len(texts) == 0:
		return nil, refusal.Invalid(field, refusal.Required, "Choose dates.")
	case len(texts) > maxDates:
		return nil, refusal.Invalid(field, refusal.TooLong, "At most 366 dates at a time.")
	}
	seen := make(map[time.Time]bool, len(texts))
	var rows []refusal.Row
	for i, text := range texts {
		date, err := parseCollectionDate(field, text)
		switch {
		case err != nil:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.ReasonOf(err)})
		case seen[date]:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Duplicate})
		}
		seen[date] = true
		dates = append(dates, date)
	}
	if len(rows) > 0 {
		return nil, refusal.InvalidRows(field, rows, "Every one is another date, YYYY-MM-DD; the rows say which are not.")
	}
	return dates, nil
}

// mondayOf is the first day of the week of a day.
func mondayOf(date time.Time) time.Time { return date.AddDate(0, 0, -(int(date.Weekday())+6)%7) }
