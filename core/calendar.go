package core

import (
	"context"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// Calendar is a link with which a calendar elsewhere reads what there is to do. The link itself is told once.
type Calendar struct {
	ID int64 `json:"id"`
	// Feed is runs, building or tour: the caller's own runs, the collections at a building, or the runs and collections of a tour.
	Feed string `json:"feed"`
	// BuildingID and TourID are what it is about; null when it is about something else.
	BuildingID *int64 `json:"building_id"`
	TourID     *int64 `json:"tour_id"`
	// Name is that of the building or the tour; empty for the caller's own runs.
	Name string `json:"name"`
	// Language is nl, en or fr: that of its texts.
	Language string `json:"language"`
	// CreatedAt is when it was made.
	CreatedAt time.Time `json:"created_at"`
	// UsedAt is when a calendar read it last, to within an hour; null when none did.
	UsedAt *time.Time `json:"used_at"`
}

// CalendarList holds the caller's links.
type CalendarList struct {
	// Items are the latest first; 20 at most.
	Items []Calendar `json:"items"`
}

// The feeds of a Calendar.
const (
	FeedRuns     = "runs"
	FeedBuilding = "building"
	FeedTour     = "tour"
)

// ListCalendars returns the caller's links for calendars.
//
//encore:api auth method=GET path=/me/calendars
func (s *Service) ListCalendars(ctx context.Context) (*CalendarList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.query.ListCalendars(ctx, store.ListCalendarsParams{OwnerID: caller.ID})
	if err != nil {
		return nil, refusal.Failure(err, "list the calendars")
	}
	list := &CalendarList{Items: make([]Calendar, len(rows))}
	for i, row := range rows {
		list.Items[i] = calendarOf(row)
	}
	return list, nil
}

func calendarOf(row store.ListCalendarsRow) Calendar {
	return Calendar{
		ID: row.ID, Feed: row.Feed, BuildingID: row.BuildingID, TourID: row.TourID, Name: row.Name, Language: row.Language,
		CreatedAt: row.CreatedAt.UTC(), UsedAt: utc(row.UsedAt),
	}
}

// mayFollow refuses a feed that the actor may not see now. The building or the tour is checked too.
func (s *Service) mayFollow(ctx context.Context, caller access.Actor, feed string, buildingID, tourID *int64) error {
	switch feed {
	case FeedRuns:
		return access.MayWork(caller)
	case FeedBuilding:
		if err := access.SeeVisits(caller); err != nil {
			return err
		}
		return s.seesBuilding(ctx, caller, deref(buildingID))
	default:
		if err := access.OfficeOnly(caller); err != nil {
			return err
		}
		_, err := s.query.FeedTour(ctx, deref(tourID))
		return missingOr(err, noTour(), "read the tour")
	}
}
