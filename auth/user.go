package auth

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// User is a person as the office sees one.
type User struct {
	// ID identifies the account.
	ID int64 `json:"id"`
	// Email is the address with which the person signs in.
	Email string `json:"email" encore:"sensitive"`
	// FirstName is the given name.
	FirstName string `json:"first_name"`
	// LastName is the family name.
	LastName string `json:"last_name"`
	// Phone is in E.164 form (+32470123456), empty when not known.
	Phone string `json:"phone" encore:"sensitive"`
	// Language is nl, en or fr: that of the web app and of mail.
	Language string `json:"language"`
	// Role says what the person may do.
	Role Role `json:"role"`
	// RegionIDs are the regions where the person works.
	RegionIDs []int64 `json:"region_ids"`
	// SecondFactor tells that signing in asks for a second factor.
	SecondFactor bool `json:"second_factor"`
	// Active is false when the person may not sign in any more.
	Active bool `json:"active"`
}

// ListUsersParams filter the list of users. Filters add up; an empty one does not count.
type ListUsersParams struct {
	// Role is admin, superstudent, student, syndic or none.
	Role string `query:"role"`
	// Status is active or deactivated; all when not given.
	Status string `query:"status"`
	// Region is the id of a region where the person works.
	Region int64 `query:"region"`
	// Q are words that names and e-mail address have, in any order; case and accents aside.
	Q string `query:"q"`
	// Limit is how many to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// ListUsersResponse is a page of users.
type ListUsersResponse struct {
	// Items are sorted by last name, then first name, accents and case aside.
	Items []*User `json:"items"`
	// NextCursor leads to the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// userKey is what the list is sorted by.
type userKey struct {
	LastName  string `json:"l"`
	FirstName string `json:"f"`
	ID        int64  `json:"i"`
}

const maxSearch = 100

// ListUsers returns the persons, by name. For the office.
//
// Errors: permission_denied for other roles, and invalid_argument for a role or status that does not exist, a search text of
// more than 100 characters, a limit out of range or a cursor of another list.
//
//encore:api auth method=GET path=/users
func (s *Service) ListUsers(ctx context.Context, p *ListUsersParams) (*ListUsersResponse, error) {
	if _, err := callerFromOffice(); err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, resumed, err := page.After[userKey]("users", p.Cursor)
	if err != nil {
		return nil, err
	}
	params := store.ListUsersParams{
		FromStart: !resumed, AfterLastName: after.LastName, AfterFirstName: after.FirstName, AfterID: after.ID,
		RowLimit: int32(limit) + 1,
	}
	if p.Role != "" {
		if err := checkRole(Role(p.Role)); err != nil {
			return nil, err
		}
		params.Role = new(store.Role(p.Role))
	}
	switch p.Status {
	case "":
	case "active", "deactivated":
		params.Active = new(p.Status == "active")
	default:
		return nil, refusal.Invalid("status", refusal.Unknown, "The states are active and deactivated.")
	}
	if p.Region != 0 {
		params.RegionID = &p.Region
	}
	q, err := input.Text("q", p.Q, maxSearch)
	if err != nil {
		return nil, err
	}
	params.Patterns = input.WordPatterns(q)
	if len(params.Patterns) > 0 {
		params.MainPattern = new(slices.MaxFunc(params.Patterns, func(a, b string) int { return cmp.Compare(len(a), len(b)) }))
	}
	rows, err := s.query.ListUsers(ctx, params)
	if err != nil {
		return nil, refusal.Failure(err, "list the users")
	}
	rows, next := page.Cut("users", rows, limit, func(user store.User) userKey {
		return userKey{LastName: user.LastName, FirstName: user.FirstName, ID: user.ID}
	})
	return &ListUsersResponse{Items: usersOf(rows), NextCursor: next}, nil
}

// ChangeRoleParams name the new role.
type ChangeRoleParams struct {
	// Role is admin, superstudent, student, syndic or none.
	Role Role `json:"role"`
	// Address is the IP address of who gives it, for the audit log: a call between services has no headers.
	Address string `json:"address"`
}

// Validate refuses roles that do not exist (invalid_argument).
func (p *ChangeRoleParams) Validate() error { return checkRole(p.Role) }

// ChangeRole gives a person another role, for the service that knows what else depends on it. For the office, on persons
// of a lower rank; a role above their own cannot be given, and nobody changes their own role. The person's open
// connections are closed, for they may see other things now, and invitations of theirs that wait for a role above the new
// one are withdrawn. Giving the role that the person has already changes nothing.
//
// Errors: permission_denied when a rank forbids it, invalid_argument for a role that does not exist, and not_found
// for a person that does not exist.
//
//encore:api private method=POST path=/internal/users/:id/role
func (s *Service) ChangeRole(ctx context.Context, id int64, p *ChangeRoleParams) (*User, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	if err := checkRole(p.Role); err != nil {
		return nil, err
	}
	var user store.User
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		var caller store.User
		if caller, user, err = s.lockWithCaller(ctx, tx, who, id); err != nil {
			return err
		}
		switch {
		case user.ID == who.UserID:
			return refusal.Forbidden(refusal.OwnRole, "Nobody changes their own role.")
		case !Role(caller.Role).MayActOn(Role(user.Role)):
			return refusal.Forbidden(refusal.HigherRank, "You change persons of a lower rank only.")
		case !Role(caller.Role).MayGive(p.Role):
			return refusal.Forbidden(refusal.HigherRank, "You cannot give a role above your own.")
		case Role(user.Role) == p.Role:
			return nil
		}
		before := user
		user.Role = store.Role(p.Role)
		err := s.query.WithTx(tx).SetRole(ctx, store.SetRoleParams{ID: id, Role: user.Role, Now: s.now()})
		if err != nil {
			return err
		}
		err = outbox.Append(ctx, tx, accountEvents, &AccountEvent{
			Type: RoleChanged, ActorID: who.UserID, UserID: id, Role: p.Role, OccurredAt: s.now(),
		})
		if err != nil {
			return err
		}
		err = auditAccount(ctx, tx, who.actorAt(p.Address), "account.role_changed", &before, &user, s.now())
		if err != nil {
			return err
		}
		return s.withdrawBeyond(ctx, tx, who.actorAt(p.Address), id, p.Role)
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the role")
	}
	return userOf(user), nil
}

// withdrawBeyond withdraws the invitations that wait and that a person could not make with the role: their links, which
// the person has seen, would lead back to what was taken away.
func (s *Service) withdrawBeyond(ctx context.Context, tx pgx.Tx, who audit.Actor, userID int64, role Role) error {
	withdrawn, err := s.query.WithTx(tx).DeleteInvitationsBeyond(ctx, store.DeleteInvitationsBeyondParams{
		InvitedBy: userID, Roles: rolesToGive(role),
	})
	if err != nil {
		return err
	}
	for _, invitation := range withdrawn {
		if err := auditInvitation(ctx, tx, who, "invitation.withdrawn", &invitation, nil, s.now()); err != nil {
			return err
		}
	}
	return nil
}

// UsersByIDParams name users.
type UsersByIDParams struct {
	// IDs may repeat, and may name users that do not exist. At most 1000.
	IDs []int64 `json:"ids"`
}

// UsersByEmailParams name users by their addresses.
type UsersByEmailParams struct {
	// Emails may name users that do not exist. At most 1000.
	Emails []string `json:"emails"`
}

// UsersResponse holds users in the order of their ids, each once.
type UsersResponse struct {
	Users []*User `json:"users"`
}

// maxLookup bounds what other services ask for in one call.
const maxLookup = 1000

// UsersByID returns the users that exist among ids, for other services: names for their lists in one call.
//
// Errors: invalid_argument for more than 1000 ids.
//
//encore:api private method=POST path=/internal/users-by-id
func (s *Service) UsersByID(ctx context.Context, p *UsersByIDParams) (*UsersResponse, error) {
	if len(p.IDs) > maxLookup {
		return nil, refusal.Invalid("ids", refusal.TooLong, "At most 1000 users at a time.")
	}
	users, err := s.query.UsersByID(ctx, orEmpty(p.IDs))
	if err != nil {
		return nil, refusal.Failure(err, "read the users")
	}
	return &UsersResponse{Users: usersOf(users)}, nil
}

// UsersByEmail returns the users that exist among addresses, for other services.
//
// Errors: invalid_argument for more than 1000 addresses.
//
//encore:api private method=POST path=/internal/users-by-email
func (s *Service) UsersByEmail(ctx context.Context, p *UsersByEmailParams) (*UsersResponse, error) {
	if len(p.Emails) > maxLookup {
		return nil, refusal.Invalid("emails", refusal.TooLong, "At most 1000 users at a time.")
	}
	lower := make([]string, 0, len(p.Emails))
	for _, email := range p.Emails {
		forms, err := input.SameEmails("emails", email)
		if err != nil {
			continue // what is no address is nobody's
		}
		lower = append(lower, forms...)
	}
	users, err := s.query.UsersByEmail(ctx, lower)
	if err != nil {
		return nil, refusal.Failure(err, "read the users")
	}
	return &UsersResponse{Users: usersOf(users)}, nil
}

// AssignRegionsParams say where a person works.
type AssignRegionsParams struct {
	// UserID is the person.
	UserID int64 `json:"user_id"`
	// RegionIDs are all regions of the person from now on, in any order. That they exist is up to the caller, the
	// service that owns the regions.
	RegionIDs []int64 `json:"region_ids"`
	// Address is the IP address of who assigns them, for the audit log: a call between services has no headers.
	Address string `json:"address"`
}

// AssignRegions says in which regions a person works, for the service that owns the regions. Repeating it changes
// nothing.
//
// Errors: not_found for a person that does not exist, invalid_argument for more than 200 regions.
//
//encore:api private method=POST path=/internal/assign-regions
func (s *Service) AssignRegions(ctx context.Context, p *AssignRegionsParams) (*User, error) {
	regions, err := input.IDs("region_ids", p.RegionIDs, MaxRegions)
	if err != nil {
		return nil, err
	}
	var actor audit.Actor // the system, when nobody's request is behind the call
	if who, err := caller(); err == nil {
		actor = who.actorAt(p.Address)
	}
	var user store.User
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		if user, err = lockUser(ctx, s.query.WithTx(tx), p.UserID); err != nil {
			return err
		}
		if slices.Equal(user.RegionIds, regions) {
			return nil
		}
		before := user
		user.RegionIds = regions
		err = s.query.WithTx(tx).SetRegions(ctx, store.SetRegionsParams{ID: p.UserID, RegionIds: regions, Now: s.now()})
		if err != nil {
			return err
		}
		err = outbox.Append(ctx, tx, accountEvents, &AccountEvent{
			Type: RegionsChanged, ActorID: actor.UserID, UserID: p.UserID, RegionIDs: regions, OccurredAt: s.now(),
		})
		if err != nil {
			return err
		}
		return auditAccount(ctx, tx, actor, "account.regions_changed", &before, &user, s.now())
	})
	if err != nil {
		return nil, refusal.Failure(err, "assign the regions")
	}
	return userOf(user), nil
}

// RegionInUseParams name a region.
type RegionInUseParams struct {
	RegionID int64 `json:"region_id"`
}

// RegionInUseResponse says what belongs to a region.
type RegionInUseResponse struct {
	// ByUsers tells that people work in it.
	ByUsers bool `json:"by_users"`
	// ByInvitations tells that people who have not registered yet will work in it.
	ByInvitations bool `json:"by_invitations"`
}

// RegionInUse tells the service that owns the regions whether somebody works in one, or will.
//
//encore:api private method=POST path=/internal/region-in-use
func (s *Service) RegionInUse(ctx context.Context, p *RegionInUseParams) (*RegionInUseResponse, error) {
	use, err := s.query.RegionInUse(ctx, p.RegionID)
	if err != nil {
		return nil, refusal.Failure(err, "look who works in the region")
	}
	return &RegionInUseResponse{ByUsers: use.ByUsers, ByInvitations: use.ByInvitations}, nil
}

// lockUser reads a user and keeps others from changing it until the transaction ends; not_found when there is none.
func lockUser(ctx context.Context, query *store.Queries, id int64) (store.User, error) {
	user, err := query.UserForUpdate(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return user, noUser()
	}
	return user, err
}

func noUser() error { return refusal.NotFound("There is no such user.") }

func checkRole(role Role) error {
	if role == "" {
		return refusal.Invalid("role", refusal.Required, "Give a role.")
	}
	if !slices.Contains(Roles(), role) {
		return refusal.Invalid("role", refusal.Unknown,
			"The roles are admin, superstudent, student, syndic and none.")
	}
	return nil
}

func userOf(user store.User) *User {
	return &User{
		ID: user.ID, Email: user.Email, FirstName: user.FirstName, LastName: user.LastName, Phone: user.Phone,
		Language: string(user.Language), Role: Role(user.Role), RegionIDs: orEmpty(user.RegionIds),
		SecondFactor: user.SecondFactor, Active: user.Active,
	}
}

func usersOf(rows []store.User) []*User {
	users := make([]*User, len(rows))
	for i, row := range rows {
		users[i] = userOf(row)
	}
	return users
}
