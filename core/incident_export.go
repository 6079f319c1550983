package core

import (
	"context"
	"time"

	"encore.dev/types/uuid"

	"encore.app/core/store"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// incidentsExported is how many incidents a page of the export has.
const incidentsExported = 100

// IncidentsExportParams choose a page.
type IncidentsExportParams struct {
	// Cursor is the next_cursor of the page before.
	Cursor string `json:"cursor"`
}

// IncidentsExportResponse is a page of incidents in the order in which they came in.
type IncidentsExportResponse struct {
	Items []ExportedIncident `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// ExportedIncident is what a person did about an incident, and nobody else's words.
type ExportedIncident struct {
	ID         int64  `json:"id"`
	BuildingID int64  `json:"building_id"`
	RunID      *int64 `json:"run_id"`
	Kind       string `json:"kind"`
	Status     string `json:"status"`
	// Reported says that the person reported it, at OccurredAt and in the words of Text, which are empty for those of others.
	Reported   bool      `json:"reported"`
	Text       string    `json:"text"`
	OccurredAt time.Time `json:"occurred_at"`
	// Entries are those that the person wrote.
	Entries []ExportedEntry `json:"entries"`
	// PictureIDs are the photos that the person added.
	PictureIDs []uuid.UUID `json:"picture_ids"`
}

// ExportedEntry is a part of the history of an incident.
type ExportedEntry struct {
	// Entry is comment, acknowledged, resolved, reopened, assigned or kind_changed.
	Entry string `json:"entry"`
	// Text is a comment, or the answer that was given.
	Text      string    `json:"text"`
	WrittenAt time.Time `json:"written_at"`
}

// IncidentsExport returns the incidents that the caller reported or wrote about, for the service that makes the export.
//
// Errors: invalid_argument for a bad cursor.
//
//encore:api private method=POST path=/internal/incidents-export
func (s *Service) IncidentsExport(ctx context.Context, p *IncidentsExportParams) (*IncidentsExportResponse, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	after, _, err := page.After[int64]("incidents-export", p.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := s.query.IncidentsOfPerson(ctx, store.IncidentsOfPersonParams{UserID: caller.ID, AfterID: after, RowLimit: incidentsExported + 1})
	if err != nil {
		return nil, refusal.Failure(err, "list the incidents")
	}
	rows, next := page.Cut("incidents-export", rows, incidentsExported, func(row store.Incident) int64 { return row.ID })
	answer := &IncidentsExportResponse{Items: make([]ExportedIncident, len(rows)), NextCursor: next}
	at := make(map[int64]*ExportedIncident, len(rows))
	ids := make([]int64, len(rows))
	for i := range rows {
		row, item := &rows[i], &answer.Items[i]
		*item = ExportedIncident{
			ID: row.ID, BuildingID: row.BuildingID, RunID: row.RunID, Kind: row.Kind, Status: row.Status,
			Reported: row.ReportedBy != nil && *row.ReportedBy == caller.ID, OccurredAt: row.OccurredAt.UTC(),
			Entries: []ExportedEntry{}, PictureIDs: []uuid.UUID{},
		}
		if item.Reported {
			item.Text = row.Text
		}
		ids[i], at[row.ID] = row.ID, item
	}
	entries, err := s.query.IncidentEntriesBy(ctx, store.IncidentEntriesByParams{IncidentIds: ids, UserID: caller.ID})
	if err != nil {
		return nil, refusal.Failure(err, "read what was written about the incidents")
	}
	for _, row := range entries {
		item := at[row.IncidentID]
		item.Entries = append(item.Entries, ExportedEntry{row.Entry, row.Text, row.WrittenAt.UTC()})
	}
	pictures, err := s.query.IncidentPicturesBy(ctx, store.IncidentPicturesByParams{IncidentIds: ids, UserID: caller.ID})
	if err != nil {
		return nil, refusal.Failure(err, "list the photos of the incidents")
	}
	for _, row := range pictures {
		item := at[row.IncidentID]
		item.PictureIDs = append(item.PictureIDs, row.ID)
	}
	return answer, nil
}
