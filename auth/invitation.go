package auth

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

const (
	// invitationLife is how long somebody may wait with registering.
	invitationLife = 7 * 24 * time.Hour
	// maxInvitationRegions is more regions than a company has.
	maxInvitationRegions = 200
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
	// ExpiresAt is until when one may register.
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
	// Limit is the size of the page: 1 to 200, 50 when not given.
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
	after, resumed, err := page.After[invitationKey](p.Cursor)
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
	rows, next := page.Cut(rows, limit, func(row store.ListInvitationsRow) invitationKey {
		return invitationKey{Accepted: row.Invitation.AcceptedAt != nil, ID: row.Invitation.ID}
	})
	items := make([]*Invitation, len(rows))
	for i, row := range rows {
		items[i] = invitationOf(row.Invitation, row.InvitedByName, s.now())
	}
	return &ListInvitationsResponse{Items: items, NextCursor: next}, nil
}

// InviteParams say who is invited, and as what.
type InviteParams struct {
	// Email is the address of the account that will be. Upper and lower case are the same.
	Email string `json:"email" encore:"sensitive"`
	// Role is admin, superstudent, student or syndic.
	Role Role `json:"role"`
	// RegionIDs are the regions where the person will work, in any order; none are possible too.
	RegionIDs []int64 `json:"region_ids" encore:"optional"`
}

// Validate refuses what can be no invitation (invalid_argument).
func (p *InviteParams) Validate() error {
	if err := checkEmail(strings.TrimSpace(p.Email)); err != nil {
		return err
	}
	if err := checkRole(p.Role); err != nil {
		return err
	}
	switch {
	case p.Role == RoleNone:
		return refusal.Invalid("role", refusal.Unknown, "One invites an admin, superstudent, student or syndic.")
	case len(p.RegionIDs) > maxInvitationRegions:
		return refusal.Invalid("region_ids", refusal.TooLong, "At most 200 regions.")
	case slices.ContainsFunc(p.RegionIDs, func(id int64) bool { return id < 1 }):
		return refusal.Invalid("region_ids", refusal.Unknown, "The id of a region is a positive number.")
	}
	return nil
}

// InviteResponse is the invitation with its token, which is told this once.
type InviteResponse struct {
	// Invitation is what was made.
	Invitation *Invitation `json:"invitation"`
	// Token lets its holder register, at /register?token=… of the web app. Only its hash is kept.
	Token string `json:"token" encore:"sensitive"`
}

// Invite lets somebody register within 7 days. For the office; the role cannot be above the own one. One invitation
// waits per address: inviting again makes a new token, with the role and regions of this request, and the old token
// leads nowhere.
//
// Errors: permission_denied for other roles, for a role above the own one, and when the invitation that waits for
// the address is for such a role; already_exists when the address has an account; and invalid_argument for an address
// that is none, a role that does not exist or is none, and more than 200 regions.
//
//encore:api auth method=POST path=/invitations
func (s *Service) Invite(ctx context.Context, p *InviteParams) (*InviteResponse, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	if !who.Role.MayGive(p.Role) {
		return nil, refusal.Forbidden(refusal.HigherRank, "You cannot give a role above your own.")
	}
	token, hash := newToken()
	var invitation store.Invitation
	var inviter store.User
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		query := s.query.WithTx(tx)
		invitation, err = query.PutInvitation(ctx, store.PutInvitationParams{
			Email: normalEmail(p.Email), Role: store.Role(p.Role), RegionIds: sortedIDs(p.RegionIDs), TokenHash: hash,
			InvitedBy: &who.UserID, Now: s.now(), ExpiresAt: s.now().Add(invitationLife),
			ReplaceableRoles: rolesToGive(who.Role),
		})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return refusal.Forbidden(refusal.HigherRank, "This address is invited for a role above your own.")
		case err != nil:
			return err
		}
		// After the invitation and not before: who is registering at this moment holds its row.
		switch _, err := query.UserByEmail(ctx, invitation.Email); {
		case err == nil:
			return refusal.Exists("email", refusal.AccountExists, "There is an account with this e-mail address.")
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		inviter, err = query.UserByID(ctx, who.UserID)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "invite somebody")
	}
	name := inviter.FirstName + " " + inviter.LastName
	return &InviteResponse{Invitation: invitationOf(invitation, name, s.now()), Token: token}, nil
}

// WithdrawInvitationResponse is the invitation that was withdrawn.
type WithdrawInvitationResponse struct {
	// Email is the address that cannot register any more.
	Email string `json:"email" encore:"sensitive"`
}

// WithdrawInvitation makes an invitation that waits as if it had never been: its link leads nowhere. For the office;
// not when it is for a role above the own one.
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
		invitation, err = query.InvitationForUpdate(ctx, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return noInvitation()
		case err != nil:
			return err
		case !who.Role.MayGive(Role(invitation.Role)):
			return refusal.Forbidden(refusal.HigherRank, "This invitation is for a role above your own.")
		case invitation.AcceptedAt != nil:
			return errInvitationUsed()
		}
		return query.DeleteInvitation(ctx, id)
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

// checkEmail refuses what nobody can send mail to.
func checkEmail(email string) error {
	switch {
	case email == "":
		return refusal.Invalid("email", refusal.Required, "Give an e-mail address.")
	case len(email) > maxEmail:
		return refusal.Invalid("email", refusal.TooLong, "An e-mail address has at most 254 characters.")
	case !isEmail(email):
		return refusal.Invalid("email", refusal.Malformed, "This is not an e-mail address.")
	}
	return nil
}

// isEmail tells a bare address from everything else that a mail header may hold.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Name == "" && address.Address == text
}

// normalEmail is how addresses are stored and compared.
func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

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

// sortedIDs returns ids in order, each once.
func sortedIDs(ids []int64) []int64 {
	return orEmpty(slices.Compact(slices.Sorted(slices.Values(ids))))
}
