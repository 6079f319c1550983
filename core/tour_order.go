package core

import (
	"context"
	"math"
	"slices"

	"encore.app/core/access"
	"encore.app/core/route"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// SuggestOrderParams are the stops that are to be put into an order.
type SuggestOrderParams struct {
	// BuildingIDs are the stops as they are now, 200 at most; those of the tour when left out.
	BuildingIDs []int64 `json:"building_ids" encore:"optional"`
	// KeepFirst lets the tour begin where it begins now.
	KeepFirst bool `json:"keep_first"`
}

// OrderSuggestion is an order of stops with less way between them. Nothing is changed: PutStops takes it.
type OrderSuggestion struct {
	// BuildingIDs are the stops in the suggested order. Those without coordinates come last, in the order that they have.
	BuildingIDs []int64 `json:"building_ids"`
	// BeforeKm and AfterKm are the way from the first to the last stop that has coordinates, as the crow flies; AfterKm is never
	// the longer one.
	BeforeKm float64 `json:"before_km"`
	AfterKm  float64 `json:"after_km"`
	// WithoutCoordinates are the stops whose place nobody has entered.
	WithoutCoordinates []int64 `json:"without_coordinates"`
}

// SuggestOrder suggests an order of the stops of a tour, by where they are: nothing is stored. The same stops get the same order.
// The office only.
//
// Errors: invalid_argument when the list is too long or names a building twice, an archived or unknown one or one of
// another region, with every such row; not_found when there is no such tour; permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/tours/:id/order
func (s *Service) SuggestOrder(ctx context.Context, id int64, p *SuggestOrderParams) (*OrderSuggestion, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	if len(p.BuildingIDs) > maxStops {
		return nil, refusal.Invalid("building_ids", refusal.TooLong, "A tour has at most 200 stops.")
	}
	tour, err := s.readTour(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	ids := p.BuildingIDs
	if len(ids) == 0 {
		for _, stop := range tour.Stops {
			ids = append(ids, stop.Building.ID)
		}
	} else if err := checkStops(ctx, s.query, tour.Region.ID, ids); err != nil {
		return nil, refusal.Failure(err, "read the stops")
	}
	rows, err := s.query.CoordinatesOfBuildings(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read where the stops are")
	}
	return suggestOrder(ids, rows, p.KeepFirst), nil
}

func suggestOrder(ids []int64, rows []store.CoordinatesOfBuildingsRow, keepFirst bool) *OrderSuggestion {
	places := make(map[int64]route.Place, len(rows))
	for _, row := range rows {
		if at := coordinatesOf(row.Latitude, row.Longitude); at != nil {
			places[row.ID] = route.Place(*at)
		}
	}
	located, elsewhere := []int64{}, []int64{}
	way := make([]route.Place, 0, len(places))
	for _, id := range ids {
		if place, known := places[id]; known {
			located, way = append(located, id), append(way, place)
		} else {
			elsewhere = append(elsewhere, id)
		}
	}
	suggestion := &OrderSuggestion{
		BuildingIDs: make([]int64, 0, len(ids)), BeforeKm: metres(route.Length(way)), WithoutCoordinates: elsewhere,
	}
	after := make([]route.Place, 0, len(way))
	for _, index := range route.Suggest(way, keepFirst) {
		suggestion.BuildingIDs, after = append(suggestion.BuildingIDs, located[index]), append(after, way[index])
	}
	suggestion.BuildingIDs = slices.Concat(suggestion.BuildingIDs, elsewhere)
	suggestion.AfterKm = metres(route.Length(after))
	return suggestion
}

// metres rounds kilometres: nobody knows more.
func metres(kilometres float64) float64 { return math.Round(kilometres*1000) / 1000 }
