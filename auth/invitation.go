package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/input"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

const (
	// invitationLife is how long somebody may wait with registering.
	invitationLife = 7 * 24 * time.Hour
	// MaxRegions is how many regions a person may have: more than a company has.
	MaxRegions = 200
)

// Invitation lets the holder of its link register with an e-mail address and a role.
type Invitation struct {
	// ID identifies the invitation.
	ID int64 `json:"id"`
	// Email is the address of the account that will be.
	Email string `json:"email" encore:"sensitive"`
	// Role is what the person may do from the start.
	Role Role `json:"role"`
	// RegionIDs are the regions where the person works from the start.
	RegionIDs []int64 `json:"region_ids"`
	// InvitedBy is the name of who made the invitation; empty when the application did, at its first start.
	InvitedBy string `json:"invited_by"`
	// CreatedAt is when it was made, or made anew.
	CreatedAt time.Time `json:"created_at"`
	// ExpiresAt is until when they may register.
	ExpiresAt time.Time `json:"expires_at"`
	// Expired tells that this moment has passed.
	Expired bool `json:"expired"`
	// AcceptedAt is when the person registered; null while the invitation waits.
	AcceptedAt *time.Time `json:"accepted_at"`
}

// ListInvitationsParams choose a page of invitations.
type ListInvitationsParams struct {
	// State is waiting (nobody has registered yet, in time or not) or accepted; all when not given.
	State string `query:"state"`
	// Limit is how many to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// ListInvitationsResponse is a page of invitations.
type ListInvitationsResponse struct {
	// Items are those that wait before those that are accepted, the latest first.
	Items []*Invitation `json:"items"`
	// NextCursor leads to the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type invitationKey struct {
	Accepted bool  `json:"a"`
	ID       int64 `json:"i"`
}

// ListInvitations returns who is invited. For the office.
//
// Errors: permission_denied for other roles, and invalid_argument for a state that does not exist, a limit out of
// range or a cursor of another list.
//
//encore:api auth method=GET path=/invitations
func (s *Service) ListInvitations(ctx context.Context, p *ListInvitationsParams) (*ListInvitationsResponse, error) {
	if _, err := callerFromOffice(); err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, resumed, err := page.After[invitationKey]("invitations", p.Cursor)
	if err != nil {
		return nil, err
	}
	params := store.ListInvitationsParams{
		FromStart: !resumed, AfterAccepted: after.Accepted, AfterID: after.ID, RowLimit: int32(limit) + 1,
	}
	switch p.State {
	case "":
	case "waiting", "accepted":
		params.Accepted = new(p.State == "accepted")
	default:
		return nil, refusal.Invalid("state", refusal.Unknown, "The states are waiting and accepted.")
	}
	rows, err := s.query.ListInvitations(ctx, params)
	if err != nil {
		return nil, refusal.Failure(err, "list the invitations")
	}
	rows, next := page.Cut("invitations", rows, limit, func(row store.ListInvitationsRow) invitationKey {
		return invitationKey{Accepted: row.Invitation.AcceptedAt != nil, ID: row.Invitation.ID}
	})
	items := make([]*Invitation, len(rows))
	for i, row := range rows {
		items[i] = invitationOf(row.Invitation, row.InvitedByName, s.now())
	}
	return &ListInvitationsResponse{Items: items, NextCursor: next}, nil
}

// InviteParams say who is invited, as what, and from where.
type InviteParams struct {
	// Email is the address of the account that will be. Upper and lower case are the same.
	Email string `json:"email" encore:"sensitive"`
	// Role is admin, superstudent, student or syndic.
	Role Role `json:"role"`
	// RegionIDs are the regions where the person will work, in any order; none are possible too.
	RegionIDs []int64 `json:"region_ids"`
	// Address is the IP address of who invites, for the audit log: a call between services has no headers.
	Address string `json:"address"`
}

// Validate refuses what can be no invitation (invalid_argument).
func (p *InviteParams) Validate() error {
	if _, err := input.Email("email", p.Email); err != nil {
		return err
	}
	if err := checkRole(p.Role); err != nil {
		return err
	}
	if p.Role == RoleNone {
		return refusal.Invalid("role", refusal.Unknown,
			"Somebody is invited as an admin, superstudent, student or syndic.")
	}
	_, err := input.IDs("region_ids", p.RegionIDs, MaxRegions)
	return err
}

// InviteResponse is the invitation with its token, which is told to who invites and nobody else.
type InviteResponse struct {
	// Invitation is what was made.
	Invitation *Invitation `json:"invitation"`
	// Token lets its holder register, at /register?token=… of the web app. Only its hash is kept.
	Token string `json:"token" encore:"sensitive"`
}

// Invite lets somebody register within 7 days, for the service that owns the regions, which must exist. For the office;
// the role cannot be above their own. One invitation waits per address: inviting again makes a new token, with the role
// and regions of this request, and the old token leads nowhere.
//
// Errors: permission_denied for other roles, for a role above their own, and when the invitation that waits for
// the address is for such a role; already_exists when the address has an account; and invalid_argument for what is no
// e-mail address, for a role that does not exist or is none, and for more than 200 regions.
//
//encore:api private method=POST path=/internal/invite
func (s *Service) Invite(ctx context.Context, p *InviteParams) (*InviteResponse, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	if !who.Role.MayGive(p.Role) {
		return nil, refusal.Forbidden(refusal.HigherRank, "You cannot give a role above your own.")
	}
	email, err := input.Email("email", p.Email)
	if err != nil {
		return nil, err
	}
	regions, err := input.IDs("region_ids", p.RegionIDs, MaxRegions)
	if err != nil {
		return nil, err
	}
	var invitation store.Invitation
	var inviter store.User
	var token string
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		query := s.query.WithTx(tx)
		// The role of this moment, before any invitation is locked, as ChangeRole does.
		if inviter, err = query.UserForShare(ctx, who.UserID); err != nil {
			return err
		}
		switch role := Role(inviter.Role); {
		case !inviter.Active: // since the auth handler ran: what they invited was withdrawn
			return errSignedOut()
		case !role.IsOffice():
			return errNotOffice()
		case !role.MayGive(p.Role):
			return refusal.Forbidden(refusal.HigherRank, "You cannot give a role above your own.")
		}
		before, err := waitingFor(ctx, query, email)
		if err != nil {
			return err
		}
		invitation, token, err = s.putInvitation(ctx, tx, store.PutInvitationParams{
			Email: email, Role: store.Role(p.Role), RegionIds: regions, InvitedBy: &who.UserID,
			Now: s.now(), ExpiresAt: s.now().Add(invitationLife), ReplaceableRoles: rolesToGive(Role(inviter.Role)),
		})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return refusal.Forbidden(refusal.HigherRank, "This address is invited for a role above your own.")
		case err != nil:
			return err
		}
		// After the invitation and not before: who is registering at this moment holds its row.
		switch _, err := query.UserByEmail(ctx, []string{email}); {
		case err == nil:
			return refusal.Exists("email", refusal.AccountExists, "There is an account with this e-mail address.")
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		kind := "invitation.created"
		if before != nil {
			kind = "invitation.changed"
		}
		return auditInvitation(ctx, tx, who.actorAt(p.Address), kind, before, &invitation, s.now())
	})
	if err != nil {
		return nil, refusal.Failure(err, "invite somebody")
	}
	name := inviter.FirstName + " " + inviter.LastName
	return &InviteResponse{Invitation: invitationOf(invitation, name, s.now()), Token: token}, nil
}

// InvitedParams name an invitation.
type InvitedParams struct {
	// ID is the invitation's.
	ID int64 `json:"id"`
}

// Invited answers as Invite did, for a request that is sent again because its answer was lost. For the office, about an
// invitation of their own that waits.
//
// Errors: permission_denied for other roles and when the role is above their own by now; not_found for an invitation that
// does not exist; failed_precondition when somebody else has invited the address again, somebody has registered, the time
// is up, or the link cannot be derived (as InvitationLink).
//
//encore:api private method=POST path=/internal/invited
func (s *Service) Invited(ctx context.Context, p *InvitedParams) (*InviteResponse, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	invitation, token, err := s.waitingInvitation(ctx, p.ID)
	switch {
	case err != nil:
		return nil, err
	case !who.Role.MayGive(Role(invitation.Role)):
		return nil, refusal.Forbidden(refusal.HigherRank, "This invitation is for a role above your own.")
	case invitation.InvitedBy == nil || *invitation.InvitedBy != who.UserID:
		return nil, refusal.Precondition("", refusal.ChangedMeanwhile, "Somebody else has invited this address again.")
	}
	inviter, err := s.query.UserByID(ctx, who.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "find who invited")
	}
	name := inviter.FirstName + " " + inviter.LastName
	return &InviteResponse{Invitation: invitationOf(invitation, name, s.now()), Token: token}, nil
}

// RenewInvitation makes a new link for an invitation that waits, in time or not, good for 7 days from now; the link from
// before leads nowhere, and the new one is mailed. For the office; not when it is for a role above their own.
//
// Errors: permission_denied for other roles and when a rank forbids it, not_found for an invitation that does not exist,
// failed_precondition when the person has registered, and already_exists when the address got an account in another way.
//
//encore:api auth method=POST path=/invitations/:id/renew
func (s *Service) RenewInvitation(ctx context.Context, id int64) (*InviteResponse, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	var renewed store.Invitation
	var inviter store.User
	var token string
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		query := s.query.WithTx(tx)
		// The role of this moment, before any invitation is locked, as ChangeRole does.
		if inviter, err = query.UserForShare(ctx, who.UserID); err != nil {
			return err
		}
		before, err := query.InvitationForUpdate(ctx, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return noInvitation()
		case err != nil:
			return err
		case !inviter.Active: // as in Invite
			return errSignedOut()
		case !Role(inviter.Role).IsOffice():
			return errNotOffice()
		case !Role(inviter.Role).MayGive(Role(before.Role)):
			return refusal.Forbidden(refusal.HigherRank, "This invitation is for a role above your own.")
		case before.AcceptedAt != nil:
			return errInvitationUsed()
		}
		switch _, err := query.UserByEmail(ctx, []string{strings.ToLower(before.Email)}); {
		case err == nil:
			return refusal.Exists("", refusal.AccountExists, "There is an account with this e-mail address.")
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		renewed, token, err = s.putInvitation(ctx, tx, store.PutInvitationParams{
			Email: before.Email, Role: before.Role, RegionIds: orEmpty(before.RegionIds), InvitedBy: &who.UserID,
			Now: s.now(), ExpiresAt: s.now().Add(invitationLife), ReplaceableRoles: rolesToGive(Role(inviter.Role)),
		})
		if err != nil {
			return err
		}
		return auditInvitation(ctx, tx, who.actor(), "invitation.renewed", &before, &renewed, s.now())
	})
	if err != nil {
		return nil, refusal.Failure(err, "renew the invitation")
	}
	name := inviter.FirstName + " " + inviter.LastName
	return &InviteResponse{Invitation: invitationOf(renewed, name, s.now()), Token: token}, nil
}

// WithdrawInvitationResponse is the invitation that was withdrawn.
type WithdrawInvitationResponse struct {
	// Email is the address that cannot register any more.
	Email string `json:"email" encore:"sensitive"`
}

// WithdrawInvitation makes an invitation that waits as if it had never been: its link leads nowhere. For the office;
// not when it is for a role above their own.
//
// Errors: permission_denied for other roles and when a rank forbids it, not_found for an invitation that does not
// exist, and failed_precondition when the person has registered.
//
//encore:api auth method=DELETE path=/invitations/:id
func (s *Service) WithdrawInvitation(ctx context.Context, id int64) (*WithdrawInvitationResponse, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	var invitation store.Invitation
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		query := s.query.WithTx(tx)
		// The role of this moment, before any invitation is locked, as ChangeRole does.
		withdrawer, err := query.UserForShare(ctx, who.UserID)
		if err != nil {
			return err
		}
		invitation, err = query.InvitationForUpdate(ctx, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return noInvitation()
		case err != nil:
			return err
		case !withdrawer.Active: // as in Invite
			return errSignedOut()
		case !Role(withdrawer.Role).IsOffice():
			return errNotOffice()
		case !Role(withdrawer.Role).MayGive(Role(invitation.Role)):
			return refusal.Forbidden(refusal.HigherRank, "This invitation is for a role above your own.")
		case invitation.AcceptedAt != nil:
			return errInvitationUsed()
		}
		if err := query.DeleteInvitation(ctx, id); err != nil {
			return err
		}
		return auditInvitation(ctx, tx, who.actor(), "invitation.withdrawn", &invitation, nil, s.now())
	})
	if err != nil {
		return nil, refusal.Failure(err, "withdraw the invitation")
	}
	return &WithdrawInvitationResponse{Email: invitation.Email}, nil
}

func invitationOf(row store.Invitation, invitedBy string, now time.Time) *Invitation {
	return &Invitation{
		ID: row.ID, Email: row.Email, Role: Role(row.Role), RegionIDs: orEmpty(row.RegionIds), InvitedBy: invitedBy,
		CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt, AcceptedAt: row.AcceptedAt,
		Expired: row.AcceptedAt == nil && !now.Before(row.ExpiresAt),
	}
}

// waitingFor returns the invitation that waits for an address, nil when there is none, and locks it.
func waitingFor(ctx context.Context, query *store.Queries, email string) (*store.Invitation, error) {
	invitation, err := query.WaitingInvitation(ctx, email)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &invitation, err
}

// rolesToGive returns the roles that a person of this role may give.
func rolesToGive(giver Role) []string {
	var names []string
	for _, role := range Roles() {
		if giver.MayGive(role) {
			names = append(names, string(role))
		}
	}
	return names
}
