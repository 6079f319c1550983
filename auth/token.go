package auth

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/input"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
)

const (
	// tokenPrefix tells those who scan files for secrets, and people, what they have found.
	tokenPrefix = "trt_"
	// maxTokens is how many tokens an account has at once, maxTokenDays how long one is good.
	maxTokens    = 20
	maxTokenDays = 366
	// tokenMemory is how long a token whose time is up is still listed.
	tokenMemory = 30 * 24 * time.Hour
)

// Token is what one of the caller's programs signs in with, as `Authorization: Bearer trt_…`.
type Token struct {
	// ID identifies the token.
	ID int64 `json:"id"`
	// Name says what it is for.
	Name string `json:"name"`
	// Scope is read or write.
	Scope Scope `json:"scope"`
	// CreatedAt is when it was made.
	CreatedAt time.Time `json:"created_at"`
	// ExpiresAt is until when it is good.
	ExpiresAt time.Time `json:"expires_at"`
	// Expired tells that this moment has passed; 30 days later it is not listed any more.
	Expired bool `json:"expired"`
	// LastUsedAt is when it was used last, to within a minute; null when it was not.
	LastUsedAt *time.Time `json:"last_used_at"`
}

// ListTokensResponse holds the tokens of the caller's programs.
type ListTokensResponse struct {
	// Items are sorted by when they were made, the latest first; 20 at most.
	Items []*Token `json:"items"`
}

// ListTokens returns the tokens of the caller's programs.
//
// Errors: permission_denied with the token of a program (session_required).
//
//encore:api auth method=GET path=/me/tokens
func (s *Service) ListTokens(ctx context.Context) (*ListTokensResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	rows, err := s.query.ListTokens(ctx, who.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "list the tokens")
	}
	items := make([]*Token, len(rows))
	for i, row := range rows {
		items[i] = s.tokenOf(row)
	}
	return &ListTokensResponse{Items: items}, nil
}

// CreateTokenParams say what a token is for.
type CreateTokenParams struct {
	// Name says what it is for: 1 to 100 characters.
	Name string `json:"name"`
	// Scope is read or write. With read a program can only GET, with write it can do what its owner can, but for what takes a
	// person who has signed in: passwords, addresses, sessions, tokens and the second factor.
	Scope Scope `json:"scope"`
	// Days is how long it is good, from 1 to 366.
	Days int `json:"days"`
	// Password is the caller's, at most 256 characters.
	Password string `json:"password" encore:"sensitive"`
}

// Validate refuses what can be no token (invalid_argument).
func (p *CreateTokenParams) Validate() error {
	_, err := p.name()
	return err
}

// name returns the name as it is stored, when everything is in order.
func (p *CreateTokenParams) name() (string, error) {
	name, err := input.RequiredText("name", p.Name, maxName)
	switch {
	case err != nil:
		return "", err
	case p.Scope == "":
		return "", refusal.Invalid("scope", refusal.Required, "Choose what the token is for: read or write.")
	case !store.TokenScope(p.Scope).Valid():
		return "", refusal.Invalid("scope", refusal.Unknown, "The scopes are read and write.")
	case p.Days < 1 || p.Days > maxTokenDays:
		return "", refusal.Invalid("days", refusal.OutOfRange, "A token is good for 1 to 366 days.")
	}
	return name, checkGivenPassword("password", p.Password)
}

// CreateTokenResponse is a token that was made, with its secret, which is told this once.
type CreateTokenResponse struct {
	// Token is what was made.
	Token *Token `json:"token"`
	// Secret is what the program sends: `Authorization: Bearer trt_…`. Only its hash is kept.
	Secret string `json:"secret" encore:"sensitive"`
}

// CreateToken makes a token for one of the caller's programs. Its secret is told in the answer and never again. An account
// has 20 at most.
//
// Errors: invalid_argument with the field for a name that is missing or too long, another scope, days out of range and a
// wrong password (wrong_password); permission_denied with the token of a program (session_required); failed_precondition
// with 20 tokens (too_many); aborted when another request has changed the password meanwhile; resource_exhausted with
// Retry-After after 10 wrong passwords in a quarter of an hour.
//
//encore:api auth method=POST path=/me/tokens
func (s *Service) CreateToken(ctx context.Context, p *CreateTokenParams) (*CreateTokenResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	confirmed, err := s.confirmPassword(ctx, who, "password", p.Password)
	if err != nil {
		return nil, err
	}
	secret, _ := newToken()
	secret = tokenPrefix + secret
	var made store.Token
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query, now := s.query.WithTx(tx), s.now()
		if _, err := s.lockCaller(ctx, tx, who, confirmed); err != nil {
			return err
		}
		switch count, err := query.CountTokens(ctx, who.UserID); {
		case err != nil:
			return err
		case count >= maxTokens:
			return refusal.Precondition("", refusal.TooManyOfThem, "You have 20 tokens. Withdraw one first.")
		}
		made, err = query.InsertToken(ctx, store.InsertTokenParams{
			UserID: who.UserID, Name: name, TokenHash: hashToken(secret), Scope: store.TokenScope(p.Scope),
			Now: now, ExpiresAt: now.AddDate(0, 0, p.Days),
		})
		if err != nil {
			return err
		}
		if err := auditToken(ctx, tx, who.actor(), "token.created", nil, &made, now); err != nil {
			return err
		}
		return mailrequest.Append(ctx, tx, mailrequest.Request{
			Kind: mailrequest.TokenCreated, UserID: who.UserID, OccurredAt: now,
			Data: map[string]string{"scope": string(made.Scope), "expires_at": made.ExpiresAt.Format(time.RFC3339)},
		})
	})
	if err != nil {
		return nil, refusal.Failure(err, "make the token")
	}
	return &CreateTokenResponse{Token: s.tokenOf(made), Secret: secret}, nil
}

// WithdrawTokenResponse says what was withdrawn.
type WithdrawTokenResponse struct {
	// ID is the token that is good for nothing from now on.
	ID int64 `json:"id"`
}

// WithdrawToken makes one of the caller's tokens good for nothing.
//
// Errors: not_found for a token that does not exist or is somebody else's; permission_denied with the token of a program
// (session_required).
//
//encore:api auth method=DELETE path=/me/tokens/:id
func (s *Service) WithdrawToken(ctx context.Context, id int64) (*WithdrawTokenResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		gone, err := s.query.WithTx(tx).DeleteTokenOfUser(ctx, store.DeleteTokenOfUserParams{ID: id, UserID: who.UserID})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return refusal.NotFound("There is no such token.")
		case err != nil:
			return err
		}
		return auditToken(ctx, tx, who.actor(), "token.withdrawn", &gone, nil, s.now())
	})
	if err != nil {
		return nil, refusal.Failure(err, "withdraw the token")
	}
	return &WithdrawTokenResponse{ID: id}, nil
}

// withdrawTokens makes the tokens of all programs of a user good for nothing.
func (s *Service) withdrawTokens(ctx context.Context, tx pgx.Tx, who audit.Actor, userID int64) error {
	withdrawn, err := s.query.WithTx(tx).DeleteTokensOfUser(ctx, userID)
	if err != nil {
		return err
	}
	for _, token := range withdrawn {
		if err := auditToken(ctx, tx, who, "token.withdrawn", &token, nil, s.now()); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tokenOf(row store.Token) *Token {
	return &Token{
		ID: row.ID, Name: row.Name, Scope: Scope(row.Scope), CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt,
		Expired: !s.now().Before(row.ExpiresAt), LastUsedAt: row.LastUsedAt,
	}
}
