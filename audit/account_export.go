package audit

import (
	"context"
	"encoding/json"
	"time"

	encoreauth "encore.dev/beta/auth"

	"encore.app/auth"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// ChangesExportParams choose a page.
type ChangesExportParams struct {
	// Cursor is the next_cursor of the page before; empty for the first one.
	Cursor string `json:"cursor"`
}

// ChangesExportResponse is a page of what the log holds of somebody.
type ChangesExportResponse struct {
	// Items are the changes, the latest first.
	Items []ExportedChange `json:"items"`
	// NextCursor leads to the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// ExportedChange is a change as who made it, or whom it is about, takes it along: nothing of others is in it.
type ExportedChange struct {
	OccurredAt time.Time `json:"occurred_at"`
	Kind       string    `json:"kind"`
	ThingKind  string    `json:"thing_kind"`
	ThingID    string    `json:"thing_id"`
	// Own tells that the person made it themselves.
	Own bool `json:"own"`
	// Address is from where; empty when somebody else made it.
	Address string `json:"address" encore:"sensitive"`
	// Before and After are facts of the person's own account, sessions and other own things; null for what belongs to others.
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// ChangesExport returns what the caller changed and what was changed about them, for the service that makes the export.
//
//encore:api private method=POST path=/internal/changes-export
func (s *Service) ChangesExport(ctx context.Context, p *ChangesExportParams) (*ChangesExportResponse, error) {
	who, ok := encoreauth.Data().(*auth.Data)
	if !ok || who == nil {
		return nil, refusal.Unauthenticated(refusal.SignedOut, "Sign in first.")
	}
	params, err := s.filter(&ListParams{Person: who.UserID})
	if err != nil {
		return nil, err
	}
	after, resumed, err := page.After[entryKey]("changes-export", p.Cursor)
	if err != nil {
		return nil, err
	}
	params.FromStart, params.BeforeTime, params.BeforeID, params.RowLimit = !resumed, after.OccurredAt, after.ID, exportPage+1
	rows, err := s.query.ListEntries(ctx, params)
	if err != nil {
		return nil, refusal.Failure(err, "list the changes")
	}
	rows, next := page.Cut("changes-export", rows, exportPage, keyOf)
	answer := &ChangesExportResponse{Items: make([]ExportedChange, len(rows)), NextCursor: next}
	for i, row := range rows {
		change := ExportedChange{
			OccurredAt: row.OccurredAt.UTC(), Kind: row.Kind, ThingKind: row.ThingKind, ThingID: row.ThingID,
			Own: row.ActorID == who.UserID, Before: orNull(nil), After: orNull(nil),
		}
		if change.Own {
			change.Address = row.Address
		}
		if row.AccountID == who.UserID {
			change.Before, change.After = orNull(row.Before), orNull(row.After)
		}
		answer.Items[i] = change
	}
	return answer, nil
}
