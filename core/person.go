package core

import (
	"context"
	"slices"

	"encore.app/auth"
	"encore.app/internal/refusal"
)

// Worker is the person who does a run.
type Worker struct {
	ID        int64  `json:"id"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Phone     string `json:"phone" encore:"sensitive"`
}

// person is what the rounds need to know of an account.
type person struct {
	Worker
	role      auth.Role
	regionIDs []int64
	active    bool
}

// peopleFromAuth asks the auth service for accounts, all in one call. Ids without an account are left out.
func peopleFromAuth(ctx context.Context, ids []int64) (map[int64]person, error) {
	answer, err := auth.UsersByID(ctx, &auth.UsersByIDParams{IDs: ids})
	if err != nil {
		return nil, err
	}
	people := make(map[int64]person, len(answer.Users))
	for _, user := range answer.Users {
		people[user.ID] = personOf(user)
	}
	return people, nil
}

func personOf(user *auth.User) person {
	return person{
		Worker: Worker{user.ID, user.FirstName, user.LastName, user.Phone},
		role:   user.Role, regionIDs: user.RegionIDs, active: user.Active,
	}
}

// workersFromAuth asks the auth service who may be given runs.
func workersFromAuth(ctx context.Context, p *auth.WorkersParams) (*auth.UsersResponse, error) {
	return auth.Workers(ctx, p)
}

// workers returns the persons with ids. Somebody whose account is gone keeps the id alone: history stays readable.
func (s *Service) workers(ctx context.Context, ids []int64) (map[int64]Worker, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	found := make(map[int64]Worker, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	people, err := s.people(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read the workers")
	}
	for _, id := range ids {
		found[id] = people[id].Worker
		if _, ok := people[id]; !ok {
			found[id] = Worker{ID: id}
		}
	}
	return found, nil
}
