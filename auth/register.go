package auth

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

const (
	maxName  = 100
	maxToken = 100
)

var phoneNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

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
	// ExpiresAt is until when one may register.
	ExpiresAt time.Time `json:"expires_at"`
}

// ReadInvitation tells the holder of a link who is invited, and as what.
//
// Errors: not_found for a token that leads nowhere, failed_precondition when somebody has registered with it or its
// time is up, and resource_exhausted with Retry-After after too many requests from one address (30 a minute).
//
//encore:api public method=POST path=/auth/invitation
func (s *Service) ReadInvitation(ctx context.Context, p *ReadInvitationParams) (*ReadInvitationResponse, error) {
	if err := s.limits.allowRegistration(ctx, currentOrigin().address); err != nil {
		return nil, err
	}
	invitation, err := waiting(ctx, s.query.InvitationByToken, p.Token, s.now())
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
	// Phone is in E.164 form (+32470123456), or empty.
	Phone string `json:"phone" encore:"sensitive,optional"`
	// Language is nl, en or fr; nl when not given.
	Language string `json:"language" encore:"optional"`
}

// Validate refuses what can be no account (invalid_argument).
func (p *RegisterParams) Validate() error {
	if err := checkName("first_name", p.FirstName); err != nil {
		return err
	}
	if err := checkName("last_name", p.LastName); err != nil {
		return err
	}
	switch {
	case p.Password == "":
		return refusal.Invalid("password", refusal.Required, "Choose a password.")
	case utf8.RuneCountInString(p.Password) < minPassword:
		return refusal.Invalid("password", refusal.TooShort, "A password has at least 10 characters.")
	case len(p.Password) > maxPassword:
		return refusal.Invalid("password", refusal.TooLong, "A password has at most 256 characters.")
	case p.Phone != "" && !phoneNumber.MatchString(p.Phone):
		return refusal.Invalid("phone", refusal.Malformed, "Write the number with its country, as in +32470123456.")
	case p.Language != "" && !store.Language(p.Language).Valid():
		return refusal.Invalid("language", refusal.Unknown, "The languages are nl, en and fr.")
	}
	return nil
}

// RegisterResponse is the account that was made; its owner is signed in.
type RegisterResponse struct {
	// SetCookie holds the session's token. Programs without a cookie jar send it as `Authorization: Bearer <token>`.
	SetCookie string `header:"Set-Cookie"`
	// Account is the account of the caller from now on.
	Account *Account `json:"account"`
}

// Register makes an account from an invitation and starts a session, all at once. An invitation is good for one
// account, however many requests come at the same time.
//
// Errors: not_found for a token that leads nowhere; failed_precondition when somebody has registered with it or its
// time is up; already_exists when its address got an account in another way; invalid_argument with the field for a name
// that is missing or too long, for a password that is too short, too long, common or the e-mail address, for a phone
// number that is not in E.164 form and for an unknown language; and resource_exhausted with Retry-After after too many
// requests from one address (30 a minute).
//
//encore:api public method=POST path=/auth/register
func (s *Service) Register(ctx context.Context, p *RegisterParams) (*RegisterResponse, error) {
	from := currentOrigin()
	if err := s.limits.allowRegistration(ctx, from.address); err != nil {
		return nil, err
	}
	// Nobody costs the server a hash without an invitation, and no row stays locked for so long.
	invitation, err := waiting(ctx, s.query.InvitationByToken, p.Token, s.now())
	if err != nil {
		return nil, refusal.Failure(err, "find the invitation")
	}
	if guessable(p.Password, invitation.Email) {
		return nil, refusal.Invalid("password", refusal.Guessable, "This password is easy to guess.")
	}
	hash, err := s.passwords.hash(ctx, p.Password)
	if err != nil {
		return nil, refusal.Failure(err, "hash the password")
	}
	var user store.User
	var cookie string
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		invitation, err := waiting(ctx, query.InvitationByTokenForUpdate, p.Token, s.now())
		if err != nil {
			return err
		}
		user, err = query.InsertUser(ctx, store.InsertUserParams{
			Email: invitation.Email, FirstName: strings.TrimSpace(p.FirstName), LastName: strings.TrimSpace(p.LastName),
			Phone: p.Phone, Language: languageOf(p.Language), Role: invitation.Role, RegionIds: invitation.RegionIds,
			PasswordHash: hash, Now: s.now(),
		})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return refusal.Exists("", refusal.AccountExists, "There is an account with this e-mail address.")
		case err != nil:
			return err
		}
		err = query.AcceptInvitation(ctx, store.AcceptInvitationParams{ID: invitation.ID, Now: new(s.now())})
		if err != nil {
			return err
		}
		cookie, err = s.startSession(ctx, query, user.ID, from)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "register")
	}
	return &RegisterResponse{SetCookie: cookie, Account: accountOf(user)}, nil
}

// waiting finds the invitation of a token, with which nobody has registered and whose time is not up.
func waiting(
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
	case invitation.AcceptedAt != nil:
		return invitation, errInvitationUsed()
	case !now.Before(invitation.ExpiresAt):
		return invitation, refusal.Precondition("", refusal.InvitationExpired, "The time of this invitation is up.")
	}
	return invitation, nil
}

func noInvitation() error { return refusal.NotFound("There is no such invitation.") }

func errInvitationUsed() error {
	return refusal.Precondition("", refusal.InvitationUsed, "Somebody has registered with this invitation.")
}

func checkName(field, name string) error {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return refusal.Invalid(field, refusal.Required, "Give your name.")
	case utf8.RuneCountInString(name) > maxName:
		return refusal.Invalid(field, refusal.TooLong, "A name has at most 100 characters.")
	case !utf8.ValidString(name), strings.ContainsFunc(name, unicode.IsControl):
		return refusal.Invalid(field, refusal.Malformed, "A name has letters, no control characters.")
	}
	return nil
}

func languageOf(name string) store.Language {
	if name == "" {
		return store.LanguageNl
	}
	return store.Language(name)
}
