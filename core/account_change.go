package core

import (
	"context"
	"fmt"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// Accounts belong to the service auth. What is here are the changes of accounts that depend on the rounds: on the regions
// that there are, and on the runs that are planned.

// InviteParams say who is invited, and as what.
type InviteParams struct {
	// Email is the address of the account that will be. Upper and lower case are the same.
	Email string `json:"email" encore:"sensitive"`
	// Role is admin, superstudent, student or syndic.
	Role auth.Role `json:"role"`
	// RegionIDs are the regions where the person will work, in any order; none are possible too.
	RegionIDs []int64 `json:"region_ids" encore:"optional"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// Validate refuses what can be no invitation (invalid_argument).
func (p *InviteParams) Validate() error { return p.from("").Validate() }

// from is the request as auth takes it; address is where it comes from.
func (p *InviteParams) from(address string) *auth.InviteParams {
	return &auth.InviteParams{Email: p.Email, Role: p.Role, RegionIDs: p.RegionIDs, Address: address}
}

// Invite lets somebody register within 7 days. For the office; the role cannot be above their own. One invitation waits
// per address: inviting again makes a new token, with the role and regions of this request, and the old token leads
// nowhere.
//
// Errors: permission_denied for other roles, for a role above their own, and when the invitation that waits for the
// address is for such a role; already_exists when the address has an account; and invalid_argument for what is no e-mail
// address, for a role that does not exist or is none, for more than 200 regions, and naming the rows with regions that do
// not exist.
//
// A request that is sent again is answered with the invitation as it is now; with failed_precondition when its link leads
// nowhere any more, and not_found when it was withdrawn.
//
//encore:api auth method=POST path=/invitations
func (s *Service) Invite(ctx context.Context, p *InviteParams) (*auth.InviteResponse, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	var answer *auth.InviteResponse
	id, err := s.transactOnce(ctx, caller, sent{p.IdempotencyKey, "Invite", p}, func(c *change) (id int64, err error) {
		if err := keepRegions(ctx, c.query, p.RegionIDs); err != nil {
			return 0, err
		}
		if answer, err = s.invite(ctx, p.from(caller.Address)); err != nil {
			return 0, err
		}
		return answer.Invitation.ID, nil
	})
	if err == nil && answer == nil { // sent again: the token is not kept with the key
		answer, err = s.invited(ctx, id)
	}
	if err != nil {
		return nil, refusal.Failure(err, "invite somebody")
	}
	return answer, nil
}

// ChangeRoleParams name the new role.
type ChangeRoleParams struct {
	// Role is admin, superstudent, student, syndic or none.
	Role auth.Role `json:"role"`
}

// Validate refuses roles that do not exist (invalid_argument).
func (p *ChangeRoleParams) Validate() error { return p.from("").Validate() }

// from is the request as auth takes it; address is where it comes from.
func (p *ChangeRoleParams) from(address string) *auth.ChangeRoleParams {
	return &auth.ChangeRoleParams{Role: p.Role, Address: address}
}

// ChangeRole gives a person another role. For the office, on persons of a lower rank; a role above their own cannot be
// given, and nobody changes their own role. The person's open connections are closed, for they may see other things now,
// and invitations of theirs that wait for a role above the new one are withdrawn.
// Giving the role that the person has already changes nothing.
//
// Who still has runs to do cannot become a syndic or lose all roles: the runs would be nobody's, without anybody being
// told. They are cancelled, or planned for others, first.
//
// Errors: permission_denied when a rank forbids it, invalid_argument for a role that does not exist, not_found for a person
// that does not exist, and failed_precondition while the person has runs that are planned from today on, or started.
//
//encore:api auth method=PUT path=/users/:id/role
func (s *Service) ChangeRole(ctx context.Context, id int64, p *ChangeRoleParams) (*auth.User, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	var user *auth.User
	err = s.transact(ctx, caller, func(c *change) error {
		if err := c.query.LockWorker(ctx, id); err != nil {
			return err
		}
		if !access.CanWork(p.Role) {
			if err := s.checkNoRuns(ctx, c.query, "role", id); err != nil {
				return err
			}
			if err := c.lapseSwapsTakenBy(ctx, id); err != nil {
				return err
			}
		}
		user, err = s.changeRole(ctx, id, p.from(caller.Address))
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the role")
	}
	return user, nil
}

// checkNoRuns refuses while a person has runs to do. The caller has locked the worker.
func (s *Service) checkNoRuns(ctx context.Context, query *store.Queries, field string, id int64) error {
	count, err := query.CountRunsToDo(ctx, store.CountRunsToDoParams{WorkerID: id, Today: s.today()})
	switch {
	case err != nil:
		return err
	case count == 1:
		return refusal.Precondition(field, refusal.HasRuns,
			"This person still has a run to do. Plan it for somebody else, or cancel it, first.")
	case count > 1:
		return refusal.Precondition(field, refusal.HasRuns, fmt.Sprintf(
			"This person still has %d runs to do. Plan them for others, or cancel them, first.", count))
	}
	return nil
}

// keepRegions refuses ids of regions that do not exist (invalid_argument with the rows), and keeps those that do from
// being deleted until the transaction ends.
func keepRegions(ctx context.Context, query *store.Queries, ids []int64) error {
	if len(ids) > auth.MaxRegions {
		return refusal.Invalid("region_ids", refusal.TooLong, "At most 200 regions.")
	}
	existing, err := query.KeepRegions(ctx, ids)
	if err != nil {
		return err
	}
	known := make(map[int64]bool, len(existing))
	for _, id := range existing {
		known[id] = true
	}
	var rows []refusal.Row
	for i, id := range ids {
		if !known[id] {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Unknown})
		}
	}
	if len(rows) > 0 {
		return refusal.InvalidRows("region_ids", rows, "There is no such region.")
	}
	return nil
}

// inviteInAuth makes the invitation.
func inviteInAuth(ctx context.Context, p *auth.InviteParams) (*auth.InviteResponse, error) {
	return auth.Invite(ctx, p)
}

// invitedInAuth returns an invitation that was made, with its token.
func invitedInAuth(ctx context.Context, id int64) (*auth.InviteResponse, error) {
	return auth.Invited(ctx, &auth.InvitedParams{ID: id})
}

// changeRoleInAuth changes the account.
func changeRoleInAuth(ctx context.Context, id int64, p *auth.ChangeRoleParams) (*auth.User, error) {
	return auth.ChangeRole(ctx, id, p)
}
