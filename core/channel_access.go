package core

import (
	"context"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// AccessParams name a person and a thing, for services that decide about live channels.
type AccessParams struct {
	UserID int64     `json:"user_id"`
	Role   auth.Role `json:"role"`
	// ID is the run's or the building's.
	ID int64 `json:"id"`
}

// RunAccess tells whether a person may follow a run: the office and its worker may. It reads one row.
//
// Errors: not_found when there is none that they may see, permission_denied for roles that see no runs.
//
//encore:api private method=POST path=/internal/run-access
func (s *Service) RunAccess(ctx context.Context, p *AccessParams) error {
	actor := access.Actor{ID: p.UserID, Role: p.Role}
	if _, err := access.Runs(actor); err != nil {
		return err // also when there is no such run
	}
	row, err := s.query.FindRun(ctx, p.ID)
	if err != nil {
		return missingRun(err)
	}
	return access.SeeRun(actor, row.WorkerID)
}

// BuildingAccess tells whether a person may follow a building: the office and its syndic may. It reads one row.
//
// Errors: not_found when there is none that they may see, permission_denied for other roles.
//
//encore:api private method=POST path=/internal/building-access
func (s *Service) BuildingAccess(ctx context.Context, p *AccessParams) error {
	actor := access.Actor{ID: p.UserID, Role: p.Role}
	if !actor.Office() && actor.Role != auth.RoleSyndic {
		return refusal.Forbidden(refusal.WrongRole, "Only the office and its syndic follow a building.")
	}
	if p.ID < 1 { // the query takes 0 for "every building"
		return noBuilding()
	}
	rows, err := s.visibleBuildings(ctx, actor, 0, store.ListBuildingsParams{ID: p.ID, RowLimit: 1})
	if err != nil {
		return refusal.Failure(err, "read the building")
	}
	if len(rows) == 0 {
		return noBuilding()
	}
	return nil
}
