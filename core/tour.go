package core

import (
	"cmp"
	"context"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// Tour is a named, ordered list of stops in one region.
type Tour struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Region Region `json:"region"`
	// StopCount is how many stops it has.
	StopCount int `json:"stop_count"`
	// ArchivedStopCount is how many more it has at archived buildings: nobody visits them, and they come back when the
	// buildings are taken back into use.
	ArchivedStopCount int `json:"archived_stop_count"`
	// HideIdleStops leaves the stops out of a run that have no work on its day: no bins to put out for a collection of that day or
	// the next one, and none to bring in after one of that day.
	HideIdleStops bool `json:"hide_idle_stops"`
	Archived      bool `json:"archived"`
	// Version grows with every change of the tour and of its stops.
	Version int64 `json:"version"`
}

// TourDetail is a tour with its stops.
type TourDetail struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Region    Region `json:"region"`
	StopCount int    `json:"stop_count"`
	// ArchivedStopCount is how many more it has at archived buildings, which Stops leaves out.
	ArchivedStopCount int `json:"archived_stop_count"`
	// HideIdleStops is as in Tour. Stops has all of them, whatever a day leaves out.
	HideIdleStops bool       `json:"hide_idle_stops"`
	Archived      bool       `json:"archived"`
	Version       int64      `json:"version"`
	Stops         []TourStop `json:"stops"`
	// Rhythm says on which days the tour is walked; null for one that is walked when somebody plans it, and for others than the
	// office.
	Rhythm *TourRhythm `json:"rhythm"`
	// UsualWalkers are those who usually walk the tour, those first who are asked first; for the office.
	UsualWalkers []Worker `json:"usual_walkers"`
}

// TourStop is a building's place on a tour.
type TourStop struct {
	// Position orders the stops; it starts at 1 and may have gaps.
	Position int          `json:"position"`
	Building StopBuilding `json:"building"`
}

// StopBuilding is what a worker needs to know of the building at a stop.
type StopBuilding struct {
	ID            int64   `json:"id"`
	Name          string  `json:"name"`
	Address       Address `json:"address"`
	AgreedMinutes int     `json:"agreed_minutes"`
	// Coordinates are null until the office enters them.
	Coordinates *Coordinates `json:"coordinates"`
	// Photo shows the front of the building; null when there is none.
	Photo *BuildingPhoto `json:"photo"`
}

// ListToursParams chooses tours.
type ListToursParams struct {
	// Region limits the list to one region.
	Region int64 `query:"region"`
	// Archived lists the archived tours instead of those in use.
	Archived bool `query:"archived"`
	// Q are words that the name has, in any order; case and accents aside.
	Q string `query:"q"`
	// Limit is how many tours to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// TourList is a page of tours.
type TourList struct {
	Items []Tour `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// ListTours returns the tours in use, or the archived ones, by name. The office sees all, a student those of their
// own runs from 14 days before to 14 days after the run (rule 13).
//
// Errors: permission_denied for other roles, invalid_argument for a bad filter, limit or cursor.
//
//encore:api auth method=GET path=/tours
func (s *Service) ListTours(ctx context.Context, p *ListToursParams) (*TourList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := access.Tours(caller)
	if err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, _, err := page.After[nameKey]("tours", p.Cursor)
	if err != nil {
		return nil, err
	}
	search, err := input.Text("q", p.Q, maxSearch)
	if err != nil {
		return nil, err
	}
	first, last := access.Window(s.today())
	rows, err := s.query.ListTours(ctx, store.ListToursParams{
		SeesAll: scope.All, WorkerID: scope.Worker, FirstDay: first, LastDay: last, RegionID: p.Region, Archived: p.Archived, Patterns: input.WordPatterns(search),
		AfterName: after.Name, AfterID: after.ID, RowLimit: int32(limit + 1),
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the tours")
	}
	rows, next := page.Cut("tours", rows, limit, func(t store.ListToursRow) nameKey { return nameKey{t.Name, t.ID} })
	list := &TourList{Items: make([]Tour, 0, len(rows)), NextCursor: next}
	for _, row := range rows {
		list.Items = append(list.Items, Tour{
			ID: row.ID, Name: row.Name, Region: Region{row.RegionID, row.RegionName},
			StopCount: int(row.StopCount), ArchivedStopCount: int(row.ArchivedStopCount), HideIdleStops: row.HideIdleStops, Archived: row.Archived, Version: row.Version,
		})
	}
	return list, nil
}

// GetTour returns one tour, archived or not, with its stops in order. Stops at archived buildings are left out;
// archived_stop_count tells how many there are.
//
// Errors: not_found when there is none that the caller may see, permission_denied for roles that see no tours.
//
//encore:api auth method=GET path=/tours/:id
func (s *Service) GetTour(ctx context.Context, id int64) (*TourDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	return s.readTour(ctx, caller, id)
}

// readTour reads a tour as the caller may see it.
func (s *Service) readTour(ctx context.Context, caller access.Actor, id int64) (*TourDetail, error) {
	scope, err := access.Tours(caller)
	if err != nil {
		return nil, err
	}
	first, last := access.Window(s.today())
	rows, err := s.query.ListTours(ctx, store.ListToursParams{
		SeesAll: scope.All, WorkerID: scope.Worker, FirstDay: first, LastDay: last, ID: cmp.Or(id, -1), RowLimit: 1,
	})
	if err != nil {
		return nil, refusal.Failure(err, "read the tour")
	}
	if len(rows) == 0 {
		return nil, noTour()
	}
	stops, err := s.query.ListStops(ctx, id)
	if err != nil {
		return nil, refusal.Failure(err, "read the stops of the tour")
	}
	tour := &TourDetail{
		ID: rows[0].ID, Name: rows[0].Name, Region: Region{rows[0].RegionID, rows[0].RegionName},
		StopCount: len(stops), ArchivedStopCount: int(rows[0].ArchivedStopCount), HideIdleStops: rows[0].HideIdleStops, Archived: rows[0].Archived,
		Version: rows[0].Version, Stops: make([]TourStop, 0, len(stops)),
	}
	for _, stop := range stops {
		tour.Stops = append(tour.Stops, TourStop{Position: int(stop.Position), Building: StopBuilding{
			ID: stop.BuildingID, Name: stop.Name,
			Address:       Address{stop.Street, stop.HouseNumber, stop.Bus, stop.PostalCode, stop.City},
			AgreedMinutes: int(stop.AgreedMinutes), Coordinates: coordinatesOf(stop.Latitude, stop.Longitude),
			Photo: buildingPhotoOf(stop.BuildingID, stop.PhotoID, stop.PhotoWidth, stop.PhotoHeight),
		}})
	}
	return tour, s.addRhythm(ctx, caller, tour)
}
