package core

import (
	"context"
	"time"

	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// PlannedRunsParams name a day.
type PlannedRunsParams struct {
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
}

// PlannedRuns returns the runs of a day that are planned and neither started nor cancelled, for the service that reminds
// people.
//
// Errors: invalid_argument for what is no date.
//
//encore:api private method=POST path=/internal/planned-runs
func (s *Service) PlannedRuns(ctx context.Context, p *PlannedRunsParams) (*RunsForEventsResponse, error) {
	date, err := day.Parse("date", p.Date)
	if err != nil {
		return nil, err
	}
	runs, err := s.plannedRuns(ctx, date)
	if err != nil {
		return nil, err
	}
	answer := &RunsForEventsResponse{Runs: make([]Run, 0, len(runs))}
	for _, run := range runs {
		answer.Runs = append(answer.Runs, run.Run)
	}
	return answer, nil
}

func (s *Service) plannedRuns(ctx context.Context, date time.Time) ([]timedRun, error) {
	ids, err := s.query.PlannedRunIDs(ctx, date)
	if err != nil {
		return nil, refusal.Failure(err, "find the planned runs")
	}
	return s.runsByID(ctx, s.query, ids)
}
