package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"encore.dev/beta/auth"
	"encore.dev/cron"
	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/refusal"
)

const (
	// sessionLife is how long a session lives after its last use, maxSessionLife how long however much it is used.
	sessionLife    = 14 * 24 * time.Hour
	maxSessionLife = 90 * 24 * time.Hour
	// secondFactorTime is how long somebody may take to give the second factor.
	secondFactorTime = 10 * time.Minute
	// useInterval is how often at most a session's use is noted.
	useInterval = time.Minute

	sessionCookieName = "session"
	// cookieLife is the longest that browsers allow. The cookie outlives its session on purpose: the server alone decides
	// when a session ends, so that it can slide without a Set-Cookie on every answer.
	cookieLife = 400 * 24 * time.Hour
)

// Credentials are what the auth handler reads from a request: a bearer token or the session cookie.
type Credentials struct {
	// Authorization is `Bearer <token>`. It goes before the cookie.
	Authorization string `header:"Authorization" encore:"sensitive"`
	// Session is the token in the cookie that signing in sets.
	Session string `cookie:"session" encore:"sensitive"`
}

// Data is what is known about the caller of an endpoint; auth.Data() is a *Data.
type Data struct {
	// UserID is the caller's account; auth.UserID() is the same as text.
	UserID int64 `json:"user_id"`
	// SessionID is the session through which the request came; 0 when it came with a token of a program.
	SessionID int64 `json:"session_id"`
	// TokenID is that token; 0 when the request came through a session.
	TokenID int64 `json:"token_id"`
	// Scope is how far the credential reaches: a session's is always ScopeWrite. internal/scope holds requests to it.
	Scope Scope `json:"scope"`
	// Role is what the caller may do.
	Role Role `json:"role"`
	// RegionIDs are the regions where the caller works.
	RegionIDs []int64 `json:"region_ids"`
	// Language is the caller's: nl, en or fr.
	Language string `json:"language"`
	// SecondFactorMissing tells that the installation wants a second factor of the caller, who has none. internal/scope lets
	// such a caller do nothing but set one up.
	SecondFactorMissing bool `json:"second_factor_missing"`
}

// userKey names the account where tries are counted.
func (d *Data) userKey() string { return strconv.FormatInt(d.UserID, 10) }

// MayOnlyRead tells whether the credential is for reading alone.
func (d *Data) MayOnlyRead() bool { return d != nil && d.Scope == ScopeRead }

// MustSetUp tells whether the caller may do nothing before they have set up a second factor.
func (d *Data) MustSetUp() bool { return d != nil && d.SecondFactorMissing }

// Scope is what may be done with a credential, within what its owner may do.
type Scope string

const (
	// ScopeRead lets a program read.
	ScopeRead Scope = "read"
	// ScopeWrite lets it do everything that its owner may do.
	ScopeWrite Scope = "write"
)

// Authenticate is the auth handler: it finds the session, or the token of a program, that a request carries, and puts the
// end of a session off by 14 days from now, up to 90 days after it has begun.
//
// Errors: unauthenticated without either, when it has ended or waits for a second factor, and when its account is not
// active.
//
//encore:authhandler
func (s *Service) Authenticate(ctx context.Context, credentials *Credentials) (auth.UID, *Data, error) {
	token, err := credentials.token()
	if err != nil {
		return "", nil, err
	}
	now := s.now()
	found, err := s.query.UseCredential(ctx, store.UseCredentialParams{
		TokenHash: hashToken(token), Now: now, NewExpiresAt: now.Add(sessionLife), StaleBefore: now.Add(-useInterval),
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", nil, errSignedOut()
	case err != nil:
		return "", nil, refusal.Failure(err, "find the session")
	}
	return auth.UID(strconv.FormatInt(found.UserID, 10)), &Data{
		UserID: found.UserID, SessionID: found.SessionID, TokenID: found.TokenID, Scope: Scope(found.Scope),
		Role: Role(found.Role), RegionIDs: orEmpty(found.RegionIds), Language: string(found.Language),
		SecondFactorMissing: s.mustSetUp(Role(found.Role), found.SecondFactor),
	}, nil
}

func (c *Credentials) token() (string, error) {
	if c.Authorization == "" {
		return c.Session, nil
	}
	scheme, token, _ := strings.Cut(c.Authorization, " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", refusal.Unauthenticated(refusal.SignedOut, "The Authorization header must be: Bearer <token>.")
	}
	return token, nil
}

func errSignedOut() error {
	return refusal.Unauthenticated(refusal.SignedOut, "You are not signed in, or your session has ended.")
}

// caller returns who calls the endpoint, or unauthenticated.
func caller() (*Data, error) {
	data, ok := auth.Data().(*Data)
	if !ok || data == nil {
		return nil, errSignedOut()
	}
	return data, nil
}

// callerFromOffice returns who calls the endpoint; others than the office get permission_denied.
func callerFromOffice() (*Data, error) {
	data, err := caller()
	if err != nil {
		return nil, err
	}
	if !data.Role.IsOffice() {
		return nil, errNotOffice()
	}
	return data, nil
}

func errNotOffice() error {
	return refusal.Forbidden(refusal.WrongRole, "Only the office may do this.")
}

// SessionStateParams names a session.
type SessionStateParams struct {
	SessionID int64 `json:"session_id"`
}

// SessionStateResponse says whether a session still stands.
type SessionStateResponse struct {
	// Active is false when the session has ended, its account is not active, or lacks a second factor that it must have; the
	// other fields are empty then.
	Active bool `json:"active"`
	// UserID is whose session it is.
	UserID int64 `json:"user_id"`
	// Role is the user's role now.
	Role Role `json:"role"`
}

// SessionState tells other services, which keep a connection open longer than a request, whether its session still
// stands.
//
//encore:api private method=POST path=/internal/session-state
func (s *Service) SessionState(ctx context.Context, p *SessionStateParams) (*SessionStateResponse, error) {
	row, err := s.query.SessionState(ctx, store.SessionStateParams{ID: p.SessionID, Now: s.now()})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return &SessionStateResponse{}, nil
	case err != nil:
		return nil, refusal.Failure(err, "read the session")
	}
	if s.mustSetUp(Role(row.Role), row.SecondFactor) {
		return &SessionStateResponse{}, nil
	}
	return &SessionStateResponse{Active: true, UserID: row.UserID, Role: Role(row.Role)}, nil
}

var _ = cron.NewJob("end-expired-sessions", cron.JobConfig{
	Title:    "End expired sessions",
	Every:    1 * cron.Hour,
	Endpoint: EndExpiredSessions,
})

// EndExpiredSessions deletes the sessions whose time is up, with an event for each, so that open connections end too, and
// forgets devices that nobody has used for 400 days, links whose
// time was up a week ago, and tokens whose time was up a month ago; and what addresses anonymised people had, after a month.
// An expired session is refused from its last second on; nothing depends on when this runs.
//
//encore:api private method=POST path=/internal/end-expired-sessions
func (s *Service) EndExpiredSessions(ctx context.Context) error {
	now := s.now()
	for more := true; more; {
		err := s.relay.Transact(ctx, func(tx pgx.Tx) error {
			ended, err := s.query.WithTx(tx).DeleteExpiredSessions(ctx, now)
			if err != nil {
				return err
			}
			more = len(ended) > 0
			for _, session := range ended {
				if err := s.appendSessionEnded(ctx, tx, audit.Actor{}, session); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return refusal.Failure(err, "end expired sessions")
		}
	}
	if err := s.query.DeleteOldPasswordResets(ctx, now.Add(-linkMemory)); err != nil {
		return refusal.Failure(err, "forget resets")
	}
	if err := s.query.DeleteOldEmailChanges(ctx, now.Add(-linkMemory)); err != nil {
		return refusal.Failure(err, "forget changes of addresses")
	}
	if err := s.query.DeleteOldTokens(ctx, now.Add(-tokenMemory)); err != nil {
		return refusal.Failure(err, "forget tokens")
	}
	if err := s.query.DeleteForgottenDevices(ctx, now.Add(-cookieLife)); err != nil {
		return refusal.Failure(err, "forget devices")
	}
	if err := s.query.DeleteForgottenAddresses(ctx, now.Add(-forgottenMemory)); err != nil {
		return refusal.Failure(err, "forget the addresses of who was anonymised")
	}
	return nil
}

// newToken returns a token that cannot be guessed, and the hash under which it is stored.
func newToken() (token string, hash []byte) {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	return token, hashToken(token)
}

// hashToken needs no salt and no cost: the token is random already.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// sessionCookie returns the Set-Cookie header for a token; an empty token takes the cookie away.
func sessionCookie(token string, secure bool) string {
	return cookieFor(sessionCookieName, "/", token, secure)
}

// cookieFor returns a Set-Cookie header for paths that begin with path; an empty token takes the cookie away.
func cookieFor(name, path, token string, secure bool) string {
	cookie := http.Cookie{
		Name: name, Value: token, Path: path, MaxAge: int(cookieLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure,
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	return cookie.String()
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
