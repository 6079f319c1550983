package core

import (
	"bytes"
	"context"
	"fmt"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/demo"
)

// seedDemo makes the demo data. Every start plans today and the next days anew; what is
// there already stays as it is.
func (s *Service) seedDemo(ctx context.Context) error {
	people, settled, err := demoPeople(ctx)
	if err != nil {
		return err
	}
	regions, err := s.makeDemo(ctx, people)
	if err != nil {
		return err
	}
	for email, names := range demo.Workers {
		if settled[email] {
			continue // what the office has changed stays
		}
		var ids []int64
		for _, name := range names {
			if id, exists := regions[name]; exists {
				ids = append(ids, id)
			}
		}
		if _, err := auth.AssignRegions(ctx, &auth.AssignRegionsParams{UserID: people[email], RegionIDs: ids}); err != nil {
			return fmt.Errorf("assign regions to %s: %w", email, err)
		}
	}
	return nil
}

// demoPeople returns the ids of the demo accounts by e-mail address, and who has regions already.
func demoPeople(ctx context.Context) (people map[string]int64, settled map[string]bool, err error) {
	emails := []string{demo.Martine, demo.Philippe}
	for email := range demo.Workers {
		emails = append(emails, email)
	}
	answer, err := auth.UsersByEmail(ctx, &auth.UsersByEmailParams{Emails: emails})
	if err != nil {
		return nil, nil, fmt.Errorf("find the demo accounts: %w", err)
	}
	people, settled = make(map[string]int64, len(emails)), make(map[string]bool)
	for _, user := range answer.Users {
		people[user.Email], settled[user.Email] = user.ID, len(user.RegionIDs) > 0
	}
	for _, email := range emails {
		if people[email] == 0 {
			return nil, nil, fmt.Errorf("the demo account %s is missing", email)
		}
	}
	return people, settled, nil
}

// makeDemo makes what is missing in one transaction, and returns the ids of the regions by name.
func (s *Service) makeDemo(ctx context.Context, people map[string]int64) (regions map[string]int64, err error) {
	err = s.transact(ctx, access.Actor{}, func(c *change) error {
		regions, err = demo.Make(ctx, demo.Seed{
			Query: c.query, People: people, Now: c.at, Zone: s.zone, Convert: s.convert, Keep: s.writeFiles,
			KeepManual: func(ctx context.Context, sum, file []byte) error {
				return s.manuals.write(ctx, manualFileName(sum), bytes.NewReader(file))
			},
			Steps: stepOrder, Done: OutcomeDone, Skipped: OutcomeSkipped, Failed: OutcomeFailed,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return regions, s.GenerateCollections(ctx)
}
