package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// AnonymousDomain is the domain of the address that an account has once it was anonymised: no mail arrives there.
const AnonymousDomain = "anonymous.invalid"

// Person is one person as the office sees them on their own page.
type Person struct {
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
	// Language is nl, en or fr.
	Language string `json:"language"`
	// Role says what the person may do.
	Role Role `json:"role"`
	// RegionIDs are the regions where the person works.
	RegionIDs []int64 `json:"region_ids"`
	// Active is false when the person may not sign in any more.
	Active bool `json:"active"`
	// AnonymisedAt is when names, address and phone number were taken out; null when they were not.
	AnonymisedAt *time.Time `json:"anonymised_at"`
	// SecondFactor tells that the person signs in with a second factor.
	SecondFactor bool `json:"second_factor"`
	// CreatedAt is when the person registered.
	CreatedAt time.Time `json:"created_at"`
	// LastSeenAt is when a session of theirs that still stands was used last; null without one.
	LastSeenAt *time.Time `json:"last_seen_at"`
	// Version grows with every change of names, phone number and language.
	Version int64 `json:"version"`
	// MayChange tells whether the caller may change, deactivate and anonymise the person: only a lower rank.
	MayChange bool `json:"may_change"`
}

// GetUser returns one person. For the office.
//
// Errors: permission_denied for other roles, and not_found for a person that does not exist.
//
//encore:api auth method=GET path=/users/:id
func (s *Service) GetUser(ctx context.Context, id int64) (*Person, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	user, err := s.query.UserByID(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, noUser()
	case err != nil:
		return nil, refusal.Failure(err, "read the person")
	}
	var lastSeen *time.Time
	switch at, err := s.query.LastSeen(ctx, id); {
	case err == nil:
		lastSeen = &at
	case !errors.Is(err, pgx.ErrNoRows):
		return nil, refusal.Failure(err, "read when the person was here")
	}
	return personSeenBy(who, user, lastSeen), nil
}

// ChangeUserParams are what somebody else may change of a person.
type ChangeUserParams struct {
	// FirstName is the given name: 1 to 100 characters.
	FirstName string `json:"first_name"`
	// LastName is the family name: 1 to 100 characters.
	LastName string `json:"last_name"`
	// Phone is a number as people type it, a Belgian one without its country, or empty. It is kept in E.164 form.
	Phone string `json:"phone" encore:"sensitive"`
	// Language is nl, en or fr.
	Language string `json:"language"`
	// Version is that of the person who was changed.
	Version int64 `json:"version"`
}

// Validate refuses what can be nobody (invalid_argument).
func (p *ChangeUserParams) Validate() error {
	_, err := personOf(p.FirstName, p.LastName, p.Phone, p.Language)
	return err
}

// ChangeUser changes the names, the phone number and the language of a person of a lower rank. For the office. What is as
// it was changes nothing.
//
// Errors: permission_denied for other roles and when a rank forbids it, not_found for a person that does not exist,
// failed_precondition for one who was anonymised, aborted when somebody else has changed the person in the meantime (reason
// changed_meanwhile), and invalid_argument with the field for a name that is missing or too
// long, a phone number that nobody can dial and an unknown language.
//
//encore:api auth method=PUT path=/users/:id
func (s *Service) ChangeUser(ctx context.Context, id int64, p *ChangeUserParams) (*Person, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	person, err := personOf(p.FirstName, p.LastName, p.Phone, p.Language)
	if err != nil {
		return nil, err
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		before, err := s.lockLower(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if before.AnonymisedAt != nil {
			return errAnonymised()
		}
		if before.Version != p.Version {
			return refusal.Conflict(refusal.ChangedMeanwhile,
				"Somebody else has changed this person in the meantime. Load them anew and repeat the change.")
		}
		return s.putPerson(ctx, tx, who.actor(), before, person)
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the person")
	}
	return s.GetUser(ctx, id)
}

// SetActiveParams say whether a person may sign in.
type SetActiveParams struct {
	// Active is false to deactivate.
	Active bool `json:"active"`
	// Address is the IP address of who does it, for the audit log: a call between services has no headers.
	Address string `json:"address"`
}

// SetActive deactivates a person of a lower rank or lets them in again, for the service that knows which runs they have.
// Sessions, devices and tokens of somebody who is deactivated end at once, open connections too, and invitations that they
// made and that wait are withdrawn. Doing it twice changes nothing.
//
// Errors: permission_denied for other roles than the office and when a rank forbids it, not_found for a person that does
// not exist, and failed_precondition to let in who was anonymised.
//
//encore:api private method=POST path=/internal/users/:id/active
func (s *Service) SetActive(ctx context.Context, id int64, p *SetActiveParams) (*User, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	var user store.User
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		if user, err = s.lockLower(ctx, tx, who, id); err != nil {
			return err
		}
		if p.Active && user.AnonymisedAt != nil {
			return errAnonymised()
		}
		actor, err := json.Marshal(who.actorAt(p.Address))
		if err != nil {
			return fmt.Errorf("encode the actor: %w", err)
		}
		user.Active = p.Active
		return s.query.WithTx(tx).SetAccountActive(ctx, store.SetAccountActiveParams{
			ID: id, Active: p.Active, Actor: actor, Now: s.now(),
		})
	})
	if err != nil {
		return nil, refusal.Failure(err, "deactivate or reactivate the account")
	}
	return userOf(user), nil
}

// AnonymiseParams say where the request comes from.
type AnonymiseParams struct {
	// Address is the IP address of who does it, for the audit log: a call between services has no headers.
	Address string `json:"address"`
}

// Anonymise takes the names, the address and the phone number of a deactivated person of a lower rank out, for good, here
// and by an event in the audit log and in the log of mail. Their runs and hours stay, under a number. Doing it twice changes
// nothing.
//
// Errors: permission_denied for other roles than the office and when a rank forbids it, not_found for a person that does
// not exist, and failed_precondition while the person is active.
//
//encore:api private method=POST path=/internal/users/:id/anonymise
func (s *Service) Anonymise(ctx context.Context, id int64, p *AnonymiseParams) (*User, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	var after store.User
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		before, err := s.lockLower(ctx, tx, who, id)
		switch {
		case err != nil:
			return err
		case before.Active:
			return refusal.Precondition("", refusal.StillActive, "Deactivate the person first.")
		case before.AnonymisedAt != nil:
			after = before
			return nil
		}
		query, now := s.query.WithTx(tx), s.now()
		if err := s.rememberForgotten(ctx, query, id, now); err != nil {
			return err
		}
		if after, err = query.AnonymisePerson(ctx, store.AnonymisePersonParams{ID: id, Now: &now}); err != nil {
			return err
		}
		actor := who.actorAt(p.Address)
		waiting, err := query.WithdrawInvitationsFor(ctx, before.Email)
		if err != nil {
			return err
		}
		invitations := []int64{}
		for i := range waiting {
			invitations = append(invitations, waiting[i].ID)
			waiting[i].Email = after.Email
			if err := auditInvitation(ctx, tx, actor, "invitation.withdrawn", &waiting[i], nil, now); err != nil {
				return err
			}
		}
		accepted, err := query.AnonymiseInvitations(ctx, store.AnonymiseInvitationsParams{
			UserID: id, Email: before.Email, Anonymous: after.Email,
		})
		if err != nil {
			return err
		}
		invitations = append(invitations, accepted...)
		if err := query.EndAllOf(ctx, id); err != nil {
			return err
		}
		told := make([]string, len(invitations))
		for i, invitation := range invitations {
			told[i] = fmt.Sprint(invitation)
		}
		err = query.DeletePublishedAbout(ctx, store.DeletePublishedAboutParams{UserID: id, Invitations: told})
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, who.UserID, AccountAnonymised, id, invitations); err != nil {
			return err
		}
		return auditAccount(ctx, tx, actor, AccountAnonymised, &before, &after, now)
	})
	if err != nil {
		return nil, refusal.Failure(err, "anonymise the person")
	}
	return userOf(after), nil
}

// AccountExportResponse is what this service knows about somebody.
type AccountExportResponse struct {
	// Account is what the person may see of it.
	Account *Account `json:"account"`
	// CreatedAt is when they registered.
	CreatedAt time.Time `json:"created_at"`
	// Sessions are those that stand.
	Sessions []ExportedSession `json:"sessions"`
	// Invitations are those that the person made.
	Invitations []ExportedInvitation `json:"invitations"`
	// Tokens are those of the person's programs.
	Tokens []ExportedToken `json:"tokens"`
}

// ExportedToken is a token of a program as its owner takes it along: never the token itself.
type ExportedToken struct {
	Name       string     `json:"name"`
	Scope      Scope      `json:"scope"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

// ExportedSession is a session as its owner takes it along.
type ExportedSession struct {
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Address    string    `json:"address" encore:"sensitive"`
	UserAgent  string    `json:"user_agent"`
}

// ExportedInvitation is an invitation as who made it takes it along.
type ExportedInvitation struct {
	Role       Role       `json:"role"`
	CreatedAt  time.Time  `json:"created_at"`
	AcceptedAt *time.Time `json:"accepted_at"`
}

// AccountExport returns what this service knows about the caller, for the service that makes the export.
//
//encore:api private method=POST path=/internal/account-export
func (s *Service) AccountExport(ctx context.Context) (*AccountExportResponse, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	user, err := s.query.UserByID(ctx, who.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "read the account")
	}
	answer := &AccountExportResponse{
		Account: s.accountOf(user), CreatedAt: user.CreatedAt, Sessions: []ExportedSession{}, Invitations: []ExportedInvitation{},
		Tokens: []ExportedToken{},
	}
	sessions, err := s.query.SessionsOf(ctx, who.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "read the sessions")
	}
	for _, row := range sessions {
		answer.Sessions = append(answer.Sessions, ExportedSession{
			CreatedAt: row.CreatedAt, LastUsedAt: row.LastUsedAt, ExpiresAt: row.ExpiresAt, Address: row.Ip, UserAgent: row.UserAgent,
		})
	}
	tokens, err := s.query.ListTokens(ctx, who.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "read the tokens")
	}
	for _, row := range tokens {
		answer.Tokens = append(answer.Tokens, ExportedToken{
			Name: row.Name, Scope: Scope(row.Scope), CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt, LastUsedAt: row.LastUsedAt,
		})
	}
	// The addresses are those of others.
	invitations, err := s.query.InvitationsOf(ctx, who.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "read the invitations")
	}
	for _, row := range invitations {
		answer.Invitations = append(answer.Invitations, ExportedInvitation{
			Role: Role(row.Role), CreatedAt: row.CreatedAt, AcceptedAt: row.AcceptedAt,
		})
	}
	return answer, nil
}

// lockLower locks a person whom the caller may act on, by the role that the caller has at this moment.
func (s *Service) lockLower(ctx context.Context, tx pgx.Tx, who *Data, id int64) (store.User, error) {
	caller, user, err := s.lockWithCaller(ctx, tx, who, id)
	if err == nil && !Role(caller.Role).MayActOn(Role(user.Role)) {
		err = refusal.Forbidden(refusal.HigherRank, "You change persons of a lower rank only.")
	}
	return user, err
}

// lockWithCaller locks somebody of the office together with the person on whom they act: what the auth handler read of the
// caller may have been taken from them since, and must not be taken from them until the change is made.
func (s *Service) lockWithCaller(ctx context.Context, tx pgx.Tx, who *Data, id int64) (caller, user store.User, err error) {
	locked, err := s.query.WithTx(tx).UsersForUpdate(ctx, []int64{who.UserID, id})
	if err != nil {
		return caller, user, err
	}
	for _, one := range locked {
		if one.ID == who.UserID {
			caller = one
		}
		if one.ID == id {
			user = one
		}
	}
	switch {
	case !caller.Active:
		return caller, user, errSignedOut()
	case !Role(caller.Role).IsOffice():
		return caller, user, errNotOffice()
	case user.ID == 0:
		return caller, user, noUser()
	}
	return caller, user, nil
}

// tell appends an event of an account.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, actor int64, kind string, id int64, invitations []int64) error {
	return outbox.Append(ctx, tx, accountEvents, &AccountEvent{
		Type: kind, ActorID: actor, UserID: id, InvitationIDs: invitations, OccurredAt: s.now(),
	})
}

func errAnonymised() error {
	return refusal.Precondition("", refusal.Anonymised, "This person was anonymised.")
}

func personSeenBy(who *Data, user store.User, lastSeen *time.Time) *Person {
	return &Person{
		ID: user.ID, Email: user.Email, FirstName: user.FirstName, LastName: user.LastName, Phone: user.Phone,
		Language: string(user.Language), Role: Role(user.Role), RegionIDs: orEmpty(user.RegionIds), Active: user.Active,
		AnonymisedAt: user.AnonymisedAt, SecondFactor: user.SecondFactor, CreatedAt: user.CreatedAt, LastSeenAt: lastSeen,
		Version: user.Version, MayChange: who.Role.MayActOn(Role(user.Role)),
	}
}
