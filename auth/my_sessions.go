package auth

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

// maxSessions is how many of somebody's sessions are listed: those used last.
const maxSessions = 200

// Session is a device on which the caller is signed in.
type Session struct {
	// ID identifies the session.
	ID int64 `json:"id"`
	// Current tells that the request came through it.
	Current bool `json:"current"`
	// Browser names the program, as it calls itself: Firefox. Empty when it does not say.
	Browser string `json:"browser"`
	// System names what it runs on, as it calls itself: Android. Empty when it does not say.
	System string `json:"system"`
	// Kind is desktop, phone, tablet or program. A program is what is no browser that is known.
	Kind string `json:"kind"`
	// Address is the IP address from which it was begun; empty when it is not known.
	Address string `json:"address" encore:"sensitive"`
	// Network is public, private or unknown. A private address is one of a home, an office or this server itself.
	Network string `json:"network"`
	// Place is the city and the country where the network of the address is, in the caller's language, as in "Gent, België";
	// empty where that is not known. It is looked up when it is asked for, and not kept.
	Place string `json:"place"`
	// StartedAt is when they signed in.
	StartedAt time.Time `json:"started_at"`
	// LastUsedAt is when it was used last, to within a minute.
	LastUsedAt time.Time `json:"last_used_at"`
	// ExpiresAt is when it ends by itself unless it is used before.
	ExpiresAt time.Time `json:"expires_at"`
}

// ListSessionsResponse holds the caller's sessions.
type ListSessionsResponse struct {
	// Items are sorted by their last use, the latest first; 200 at most.
	Items []*Session `json:"items"`
}

// ListSessions returns the devices on which the caller is signed in.
//
// Errors: permission_denied with the token of a program (session_required).
//
//encore:api auth method=GET path=/me/sessions
func (s *Service) ListSessions(ctx context.Context) (*ListSessionsResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	rows, err := s.query.ListSessions(ctx, store.ListSessionsParams{UserID: who.UserID, Now: s.now(), RowLimit: maxSessions})
	if err != nil {
		return nil, refusal.Failure(err, "list the sessions")
	}
	items := make([]*Session, len(rows))
	for i, row := range rows {
		on := clientOf(row.UserAgent)
		items[i] = &Session{
			ID: row.ID, Current: row.ID == who.SessionID, Browser: on.browser, System: on.system, Kind: on.kind,
			Address: row.Ip, Network: networkOf(row.Ip), Place: s.places.Of(row.Ip, who.Language), StartedAt: row.CreatedAt, LastUsedAt: row.LastUsedAt,
			ExpiresAt: row.ExpiresAt,
		}
	}
	return &ListSessionsResponse{Items: items}, nil
}

// EndSessionResponse says what was ended.
type EndSessionResponse struct {
	// ID is the session that let somebody in until now.
	ID int64 `json:"id"`
}

// EndSession ends one of the caller's sessions: its device is signed out, and its open connections are closed. Of the
// session of the request too; POST /auth/sign-out also takes its cookie away.
//
// Errors: not_found for a session that does not exist, has ended or is somebody else's; permission_denied with the token of
// a program (session_required).
//
//encore:api auth method=DELETE path=/me/sessions/:id
func (s *Service) EndSession(ctx context.Context, id int64) (*EndSessionResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		ended, err := s.query.WithTx(tx).DeleteSessionOfUser(ctx, store.DeleteSessionOfUserParams{ID: id, UserID: who.UserID})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return refusal.NotFound("There is no such session.")
		case err != nil:
			return err
		}
		return s.appendSessionEnded(ctx, tx, who.actor(), ended)
	})
	if err != nil {
		return nil, refusal.Failure(err, "end the session")
	}
	return &EndSessionResponse{ID: id}, nil
}

// EndOtherSessionsResponse says what was ended.
type EndOtherSessionsResponse struct {
	// SessionsEnded is how many other devices were signed in, and are not any more.
	SessionsEnded int `json:"sessions_ended"`
}

// EndOtherSessions ends all of the caller's sessions but the one of the request.
//
// Errors: permission_denied with the token of a program (session_required).
//
//encore:api auth method=DELETE path=/me/sessions
func (s *Service) EndOtherSessions(ctx context.Context) (*EndOtherSessionsResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	answer := new(EndOtherSessionsResponse)
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		answer.SessionsEnded, err = s.endSessions(ctx, tx, who.actor(), who.UserID)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "end the other sessions")
	}
	return answer, nil
}

// networkOf says what an IP address tells by itself.
func networkOf(address string) string {
	ip, err := netip.ParseAddr(address)
	switch {
	case err != nil:
		return "unknown"
	case ip.IsPrivate(), ip.IsLoopback(), ip.IsLinkLocalUnicast():
		return "private"
	}
	return "public"
}
