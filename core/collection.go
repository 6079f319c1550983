package core

import (
	"context"
	"slices"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// Collection says that the waste company fetches one kind of waste at a building on a date.
type Collection struct {
	ID       int64              `json:"id"`
	Building CollectionBuilding `json:"building"`
	// Type is the code of the kind of waste: GFT, PMD.
	Type string `json:"type"`
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
	// Note is for everybody who sees the collection.
	Note string `json:"note"`
	// PutOut and BringIn say what there is to do: put the bins on the street, bring them in again.
	PutOut  bool `json:"put_out"`
	BringIn bool `json:"bring_in"`
	// TimeFrom and TimeTo say when the waste company comes, HH:MM; empty when it is not known.
	TimeFrom string `json:"time_from"`
	TimeTo   string `json:"time_to"`
	// RuleID is the rule that made it, and RuleDate the date that the rule has for it; null for one that was made by hand.
	RuleID   *int64  `json:"rule_id"`
	RuleDate *string `json:"rule_date"`
	// Changed says that it was changed by hand since its rule made it: the rule leaves it alone.
	Changed bool `json:"changed"`
	// Version grows with every change of the collection.
	Version int64 `json:"version"`
}

// StopCollection is a collection as the worker at the stop reads it.
type StopCollection struct {
	// Type is the code of the kind of waste: GFT, PMD.
	Type string `json:"type"`
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
	// Note is for everybody who sees the collection.
	Note string `json:"note"`
	// PutOut, BringIn, TimeFrom and TimeTo are as in Collection.
	PutOut   bool   `json:"put_out"`
	BringIn  bool   `json:"bring_in"`
	TimeFrom string `json:"time_from"`
	TimeTo   string `json:"time_to"`
}

// stopCollectionsOf returns the collections of each building in their order.
func stopCollectionsOf(rows []store.CollectionsOfBuildingsRow) map[int64][]StopCollection {
	collections := make(map[int64][]StopCollection)
	for _, row := range rows {
		collections[row.BuildingID] = append(collections[row.BuildingID], StopCollection{
			Type: row.Type, Date: day.Format(row.Date), Note: row.Note, PutOut: row.PutOut, BringIn: row.BringIn,
			TimeFrom: row.TimeFrom, TimeTo: row.TimeTo,
		})
	}
	return collections
}

// CollectionBuilding is the building of a collection.
type CollectionBuilding struct {
	ID       int64   `json:"id"`
	Name     string  `json:"name"`
	Address  Address `json:"address"`
	RegionID int64   `json:"region_id"`
}

// ListCollectionsParams chooses collections. Filters add up.
type ListCollectionsParams struct {
	// From and To are the first and last day, YYYY-MM-DD; open when empty.
	From string `query:"from"`
	To   string `query:"to"`
	// Building limits the list to these buildings; 200 at most.
	Building []int64 `query:"building"`
	// Tour limits the list to the buildings that are stops of a tour now.
	Tour int64 `query:"tour"`
	// Region limits the list to the buildings of a region.
	Region int64 `query:"region"`
	// Type limits the list to a kind of waste, by its code.
	Type string `query:"type"`
	// Limit is how many collections to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// CollectionList is a page of collections.
type CollectionList struct {
	Items []Collection `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type collectionKey struct {
	Date time.Time
	ID   int64
}

// ListCollections returns collections by date. The office sees all, a student those of the stops of their own runs from 14 days
// before to 14 days after the run, a syndic those of their own buildings. Archived buildings have none from today on.
//
// Errors: permission_denied for other roles, invalid_argument for a bad filter, limit or cursor.
//
//encore:api auth method=GET path=/collections
func (s *Service) ListCollections(ctx context.Context, p *ListCollectionsParams) (*CollectionList, error) {
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
	after, _, err := page.After[collectionKey]("collections", p.Cursor)
	if err != nil {
		return nil, err
	}
	first, last, err := day.ParsePeriod(p.From, p.To)
	if err != nil {
		return nil, err
	}
	if p.Type != "" && !wasteKindCode.MatchString(p.Type) {
		return nil, refusal.Invalid("type", refusal.Unknown, "There is no such kind of waste.")
	}
	if after.Date.Before(first) {
		after = collectionKey{Date: first} // where the reading of the index begins
	}
	buildings, limited, err := s.selectedBuildings(ctx, s.query, scope, selection{buildingIDs: p.Building, tourID: p.Tour, regionID: p.Region, field: "building"})
	if err != nil {
		return nil, err
	}
	keys := store.CollectionKeysParams{
		Today: s.today(), Type: p.Type, FromDay: first, ToDay: last, AfterDate: after.Date, AfterID: after.ID, RowLimit: int32(limit + 1),
	}
	rows, err := s.collectionKeys(ctx, keys, buildings, limited)
	if err != nil {
		return nil, refusal.Failure(err, "list the collections")
	}
	rows, next := page.Cut("collections", rows, limit, func(k collectionKey) collectionKey { return k })
	ids := make([]int64, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	items, err := s.collectionsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	return &CollectionList{Items: items, NextCursor: next}, nil
}

// collectionKeys reads a page of keys, of all buildings or of some.
func (s *Service) collectionKeys(
	ctx context.Context, p store.CollectionKeysParams, buildings []int64, limited bool,
) (keys []collectionKey, err error) {
	if !limited {
		rows, err := s.query.CollectionKeys(ctx, p)
		for _, row := range rows {
			keys = append(keys, collectionKey{row.Date, row.ID})
		}
		return keys, err
	}
	archived, err := s.query.ArchivedBuildings(ctx, buildings)
	if err != nil {
		return nil, err
	}
	yesterday := p.Today.AddDate(0, 0, -1)
	lastDays := make([]time.Time, len(buildings))
	for i, id := range buildings {
		lastDays[i] = lastDayOf(slices.Contains(archived, id), p.ToDay, yesterday)
	}
	rows, err := s.query.CollectionKeysOf(ctx, store.CollectionKeysOfParams{
		BuildingIds: buildings, LastDays: lastDays, Type: p.Type, FromDay: p.FromDay, AfterDate: p.AfterDate, AfterID: p.AfterID, RowLimit: p.RowLimit,
	})
	for _, row := range rows {
		keys = append(keys, collectionKey{row.Date, row.ID})
	}
	return keys, err
}

// lastDayOf is the last day of which a building shows collections: those of archived ones end the day before today.
func lastDayOf(archived bool, last, yesterday time.Time) time.Time {
	if archived && yesterday.Before(last) {
		return yesterday
	}
	return last
}

// GetCollection returns one collection.
//
// Errors: not_found when there is none that the caller may see, permission_denied for roles that see no collections.
//
//encore:api auth method=GET path=/collections/:id
func (s *Service) GetCollection(ctx context.Context, id int64) (*Collection, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := access.Collections(caller)
	if err != nil {
		return nil, err
	}
	return s.readCollection(ctx, scope, id)
}

func (s *Service) readCollection(ctx context.Context, scope access.Scope, id int64) (*Collection, error) {
	found, err := s.collectionsByID(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, noCollection()
	}
	visible, limited, err := s.selectedBuildings(ctx, s.query, scope, selection{})
	if err != nil {
		return nil, err
	}
	if limited && !slices.Contains(visible, found[0].Building.ID) {
		return nil, noCollection()
	}
	return &found[0], nil
}

// selection are buildings: those that are named, of the tour, of the region, and of the syndic, as far as they are given.
type selection struct {
	buildingIDs []int64
	tourID      int64
	regionID    int64
	syndicID    int64
	// field is what the request calls buildingIDs.
	field string
}

// maxSelected is how many buildings a request names at most.
const maxSelected = 200

// selectedBuildings returns the buildings of the selection that the scope has, in order; limited is false when that is all there are.
func (s *Service) selectedBuildings(
	ctx context.Context, query *store.Queries, scope access.Scope, choice selection,
) (buildings []int64, limited bool, err error) {
	var sets [][]int64
	add := func(ids []int64, err error) error {
		sets = append(sets, ids)
		return refusal.Failure(err, "choose the buildings")
	}
	if !scope.All {
		if scope.Syndic != 0 {
			err = add(query.BuildingsOfSyndic(ctx, scope.Syndic))
		} else {
			first, last := access.Window(s.today())
			err = add(query.BuildingsOfWorker(ctx, store.BuildingsOfWorkerParams{WorkerID: scope.Worker, FirstDay: first, LastDay: last}))
		}
		if err != nil {
			return nil, true, err
		}
	}
	if len(choice.buildingIDs) > 0 {
		if err := add(input.IDs(choice.field, choice.buildingIDs, maxSelected)); err != nil {
			return nil, true, err
		}
	}
	if choice.tourID != 0 {
		if err := add(query.BuildingsOfTour(ctx, choice.tourID)); err != nil {
			return nil, true, err
		}
	}
	if choice.regionID != 0 {
		if err := add(query.BuildingsOfRegion(ctx, choice.regionID)); err != nil {
			return nil, true, err
		}
	}
	if choice.syndicID != 0 {
		if err := add(query.BuildingsOfSyndic(ctx, choice.syndicID)); err != nil {
			return nil, true, err
		}
	}
	if len(sets) == 0 {
		return nil, false, nil
	}
	return slices.DeleteFunc(sets[0], func(id int64) bool {
		return slices.ContainsFunc(sets[1:], func(other []int64) bool {
			_, has := slices.BinarySearch(other, id)
			return !has
		})
	}), true, nil
}

// collectionsByID reads collections, whichever of ids exist, by date.
func (s *Service) collectionsByID(ctx context.Context, ids []int64) ([]Collection, error) {
	rows, err := s.query.CollectionsByID(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read the collections")
	}
	items := make([]Collection, 0, len(rows))
	for _, row := range rows {
		items = append(items, Collection{
			ID: row.ID, Type: row.Type, Date: day.Format(row.Date), Note: row.Note, PutOut: row.PutOut, BringIn: row.BringIn,
			TimeFrom: row.TimeFrom, TimeTo: row.TimeTo, RuleID: row.RuleID, RuleDate: dayOrNull(row.RuleDate), Changed: row.Changed,
			Version: row.Version,
			Building: CollectionBuilding{
				ID: row.BuildingID, Name: row.Name, Address: Address{row.Street, row.HouseNumber, row.Bus, row.PostalCode, row.City},
				RegionID: row.RegionID,
			},
		})
	}
	return items, nil
}

// dayOrNull writes a day as YYYY-MM-DD; null when there is none.
func dayOrNull(date *time.Time) *string {
	if date == nil {
		return nil
	}
	return new(day.Format(*date))
}

func noCollection() error { return refusal.NotFound("There is no such collection.") }
