package core

import (
	"cmp"
	"context"
	"strings"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// Address is where a building stands.
type Address struct {
	Street      string `json:"street"`
	HouseNumber string `json:"house_number"`
	// Bus is the Belgian box number; often empty.
	Bus        string `json:"bus"`
	PostalCode string `json:"postal_code"`
	City       string `json:"city"`
}

// Building is an address whose bins are put on the street.
type Building struct {
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Address Address `json:"address"`
	Region  Region  `json:"region"`
	// Syndics are the accounts that manage the building. Workers do not get them.
	Syndics []BuildingSyndic `json:"syndics"`
	// TellSyndic is true when the syndics get mail about stops here that were skipped or failed. Workers do not get to know it.
	TellSyndic bool `json:"tell_syndic"`
	// PublicPhotos is true when the residents' page shows the photos of the last departure. Workers do not get to know it.
	PublicPhotos bool `json:"public_photos"`
	// CustomerNumber is that at the waste company; often empty. Workers do not get it.
	CustomerNumber string `json:"customer_number"`
	// Coordinates are null until the office enters them.
	Coordinates *Coordinates `json:"coordinates"`
	// Photo shows the front of the building; null when there is none.
	Photo *BuildingPhoto `json:"photo"`
	// AgreedMinutes is how long a visit is agreed to take.
	AgreedMinutes int `json:"agreed_minutes"`
	// PublicID names the building on the residents' page. Workers do not get it.
	PublicID string `json:"public_id,omitempty"`
	Archived bool   `json:"archived"`
	// Version grows with every change of the building.
	Version int64 `json:"version"`
	// Outlook is null unless it was asked for. Workers do not get it.
	Outlook *BuildingOutlook `json:"outlook"`
}

// BuildingOutlook is how the last visit of a building went, and what is fetched there next.
type BuildingOutlook struct {
	// LastVisitAt is when the last visit came to its end; null when nobody has come yet.
	LastVisitAt *time.Time `json:"last_visit_at"`
	// LastOutcome is done, skipped or failed; null when nobody has come yet.
	LastOutcome *string `json:"last_outcome"`
	// NextDate is the day of the next collection, today or later, YYYY-MM-DD; empty when none is known.
	NextDate string `json:"next_date"`
	// NextTypes are the codes of the kinds of waste that are fetched on that day.
	NextTypes []string `json:"next_types"`
}

// BuildingSyndic is one of those who manage a building.
type BuildingSyndic struct {
	ID int64 `json:"id"`
	// Name is for the office; empty for others, and when the account is gone.
	Name string `json:"name"`
}

// Coordinates are where something is on earth, in degrees (WGS 84), as maps show them.
type Coordinates struct {
	// Latitude is -90 to 90.
	Latitude float64 `json:"latitude"`
	// Longitude is -180 to 180.
	Longitude float64 `json:"longitude"`
}

// ListBuildingsParams chooses buildings.
type ListBuildingsParams struct {
	// Region limits the list to one region.
	Region int64 `query:"region"`
	// Syndic limits the list to the buildings that an account manages.
	Syndic int64 `query:"syndic"`
	// WithoutCoordinates limits the list to those that are on no map yet.
	WithoutCoordinates bool `query:"without_coordinates"`
	// Archived lists the archived buildings instead of those in use.
	Archived bool `query:"archived"`
	// Q are words that name and address have, in any order; case and accents aside.
	Q string `query:"q"`
	// Outlook adds to each building its last visit and next collection, for the office and syndics.
	Outlook bool `query:"outlook"`
	// Limit is how many buildings to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// BuildingList is a page of buildings.
type BuildingList struct {
	Items []Building `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type buildingKey struct {
	SortKey string
	ID      int64
}

// ListBuildings returns the buildings in use, or the archived ones, in the order of the streets. The office sees all, a
// student the stops of their own runs from 14 days before to 14 days after the run, a syndic their own buildings.
//
// Errors: permission_denied for other roles, invalid_argument for a bad filter, limit or cursor.
//
//encore:api auth method=GET path=/buildings
func (s *Service) ListBuildings(ctx context.Context, p *ListBuildingsParams) (*BuildingList, error) {
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, _, err := page.After[buildingKey]("buildings", p.Cursor)
	if err != nil {
		return nil, err
	}
	search, err := input.Text("q", p.Q, maxSearch)
	if err != nil {
		return nil, err
	}
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.visibleBuildings(ctx, caller, p.Syndic, store.ListBuildingsParams{
		RegionID: p.Region, Archived: p.Archived, WithoutCoordinates: p.WithoutCoordinates, Patterns: input.WordPatterns(search),
		AfterSortKey: after.SortKey, AfterID: after.ID, RowLimit: int32(limit + 1),
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the buildings")
	}
	rows, next := page.Cut("buildings", rows, limit, func(b store.ListBuildingsRow) buildingKey {
		return buildingKey{b.SortKey, b.ID}
	})
	list := &BuildingList{Items: make([]Building, 0, len(rows)), NextCursor: next}
	syndics, err := s.syndicNames(ctx, caller, rows)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		list.Items = append(list.Items, buildingFor(caller, row, syndics))
	}
	if p.Outlook && access.Manages(caller) {
		return list, s.addOutlook(ctx, list.Items)
	}
	return list, nil
}

// addOutlook adds the last visit and the next collection to all buildings of a page, with one query.
func (s *Service) addOutlook(ctx context.Context, buildings []Building) error {
	ids := make([]int64, len(buildings))
	for i, building := range buildings {
		ids[i] = building.ID
	}
	rows, err := s.query.OutlookOfBuildings(ctx, store.OutlookOfBuildingsParams{BuildingIds: ids, FromDay: s.today()})
	if err != nil {
		return refusal.Failure(err, "read what comes next at the buildings")
	}
	outlooks := make(map[int64]*BuildingOutlook, len(rows))
	for _, row := range rows {
		outlooks[row.BuildingID] = &BuildingOutlook{row.OutcomeAt, row.Outcome, row.NextDate, row.Types}
	}
	for i := range buildings {
		buildings[i].Outlook = outlooks[buildings[i].ID]
	}
	return nil
}

// GetBuilding returns one building, archived or not.
//
// Errors: not_found when there is none that the caller may see, permission_denied for roles that see no buildings.
//
//encore:api auth method=GET path=/buildings/:id
func (s *Service) GetBuilding(ctx context.Context, id int64) (*Building, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	return s.readBuilding(ctx, caller, id)
}

// readBuilding reads a building as the caller may see it.
func (s *Service) readBuilding(ctx context.Context, caller access.Actor, id int64) (*Building, error) {
	// The query takes 0 for "every building"; no building has an id below 1.
	rows, err := s.visibleBuildings(ctx, caller, 0, store.ListBuildingsParams{ID: cmp.Or(id, -1), RowLimit: 1})
	if err != nil {
		return nil, refusal.Failure(err, "read the building")
	}
	if len(rows) == 0 {
		return nil, noBuilding()
	}
	syndics, err := s.syndicNames(ctx, caller, rows)
	if err != nil {
		return nil, err
	}
	building := buildingFor(caller, rows[0], syndics)
	return &building, nil
}

// seesBuilding refuses, as if there were none, a building that the caller may not see.
func (s *Service) seesBuilding(ctx context.Context, caller access.Actor, id int64) error {
	rows, err := s.visibleBuildings(ctx, caller, 0, store.ListBuildingsParams{ID: cmp.Or(id, -1), RowLimit: 1})
	if err != nil {
		return refusal.Failure(err, "read the building")
	}
	if len(rows) == 0 {
		return noBuilding()
	}
	return nil
}

// visibleBuildings adds to filter what the caller may see, and whose buildings are asked for; 0 for everybody's.
func (s *Service) visibleBuildings(
	ctx context.Context, caller access.Actor, managedBy int64, filter store.ListBuildingsParams,
) ([]store.ListBuildingsRow, error) {
	scope, err := access.Buildings(caller)
	if err != nil {
		return nil, err
	}
	chosen, limited, err := s.selectedBuildings(ctx, s.query, scope, selection{syndicID: managedBy})
	if err != nil {
		return nil, err
	}
	filter.BuildingIds, filter.Everywhere = chosen, !limited
	return s.query.ListBuildings(ctx, filter)
}

// syndicNames returns the names of the syndics of the buildings by their ids, for the office.
func (s *Service) syndicNames(
	ctx context.Context, caller access.Actor, rows []store.ListBuildingsRow,
) (map[int64]string, error) {
	if !caller.Office() {
		return nil, nil
	}
	ids := make([]int64, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.SyndicIds...)
	}
	people, err := s.workers(ctx, ids)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(people))
	for id, person := range people {
		names[id] = strings.TrimSpace(person.FirstName + " " + person.LastName)
	}
	return names, nil
}

// coordinatesOf returns nil unless both are known.
func coordinatesOf(latitude, longitude *float64) *Coordinates {
	if latitude == nil || longitude == nil {
		return nil
	}
	return &Coordinates{*latitude, *longitude}
}

func buildingFor(caller access.Actor, row store.ListBuildingsRow, syndics map[int64]string) Building {
	building := Building{
		ID: row.ID, Name: row.Name,
		Address: Address{row.Street, row.HouseNumber, row.Bus, row.PostalCode, row.City},
		Region:  Region{row.RegionID, row.RegionName},
		Syndics: []BuildingSyndic{}, AgreedMinutes: int(row.AgreedMinutes), Archived: row.Archived,
		Version: row.Version,
	}
	building.Coordinates = coordinatesOf(row.Latitude, row.Longitude)
	building.Photo = buildingPhotoOf(row.ID, row.PhotoID, row.PhotoWidth, row.PhotoHeight)
	if access.Manages(caller) {
		building.PublicID, building.CustomerNumber = row.PublicID.String(), row.CustomerNumber
		building.TellSyndic, building.PublicPhotos = row.TellSyndic, row.PublicPhotos
		for _, id := range row.SyndicIds {
			building.Syndics = append(building.Syndics, BuildingSyndic{id, syndics[id]})
		}
	}
	return building
}
