package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

const maxRegionName = 100

// RegionParams describe a region.
type RegionParams struct {
	// Name is the region's own; up to 100 characters.
	Name string `json:"name"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// DeleteRegionParams say whether the request may have been made already.
type DeleteRegionParams struct {
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// DeleteRegionResponse says which region is gone.
type DeleteRegionResponse struct {
	ID int64 `json:"id"`
}

// CreateRegion makes a region. For admins.
//
// Errors: invalid_argument for a bad name, already_exists when another region has it, permission_denied for other roles.
//
//encore:api auth method=POST path=/regions
func (s *Service) CreateRegion(ctx context.Context, p *RegionParams) (*Region, error) {
	caller, name, err := s.regionName(ctx, p)
	if err != nil {
		return nil, err
	}
	region := &Region{Name: name}
	region.ID, err = s.transactOnce(ctx, caller, sent{p.IdempotencyKey, "CreateRegion", p}, func(c *change) (int64, error) {
		id, err := c.query.InsertRegion(ctx, name)
		if err != nil {
			return 0, err
		}
		return id, c.audit(ctx, "region.created", "region", id, nil, Region{id, name})
	})
	if err != nil {
		return nil, refusal.Failure(regionConflict(err), "make the region")
	}
	return region, nil
}

// RenameRegion gives a region another name. For admins.
//
// Errors: not_found when there is no such region, otherwise as CreateRegion.
//
//encore:api auth method=PUT path=/regions/:id
func (s *Service) RenameRegion(ctx context.Context, id int64, p *RegionParams) (*Region, error) {
	caller, name, err := s.regionName(ctx, p)
	if err != nil {
		return nil, err
	}
	region := &Region{ID: id, Name: name}
	request := sent{p.IdempotencyKey, fmt.Sprint("RenameRegion/", id), p}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		before, err := c.query.LockRegion(ctx, id)
		if err != nil {
			return 0, missingOr(err, noRegion(), "lock the region")
		}
		if before.Name == name {
			return id, nil
		}
		if err := c.query.RenameRegion(ctx, store.RenameRegionParams{ID: id, Name: name}); err != nil {
			return 0, err
		}
		return id, c.audit(ctx, "region.changed", "region", id, Region{before.ID, before.Name}, region)
	})
	if err != nil {
		return nil, refusal.Failure(regionConflict(err), "rename the region")
	}
	return region, nil
}

// DeleteRegion removes a region that nothing belongs to. For admins.
//
// Errors: failed_precondition while buildings, tours, workers or invitations that wait belong to it, archived ones too, or a collection
// rule is for it; not_found when there is no such region; permission_denied for other roles.
//
//encore:api auth method=DELETE path=/regions/:id
func (s *Service) DeleteRegion(ctx context.Context, id int64, p *DeleteRegionParams) (*DeleteRegionResponse, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.WriteRegions(caller); err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("DeleteRegion/", id), p}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		// First: whoever gives the region to somebody holds it until that is done.
		before, err := c.query.LockRegion(ctx, id)
		if err != nil {
			return 0, missingOr(err, noRegion(), "lock the region")
		}
		use, err := s.regionInUse(ctx, id)
		switch {
		case err != nil:
			return 0, err
		case use.ByUsers:
			return 0, refusal.Precondition("", refusal.InUse, "People work in this region; give them other regions first.")
		case use.ByInvitations:
			return 0, refusal.Precondition("", refusal.InUse,
				"People are invited to work in this region; withdraw their invitations, or invite them again, first.")
		}
		if err := c.query.ForgetRegionOfArchivedRules(ctx, id); err != nil {
			return 0, err
		}
		if err := c.query.DeleteRegion(ctx, id); err != nil {
			return 0, err
		}
		return id, c.audit(ctx, "region.deleted", "region", id, Region{before.ID, before.Name}, nil)
	})
	switch {
	case violates(err, "buildings_region_id_fkey"):
		return nil, refusal.Precondition("", refusal.InUse,
			"Buildings belong to this region, perhaps archived ones; move them to another region first.")
	case violates(err, "tours_region_id_fkey"):
		return nil, refusal.Precondition("", refusal.InUse,
			"Tours belong to this region, perhaps archived ones; move them to another region first.")
	case violates(err, "collection_rules_region_id_fkey"):
		return nil, refusal.Precondition("", refusal.InUse, "A collection rule is for this region; archive it first.")
	case err != nil:
		return nil, refusal.Failure(err, "delete the region")
	}
	return &DeleteRegionResponse{ID: id}, nil
}

// PutUserRegionsParams say where a person works.
type PutUserRegionsParams struct {
	// RegionIDs are all regions of the person from now on, in any order; at most 200.
	RegionIDs []int64 `json:"region_ids"`
}

// UserRegions says where a person works.
type UserRegions struct {
	UserID    int64   `json:"user_id"`
	RegionIDs []int64 `json:"region_ids"`
}

// PutUserRegions says in which regions a person works. For the office, on persons of a lower rank and on themselves. Runs
// that are planned already stay.
//
// Errors: invalid_argument for more than 200 regions and naming the rows with regions that do not exist, not_found when
// there is no such person, permission_denied when a rank or the role forbids it.
//
//encore:api auth method=PUT path=/users/:id/regions
func (s *Service) PutUserRegions(ctx context.Context, id int64, p *PutUserRegionsParams) (*UserRegions, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	people, err := s.people(ctx, []int64{id})
	if err != nil {
		return nil, refusal.Failure(err, "read the person")
	}
	person, known := people[id]
	if !known {
		return nil, refusal.NotFound("There is no such person.")
	}
	if err := access.AssignRegions(caller, id, person.role); err != nil {
		return nil, err
	}
	return s.putRegions(ctx, caller, id, p.RegionIDs)
}

// putRegions says where a person works, of whom the caller may say it.
func (s *Service) putRegions(ctx context.Context, caller access.Actor, id int64, regionIDs []int64) (*UserRegions, error) {
	var assigned []int64
	err := s.transact(ctx, caller, func(c *change) error {
		if err := keepRegions(ctx, c.query, regionIDs); err != nil {
			return err
		}
		var err error
		assigned, err = s.assign(ctx, &auth.AssignRegionsParams{UserID: id, RegionIDs: regionIDs, Address: caller.Address})
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "assign the regions")
	}
	return &UserRegions{UserID: id, RegionIDs: assigned}, nil
}

// assignInAuth stores the regions of a person with the account and returns them in order.
func assignInAuth(ctx context.Context, p *auth.AssignRegionsParams) ([]int64, error) {
	user, err := auth.AssignRegions(ctx, p)
	if err != nil {
		return nil, err
	}
	return user.RegionIDs, nil
}

// regionInUseInAuth tells whether accounts, or invitations that wait, belong to the region.
func regionInUseInAuth(ctx context.Context, regionID int64) (*auth.RegionInUseResponse, error) {
	return auth.RegionInUse(ctx, &auth.RegionInUseParams{RegionID: regionID})
}

// regionName returns the caller and the name that the request gives, if the caller may give it.
func (s *Service) regionName(ctx context.Context, p *RegionParams) (caller access.Actor, name string, err error) {
	if caller, err = s.caller(ctx); err != nil {
		return caller, "", err
	}
	if err := access.WriteRegions(caller); err != nil {
		return caller, "", err
	}
	name, err = input.RequiredText("name", p.Name, maxRegionName)
	return caller, name, err
}

func regionConflict(err error) error {
	if violates(err, "regions_name") {
		return refusal.Exists("name", refusal.NameTaken, "Another region has this name.")
	}
	return err
}

func noRegion() error { return refusal.NotFound("There is no such region.") }

// missingOr answers with missing when err says that there is no row, else it hides err.
func missingOr(err, missing error, operation string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return missing
	}
	return refusal.Failure(err, operation)
}
