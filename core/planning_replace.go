package core

import (
	"context"
	"slices"

	"encore.app/core/fill"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// maxReplaceDays is for how long somebody is replaced at once: a year.
const maxReplaceDays = 366

// ReplaceParams say who is replaced when, and by whom.
type ReplaceParams struct {
	// WorkerID is who is replaced.
	WorkerID int64 `json:"worker_id"`
	// From and To are the first and last day, YYYY-MM-DD; a year at most.
	From string `json:"from"`
	To   string `json:"to"`
	// TourID limits it to one tour; 0 does not.
	TourID int64 `json:"tour_id" encore:"optional"`
	// TakerID does the runs; 0 proposes somebody for each, as PreviewFill does.
	TakerID int64 `json:"taker_id" encore:"optional"`
}

// ReplacePreview says who could do which runs.
type ReplacePreview struct {
	// Runs are those that the worker has on these days and has not done, by day.
	Runs []Replacement `json:"runs"`
	// Workers are all who work in the regions of the runs, but the worker, by their ids: those who can be chosen instead.
	Workers []FillWorker `json:"workers"`
}

// Replacement is who could do a run.
type Replacement struct {
	Run Run `json:"run"`
	// TakerID is who could do the run; 0 when it stays as it is.
	TakerID int64 `json:"taker_id"`
	// Because is as in FillProposal; empty when the request named who does the runs.
	Because string `json:"because"`
	// Reason says why it stays: already_started, or why who was named cannot do it, as in SkippedRun; empty when somebody can, and when
	// nobody was named.
	Reason string `json:"reason"`
	// Obstacles say why nobody can, as in FillProposal.
	Obstacles []FillObstacle `json:"obstacles"`
}

// PreviewReplace says which runs of a worker somebody else could do, and which not and why, and changes nothing. ChangeRuns does what the
// office takes of it. The office only.
//
// Errors: invalid_argument for a worker that is missing, for a period that is missing, wrong or longer than a year, and for more than
// 1,000 runs; permission_denied for other roles.
//
//encore:api auth method=POST path=/planning/replace/preview
func (s *Service) PreviewReplace(ctx context.Context, p *ReplaceParams) (*ReplacePreview, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	first, last, err := readPeriod(p.From, p.To, maxReplaceDays, "At most a year at a time.")
	switch {
	case err != nil:
		return nil, err
	case p.WorkerID == 0:
		return nil, refusal.Invalid("worker_id", refusal.Required, "Choose a worker.")
	}
	if today := s.today(); first.Before(today) {
		first = today
	}
	rows, err := s.query.RunsToGive(ctx, store.RunsToGiveParams{
		WorkerID: p.WorkerID, FirstDay: first, LastDay: last, TourID: p.TourID, RowLimit: maxPlans + 1,
	})
	switch {
	case err != nil:
		return nil, refusal.Failure(err, "read the runs")
	case len(rows) > maxPlans:
		return nil, refusal.Invalid("to", refusal.TooLong, "At most 1,000 runs at a time; choose a shorter period.")
	}
	preview, err := s.replacements(ctx, rows)
	if err != nil {
		return nil, err
	}
	var open []store.RunsToGiveRow
	var needs []fill.Need
	var at []int
	for i, row := range rows {
		if row.Status == StatusStarted {
			preview.Runs[i].Reason = string(refusal.AlreadyStarted)
			continue
		}
		open, at = append(open, row), append(at, i)
		needs = append(needs, fill.Need{Tour: row.TourID, Region: row.RegionID, Date: row.Date, Minutes: int(row.Minutes)})
	}
	workers, err := s.fillWorkers(ctx, needs)
	if err != nil {
		return nil, err
	}
	workers = slices.DeleteFunc(workers, func(other person) bool { return other.ID == p.WorkerID })
	preview.Workers = shownWorkers(workers)
	if p.TakerID == 0 {
		err = s.proposeTakers(ctx, needs, workers, at, preview)
	} else {
		err = s.transact(ctx, caller, func(c *change) error { return s.judgeTaker(ctx, c, p.TakerID, open, at, preview) })
	}
	if err != nil {
		return nil, refusal.Failure(err, "preview the replacement")
	}
	return preview, nil
}

// replacements are the rows as people see them, without a decision.
func (s *Service) replacements(ctx context.Context, rows []store.RunsToGiveRow) (*ReplacePreview, error) {
	preview := &ReplacePreview{Runs: make([]Replacement, len(rows)), Workers: []FillWorker{}}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	runs, err := s.runsByID(ctx, s.query, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]Run, len(runs))
	for _, run := range runs {
		byID[run.ID] = run.Run
	}
	for i, row := range rows { // whose order may be another one by now
		preview.Runs[i] = Replacement{Run: byID[row.ID], Obstacles: []FillObstacle{}}
	}
	return preview, nil
}

// proposeTakers proposes one of the workers for each of the needs, whose place in the preview at says.
func (s *Service) proposeTakers(ctx context.Context, needs []fill.Need, workers []person, at []int, preview *ReplacePreview) error {
	if err := s.addUsualWalkers(ctx, needs); err != nil {
		return err
	}
	proposals, err := s.propose(ctx, needs, workers)
	if err != nil {
		return err
	}
	for i, proposal := range proposals {
		row := &preview.Runs[at[i]]
		row.TakerID, row.Because, row.Obstacles = proposal.Worker, string(proposal.Because), obstaclesOf(proposal)
	}
	return nil
}

// judgeTaker says which of the rows the taker can do.
func (s *Service) judgeTaker(
	ctx context.Context, c *change, taker int64, rows []store.RunsToGiveRow, at []int, preview *ReplacePreview,
) error {
	plans := make([]plan, len(rows))
	for i, row := range rows {
		plans[i] = plan{row.TourID, taker, row.Date}
	}
	problems, err := s.checkPlans(ctx, c, plans, false)
	if err != nil {
		return err
	}
	for i, problem := range problems {
		row := &preview.Runs[at[i]]
		if problem == nil {
			row.TakerID = taker
		} else {
			row.Reason = string(refusal.ReasonOf(problem))
		}
	}
	return nil
}
