package core

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"encore.app/core/resident"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

const (
	// maxCalendars is how many links an account has at once.
	maxCalendars = 20
	// calendarTokenBytes is how long their secrets are.
	calendarTokenBytes = 32
	// calendarPath is where calendars are read, on the web app's host.
	calendarPath = "/calendars/"
	calendarFile = ".ics"
)

// CreateCalendarParams say what a calendar shows.
type CreateCalendarParams struct {
	// Feed is runs, building or tour.
	Feed string `json:"feed"`
	// BuildingID and TourID are what it is about; null for the others.
	BuildingID *int64 `json:"building_id"`
	TourID     *int64 `json:"tour_id"`
	// Language is nl, en or fr.
	Language string `json:"language"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, is about the same link.
	// Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// CreateCalendarResponse is a link that was made; its address is told this once.
type CreateCalendarResponse struct {
	Calendar Calendar `json:"calendar"`
	// URL is what is typed into a calendar that subscribes to others. Only the hash of its secret is kept.
	URL string `json:"url" encore:"sensitive"`
}

// CreateCalendar makes a link with which a calendar elsewhere reads the caller's own runs (the office and students), the
// collections at a building (the office and its syndics), or the runs and collections of a tour (the office). It shows what the
// caller may see when it is read, and nothing once they may not see it any more. An account has 20 at most.
//
// An answer that was lost leaves a link whose address nobody knows. Sent again with its Idempotency-Key, the request gives that link
// another address, with which it answers; the one of before shows nothing any more.
//
// Errors: invalid_argument for another feed or language, or when the building or tour is missing; not_found when there is none
// that the caller may see, or the link was withdrawn meanwhile; failed_precondition with 20 links (too_many); permission_denied for
// other roles.
//
//encore:api auth method=POST path=/me/calendars
func (s *Service) CreateCalendar(ctx context.Context, p *CreateCalendarParams) (*CreateCalendarResponse, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkCalendar(p); err != nil {
		return nil, err
	}
	if err := s.mayFollow(ctx, caller, p.Feed, p.BuildingID, p.TourID); err != nil {
		return nil, err
	}
	token := newCalendarToken()
	var id int64
	err = s.once(ctx, caller, sent{p.IdempotencyKey, "CreateCalendar", p}, func(c *change) (result store.SetIdempotencyResultParams, err error) {
		if err := c.query.LockCalendarsOf(ctx, caller.ID); err != nil {
			return result, err
		}
		count, err := c.query.CountCalendars(ctx, caller.ID)
		if err != nil {
			return result, err
		}
		if count >= maxCalendars {
			return result, refusal.Precondition("", refusal.TooManyOfThem, "You have 20 calendar links; withdraw one first.")
		}
		row, err := c.query.InsertCalendar(ctx, store.InsertCalendarParams{
			OwnerID: caller.ID, Feed: p.Feed, BuildingID: p.BuildingID, TourID: p.TourID, Language: p.Language,
			TokenHash: hashCalendarToken(token), CreatedAt: c.at,
		})
		if err != nil {
			return result, err
		}
		id = row.ID
		result.ThingID = &id
		return result, c.calendarChanged(ctx, "calendar.created", nil, &row)
	}, func(c *change, first store.IdempotencyKey) error {
		// The address of before is kept nowhere, so it cannot be told again.
		id = deref(first.ThingID)
		row, err := c.query.RenewCalendar(ctx, store.RenewCalendarParams{ID: id, OwnerID: caller.ID, TokenHash: hashCalendarToken(token)})
		if err != nil {
			return missingOr(err, noCalendar(), "renew the calendar")
		}
		return c.calendarChanged(ctx, "calendar.renewed", &row, &row)
	})
	if err != nil {
		return nil, refusal.Failure(err, "make the calendar")
	}
	rows, err := s.query.ListCalendars(ctx, store.ListCalendarsParams{OwnerID: caller.ID, ID: id})
	if err != nil {
		return nil, refusal.Failure(err, "read the calendar")
	}
	if len(rows) == 0 { // withdrawn meanwhile
		return nil, noCalendar()
	}
	return &CreateCalendarResponse{calendarOf(rows[0]), s.webApp.JoinPath(calendarPath, token+calendarFile).String()}, nil
}

func checkCalendar(p *CreateCalendarParams) error {
	switch {
	case !slices.Contains([]string{FeedRuns, FeedBuilding, FeedTour}, p.Feed):
		return refusal.Invalid("feed", refusal.Unknown, "The calendars are runs, building and tour.")
	case !slices.Contains(resident.Languages, p.Language):
		return refusal.Invalid("language", refusal.Unknown, "The languages are nl, en and fr.")
	case p.Feed == FeedBuilding && p.BuildingID == nil:
		return refusal.Invalid("building_id", refusal.Required, "Say which building.")
	case p.Feed == FeedTour && p.TourID == nil:
		return refusal.Invalid("tour_id", refusal.Required, "Say which tour.")
	case p.Feed != FeedBuilding && p.BuildingID != nil:
		return refusal.Invalid("building_id", refusal.Malformed, "This calendar is not about a building.")
	case p.Feed != FeedTour && p.TourID != nil:
		return refusal.Invalid("tour_id", refusal.Malformed, "This calendar is not about a tour.")
	}
	return nil
}

// WithdrawCalendar makes a link of the caller's show nothing any more.
//
// Errors: not_found when the caller has no such link.
//
//encore:api auth method=DELETE path=/me/calendars/:id
func (s *Service) WithdrawCalendar(ctx context.Context, id int64) error {
	caller, err := s.caller(ctx)
	if err != nil {
		return err
	}
	err = s.transact(ctx, caller, func(c *change) error {
		gone, err := c.query.DeleteCalendar(ctx, store.DeleteCalendarParams{ID: id, OwnerID: caller.ID})
		if err != nil {
			return missingOr(err, noCalendar(), "withdraw the calendar")
		}
		return c.calendarChanged(ctx, "calendar.withdrawn", &gone, nil)
	})
	return refusal.Failure(err, "withdraw the calendar")
}

// calendarState is what the audit log shows of a link: nothing that leads to its secret.
type calendarState struct {
	OwnerID    int64  `json:"owner_id"`
	Feed       string `json:"feed"`
	BuildingID *int64 `json:"building_id"`
	TourID     *int64 `json:"tour_id"`
	Language   string `json:"language"`
}

func (c *change) calendarChanged(ctx context.Context, kind string, before, after *store.Calendar) error {
	id, was, is := int64(0), any(nil), any(nil)
	state := func(row *store.Calendar) any {
		id = row.ID
		return calendarState{row.OwnerID, row.Feed, row.BuildingID, row.TourID, row.Language}
	}
	if before != nil {
		was = state(before)
	}
	if after != nil {
		is = state(after)
	}
	return c.audit(ctx, kind, "calendar", id, was, is)
}

func newCalendarToken() string {
	secret := make([]byte, calendarTokenBytes)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(secret)
}

func hashCalendarToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func noCalendar() error { return refusal.NotFound("There is no such calendar.") }
