package auth

import (
	"cmp"
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/secure/precis"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

const (
	maxName  = 100
	maxToken = 100
)

// ReadInvitationParams name an invitation by the token in its link.
type ReadInvitationParams struct {
	// Token is the one of the link. It travels in the body, because addresses are logged along the way.
	Token string `json:"token" encore:"sensitive"`
}

// ReadInvitationResponse is what the holder of a link may know.
type ReadInvitationResponse struct {
	// Email is the address that the account will have.
	Email string `json:"email" encore:"sensitive"`
	// Role is the role that the account will have.
	Role Role `json:"role"`
	// ExpiresAt is until when they may register.
	ExpiresAt time.Time `json:"expires_at"`
}

// ReadInvitation tells the holder of a link who is invited, and as what.
//
// Errors: not_found for a token that leads nowhere, failed_precondition when somebody has registered with it or its
// time is up, and resource_exhausted with Retry-After after too many requests from one address (30 a minute).
//
//encore:api public method=POST path=/auth/invitation
func (s *Service) ReadInvitation(ctx context.Context, p *ReadInvitationParams) (*ReadInvitationResponse, error) {
	if err := s.allowRegistration(ctx, limit.CurrentClient()); err != nil {
		return nil, err
	}
	invitation, err := findWaiting(ctx, s.query.InvitationByToken, p.Token, s.now())
	if err != nil {
		return nil, refusal.Failure(err, "find the invitation")
	}
	return &ReadInvitationResponse{
		Email: invitation.Email, Role: Role(invitation.Role), ExpiresAt: invitation.ExpiresAt,
	}, nil
}

// RegisterParams are an invitation and the account that is made from it.
type RegisterParams struct {
	// Token is the one of the invitation's link.
	Token string `json:"token" encore:"sensitive"`
	// FirstName is the given name: 1 to 100 characters.
	FirstName string `json:"first_name"`
	// LastName is the family name: 1 to 100 characters.
	LastName string `json:"last_name"`
	// Password has at least 10 and at most 256 characters.
	Password string `json:"password" encore:"sensitive"`
	// Phone is a number as people type it, a Belgian one without its country, or empty. It is kept in E.164 form.
	Phone string `json:"phone" encore:"sensitive,optional"`
	// Language is nl, en or fr; nl when not given.
	Language string `json:"language" encore:"optional"`
}

// Validate refuses what can be no account (invalid_argument).
func (p *RegisterParams) Validate() error {
	_, err := p.person()
	return err
}

// person returns what the request says of a person, or what is wrong with it.
func (p *RegisterParams) person() (person, error) {
	// Names before the password, as the form has them.
	made, err := personOf(p.FirstName, p.LastName, p.Phone, cmp.Or(p.Language, string(store.LanguageNl)))
	if err != nil {
		return made, err
	}
	return made, checkPassword("password", p.Password)
}

// checkPassword refuses what can be nobody's new password.
func checkPassword(field, password string) error {
	if password == "" {
		return refusal.Invalid(field, refusal.Required, "Choose a password.")
	}
	length := utf8.RuneCountInString(passwordForms(password)[0])
	switch {
	case length < minPassword:
		return refusal.Invalid(field, refusal.TooShort, "A password has at least 10 characters.")
	case length > maxPassword:
		return refusal.Invalid(field, refusal.TooLong, "A password has at most 256 characters.")
	}
	if _, err := precis.OpaqueString.String(password); err != nil {
		return refusal.Invalid(field, refusal.Malformed,
			"The password has characters that cannot be typed everywhere. Use letters, digits, signs and spaces.")
	}
	return nil
}

// RegisterResponse is the account that was made; its owner is signed in.
type RegisterResponse struct {
	// SetCookie holds the session's token, and the device's when it is new. Programs without a cookie jar send the former
	// as `Authorization: Bearer <token>`.
	SetCookie []string `header:"Set-Cookie" encore:"sensitive"`
	// State is active or second_factor_setup. With second_factor_setup the installation wants a second factor: nothing works
	// before it is set up but /me, /me/second-factor and signing out.
	State string `json:"state"`
	// Account is the account of the caller from now on.
	Account *Account `json:"account"`
}

// Register makes an account from an invitation and starts a session, all at once. An invitation is good for one
// account, however many requests come at the same time.
//
// Errors: not_found for a token that leads nowhere; failed_precondition when somebody has registered with it or its
// time is up; already_exists when its address got an account in another way; invalid_argument with the field for a name
// that is missing or too long, for a password that is too short, too long or easy to guess, for a phone number that
// nobody can dial and for an unknown language; and resource_exhausted with Retry-After after too many
// requests from one address (30 a minute).
//
//encore:api public method=POST path=/auth/register
func (s *Service) Register(ctx context.Context, p *RegisterParams) (*RegisterResponse, error) {
	return s.register(ctx, p, currentVisitor())
}

func (s *Service) register(ctx context.Context, p *RegisterParams, from visitor) (*RegisterResponse, error) {
	if err := s.allowRegistration(ctx, from.Client); err != nil {
		return nil, err
	}
	person, err := p.person()
	if err != nil {
		return nil, err
	}
	// Nobody costs the server a hash without an invitation, and no row stays locked for so long.
	invitation, err := findWaiting(ctx, s.query.InvitationByToken, p.Token, s.now())
	if err != nil {
		return nil, refusal.Failure(err, "find the invitation")
	}
	if guessable(p.Password, invitation.Email, person.firstName, person.lastName) {
		return nil, refusal.Invalid("password", refusal.Guessable, "This password is easy to guess.")
	}
	hash, err := s.passwords.hash(ctx, p.Password)
	if err != nil {
		return nil, refusal.Failure(err, "hash the password")
	}
	known, err := s.findDevice(ctx, from.device)
	if err != nil {
		return nil, refusal.Failure(err, "find the device")
	}
	var user store.User
	var cookies []string
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		invitation, err := findWaiting(ctx, query.InvitationByTokenForUpdate, p.Token, s.now())
		if err != nil {
			return err
		}
		user, err = query.InsertUser(ctx, store.InsertUserParams{
			Email: invitation.Email, FirstName: person.firstName, LastName: person.lastName,
			Phone: person.phone, Language: person.language, Role: invitation.Role, RegionIds: invitation.RegionIds,
			PasswordHash: hash, Now: s.now(),
		})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return refusal.Exists("", refusal.AccountExists, "There is an account with this e-mail address.")
		case err != nil:
			return err
		}
		accepted := invitation
		accepted.AcceptedAt = new(s.now())
		err = query.AcceptInvitation(ctx, store.AcceptInvitationParams{ID: invitation.ID, Now: accepted.AcceptedAt, UserID: user.ID})
		if err != nil {
			return err
		}
		who := audit.Actor{UserID: user.ID, Address: from.Address}
		if err := auditAccount(ctx, tx, who, "account.created", nil, &user, s.now()); err != nil {
			return err
		}
		if err := auditInvitation(ctx, tx, who, "invitation.accepted", &invitation, &accepted, s.now()); err != nil {
			return err
		}
		_, cookies, err = s.startSession(ctx, tx, user, from, known)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "register")
	}
	return &RegisterResponse{SetCookie: cookies, State: s.stateOf(user), Account: s.accountOf(user)}, nil
}

// findWaiting finds the invitation of a token, with which nobody has registered and whose time is not up.
func findWaiting(
	ctx context.Context, find func(context.Context, []byte) (store.Invitation, error), token string, now time.Time,
) (store.Invitation, error) {
	if token == "" || len(token) > maxToken {
		return store.Invitation{}, noInvitation()
	}
	invitation, err := find(ctx, hashToken(token))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return invitation, noInvitation()
	case err != nil:
		return invitation, err
	}
	return invitation, checkWaiting(invitation, now)
}

// checkWaiting refuses an invitation with which somebody has registered, or whose time is up.
func checkWaiting(invitation store.Invitation, now time.Time) error {
	switch {
	case invitation.AcceptedAt != nil:
		return errInvitationUsed()
	case !now.Before(invitation.ExpiresAt):
		return refusal.Precondition("", refusal.InvitationExpired, "The time of this invitation is up.")
	}
	return nil
}

func noInvitation() error { return refusal.NotFound("There is no such invitation.") }

func errInvitationUsed() error {
	return refusal.Precondition("", refusal.InvitationUsed, "Somebody has registered with this invitation.")
}
