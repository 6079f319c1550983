package core

import (
	"context"
	"time"

	"encore.dev/types/uuid"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// Remark is what the worker of a run had to say about a stop: a text, with photos or without.
type Remark struct {
	// ID is the one that the client made.
	ID         uuid.UUID `json:"id"`
	RunID      int64     `json:"run_id"`
	BuildingID int64     `json:"building_id"`
	// Text may have several lines; empty when the remark was deleted.
	Text string `json:"text"`
	// OccurredAt is when it was written on the phone, unless that was corrected.
	OccurredAt time.Time `json:"occurred_at"`
	// ReceivedAt is when the server got to know it.
	ReceivedAt time.Time `json:"received_at"`
	// Corrected is true when the phone's time lay in the future, or before the start of the run; OccurredAt is the time of
	// receipt then.
	Corrected bool `json:"corrected"`
	// EditedAt is null while nobody has changed it.
	EditedAt *time.Time `json:"edited_at"`
	// DeletedAt is set in the answer to who deleted it, or sends it again although it was deleted; null otherwise.
	DeletedAt *time.Time `json:"deleted_at"`
	// Pictures are its photos, in the order in which they were taken.
	Pictures []Picture `json:"pictures"`
}

// RemarkList is a page of a run's remarks.
type RemarkList struct {
	Items []Remark `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// ListRemarksParams choose a page.
type ListRemarksParams struct {
	// Limit is how many remarks to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

type remarkKey struct {
	OccurredAt time.Time
	ID         uuid.UUID
}

// ListRemarks returns the remarks on a run with their photos, the earliest first. For the office and the run's own worker;
// syndics read those at their buildings with the visits.
//
// Errors: not_found when there is no such run that the caller may see; permission_denied for roles that see no runs;
// invalid_argument for a bad limit or cursor.
//
//encore:api auth method=GET path=/runs/:id/remarks
func (s *Service) ListRemarks(ctx context.Context, id int64, p *ListRemarksParams) (*RemarkList, error) {
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, _, err := page.After[remarkKey]("remarks", p.Cursor)
	if err != nil {
		return nil, err
	}
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := access.Runs(caller); err != nil {
		return nil, err // also when there is no such run
	}
	run, err := s.query.FindRun(ctx, id)
	if err != nil {
		return nil, missingRun(err)
	}
	if err := access.SeeRun(caller, run.WorkerID); err != nil {
		return nil, err
	}
	rows, err := s.query.ListRemarks(ctx, store.ListRemarksParams{
		RunID: id, AfterAt: after.OccurredAt, AfterID: after.ID, RowLimit: int32(limit + 1),
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the remarks")
	}
	rows, next := page.Cut("remarks", rows, limit, func(r store.Remark) remarkKey { return remarkKey{r.OccurredAt, r.ID} })
	remarks, err := remarksOf(ctx, s.query, rows)
	if err != nil {
		return nil, refusal.Failure(err, "read the pictures of the remarks")
	}
	return &RemarkList{Items: remarks, NextCursor: next}, nil
}

// RemarksForEventsParams name remarks.
type RemarksForEventsParams struct {
	// IDs are at most 200.
	IDs []uuid.UUID `json:"ids"`
}

// RemarksForEventsResponse are the remarks that exist.
type RemarksForEventsResponse struct {
	Remarks []Remark `json:"remarks"`
}

// RemarksForEvents returns remarks as they are now, for services that pass on what they say; deleted ones are left out.
//
// Errors: invalid_argument for more than 200 ids.
//
//encore:api private method=POST path=/internal/remarks
func (s *Service) RemarksForEvents(ctx context.Context, p *RemarksForEventsParams) (*RemarksForEventsResponse, error) {
	if len(p.IDs) > page.MaxLimit {
		return nil, refusal.Invalid("ids", refusal.TooLong, "At most 200 remarks are read at once.")
	}
	rows, err := s.query.RemarksByID(ctx, p.IDs)
	if err != nil {
		return nil, refusal.Failure(err, "read the remarks")
	}
	remarks, err := remarksOf(ctx, s.query, rows)
	if err != nil {
		return nil, refusal.Failure(err, "read the pictures of the remarks")
	}
	return &RemarksForEventsResponse{Remarks: remarks}, nil
}

// remarksOf completes remarks with their pictures, in one query however many they are.
func remarksOf(ctx context.Context, query *store.Queries, rows []store.Remark) ([]Remark, error) {
	remarks := make([]Remark, len(rows))
	if len(rows) == 0 {
		return remarks, nil
	}
	ids, places := make([]uuid.UUID, len(rows)), make(map[uuid.UUID]int, len(rows))
	for i := range rows {
		remarks[i] = remarkOf(rows[i])
		ids[i], places[rows[i].ID] = rows[i].ID, i
	}
	pictures, err := query.PicturesOfRemarks(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, row := range pictures {
		remark := &remarks[places[*row.RemarkID]]
		remark.Pictures = append(remark.Pictures, pictureOf(row))
	}
	return remarks, nil
}

// ForSyndic is the remark without what is the office's and the worker's: see Picture.ForSyndic.
func (r Remark) ForSyndic() Remark {
	r.Pictures = forSyndic(r.Pictures)
	return r
}

// remarkOf is a remark without its pictures.
func remarkOf(row store.Remark) Remark {
	return Remark{
		ID: row.ID, RunID: row.RunID, BuildingID: row.BuildingID, Text: row.Text, OccurredAt: row.OccurredAt.UTC(),
		ReceivedAt: row.ReceivedAt.UTC(), Corrected: row.Corrected, EditedAt: utc(row.EditedAt), DeletedAt: utc(row.DeletedAt),
		Pictures: []Picture{},
	}
}

func errNoRemark() error { return refusal.NotFound("There is no such remark.") }
