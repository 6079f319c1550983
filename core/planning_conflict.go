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
	first, last, err := readPeriod(p.From, p.To, maxNeedDays, "At most five weeks at a time.")
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
	list := &ConflictList{Items: make([]Conflict, len(runs))}
	for i, run := range runs { // by day, as the rows; a worker's absences do not overlap
		list.Items[i] = Conflict{Run: run.Run, FirstDay: day.Format(rows[i].FirstDay), LastDay: day.Format(rows[i].LastDay)}
	}
	return list, nil
}
