package core

import (
	"context"
	"time"

	"encore.app/core/access"
	"encore.app/core/recur"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// TourRhythm says on which days a tour is walked.
type TourRhythm struct {
	// RRule is when, as RFC 5545 writes it: FREQ=WEEKLY;BYDAY=MO,TH. It ends by UNTIL or COUNT, or not at all.
	RRule string `json:"rrule"`
	// StartDate is the first day on which it counts, YYYY-MM-DD.
	StartDate string `json:"start_date"`
	// HeldFrom and HeldUntil are the days, YYYY-MM-DD, from and until which the tour is not walked; empty without a pause, and
	// HeldUntil for one without end.
	HeldFrom  string `json:"held_from"`
	HeldUntil string `json:"held_until"`
	// NextDate is the first date from today on, YYYY-MM-DD; empty when there is none within ten years.
	NextDate string `json:"next_date"`
}

// addRhythm adds to a tour, for the office, on which days it is walked and by whom.
func (s *Service) addRhythm(ctx context.Context, caller access.Actor, tour *TourDetail) error {
	tour.UsualWalkers = []Worker{}
	if !caller.Office() {
		return nil
	}
	row, err := s.query.TourRhythm(ctx, tour.ID)
	if err != nil {
		return refusal.Failure(err, "read the rhythm of the tour")
	}
	ids, err := s.query.UsualWalkers(ctx, tour.ID)
	if err != nil {
		return refusal.Failure(err, "read who usually walks the tour")
	}
	workers, err := s.workers(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		tour.UsualWalkers = append(tour.UsualWalkers, workers[id])
	}
	if row.Rrule == nil || row.RhythmStart == nil {
		return nil
	}
	recurrence, err := tourRecurrence(*row.Rrule, *row.RhythmStart, row.HeldFrom, row.HeldUntil)
	if err != nil {
		return refusal.Failure(err, "read the rhythm of the tour")
	}
	tour.Rhythm = &TourRhythm{
		RRule: *row.Rrule, StartDate: day.Format(*row.RhythmStart), HeldFrom: dayOrEmpty(row.HeldFrom), HeldUntil: dayOrEmpty(row.HeldUntil),
	}
	for _, date := range recurrence.Next(s.today(), 1) {
		if date.Skipped == "" {
			tour.Rhythm.NextDate = day.Format(date.Date)
		}
	}
	return nil
}

// tourRecurrence is the recurrence that a tour holds.
func tourRecurrence(rrule string, start time.Time, heldFrom, heldUntil *time.Time) (recur.Rule, error) {
	return recurrenceOf(store.CollectionRule{Rrule: rrule, StartDate: start, HeldFrom: heldFrom, HeldUntil: heldUntil}, nil)
}
