package core

import (
	"context"
	"slices"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// Availability says on which days of the week somebody can work, and how much was agreed.
type Availability struct {
	WorkerID int64 `json:"worker_id"`
	// Weekdays are the days on which the worker can work: 1 is Monday, 7 is Sunday. All of them unless somebody said otherwise.
	Weekdays []int `json:"weekdays"`
	// WeeklyMinutes is what was agreed, in minutes a week; 0 when nothing was.
	WeeklyMinutes int `json:"weekly_minutes"`
	// Version grows with every change; 0 while nobody has said anything.
	Version int64 `json:"version"`
}

// PutAvailabilityParams say when somebody can work.
type PutAvailabilityParams struct {
	// Weekdays are the days on which the worker can work: 1 is Monday, 7 is Sunday.
	Weekdays []int `json:"weekdays"`
	// WeeklyMinutes is what was agreed, in minutes a week, 10080 at most; 0 when nothing was. Only the office changes it.
	WeeklyMinutes int `json:"weekly_minutes"`
	// Version is that of the availability that was changed.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// maxWeeklyMinutes is a whole week.
const maxWeeklyMinutes = 7 * 24 * 60

// everyDay is when those can work of whom nobody said otherwise.
func everyDay() []int16 { return []int16{1, 2, 3, 4, 5, 6, 7} }

// GetAvailability returns on which days of the week somebody can work. The office sees everybody's, a worker their own.
//
// Errors: not_found for somebody else's, and when there is no such worker; permission_denied for those who do no runs.
//
//encore:api auth method=GET path=/workers/:id/availability
func (s *Service) GetAvailability(ctx context.Context, id int64) (*Availability, error) {
	if _, err := s.actorFor(ctx, id); err != nil {
		return nil, err
	}
	found, err := availabilityOf(ctx, s.query, id)
	if err != nil {
		return nil, refusal.Failure(err, "read the availability")
	}
	return found, nil
}

// PutAvailability says on which days of the week somebody can work. The office changes everybody's, a worker their own days.
// Runs that are planned stay as they are.
//
// Errors: invalid_argument for a day that is none, and minutes that are more than a week has; aborted when somebody else has
// changed it since that version; permission_denied when a worker changes what was agreed, and for those who do no runs;
// not_found for somebody else's, and when there is no such worker.
//
//encore:api auth method=PUT path=/workers/:id/availability
func (s *Service) PutAvailability(ctx context.Context, id int64, p *PutAvailabilityParams) (*Availability, error) {
	caller, err := s.actorFor(ctx, id)
	if err != nil {
		return nil, err
	}
	weekdays, err := weekdaysOf(p.Weekdays)
	if err != nil {
		return nil, err
	}
	if p.WeeklyMinutes < 0 || p.WeeklyMinutes > maxWeeklyMinutes {
		return nil, refusal.Invalid("weekly_minutes", refusal.OutOfRange, "A week has 10080 minutes.")
	}
	request := sent{p.IdempotencyKey, "PutAvailability", struct {
		Worker int64
		Params *PutAvailabilityParams
	}{id, p}}
	availability, err := answerOnce(ctx, s, caller, request, func(c *change) (*Availability, error) {
		if err := c.query.LockAvailability(ctx, id); err != nil {
			return nil, err
		}
		before, err := availabilityOf(ctx, c.query, id)
		switch {
		case err != nil:
			return nil, err
		case before.Version != p.Version:
			return nil, changedMeanwhile("availability")
		case before.WeeklyMinutes != p.WeeklyMinutes && !caller.Office():
			return nil, refusal.Forbidden(refusal.WrongRole, "What was agreed is changed by the office.")
		}
		if _, err := c.query.PutAvailability(ctx, store.PutAvailabilityParams{
			WorkerID: id, Weekdays: weekdays, WeeklyMinutes: int32(p.WeeklyMinutes), ChangedAt: c.at, ChangedBy: caller.ID,
		}); err != nil {
			return nil, err
		}
		after, err := availabilityOf(ctx, c.query, id)
		if err != nil {
			return nil, err
		}
		if err := c.audit(ctx, AvailabilityChanged, "account", id, before, after); err != nil {
			return nil, err
		}
		return after, outbox.Append(ctx, c.tx, absenceEvents, &AbsenceEvent{Type: AvailabilityChanged, WorkerID: id, ActorID: caller.ID})
	})
	return availability, refusal.Failure(err, "say when somebody can work")
}

// actorFor returns the caller if they may see and say when that person can work: the office for everybody who does runs, and
// workers for themselves.
func (s *Service) actorFor(ctx context.Context, id int64) (access.Actor, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return caller, err
	}
	if err := access.Availability(caller, id); err != nil {
		return caller, err
	}
	if caller.ID == id {
		return caller, nil
	}
	people, err := s.people(ctx, []int64{id})
	if err != nil {
		return caller, refusal.Failure(err, "read the worker")
	}
	if worker, known := people[id]; !known || !access.CanWork(worker.role) {
		return caller, refusal.NotFound("There is no such worker.")
	}
	return caller, nil
}

// availabilityOf reads the availability of a worker.
func availabilityOf(ctx context.Context, query *store.Queries, id int64) (*Availability, error) {
	rows, err := query.Availabilities(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	found := store.Availability{WorkerID: id, Weekdays: everyDay()}
	if len(rows) > 0 {
		found = rows[0]
	}
	answer := &Availability{
		WorkerID: id, Weekdays: make([]int, len(found.Weekdays)), WeeklyMinutes: int(found.WeeklyMinutes), Version: found.Version,
	}
	for i, weekday := range found.Weekdays {
		answer.Weekdays[i] = int(weekday)
	}
	return answer, nil
}

// weekdaysOf reads days of the week, each once.
func weekdaysOf(given []int) ([]int16, error) {
	weekdays := make([]int16, 0, 7)
	for _, weekday := range given {
		if weekday < 1 || weekday > 7 || slices.Contains(weekdays, int16(weekday)) {
			return nil, refusal.Invalid("weekdays", refusal.OutOfRange, "The days are 1, Monday, to 7, Sunday, each once at most.")
		}
		weekdays = append(weekdays, int16(weekday))
	}
	slices.Sort(weekdays)
	return weekdays, nil
}
