package mail

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/internal/day"
	"encore.app/mail/store"
)

const (
	// quiet is how long nothing more must have happened for somebody before they are told, and patience how long they wait at
	// most: planning a week makes one mail.
	quiet    = 2 * time.Minute
	patience = 10 * time.Minute
	// toldLife is how long it is known what was told, so that an event that comes again is not told again.
	toldLife = 7 * 24 * time.Hour
)

// gather keeps what happened for each of the people, who are told with what else happens: within minutes, or once a day, as
// they chose. A repeated event is gathered once.
func (s *Service) gather(ctx context.Context, eventID, kind string, facts any, userIDs ...int64) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		return s.gatherIn(ctx, s.query.WithTx(tx), quiet, eventID, kind, facts, userIDs...)
	})
}

// gatherIn is gather in a transaction, for what is told after a wait; what is told at once takes along what waits.
func (s *Service) gatherIn(
	ctx context.Context, query *store.Queries, wait time.Duration, eventID, kind string, facts any, userIDs ...int64,
) error {
	if len(userIDs) == 0 {
		return nil
	}
	encoded, err := json.Marshal(facts)
	if err != nil {
		return fmt.Errorf("encode what happened: %w", err)
	}
	if err := s.gatherNotification(ctx, query, wait, eventID, kind, facts, userIDs...); err != nil {
		return err
	}
	choices, err := s.choices(ctx, kind, userIDs...)
	if err != nil {
		return err
	}
	now := s.clock()
	for _, id := range userIDs {
		due, moves := now.Add(wait), true
		switch choices[id] {
		case choiceOff:
			continue
		case choiceDigest:
			due, moves = s.nextReminder(now), false
		}
		added, err := query.Gather(ctx, store.GatherParams{
			Source: fmt.Sprintf("%s:%d", eventID, id), UserID: id, Kind: kind, Facts: encoded, Now: now,
		})
		if err != nil {
			return fmt.Errorf("gather what happened: %w", err)
		}
		if added == 0 {
			continue
		}
		err = query.DelayDigest(ctx, store.DelayDigestParams{
			UserID: id, Kind: kind, Now: now, DueAt: due, Moves: moves, Bound: patience.Seconds(),
		})
		if err != nil {
			return fmt.Errorf("say when somebody is told: %w", err)
		}
	}
	return nil
}

// nextReminder is when mail that goes once a day is sent next.
func (s *Service) nextReminder(now time.Time) time.Time {
	at := s.reminderOn(day.Of(now, s.zone))
	if !at.After(now) {
		at = s.reminderOn(day.Of(now, s.zone).AddDate(0, 0, 1))
	}
	return at
}

// reminderOn is when that is on a day, by the clock on the wall.
func (s *Service) reminderOn(date time.Time) time.Time {
	return day.At(date, s.settings.ReminderTime, s.zone)
}

// tellGathered makes one message for each person and kind whose time has come.
func (s *Service) tellGathered(ctx context.Context) error {
	now := s.clock()
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		due, err := query.DueDigests(ctx, now)
		if err != nil {
			return fmt.Errorf("find who is to be told: %w", err)
		}
		for _, digest := range due {
			rows, err := query.TellGathered(ctx, store.TellGatheredParams{UserID: digest.UserID, Kind: digest.Kind, Now: now})
			if err != nil {
				return fmt.Errorf("read what happened: %w", err)
			}
			if err := query.DeleteDigest(ctx, store.DeleteDigestParams{UserID: digest.UserID, Kind: digest.Kind}); err != nil {
				return fmt.Errorf("end a digest: %w", err)
			}
			if len(rows) == 0 {
				continue
			}
			slices.SortFunc(rows, func(a, b store.Gathered) int { return cmp.Compare(a.ID, b.ID) })
			events := make([]json.RawMessage, len(rows))
			for i, row := range rows {
				events[i] = row.Facts
			}
			last := rows[len(rows)-1].ID
			facts, err := json.Marshal(map[string]any{"events": events})
			if err != nil {
				return fmt.Errorf("encode what happened: %w", err)
			}
			err = s.put(ctx, query, store.InsertMessageParams{
				Source: fmt.Sprintf("digest:%d", last), Kind: digest.Kind, UserID: digest.UserID, Facts: facts, OccurredAt: now,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
