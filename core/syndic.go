package core

import (
	"context"

	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

// SyndicsParams name buildings.
type SyndicsParams struct {
	// BuildingIDs may name buildings that do not exist. At most 1000.
	BuildingIDs []int64 `json:"building_ids"`
}

// SyndicsResponse says who manages which building.
type SyndicsResponse struct {
	// Syndics has one entry for each building that exists, in no order.
	Syndics []Syndic `json:"syndics"`
}

// Syndic says who manages a building.
type Syndic struct {
	BuildingID int64 `json:"building_id"`
	// UserIDs are the persons; empty when nobody manages it.
	UserIDs []int64 `json:"user_ids"`
	// Told is true when the office chose that they get mail about stops there that were skipped or failed.
	Told bool `json:"told"`
}

// maxSyndics bounds what other services ask for in one call.
const maxSyndics = 1000

// Syndics tells other services who manages buildings, archived ones too: all of them in one query.
//
// Errors: invalid_argument for more than 1000 buildings, or what is no id.
//
//encore:api private method=POST path=/internal/syndics
func (s *Service) Syndics(ctx context.Context, p *SyndicsParams) (*SyndicsResponse, error) {
	ids, err := input.IDs("building_ids", p.BuildingIDs, maxSyndics)
	if err != nil {
		return nil, err
	}
	rows, err := s.query.SyndicsOfBuildings(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read the syndics")
	}
	answer := &SyndicsResponse{Syndics: make([]Syndic, len(rows))}
	for i, row := range rows {
		answer.Syndics[i] = Syndic{BuildingID: row.ID, UserIDs: row.UserIds, Told: row.TellSyndic}
	}
	return answer, nil
}
