package core

import (
	"context"
	"math"
	"slices"
	"time"

	"encore.app/core/store"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// Why a tour has a new version of its stops.
const (
	versionKept               = "kept"
	versionCreated            = "created"
	versionStopsChanged       = "stops_changed"
	versionRestored           = "restored"
	versionBuildingArchived   = "building_archived"
	versionBuildingUnarchived = "building_unarchived"
	versionTourChanged        = "tour_changed"
)

// What has become of a stop between two versions.
const (
	stopAdded   = "added"
	stopRemoved = "removed"
	stopMoved   = "moved"
)

// TourVersion is what the stops of a tour in use were from a moment on, and whether those without work were left out.
type TourVersion struct {
	// Number counts the versions of a tour from 1.
	Number int `json:"number"`
	// Cause is kept, created, stops_changed, restored, building_archived, building_unarchived or tour_changed. What was kept was found
	// as it was: nobody knows who made it.
	Cause string `json:"cause"`
	// RestoredFrom is the version that was brought back; 0 for none.
	RestoredFrom int       `json:"restored_from"`
	ChangedAt    time.Time `json:"changed_at"`
	// ChangedBy is null when nobody is known.
	ChangedBy *CommentAuthor `json:"changed_by"`
	// StopCount is how many stops it has.
	StopCount int `json:"stop_count"`
	// HideIdleStops is as in Tour. IdleStopsChanged is true when it was otherwise in the version before.
	HideIdleStops    bool `json:"hide_idle_stops"`
	IdleStopsChanged bool `json:"idle_stops_changed"`
	// Changes are the stops that were added, removed or moved since the version before, in the order of this one, those that were removed
	// first; none for the first.
	Changes []StopChange `json:"changes"`
}

// StopChange is a stop that is another one than before.
type StopChange struct {
	// Kind is added, removed or moved.
	Kind     string   `json:"kind"`
	Building StopName `json:"building"`
	// Position and Before are the stop's places, from 1, now and before; 0 for none.
	Position int `json:"position"`
	Before   int `json:"before"`
}

// StopName says which building a stop is.
type StopName struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	// Address is empty where the caller does not see it (rule 13).
	Address Address `json:"address"`
}

// StopsChange says how the stops of a planned run differ from those that somebody knows.
type StopsChange struct {
	// Version is the newest version of the tour's stops.
	Version int `json:"version"`
	// ChangedAt is when they were changed last.
	ChangedAt time.Time `json:"changed_at"`
	// Seen is true when the worker has seen all of it, at SeenAt.
	Seen   bool       `json:"seen"`
	SeenAt *time.Time `json:"seen_at"`
	// Changes are the stops that were added, removed or moved.
	Changes []StopChange `json:"changes"`
}

// ListTourVersionsParams chooses a page.
type ListTourVersionsParams struct {
	// Limit is how many versions to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// TourVersionList is a page of versions.
type TourVersionList struct {
	// Items are the newest first.
	Items []TourVersion `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// ListTourVersions returns what the stops of a tour were, who changed them and when, the newest version first. The office only.
//
// Errors: not_found when there is no such tour, invalid_argument for a bad limit or cursor, permission_denied for other roles.
//
//encore:api auth method=GET path=/tours/:id/versions
func (s *Service) ListTourVersions(ctx context.Context, id int64, p *ListTourVersionsParams) (*TourVersionList, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.readTour(ctx, caller, id); err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	before, found, err := page.After[int32]("tour_versions", p.Cursor)
	if err != nil {
		return nil, err
	}
	if !found {
		before = math.MaxInt32
	}
	rows, err := s.query.ListTourVersions(ctx, store.ListTourVersionsParams{TourID: id, BeforeNumber: before, RowLimit: int32(limit + 1)})
	if err != nil {
		return nil, refusal.Failure(err, "list the versions of the tour")
	}
	rows, next := page.Cut("tour_versions", rows, limit, func(v store.ListTourVersionsRow) int32 { return v.Number })
	var buildings, people []int64
	for _, row := range rows {
		buildings = append(append(buildings, row.BuildingIds...), row.BeforeIds...)
		people = append(people, row.ChangedBy)
	}
	names, err := stopNames(ctx, s.query, buildings)
	if err != nil {
		return nil, refusal.Failure(err, "read the stops of the versions")
	}
	who, err := s.authorsFor(ctx, caller, people)
	if err != nil {
		return nil, err
	}
	list := &TourVersionList{Items: make([]TourVersion, 0, len(rows)), NextCursor: next}
	for _, row := range rows {
		version := TourVersion{
			Number: int(row.Number), Cause: row.Cause, RestoredFrom: int(deref(row.RestoredFrom)), ChangedAt: row.ChangedAt.UTC(),
			StopCount: len(row.BuildingIds), HideIdleStops: row.HideIdleStops, IdleStopsChanged: row.IdleStopsChanged, Changes: []StopChange{},
		}
		if row.ChangedBy != 0 {
			version.ChangedBy = who[row.ChangedBy]
		}
		if row.Number > 1 {
			version.Changes = stopChanges(row.BeforeIds, row.BuildingIds, names)
		}
		list.Items = append(list.Items, version)
	}
	return list, nil
}

// stopNames reads what buildings are called, archived or not.
func stopNames(ctx context.Context, query *store.Queries, ids []int64) (map[int64]StopName, error) {
	rows, err := query.StopNames(ctx, ids)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]StopName, len(rows))
	for _, row := range rows {
		names[row.ID] = stopName(row)
	}
	return names, nil
}

func stopName(row store.StopNamesRow) StopName {
	return StopName{row.ID, row.Name, Address{row.Street, row.HouseNumber, row.Bus, row.PostalCode, row.City}}
}

// stopChanges says which stops were removed, and which are new or elsewhere. Of those that are in both, as many as possible count as
// having kept their place: when one is taken from the end to the beginning, it alone has moved.
func stopChanges(before, after []int64, names map[int64]StopName) []StopChange {
	was := make(map[int64]int, len(before))
	for i, id := range before {
		was[id] = i + 1
	}
	is := make(map[int64]bool, len(after))
	for _, id := range after {
		is[id] = true
	}
	changes := []StopChange{}
	add := func(kind string, id int64, position, before int) {
		name, known := names[id]
		if !known {
			name.ID = id
		}
		changes = append(changes, StopChange{kind, name, position, before})
	}
	for i, id := range before {
		if !is[id] {
			add(stopRemoved, id, 0, i+1)
		}
	}
	kept := keptInOrder(after, was)
	for i, id := range after {
		switch {
		case was[id] == 0:
			add(stopAdded, id, i+1, 0)
		case !kept[id]:
			add(stopMoved, id, i+1, was[id])
		}
	}
	return changes
}

// keptInOrder returns a longest part of after whose places in was grow. A tour has 200 stops at most.
func keptInOrder(after []int64, was map[int64]int) map[int64]bool {
	length, previous := make([]int, len(after)), make([]int, len(after))
	last := -1
	for i, id := range after {
		if was[id] == 0 {
			continue
		}
		length[i], previous[i] = 1, -1
		for j := range i {
			if length[j] >= length[i] && was[after[j]] < was[id] {
				length[i], previous[i] = length[j]+1, j
			}
		}
		if last < 0 || length[i] > length[last] {
			last = i
		}
	}
	kept := make(map[int64]bool)
	for ; last >= 0; last = previous[last] {
		kept[after[last]] = true
	}
	return kept
}

// stopsChange says how the stops of a planned run differ from those that were planned, for the office, or from those that its worker has
// seen; nil when they do not. The addresses are left empty unless the caller sees them.
func stopsChange(ctx context.Context, query *store.Queries, run store.Run, forOffice, addresses bool) (*StopsChange, error) {
	if run.Status != StatusPlanned || run.PlannedVersion == nil || run.SeenVersion == nil {
		return nil, nil
	}
	known := *run.SeenVersion
	if forOffice {
		known = *run.PlannedVersion
	}
	newest, err := query.NewestTourVersion(ctx, run.TourID)
	if err != nil || newest.Number == known {
		return nil, err
	}
	before, err := query.StopsOnDay(ctx, store.StopsOnDayParams{TourID: run.TourID, Number: known, Day: run.Date})
	if err != nil {
		return nil, err
	}
	after, err := query.StopsOnDay(ctx, store.StopsOnDayParams{TourID: run.TourID, Number: newest.Number, Day: run.Date})
	if err != nil {
		return nil, err
	}
	names := map[int64]StopName{}
	if addresses {
		if names, err = stopNames(ctx, query, slices.Concat(before, after)); err != nil {
			return nil, err
		}
	}
	change := &StopsChange{
		Version: int(newest.Number), ChangedAt: newest.ChangedAt.UTC(), Seen: *run.SeenVersion >= newest.Number, SeenAt: utc(run.StopsSeenAt),
		Changes: stopChanges(before, after, names),
	}
	if len(change.Changes) == 0 { // changed, and changed back
		return nil, nil
	}
	return change, nil
}
