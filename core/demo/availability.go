package demo

import (
	"context"

	"encore.app/core/store"
)

// agreedHours is what was agreed with the workers, in hours a week.
var agreedHours = map[string]int32{
	"student@trottoir.example": 10, "lucas@trottoir.example": 12, "noor@trottoir.example": 8, "lotte@trottoir.example": 10,
}

// makeAvailability says how much the workers work, and when two of them are away.
func (d *maker) makeAvailability(ctx context.Context) error {
	for email, hours := range agreedHours {
		if _, err := d.query.PutAvailability(ctx, store.PutAvailabilityParams{
			WorkerID: d.people[email], Weekdays: []int16{1, 2, 3, 4, 5, 6, 7}, WeeklyMinutes: hours * 60,
			ChangedAt: d.Now, ChangedBy: d.people[email],
		}); err != nil {
			return err
		}
	}
	for _, absence := range []struct {
		email       string
		first, last int // days from today
		reason      string
		note        string
	}{
		{"student@trottoir.example", 30, 37, "holiday", ""},
		{"noor@trottoir.example", 24, 45, "exams", "Bereikbaar per mail"},
	} {
		if _, err := d.query.InsertAbsence(ctx, store.InsertAbsenceParams{
			WorkerID: d.people[absence.email], FirstDay: d.today.AddDate(0, 0, absence.first),
			LastDay: d.today.AddDate(0, 0, absence.last), Reason: absence.reason, Note: absence.note,
			EnteredAt: d.Now, EnteredBy: d.people[absence.email],
		}); err != nil {
			return err
		}
	}
	return nil
}
