package core

import (
	"context"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// NamesParams name things by their ids.
type NamesParams struct {
	RegionIDs   []int64 `json:"region_ids"`
	BuildingIDs []int64 `json:"building_ids"`
	TourIDs     []int64 `json:"tour_ids"`
	RunIDs      []int64 `json:"run_ids"`
	// CollectionIDs are of collections, deleted ones too, and RuleIDs of collection rules.
	CollectionIDs []int64 `json:"collection_ids"`
	RuleIDs       []int64 `json:"rule_ids"`
	IncidentIDs   []int64 `json:"incident_ids"`
}

// NamesResponse holds the things that exist, in no order.
type NamesResponse struct {
	Names []ThingName `json:"names"`
}

// ThingName is what people call a thing.
type ThingName struct {
	// Kind is region, building, tour, run, collection, collection_rule or incident.
	Kind string `json:"kind"`
	ID   int64  `json:"id"`
	// Name is the thing's name; a building's address when it has none, the tour and the date of a run, the kind, the date and the
	// building of a collection, the kind of a rule and where it holds: its tour, its region, or its first building and how many more,
	// the number and the building of an incident.
	Name string `json:"name"`
}

// maxNames bounds what other services ask for in one call.
const maxNames = 10_000

// Names tells other services, which keep ids only, what people call things: all of them in one query.
//
// Errors: invalid_argument for more than 10,000 ids.
//
//encore:api private method=POST path=/internal/names
func (s *Service) Names(ctx context.Context, p *NamesParams) (*NamesResponse, error) {
	if len(p.RegionIDs)+len(p.BuildingIDs)+len(p.TourIDs)+len(p.RunIDs)+len(p.CollectionIDs)+len(p.RuleIDs)+
		len(p.IncidentIDs) > maxNames {
		return nil, refusal.Invalid("ids", refusal.TooLong, "At most 10,000 names at a time.")
	}
	rows, err := s.query.NamesOfThings(ctx, store.NamesOfThingsParams{
		RegionIds: p.RegionIDs, BuildingIds: p.BuildingIDs, TourIds: p.TourIDs, RunIds: p.RunIDs,
		CollectionIds: p.CollectionIDs, RuleIds: p.RuleIDs, IncidentIds: p.IncidentIDs,
	})
	if err != nil {
		return nil, refusal.Failure(err, "read the names")
	}
	answer := &NamesResponse{Names: make([]ThingName, len(rows))}
	for i, row := range rows {
		answer.Names[i] = ThingName{Kind: row.Kind, ID: row.ID, Name: row.Name}
	}
	return answer, nil
}
