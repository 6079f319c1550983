package auth

import (
	"context"

	"encore.app/internal/refusal"
)

// Office returns the active accounts of the office, for the service that tells them what happens.
//
//encore:api private method=POST path=/internal/office
func (s *Service) Office(ctx context.Context) (*UsersResponse, error) {
	users, err := s.query.OfficeUsers(ctx)
	if err != nil {
		return nil, refusal.Failure(err, "read the office")
	}
	return &UsersResponse{Users: usersOf(users)}, nil
}
