package core

import (
	"context"

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
	return s.plannedRuns(ctx, p.Date, func(timedRun) bool { return true })
}

// plannedRuns answers which of the planned runs of a day are asked for.
func (s *Service) plannedRuns(ctx context.Context, date string, asked func(timedRun) bool) (*RunsForEventsResponse, error) {
	on, err := day.Parse("date", date)
	if err != nil {
		return nil, err
	}
	ids, err := s.query.PlannedRunIDs(ctx, on)
	if err != nil {
		return nil, refusal.Failure(err, "find the planned runs")
	}
	runs, err := s.runsByID(ctx, s.query, ids)
	if err != nil {
		return nil, err
	}
	answer := &RunsForEventsResponse{Runs: make([]Run, 0, len(runs))}
	for _, run := range runs {
		if asked(run) {
			answer.Runs = append(answer.Runs, run.Run)
		}
	}
	return answer, nil
}
