package audit

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	encoreauth "encore.dev/beta/auth"
	"github.com/jackc/pgx/v5"

	"encore.app/audit/store"
	"encore.app/auth"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// Entry is one change of one thing.
type Entry struct {
	// ID identifies the entry.
	ID int64 `json:"id"`
	// Kind is what happened, as <thing>.<past participle>: building.changed.
	Kind string `json:"kind"`
	// Actor is who did it, and from where.
	Actor Actor `json:"actor"`
	// Thing is what was changed.
	Thing Thing `json:"thing"`
	// Before and After are the facts of the thing before and after the change, by ids; null when there was, or is, none.
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
	// OccurredAt is when the change was made.
	OccurredAt time.Time `json:"occurred_at"`
}

// Actor is who made a change.
type Actor struct {
	// UserID is the account; 0 when the system did it.
	UserID int64 `json:"user_id"`
	// Name is the person's name now; empty for the system, and for an account that is gone.
	Name string `json:"name"`
	// SessionID is the session through which the request came; 0 without one.
	SessionID int64 `json:"session_id"`
	// Address is the IP address of the client; empty when it is not known.
	Address string `json:"address" encore:"sensitive"`
}

// Thing is what a change was of.
type Thing struct {
	// Kind is account, invitation, session, region, building, tour, run, visit, picture, waste_kind, collection, collection_rule, incident, or one
	// that a newer version knows.
	Kind string `json:"kind"`
	// ID is the thing's, as text; that of a visit is <run>/<building>.
	ID string `json:"id"`
	// Name is what the thing is called now; empty when it is gone or has none.
	Name string `json:"name"`
}

// Name is what people call something that facts hold by its id.
type Name struct {
	// Kind is account, region, building, tour, run, collection, collection_rule or incident.
	Kind string `json:"kind"`
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// ListParams filter the log. Filters add up; an empty one does not count.
type ListParams struct {
	// Person is the id of who did it, or whose account, session or other own thing it is about.
	Person int64 `query:"person"`
	// ThingKind is the kind of what was changed: account, building, run.
	ThingKind string `query:"thing_kind"`
	// ThingID is its id, and wants thing_kind.
	ThingID string `query:"thing_id"`
	// Kind is what happened: building.changed.
	Kind string `query:"kind"`
	// From is the first day, YYYY-MM-DD.
	From string `query:"from"`
	// To is the last day, YYYY-MM-DD.
	To string `query:"to"`
	// Limit is how many to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// ListResponse is a page of the log.
type ListResponse struct {
	// Items are the changes, the latest first.
	Items []*Entry `json:"items"`
	// Names are those of the ids that the facts of the items hold, as far as the things are there.
	Names []*Name `json:"names"`
	// NextCursor leads to the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// entryKey is what the list is sorted by.
type entryKey struct {
	OccurredAt time.Time `json:"t"`
	ID         int64     `json:"i"`
}

// maxFilter is how many characters a kind or id has.
const maxFilter = 100

// List returns who changed what, the latest first. For the office.
//
// Errors: permission_denied for other roles, and invalid_argument for a filter of more than 100 characters, a thing_id
// without thing_kind, days that are none, a limit out of range or a cursor of another list.
//
//encore:api auth method=GET path=/audit
func (s *Service) List(ctx context.Context, p *ListParams) (*ListResponse, error) {
	if err := officeOnly(); err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	params, err := s.filter(p)
	if err != nil {
		return nil, err
	}
	after, resumed, err := page.After[entryKey]("audit", p.Cursor)
	if err != nil {
		return nil, err
	}
	params.FromStart, params.BeforeTime, params.BeforeID, params.RowLimit = !resumed, after.OccurredAt, after.ID, int32(limit)+1
	rows, err := s.query.ListEntries(ctx, params)
	if err != nil {
		return nil, refusal.Failure(err, "list the changes")
	}
	rows, next := page.Cut("audit", rows, limit, keyOf)
	known, err := s.namesFor(ctx, rows)
	if err != nil {
		return nil, refusal.Failure(err, "name what was changed")
	}
	items := make([]*Entry, len(rows))
	for i := range rows {
		items[i] = known.entry(&rows[i])
	}
	return &ListResponse{Items: items, Names: known.list(), NextCursor: next}, nil
}

// EntryResponse is one change.
type EntryResponse struct {
	Entry *Entry `json:"entry"`
	// Names are those of the ids that its facts hold, as far as the things are there.
	Names []*Name `json:"names"`
}

// GetEntry returns one change of the log. For the office.
//
// Errors: permission_denied for other roles, and not_found for a change that the log does not have.
//
//encore:api auth method=GET path=/audit/entries/:id
func (s *Service) GetEntry(ctx context.Context, id int64) (*EntryResponse, error) {
	if err := officeOnly(); err != nil {
		return nil, err
	}
	row, err := s.query.FindEntry(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, refusal.NotFound("The audit log has no such change.")
	case err != nil:
		return nil, refusal.Failure(err, "read the change")
	}
	known, err := s.namesFor(ctx, []store.Entry{row})
	if err != nil {
		return nil, refusal.Failure(err, "name what was changed")
	}
	return &EntryResponse{Entry: known.entry(&row), Names: known.list()}, nil
}

func keyOf(row store.Entry) entryKey { return entryKey{row.OccurredAt, row.ID} }

// filter reads what a request chooses.
func (s *Service) filter(p *ListParams) (store.ListEntriesParams, error) {
	var params store.ListEntriesParams
	if p.Person != 0 {
		params.Person = &p.Person
	}
	for _, text := range []struct {
		field, value string
		into         **string
	}{{"thing_kind", p.ThingKind, &params.ThingKind}, {"thing_id", p.ThingID, &params.ThingID}, {"kind", p.Kind, &params.Kind}} {
		value, err := input.Text(text.field, text.value, maxFilter)
		if err != nil {
			return params, err
		}
		if value != "" {
			*text.into = &value
		}
	}
	if params.ThingID != nil && params.ThingKind == nil {
		return params, refusal.Invalid("thing_kind", refusal.Required, "Say of what kind the thing is.")
	}
	first, last, err := day.ParsePeriod(p.From, p.To)
	if err != nil {
		return params, err
	}
	params.FromTime, params.ToTime = day.End(first.AddDate(0, 0, -1), s.zone), day.End(last, s.zone)
	return params, nil
}

// officeOnly refuses everybody else.
func officeOnly() error {
	who, ok := encoreauth.Data().(*auth.Data)
	switch {
	case !ok || who == nil:
		return refusal.Unauthenticated(refusal.SignedOut, "Sign in first.")
	case !who.Role.IsOffice():
		return refusal.Forbidden(refusal.WrongRole, "Your role may not see the audit log; it is for the office.")
	}
	return nil
}
