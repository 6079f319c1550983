package core

import (
	"context"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// RunsExportResponse names runs.
type RunsExportResponse struct {
	// IDs are those of the runs that were ever the caller's, by date.
	IDs []int64 `json:"ids"`
	// Availability and Absences are what was entered of when the caller can work, the absences by day, 1000 at most.
	Availability *Availability `json:"availability"`
	Absences     []Absence     `json:"absences"`
	// Swaps are what the caller asked others to do, and has taken from others, by day, 1000 at most.
	Swaps []Swap `json:"swaps"`
	// UsualTours are those that the caller is said to walk usually, by name.
	UsualTours []TourName `json:"usual_tours"`
}

// maxExportedAbsences and maxExportedSwaps are more than anybody has.
const (
	maxExportedAbsences = 1000
	maxExportedSwaps    = 1000
)

// RunsExport names the runs of the caller, for the service that makes the export.
//
//encore:api private method=POST path=/internal/runs-export
func (s *Service) RunsExport(ctx context.Context) (*RunsExportResponse, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := s.query.RunsOfWorker(ctx, caller.ID)
	if err != nil {
		return nil, refusal.Failure(err, "list the runs")
	}
	if ids == nil {
		ids = []int64{}
	}
	available, err := availabilityOf(ctx, s.query, caller.ID)
	if err != nil {
		return nil, refusal.Failure(err, "read the availability")
	}
	rows, err := s.query.AbsencesOfWorker(ctx, store.AbsencesOfWorkerParams{WorkerID: caller.ID, RowLimit: maxExportedAbsences})
	if err != nil {
		return nil, refusal.Failure(err, "list the absences")
	}
	absences, err := s.absencesOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	swaps, err := s.query.SwapsToExport(ctx, store.SwapsToExportParams{WorkerID: caller.ID, RowLimit: maxExportedSwaps})
	if err != nil {
		return nil, refusal.Failure(err, "list the swaps")
	}
	shown, err := s.swapsOf(ctx, access.Actor{ID: caller.ID, Role: auth.RoleStudent}, swaps) // what workers see of each other
	if err != nil {
		return nil, err
	}
	tours, err := s.query.UsualToursOf(ctx, caller.ID)
	if err != nil {
		return nil, refusal.Failure(err, "list the usual tours")
	}
	usual := make([]TourName, len(tours))
	for i, tour := range tours {
		usual[i] = TourName{tour.ID, tour.Name}
	}
	return &RunsExportResponse{IDs: ids, Availability: available, Absences: absences, UsualTours: usual, Swaps: shown}, nil
}

// RunExport returns one run of the caller with everything that happened, for the service that makes the export.
//
// Errors: not_found for a run that is not the caller's.
//
//encore:api private method=POST path=/internal/runs-export/:id
func (s *Service) RunExport(ctx context.Context, id int64) (*RunDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	run, err := s.runDetail(ctx, id)
	if err != nil {
		return nil, refusal.Failure(err, "read the run")
	}
	if run.Worker.ID != caller.ID {
		return nil, refusal.NotFound("There is no such run.")
	}
	return run, nil
}
