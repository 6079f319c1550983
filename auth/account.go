package auth

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

// Account is the caller's own account.
type Account struct {
	// ID identifies the account.
	ID int64 `json:"id"`
	// Email is the address with which they sign in.
	Email string `json:"email" encore:"sensitive"`
	// FirstName is the given name.
	FirstName string `json:"first_name"`
	// LastName is the family name.
	LastName string `json:"last_name"`
	// Phone is in E.164 form (+32470123456), empty when not known.
	Phone string `json:"phone" encore:"sensitive"`
	// Role says what the person may do.
	Role Role `json:"role"`
	// Language is nl, en or fr.
	Language string `json:"language"`
	// RegionIDs are the regions where the person works.
	RegionIDs []int64 `json:"region_ids"`
}

// Me returns the caller's account.
//
//encore:api auth method=GET path=/me
func (s *Service) Me(ctx context.Context) (*Account, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	user, err := s.query.UserByID(ctx, who.UserID)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // deleted since the auth handler ran
		return nil, errSignedOut()
	case err != nil:
		return nil, refusal.Failure(err, "read the account")
	}
	return accountOf(user), nil
}

func accountOf(user store.User) *Account {
	return &Account{
		ID: user.ID, Email: user.Email, FirstName: user.FirstName, LastName: user.LastName, Phone: user.Phone,
		Role: Role(user.Role), Language: string(user.Language), RegionIDs: orEmpty(user.RegionIds),
	}
}
