package auth

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"unicode/utf8"

	encore "encore.dev"
	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

const (
	maxEmail     = 254
	maxPassword  = 256
	maxUserAgent = 300
)

// SignInParams are an e-mail address and its password.
type SignInParams struct {
	// Email is the address of the account; upper and lower case are the same.
	Email string `json:"email" encore:"sensitive"`
	// Password is at most 256 characters.
	Password string `json:"password" encore:"sensitive"`
}

// Validate refuses what can be no account's (invalid_argument).
func (p *SignInParams) Validate() error {
	switch {
	case strings.TrimSpace(p.Email) == "":
		return refusal.Invalid("email", refusal.Required, "Give your e-mail address.")
	case len(p.Email) > maxEmail:
		return refusal.Invalid("email", refusal.TooLong, "An e-mail address has at most 254 characters.")
	case p.Password == "":
		return refusal.Invalid("password", refusal.Required, "Give your password.")
	case len(p.Password) > maxPassword:
		return refusal.Invalid("password", refusal.TooLong, "A password has at most 256 characters.")
	}
	return nil
}

// SignInResponse is the account that has signed in.
type SignInResponse struct {
	// SetCookie holds the session's token. Programs without a cookie jar send it as `Authorization: Bearer <token>`.
	SetCookie string `header:"Set-Cookie"`
	// Account is the account of the caller from now on.
	Account *Account `json:"account"`
}

// SignIn starts a session. The session lives for 14 days after its last use.
//
// Errors: unauthenticated when the address and the password do not belong together, without telling which of them
// is wrong, and resource_exhausted with Retry-After after too many attempts from one address (30 a minute) or at one
// account (10 a quarter of an hour).
//
//encore:api public method=POST path=/auth/sign-in
func (s *Service) SignIn(ctx context.Context, p *SignInParams) (*SignInResponse, error) {
	email := normalEmail(p.Email)
	from := currentOrigin()
	if err := s.limits.allow(ctx, from.address, email); err != nil {
		return nil, err
	}
	user, err := s.query.UserByEmail(ctx, email)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, refusal.Failure(err, "find the account")
	}
	match, err := s.passwords.verify(ctx, p.Password, user.PasswordHash) // empty without a user
	if err != nil {
		return nil, refusal.Failure(err, "verify the password")
	}
	if !match || !user.Active {
		return nil, refusal.Unauthenticated(refusal.WrongCredentials, "The e-mail address or the password is wrong.")
	}
	cookie, err := s.startSession(ctx, s.query, user.ID, from)
	if err != nil {
		return nil, refusal.Failure(err, "store the session")
	}
	s.limits.clear(ctx, email)
	return &SignInResponse{SetCookie: cookie, Account: accountOf(user)}, nil
}

// startSession begins a session of a user and returns the Set-Cookie header with its token.
func (s *Service) startSession(ctx context.Context, query *store.Queries, userID int64, from origin) (string, error) {
	token, hash := newToken()
	now := s.now()
	_, err := query.InsertSession(ctx, store.InsertSessionParams{
		TokenHash: hash, UserID: userID, Now: now, ExpiresAt: now.Add(sessionLife),
		Ip: from.address, UserAgent: from.userAgent,
	})
	if err != nil {
		return "", err
	}
	return sessionCookie(token, from.secure), nil
}

// SignOutResponse says what signing out did.
type SignOutResponse struct {
	// SetCookie takes the session cookie away.
	SetCookie string `header:"Set-Cookie"`
	// Ended is false when another request had ended the session a moment before.
	Ended bool `json:"ended"`
}

// SignOut ends the session of the request. Its open connections are closed, and its token is refused from now on.
// Signing out twice is the same as once.
//
//encore:api auth method=POST path=/auth/sign-out
func (s *Service) SignOut(ctx context.Context) (*SignOutResponse, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	answer := &SignOutResponse{SetCookie: sessionCookie("", currentOrigin().secure)}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		deleted, err := s.query.WithTx(tx).DeleteSession(ctx, who.SessionID)
		if err != nil || len(deleted) == 0 {
			return err
		}
		answer.Ended = true
		return outbox.Append(ctx, tx, accountEvents, &AccountEvent{
			Type: SessionEnded, UserID: who.UserID, SessionID: who.SessionID, OccurredAt: s.now(),
		})
	})
	if err != nil {
		return nil, refusal.Failure(err, "end the session")
	}
	return answer, nil
}

// origin is where a request came from.
type origin struct {
	address   string // IP address, empty when not known
	userAgent string
	secure    bool // by https
}

// currentOrigin reads it from what the proxy in front says. Only the last address of X-Forwarded-For counts: that one
// was written by our own proxy, the others by whoever likes.
func currentOrigin() origin {
	return originOf(encore.CurrentRequest().Headers)
}

func originOf(header http.Header) origin {
	from := origin{
		userAgent: truncate(strings.ToValidUTF8(header.Get("User-Agent"), ""), maxUserAgent),
		secure:    header.Get("X-Forwarded-Proto") == "https",
	}
	if forwarded := header.Values("X-Forwarded-For"); len(forwarded) > 0 {
		last := forwarded[len(forwarded)-1]
		last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		if address, err := netip.ParseAddr(last); err == nil {
			from.address = address.Unmap().WithZone("").String()
		}
	}
	return from
}

// truncate cuts text after limit characters.
func truncate(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit])
}
