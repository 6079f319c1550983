package core

import (
	"context"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// maxPlaces bounds what a map shows at once.
const maxPlaces = 20_000

// ListBuildingPlacesParams choose the buildings of a map.
type ListBuildingPlacesParams struct {
	// Region limits the map to one region.
	Region int64 `query:"region"`
}

// BuildingPlaces says where buildings are, column by column: the first of each column belong together, and so on. It is small
// enough for a phone also for thousands of buildings.
type BuildingPlaces struct {
	// Regions are counted whole, whatever the map shows of them.
	Regions []RegionPlaces `json:"regions"`
	IDs     []int64        `json:"ids"`
	// RegionIDs say which region each building belongs to.
	RegionIDs []int64 `json:"region_ids"`
	// Latitudes and Longitudes are in degrees (WGS 84).
	Latitudes  []float64 `json:"latitudes"`
	Longitudes []float64 `json:"longitudes"`
	// Addresses are street and number, with the box number after a slash.
	Addresses []string `json:"addresses"`
	// Complete is false when there are more buildings than the map takes, 20,000.
	Complete bool `json:"complete"`
}

// RegionPlaces says how much of a region is on the map.
type RegionPlaces struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	// BuildingCount is how many buildings in use it has.
	BuildingCount int `json:"building_count"`
	// WithoutCoordinates is how many of them are on no map yet.
	WithoutCoordinates int `json:"without_coordinates"`
}

// ListBuildingPlaces returns where the buildings in use are, 20,000 at most, and how many of each region are on no map yet. The
// office only.
//
// Errors: permission_denied for other roles.
//
//encore:api auth method=GET path=/building-places
func (s *Service) ListBuildingPlaces(ctx context.Context, p *ListBuildingPlacesParams) (*BuildingPlaces, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	regions, err := s.query.CountBuildingsOfRegions(ctx, p.Region)
	if err != nil {
		return nil, refusal.Failure(err, "count the buildings of the regions")
	}
	rows, err := s.query.BuildingPlaces(ctx, store.BuildingPlacesParams{RegionID: p.Region, RowLimit: maxPlaces + 1})
	if err != nil {
		return nil, refusal.Failure(err, "read where the buildings are")
	}
	return placesOf(regions, rows), nil
}

func placesOf(regions []store.CountBuildingsOfRegionsRow, rows []store.BuildingPlacesRow) *BuildingPlaces {
	count := min(len(rows), maxPlaces)
	places := &BuildingPlaces{
		Regions: make([]RegionPlaces, 0, len(regions)), IDs: make([]int64, count), RegionIDs: make([]int64, count),
		Latitudes: make([]float64, count), Longitudes: make([]float64, count), Addresses: make([]string, count),
		Complete: len(rows) <= maxPlaces,
	}
	for _, region := range regions {
		places.Regions = append(places.Regions, RegionPlaces{
			ID: region.ID, Name: region.Name, BuildingCount: int(region.Buildings), WithoutCoordinates: int(region.WithoutCoordinates),
		})
	}
	for i, row := range rows[:count] {
		places.IDs[i], places.RegionIDs[i] = row.ID, row.RegionID
		places.Latitudes[i], places.Longitudes[i], places.Addresses[i] = row.Latitude, row.Longitude, row.Address
	}
	return places
}
