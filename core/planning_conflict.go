package core

import (
	"context"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// ListConflictsParams choose conflicts.
type ListConflictsParams struct {
	// From and To are the first and last day, YYYY-MM-DD; five weeks at most.
	From string `query:"from"`
	To   string `query:"to"`
}

// Conflict is a run that is planned on a day on which its worker is absent.
type Conflict struct {
	Run Run `json:"run"`
	// FirstDay and LastDay are those of the absence, YYYY-MM-DD.
	FirstDay string `json:"first_day"`
	LastDay  string `json:"last_day"`
}

// ConflictList are runs that somebody else has to do.
type ConflictList struct {
	// Items are by day, the first 200 of them.
	Items []Conflict `json:"items"`
}

// maxConflicts is how many conflicts are listed.
const maxConflicts = 200

// ListConflicts returns the runs that are planned on days on which their workers are absent: entered before or after the run was
// planned. The office only.
//
// Errors: invalid_argument for a period that is missing, wrong or longer than five weeks; permission_denied for other roles.
//
//encore:api auth method=GET path=/planning/conflicts
func (s *Service) ListConflicts(ctx context.Context, p *ListConflictsParams) (*ConflictList, error) {
	if _, err := s.office(ctx); err != nil {
		return nil, err
	}
	first, last, err := readPlanningPeriod(p.From, p.To)
	if err != nil {
		return nil, err
	}
	rows, err := s.query.PlannedDuringAbsences(ctx, store.PlannedDuringAbsencesParams{FirstDay: first, LastDay: last, RowLimit: maxConflicts})
	if err != nil {
		return nil, refusal.Failure(err, "find the conflicts")
	}
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
	list := &ConflictList{Items: make([]Conflict, len(rows))}
	for i, row := range rows { // a worker's absences do not overlap
		list.Items[i] = Conflict{Run: byID[row.ID], FirstDay: day.Format(row.FirstDay), LastDay: day.Format(row.LastDay)}
	}
	return list, nil
}
