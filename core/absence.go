package core

import (
	"context"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// AbsenceReason is why somebody cannot work.
type AbsenceReason string

// The reasons of an absence.
const (
	AbsenceHoliday AbsenceReason = "holiday"
	AbsenceExams   AbsenceReason = "exams"
	AbsenceIll     AbsenceReason = "ill"
	AbsenceOther   AbsenceReason = "other"
)

// Absence is a number of days on which a worker cannot work.
type Absence struct {
	ID     int64  `json:"id"`
	Worker Worker `json:"worker"`
	// FirstDay and LastDay are YYYY-MM-DD; both belong to the absence.
	FirstDay string `json:"first_day"`
	LastDay  string `json:"last_day"`
	// Reason is holiday, exams, ill or other.
	Reason AbsenceReason `json:"reason"`
	// Note is what else there is to know; the office and the worker read it.
	Note string `json:"note"`
	// EnteredAt is when it was entered, EnteredBy who did it.
	EnteredAt time.Time `json:"entered_at"`
	EnteredBy int64     `json:"entered_by"`
	// Version grows with every change of the absence.
	Version int64 `json:"version"`
}

// AbsenceDetail is an absence with the runs that stand in its way.
type AbsenceDetail struct {
	Absence Absence `json:"absence"`
	// Runs are planned for the worker on days of the absence, 100 at most; the office gives them away or cancels them.
	Runs []Run `json:"runs"`
}

// ListAbsencesParams chooses absences. Filters add up.
type ListAbsencesParams struct {
	// From and To are the first and last day, YYYY-MM-DD; open when empty. An absence that lasts longer is in the list too.
	From string `query:"from"`
	To   string `query:"to"`
	// Worker limits the list to one worker.
	Worker int64 `query:"worker"`
	// Limit is how many absences to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// AbsenceList is a page of absences.
type AbsenceList struct {
	Items []Absence `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type absenceKey struct {
	Day time.Time
	ID  int64
}

// ListAbsences returns absences by their first day: the office those of everybody, a worker their own.
//
// Errors: permission_denied for those who do no runs, invalid_argument for a bad filter, limit or cursor.
//
//encore:api auth method=GET path=/absences
func (s *Service) ListAbsences(ctx context.Context, p *ListAbsencesParams) (*AbsenceList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := access.Absences(caller)
	if err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, more, err := page.After[absenceKey]("absences", p.Cursor)
	if err != nil {
		return nil, err
	}
	first, last, err := day.ParsePeriod(p.From, p.To)
	if err != nil {
		return nil, err
	}
	filter := store.ListAbsencesParams{RowLimit: int32(limit + 1)}
	if !scope.All {
		if p.Worker != 0 && p.Worker != scope.Worker {
			return &AbsenceList{Items: []Absence{}}, nil
		}
		filter.WorkerID = &scope.Worker
	} else if p.Worker != 0 {
		filter.WorkerID = &p.Worker
	}
	if p.From != "" {
		filter.FromDay = &first
	}
	if p.To != "" {
		filter.ToDay = &last
	}
	if more {
		filter.AfterDay, filter.AfterID = &after.Day, after.ID
	}
	rows, err := s.query.ListAbsences(ctx, filter)
	if err != nil {
		return nil, refusal.Failure(err, "list the absences")
	}
	rows, next := page.Cut("absences", rows, limit, func(row store.Absence) absenceKey { return absenceKey{row.FirstDay, row.ID} })
	items, err := s.absencesOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	return &AbsenceList{Items: items, NextCursor: next}, nil
}

// absencesOf adds the names of the workers.
func (s *Service) absencesOf(ctx context.Context, rows []store.Absence) ([]Absence, error) {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.WorkerID
	}
	workers, err := s.workers(ctx, ids)
	if err != nil {
		return nil, err
	}
	absences := make([]Absence, len(rows))
	for i, row := range rows {
		absences[i] = Absence{
			ID: row.ID, Worker: workers[row.WorkerID], FirstDay: day.Format(row.FirstDay), LastDay: day.Format(row.LastDay),
			Reason: AbsenceReason(row.Reason), Note: row.Note, EnteredAt: row.EnteredAt.UTC(), EnteredBy: row.EnteredBy, Version: row.Version,
		}
	}
	return absences, nil
}
