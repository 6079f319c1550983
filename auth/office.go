package auth

import (
	"context"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

// Office returns the active accounts of the office, for the service that tells them what happens.
//
//encore:api private method=POST path=/internal/office
func (s *Service) Office(ctx context.Context) (*UsersResponse, error) {
	users, err := s.query.OfficeUsers(ctx)
	if err != nil {
		return nil, refusal.Failure(err, "read the office")
	}
	return &UsersResponse{Users: usersOf(users)}, nil
}

// WorkersParams choose who is told of.
type WorkersParams struct {
	// RegionIDs limit it to those who work in any of the regions, which need not exist; none does not.
	RegionIDs []int64 `json:"region_ids"`
	// IDs are accounts that are told of whatever they are, 1,000 at most.
	IDs []int64 `json:"ids"`
}

// Workers returns the active accounts that may be given runs, and those that are asked for by their ids, by name; 1,000 at most.
//
// Errors: invalid_argument for more than 1,000 ids.
//
//encore:api private method=POST path=/internal/workers
func (s *Service) Workers(ctx context.Context, p *WorkersParams) (*UsersResponse, error) {
	if len(p.IDs) > maxLookup {
		return nil, refusal.Invalid("ids", refusal.TooLong, "At most 1000 users at a time.")
	}
	users, err := s.query.Workers(ctx, store.WorkersParams{RegionIds: orEmpty(p.RegionIDs), Ids: orEmpty(p.IDs), RowLimit: maxLookup})
	if err != nil {
		return nil, refusal.Failure(err, "read the workers")
	}
	return &UsersResponse{Users: usersOf(users)}, nil
}
