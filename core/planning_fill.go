package core

import (
	"cmp"
	"context"
	"slices"
	"time"

	"encore.app/auth"
	"encore.app/core/fill"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// FillParams choose the needs that are filled.
type FillParams struct {
	// From and To are the first and last day, YYYY-MM-DD; five weeks at most.
	From string `json:"from"`
	To   string `json:"to"`
	// RegionID limits it to one region; 0 does not.
	RegionID int64 `json:"region_id" encore:"optional"`
}

// FillPreview says who could do what nobody does yet.
type FillPreview struct {
	// Proposals are one for each need, by day and tour.
	Proposals []FillProposal `json:"proposals"`
	// Workers are all who work in the regions of the needs, by their ids: those who can be chosen instead.
	Workers []FillWorker `json:"workers"`
}

// FillProposal is who could do what a need asks for.
type FillProposal struct {
	Need Need `json:"need"`
	// WorkerID is one of the workers; 0 when nobody can.
	WorkerID int64 `json:"worker_id"`
	// Because says why that one: usual (they usually walk the tour), last_week (they walked it a week earlier), region (of those who work
	// in its region and have nothing on the day, they have the least to do in the week); empty when nobody can.
	Because string `json:"because"`
	// Obstacles say why nobody can; empty when somebody can, and when nobody works in the region.
	Obstacles []FillObstacle `json:"obstacles"`
}

// FillObstacle is a reason for which workers of the region cannot.
type FillObstacle struct {
	// Reason is already_planned (they have the tour on the day), absent, other_weekdays, day_full (more than eight hours with another tour on the day), agreed_time (more than what was
	// agreed for the week).
	Reason string `json:"reason"`
	// Count is how many workers it keeps away.
	Count int `json:"count"`
}

// FillWorker is somebody who can be chosen.
type FillWorker struct {
	Worker    Worker  `json:"worker"`
	RegionIDs []int64 `json:"region_ids"`
}

// PreviewFill proposes a worker for every run that is needed and that nobody has, and changes nothing: those first who usually walk
// the tour, in their order; then who walked it a week earlier; then of the region's workers who has the least to do. Nobody is
// proposed who is absent, does not work on that day of the week, has more than was agreed for the week, or more than eight hours on
// the day. The same question gets the same answer as long as nothing else changes. PlanRuns plans what the office takes. The
// office only.
//
// Errors: invalid_argument for a period that is missing, wrong or longer than five weeks, and for more than 1,000 runs;
// permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/fill/preview
func (s *Service) PreviewFill(ctx context.Context, p *FillParams) (*FillPreview, error) {
	if _, err := s.office(ctx); err != nil {
		return nil, err
	}
	first, last, err := readPlanningPeriod(p.From, p.To)
	if err != nil {
		return nil, err
	}
	needs, err := s.openNeeds(ctx, p.RegionID, first, last)
	switch {
	case err != nil:
		return nil, err
	case len(needs) > maxPlans:
		return nil, refusal.Invalid("to", refusal.TooLong, "At most 1,000 runs at a time; choose a region or a shorter period.")
	}
	asked := make([]fill.Need, len(needs))
	for i, n := range needs {
		asked[i] = fill.Need{Tour: n.tour.ID, Region: n.tour.RegionID, Date: n.date, Minutes: int(n.tour.Minutes)}
	}
	if err := s.addUsualWalkers(ctx, asked); err != nil {
		return nil, err
	}
	workers, err := s.fillWorkers(ctx, asked)
	if err != nil {
		return nil, err
	}
	proposals, err := s.propose(ctx, asked, workers)
	if err != nil {
		return nil, err
	}
	preview := &FillPreview{Proposals: make([]FillProposal, len(needs)), Workers: shownWorkers(workers)}
	for i, proposal := range proposals {
		preview.Proposals[i] = FillProposal{
			Need: needs[i].shown(), WorkerID: proposal.Worker, Because: string(proposal.Because), Obstacles: obstaclesOf(proposal),
		}
	}
	return preview, nil
}

func obstaclesOf(proposal fill.Proposal) []FillObstacle {
	found := []FillObstacle{}
	for reason, count := range proposal.Obstacles {
		found = append(found, FillObstacle{string(reason), count})
	}
	slices.SortFunc(found, func(a, b FillObstacle) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return found
}

// addUsualWalkers adds to needs who usually walks their tours.
func (s *Service) addUsualWalkers(ctx context.Context, needs []fill.Need) error {
	tours := make([]int64, len(needs))
	for i, n := range needs {
		tours[i] = n.Tour
	}
	slices.Sort(tours)
	rows, err := s.query.UsualWalkersOf(ctx, slices.Compact(tours))
	if err != nil {
		return refusal.Failure(err, "read who usually walks the tours")
	}
	usual := make(map[int64][]int64)
	for _, row := range rows {
		usual[row.TourID] = append(usual[row.TourID], row.WorkerID)
	}
	for i := range needs {
		needs[i].Usual = usual[needs[i].Tour]
	}
	return nil
}

// fillWorkers returns everybody who works in the regions of needs, by their ids.
func (s *Service) fillWorkers(ctx context.Context, needs []fill.Need) ([]person, error) {
	regions := make([]int64, len(needs))
	for i, n := range needs {
		regions[i] = n.Region
	}
	slices.Sort(regions)
	regions = slices.Compact(regions)
	if len(regions) == 0 {
		return nil, nil
	}
	answer, err := s.allWorkers(ctx, &auth.WorkersParams{RegionIDs: regions})
	if err != nil {
		return nil, refusal.Failure(err, "read the workers of the regions")
	}
	workers := make([]person, len(answer.Users))
	for i, user := range answer.Users {
		workers[i] = personOf(user)
	}
	slices.SortFunc(workers, func(a, b person) int { return cmp.Compare(a.ID, b.ID) })
	return workers, nil
}

func shownWorkers(workers []person) []FillWorker {
	shown := make([]FillWorker, len(workers))
	for i, worker := range workers {
		shown[i] = FillWorker{worker.Worker, worker.regionIDs}
	}
	return shown
}

// propose finds who of the workers could do what needs ask for.
func (s *Service) propose(ctx context.Context, needs []fill.Need, workers []person) ([]fill.Proposal, error) {
	if len(needs) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(workers))
	for i, worker := range workers {
		ids[i] = worker.ID
	}
	first, last := needs[0].Date, needs[0].Date
	for _, n := range needs {
		if n.Date.Before(first) {
			first = n.Date
		}
		if n.Date.After(last) {
			last = n.Date
		}
	}
	able, err := s.abilities(ctx, workers, ids, first, last)
	if err != nil {
		return nil, err
	}
	work, err := s.query.WorkDuring(ctx, store.WorkDuringParams{
		WorkerIds: ids, FirstDay: mondayOf(first).AddDate(0, 0, -7), LastDay: mondayOf(last).AddDate(0, 0, 6),
	})
	if err != nil {
		return nil, refusal.Failure(err, "read what the workers have to do")
	}
	var planned []fill.Run
	for _, row := range work {
		planned = append(planned, fill.Run{Tour: row.TourID, Worker: row.WorkerID, Date: row.Date, Minutes: int(row.Minutes)})
	}
	return fill.Propose(needs, able, planned), nil
}

// abilities returns when workers can work.
func (s *Service) abilities(ctx context.Context, workers []person, ids []int64, first, last time.Time) ([]fill.Worker, error) {
	available, err := s.query.Availabilities(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read when the workers can work")
	}
	absences, err := s.query.AbsencesDuring(ctx, store.AbsencesDuringParams{WorkerIds: ids, FromDay: first, ToDay: last})
	if err != nil {
		return nil, refusal.Failure(err, "read the absences")
	}
	able := make([]fill.Worker, len(workers))
	at := make(map[int64]int, len(workers))
	for i, worker := range workers {
		able[i] = fill.Worker{ID: worker.ID, Regions: worker.regionIDs}
		at[worker.ID] = i
	}
	for _, row := range available {
		able[at[row.WorkerID]].Weekdays, able[at[row.WorkerID]].WeeklyMinutes = row.Weekdays, int(row.WeeklyMinutes)
	}
	for _, row := range absences {
		worker := &able[at[row.WorkerID]]
		worker.Absences = append(worker.Absences, fill.Period{First: row.FirstDay, Last: row.LastDay})
	}
	return able, nil
}
