package core

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

// ChangedCollections are collections as they are after a change.
type ChangedCollections struct {
	// Items are in the order of their ids.
	Items []CalendarCollection `json:"items"`
}

func changedCollections(rows []store.Collection) *ChangedCollections {
	slices.SortFunc(rows, func(a, b store.Collection) int { return cmp.Compare(a.ID, b.ID) })
	return &ChangedCollections{Items: calendarCollections(rows)}
}

// CollectionTimes are when the waste company comes.
type CollectionTimes struct {
	// From and To are HH:MM, on the same day; both or neither.
	From string `json:"from"`
	To   string `json:"to"`
}

// CollectionToChange is a collection that is changed with others.
type CollectionToChange struct {
	ID int64 `json:"id"`
	// Version is that of the collection that was changed.
	Version int64 `json:"version"`
	// Date is the one that it gets, YYYY-MM-DD; it keeps its own when empty.
	Date string `json:"date"`
}

// ChangeCollectionsParams say what becomes of collections.
type ChangeCollectionsParams struct {
	// Items are the collections, each once; 5,000 at most.
	Items []CollectionToChange `json:"items"`
	// Type is the code of the kind that all get; they keep their own when empty.
	Type string `json:"type"`
	// Note is what all get, up to 500 characters; they keep their own when null.
	Note *string `json:"note"`
	// PutOut and BringIn are what all get; they keep their own when null.
	PutOut  *bool `json:"put_out"`
	BringIn *bool `json:"bring_in"`
	// Times are what all get; they keep their own when null.
	Times *CollectionTimes `json:"times"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// ChangeCollections moves collections to other dates, each to its own, and changes what they have in common, all or nothing (rule 5).
// They may take each other's places. Rules that made them leave them alone from then on. The office only.
//
// Errors: invalid_argument with rows for what is no collection (unknown), is named twice (duplicate), has a bad date, or is neither put
// out nor brought in any more (required); aborted with rows for those that somebody else has changed since that version
// (changed_meanwhile); already_exists with rows for those whose place another collection has (already_collected); otherwise as
// CreateCollection.
//
//encore:api auth method=PUT path=/planning/collections
func (s *Service) ChangeCollections(ctx context.Context, p *ChangeCollectionsParams) (*ChangedCollections, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	dates, err := checkChange(p)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(p.Items))
	for i, item := range p.Items {
		ids[i] = item.ID
	}
	result, err := answerOnce(ctx, s, caller, sent{p.IdempotencyKey, "ChangeCollections", p}, func(c *change) (*ChangedCollections, error) {
		if p.Type != "" {
			if err := c.keepWasteKind(ctx, p.Type); err != nil {
				return nil, err
			}
		}
		before, err := c.lockVersions(ctx, p.Items)
		if err != nil {
			return nil, err
		}
		what, err := wantedOf(p, before, dates)
		if err != nil {
			return nil, err
		}
		if err := c.query.SetCollectionsAside(ctx, store.SetCollectionsAsideParams{Ids: ids, DeletedAt: c.at}); err != nil {
			return nil, err
		}
		places := make([]collectionPlace, len(before))
		for i, row := range before {
			places[i] = collectionPlace{row.BuildingID, what.Types[i], what.Dates[i]}
		}
		if err := c.refuseTaken(ctx, "items", places); err != nil {
			return nil, err
		}
		after, err := c.query.ChangeCollections(ctx, what)
		if err != nil {
			return nil, err
		}
		return changedCollections(after), c.collectionsChanged(ctx, CollectionChanged, before, after)
	})
	return result, refusal.Failure(collectionConflict(err), "change the collections")
}

// checkChange returns the date that each item gets, zero for its own; and cleans the note.
func checkChange(p *ChangeCollectionsParams) (dates []time.Time, err error) {
	ids := make([]int64, len(p.Items))
	for i, item := range p.Items {
		ids[i] = item.ID
	}
	if err := checkEach(ids); err != nil {
		return nil, err
	}
	note := ""
	if p.Note != nil {
		note = *p.Note
	}
	times := CollectionTimes{}
	if p.Times != nil {
		times = *p.Times
	}
	// What is not given has a value that is accepted.
	what, err := checkWork(cmp.Or(p.Type, "PMD"), note, p.PutOut == nil || *p.PutOut || p.BringIn == nil, p.BringIn == nil || *p.BringIn, times.From, times.To)
	if err != nil {
		return nil, err
	}
	if p.Note != nil {
		p.Note = &what.Note
	}
	dates = make([]time.Time, len(p.Items))
	var rows []refusal.Row
	for i, item := range p.Items {
		if item.Date == "" {
			continue
		}
		if dates[i], err = parseCollectionDate("items", item.Date); err != nil {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.ReasonOf(err)})
		}
	}
	if len(rows) > 0 {
		return nil, refusal.InvalidRows("items", rows, "A date is written as YYYY-MM-DD; the rows say which are not.")
	}
	return dates, nil
}

// checkEach refuses a list of ids that is empty or too long, or has one that is none or stands there twice.
func checkEach(ids []int64) error {
	if len(ids) == 0 {
		return refusal.Invalid("items", refusal.Required, "Choose collections.")
	}
	sorted, err := input.IDs("items", ids, maxCollections)
	if err != nil || len(sorted) == len(ids) {
		return err
	}
	seen := make(map[int64]bool, len(ids))
	var rows []refusal.Row
	for i, id := range ids {
		if seen[id] {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Duplicate})
		}
		seen[id] = true
	}
	return refusal.InvalidRows("items", rows, "Every one is another collection; the rows say which are not.")
}

// lockVersions locks collections that are there in these versions, and returns them in the order of items.
func (c *change) lockVersions(ctx context.Context, items []CollectionToChange) (rows []store.Collection, err error) {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	locked, err := c.query.LockCollections(ctx, ids)
	if err != nil {
		return nil, err
	}
	found, err := presentOnly(ids, locked)
	if err != nil {
		return nil, err
	}
	var changed []refusal.Row
	for i, item := range items {
		if found[item.ID].Version != item.Version {
			changed = append(changed, refusal.Row{Index: i, Reason: refusal.ChangedMeanwhile})
		}
		rows = append(rows, found[item.ID])
	}
	if len(changed) > 0 {
		return nil, refusal.ConflictRows("items", changed, "Somebody else has changed some of the collections; the rows say which.")
	}
	return rows, nil
}

// presentOnly returns those of rows that are not deleted, and refuses the places of ids for which there is none.
func presentOnly(ids []int64, rows []store.Collection) (map[int64]store.Collection, error) {
	found := make(map[int64]store.Collection, len(rows))
	for _, row := range rows {
		if row.DeletedAt == nil {
			found[row.ID] = row
		}
	}
	var gone []refusal.Row
	for i, id := range ids {
		if _, present := found[id]; !present {
			gone = append(gone, refusal.Row{Index: i, Reason: refusal.Unknown})
		}
	}
	if len(gone) > 0 {
		return nil, refusal.InvalidRows("items", gone, "Some collections do not exist any more; the rows say which.")
	}
	return found, nil
}

// wantedOf is what collections become.
func wantedOf(p *ChangeCollectionsParams, before []store.Collection, dates []time.Time) (what store.ChangeCollectionsParams, err error) {
	var idle []refusal.Row
	for i, row := range before {
		if !dates[i].IsZero() {
			row.Date = dates[i]
		}
		row.Type = cmp.Or(p.Type, row.Type)
		if p.Note != nil {
			row.Note = *p.Note
		}
		if p.PutOut != nil {
			row.PutOut = *p.PutOut
		}
		if p.BringIn != nil {
			row.BringIn = *p.BringIn
		}
		if p.Times != nil {
			row.TimeFrom, row.TimeTo = p.Times.From, p.Times.To
		}
		if !row.PutOut && !row.BringIn {
			idle = append(idle, refusal.Row{Index: i, Reason: refusal.Required})
		}
		what.Ids, what.Types, what.Dates = append(what.Ids, row.ID), append(what.Types, row.Type), append(what.Dates, row.Date)
		what.Notes = append(what.Notes, row.Note)
		what.PutsOut, what.BringsIn = append(what.PutsOut, row.PutOut), append(what.BringsIn, row.BringIn)
		what.TimesFrom, what.TimesTo = append(what.TimesFrom, row.TimeFrom), append(what.TimesTo, row.TimeTo)
	}
	if len(idle) > 0 {
		return what, refusal.InvalidRows("items", idle, "Bins are put out, brought in, or both; the rows say where neither is left.")
	}
	return what, nil
}

// refuseTaken names the rows of the places that a collection has, or that stand there twice.
func (c *change) refuseTaken(ctx context.Context, field string, places []collectionPlace) error {
	var wanted store.PlacesTakenParams
	for _, place := range places {
		wanted.BuildingIds, wanted.Types = append(wanted.BuildingIds, place.buildingID), append(wanted.Types, place.kind)
		wanted.Dates = append(wanted.Dates, place.date)
	}
	positions, err := c.query.PlacesTaken(ctx, wanted)
	if err != nil {
		return err
	}
	taken := make(map[int]bool, len(positions))
	for _, position := range positions {
		taken[int(position)-1] = true
	}
	seen := make(map[collectionPlace]bool, len(places))
	var rows []refusal.Row
	for i, place := range places {
		if taken[i] || seen[place] {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.AlreadyCollected})
		}
		seen[place] = true
	}
	if len(rows) > 0 {
		return refusal.ExistsRows(field, rows, "Some of the buildings have a collection of this kind on that date; the rows say which.")
	}
	return nil
}

// CollectionToCopy is a collection that is copied.
type CollectionToCopy struct {
	ID int64 `json:"id"`
	// BuildingID is where the copy is; at the same building when 0.
	BuildingID int64 `json:"building_id"`
	// Date is that of the copy, YYYY-MM-DD.
	Date string `json:"date"`
}

// CopyCollectionsToParams say which collections are copied, and where to.
type CopyCollectionsToParams struct {
	// Items are the copies; 5,000 at most. A collection may be copied several times.
	Items []CollectionToCopy `json:"items"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// CopyCollectionsTo copies collections, each to its own date and building, all or nothing (rule 5). Copies are made by hand: a rule that
// made the original knows nothing of them. The office only.
//
// Errors: invalid_argument with rows for what is no collection (unknown), has a bad date, or is of an archived building or kind (archived);
// already_exists with rows for those for which there is a collection already (already_collected); permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/collections/copies
func (s *Service) CopyCollectionsTo(ctx context.Context, p *CopyCollectionsToParams) (*ChangedCollections, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	if len(p.Items) == 0 {
		return nil, refusal.Invalid("items", refusal.Required, "Choose collections.")
	}
	what := store.CopyCollectionsToParams{}
	var rows []refusal.Row
	for i, item := range p.Items {
		date, err := parseCollectionDate("items", item.Date)
		if err != nil {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.ReasonOf(err)})
		}
		what.Ids, what.Dates = append(what.Ids, item.ID), append(what.Dates, date)
	}
	if len(rows) > 0 {
		return nil, refusal.InvalidRows("items", rows, "A date is written as YYYY-MM-DD; the rows say which are not.")
	}
	if _, err := input.IDs("items", what.Ids, maxCollections); err != nil {
		return nil, err
	}
	result, err := answerOnce(ctx, s, caller, sent{p.IdempotencyKey, "CopyCollectionsTo", p}, func(c *change) (*ChangedCollections, error) {
		rows, err := c.query.PresentCollections(ctx, what.Ids)
		if err != nil {
			return nil, err
		}
		originals, err := presentOnly(what.Ids, rows)
		if err != nil {
			return nil, err
		}
		places := make([]collectionPlace, len(p.Items))
		for i, item := range p.Items {
			original := originals[item.ID]
			places[i] = collectionPlace{cmp.Or(item.BuildingID, original.BuildingID), original.Type, what.Dates[i]}
			what.BuildingIds = append(what.BuildingIds, places[i].buildingID)
		}
		if err := c.refuseUnused(ctx, places); err != nil {
			return nil, err
		}
		if err := c.refuseTaken(ctx, "items", places); err != nil {
			return nil, err
		}
		made, err := c.query.CopyCollectionsTo(ctx, what)
		switch {
		case err != nil:
			return nil, err
		case len(made) < len(places):
			return nil, alreadyCollected() // somebody else was faster
		}
		return changedCollections(made), c.collectionsChanged(ctx, CollectionCreated, nil, made)
	})
	return result, refusal.Failure(collectionConflict(err), "copy the collections")
}

// refuseUnused names the rows of places whose building or kind is archived or unknown, and keeps the others from being archived.
func (c *change) refuseUnused(ctx context.Context, places []collectionPlace) error {
	buildings := make([]int64, len(places))
	for i, place := range places {
		buildings[i] = place.buildingID
	}
	kinds := make(map[string]bool)
	for _, place := range places {
		kinds[place.kind] = false
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		archived, err := c.query.KeepWasteKind(ctx, kind)
		if err != nil {
			return err
		}
		kinds[kind] = !archived
	}
	inUse, err := c.buildingsInUse(ctx, buildings)
	if err != nil {
		return err
	}
	var rows []refusal.Row
	for i, place := range places {
		used, known := inUse[place.buildingID]
		switch {
		case !known:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Unknown})
		case !used || !kinds[place.kind]:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Archived})
		}
	}
	if len(rows) > 0 {
		return refusal.InvalidRows("items", rows, "Some buildings or kinds of waste are not used any more; the rows say which.")
	}
	return nil
}
