package core

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	encore "encore.dev"

	"encore.app/core/access"
	"encore.app/core/feed"
	"encore.app/core/resident"
	"encore.app/core/store"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// How often calendars are read: programs do it every hour or less often, and those of one office share an address.
var (
	calendarsOfNetwork = limit.Limit{Name: "calendar:address", Count: 120, Period: time.Minute}
	readsOfCalendar    = limit.Limit{Name: "calendar:token", Count: 60, Period: time.Hour}
)

const (
	// calendarDaysBefore and calendarDaysAfter are the days around today that a calendar shows.
	calendarDaysBefore = 14
	calendarDaysAfter  = 60
	// maxFeedRuns and maxFeedCollections bound a calendar.
	maxFeedRuns        = 500
	maxFeedCollections = 2000
	// calendarMemory is for how long a collection that was deleted is told as cancelled.
	calendarMemory = 14 * 24 * time.Hour
)

// GetCalendarFeed returns what a link of CreateCalendar shows, as an iCalendar file: from 14 days ago to 60 days ahead, with what
// was cancelled or deleted in the last 14 days as cancelled. A worker reads the addresses of the stops in the window of rule 13
// only; notes about buildings stand in no calendar. For whoever has the link; 60 times an hour.
//
// Responses:
//   - 200: the calendar
//   - 304: the client has it already
//
// Errors: not_found when there is no such link, or who made it may not see this any more; resource_exhausted after too many
// requests.
//
//encore:api public raw method=GET,HEAD path=/calendars/:token
func (s *Service) GetCalendarFeed(w http.ResponseWriter, req *http.Request) {
	if err := s.serveCalendar(w, req, encore.CurrentRequest().PathParams.Get("token")); err != nil {
		refusal.Write(w, err)
	}
}

func (s *Service) serveCalendar(w http.ResponseWriter, req *http.Request, token string) error {
	ctx := req.Context()
	if err := s.limitPublic(ctx, calendarsOfNetwork, limit.ClientOf(req.Header)); err != nil {
		return err
	}
	row, err := s.query.CalendarByToken(ctx, hashCalendarToken(strings.TrimSuffix(token, calendarFile)))
	if err != nil {
		return missingOr(err, noCalendar(), "find the calendar")
	}
	if wait := s.limiter.Take(ctx, readsOfCalendar, fmt.Sprint(row.ID)); wait > 0 {
		return refusal.TooMany(refusal.RateLimited, wait, "This calendar was read too often.")
	}
	calendar, err := s.calendarOfLink(ctx, row)
	if err != nil {
		return err
	}
	if err := s.query.TouchCalendar(ctx, store.TouchCalendarParams{ID: row.ID, UsedAt: s.clock(), UnlessSince: s.clock().Add(-time.Hour)}); err != nil {
		return refusal.Failure(err, "note that the calendar was read")
	}
	writeCalendar(w, req, calendar)
	return nil
}

// calendarOfLink gathers what a link shows, as far as who made it may see it now.
func (s *Service) calendarOfLink(ctx context.Context, link store.Calendar) (*feed.Calendar, error) {
	people, err := s.people(ctx, []int64{link.OwnerID})
	if err != nil {
		return nil, refusal.Failure(err, "read who made the calendar")
	}
	owner, known := people[link.OwnerID]
	if !known || !owner.active {
		return nil, noCalendar()
	}
	caller := access.Actor{ID: link.OwnerID, Role: owner.role}
	if err := s.mayFollow(ctx, caller, link.Feed, link.BuildingID, link.TourID); err != nil {
		if refusal.ReasonOf(err) == refusal.Missing || refusal.ReasonOf(err) == refusal.WrongRole {
			return nil, noCalendar()
		}
		return nil, err
	}
	words := resident.WordsOf(link.Language)
	calendar := s.newCalendar(words("calendar_feed.runs"))
	switch link.Feed {
	case FeedRuns:
		return calendar, s.addRuns(ctx, calendar, caller, store.FeedRunsParams{WorkerID: caller.ID}, link.Language)
	case FeedBuilding:
		building, err := s.readBuilding(ctx, caller, *link.BuildingID)
		if err != nil {
			return nil, err
		}
		calendar.Name = words("calendar_feed.name") + ": " + building.Name
		return calendar, s.addCollections(ctx, calendar, []int64{building.ID}, link.Language, true)
	}
	tour, err := s.query.FeedTour(ctx, *link.TourID)
	if err != nil {
		return nil, missingOr(err, noCalendar(), "read the tour")
	}
	calendar.Name = words("calendar_feed.tour") + ": " + tour.Name
	if err := s.addRuns(ctx, calendar, caller, store.FeedRunsParams{TourID: tour.ID}, link.Language); err != nil {
		return nil, err
	}
	buildings, err := s.query.BuildingsOfTour(ctx, tour.ID)
	if err != nil {
		return nil, refusal.Failure(err, "read the stops")
	}
	return calendar, s.addCollections(ctx, calendar, buildings, link.Language, true)
}

// newCalendar is a calendar without events. It says that it was written when the day began, so that it stays the same file for
// as long as nothing changes.
func (s *Service) newCalendar(name string) *feed.Calendar {
	today := s.today()
	return &feed.Calendar{
		Name: name, Zone: s.zone, Written: time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, s.zone),
	}
}

// addRuns adds runs, with the addresses of their stops where the caller may see them.
func (s *Service) addRuns(
	ctx context.Context, calendar *feed.Calendar, caller access.Actor, filter store.FeedRunsParams, language string,
) error {
	today := s.today()
	filter.FirstDay, filter.LastDay = today.AddDate(0, 0, -calendarDaysBefore), today.AddDate(0, 0, calendarDaysAfter)
	filter.RowLimit = maxFeedRuns
	runs, err := s.query.FeedRuns(ctx, filter)
	if err != nil {
		return refusal.Failure(err, "read the runs")
	}
	var seen, workerIDs []int64
	for _, run := range runs {
		if access.SeesAddresses(caller, run.Date, today) && run.Status != StatusCancelled {
			seen = append(seen, run.ID)
		}
		workerIDs = append(workerIDs, run.WorkerID)
	}
	stops, err := s.query.FeedStops(ctx, seen)
	if err != nil {
		return refusal.Failure(err, "read the stops")
	}
	addresses := make(map[int64][]string)
	for _, stop := range stops {
		addresses[stop.RunID] = append(addresses[stop.RunID],
			resident.Street(language, stop.Street, stop.HouseNumber, stop.Bus)+", "+stop.PostalCode+" "+stop.City)
	}
	workers := map[int64]Worker{}
	if filter.WorkerID == 0 {
		if workers, err = s.workers(ctx, workerIDs); err != nil {
			return err
		}
	}
	words := resident.WordsOf(language)
	for _, run := range runs {
		event := feed.Event{
			UID: fmt.Sprintf("run-%d@trottoir", run.ID), Version: run.Version, Start: run.Date, End: run.Date.AddDate(0, 0, 1), WholeDays: true,
			Cancelled: run.Status == StatusCancelled, Summary: words("calendar_feed.run") + ": " + run.TourName,
			Description: strings.Join(addresses[run.ID], "\n"), Location: run.RegionName, URL: s.webApp.JoinPath("work", fmt.Sprint(run.ID)).String(),
		}
		if filter.WorkerID == 0 {
			worker := workers[run.WorkerID]
			event.Summary += " (" + strings.TrimSpace(worker.FirstName+" "+worker.LastName) + ")"
			event.URL = ""
		}
		calendar.Events = append(calendar.Events, event)
	}
	return nil
}

// addCollections adds the collections at buildings; notes are for those who manage them.
func (s *Service) addCollections(
	ctx context.Context, calendar *feed.Calendar, buildings []int64, language string, notes bool,
) error {
	today := s.today()
	rows, err := s.query.FeedCollections(ctx, store.FeedCollectionsParams{
		BuildingIds: buildings, FirstDay: today.AddDate(0, 0, -calendarDaysBefore), LastDay: today.AddDate(0, 0, calendarDaysAfter),
		Today: today, DeletedSince: s.clock().Add(-calendarMemory), RowLimit: maxFeedCollections,
	})
	if err != nil {
		return refusal.Failure(err, "read the collections")
	}
	for _, row := range rows {
		shown := resident.Collection{
			Date: row.Date, PutOut: putOutDay(row.Date, row.PutOut, row.TimeFrom), BringIn: row.BringIn, From: row.TimeFrom, To: row.TimeTo,
		}
		event := feed.Event{
			UID: fmt.Sprintf("collection-%d@trottoir", row.ID), Version: row.Version, Cancelled: row.Deleted,
			Summary: nameIn(language, row.NameNl, row.NameEn, row.NameFr), Description: shown.ToDo(language),
			Location: resident.Street(language, row.Street, row.HouseNumber, row.Bus) + ", " + row.PostalCode + " " + row.City,
		}
		if notes && row.Note != "" {
			event.Description = strings.TrimPrefix(event.Description+"\n"+row.Note, "\n")
		}
		if event.Start, event.End, event.WholeDays, err = s.when(row.Date, row.TimeFrom, row.TimeTo); err != nil {
			return refusal.Failure(err, "read the times")
		}
		calendar.Events = append(calendar.Events, event)
	}
	return nil
}

// when is a day, or a part of it by the clock on the wall there.
func (s *Service) when(date time.Time, from, to string) (start, end time.Time, wholeDay bool, err error) {
	if from == "" {
		return date, date.AddDate(0, 0, 1), true, nil
	}
	if start, err = s.moment(date, from); err != nil {
		return start, end, false, err
	}
	if end, err = s.moment(date, to); err == nil && !end.After(start) {
		end = start.Add(time.Minute) // the hour that the clock leaves out in spring: nothing ends before it begins
	}
	return start, end, false, err
}

func (s *Service) moment(date time.Time, clock string) (time.Time, error) {
	at, err := time.Parse("15:04", clock)
	if err != nil {
		return at, fmt.Errorf("read a time: %w", err)
	}
	return time.Date(date.Year(), date.Month(), date.Day(), at.Hour(), at.Minute(), 0, 0, s.zone), nil
}

// ResidentCalendar returns the collections at a building as an iCalendar file, for whoever has its public id: from 14 days ago to
// 60 days ahead. In Dutch, English or French, as ?lang= says. 120 a minute per address.
//
// Responses:
//   - 200: the calendar
//   - 304: the client has it already
//
// Errors: not_found when no building in use has the public id; resource_exhausted after too many requests.
//
//encore:api public raw method=GET,HEAD path=/b/:publicID/calendar.ics
func (s *Service) ResidentCalendar(w http.ResponseWriter, req *http.Request) {
	if err := s.serveResidentCalendar(w, req, encore.CurrentRequest().PathParams.Get("publicID")); err != nil {
		refusal.Write(w, err)
	}
}

func (s *Service) serveResidentCalendar(w http.ResponseWriter, req *http.Request, publicID string) error {
	ctx, language := req.Context(), pageLanguage(req)
	if err := s.limitPublic(ctx, calendarsOfNetwork, limit.ClientOf(req.Header)); err != nil {
		return err
	}
	building, err := s.findPublicBuilding(ctx, publicID)
	if err != nil {
		return err
	}
	street := resident.Street(language, building.Street, building.HouseNumber, building.Bus)
	calendar := s.newCalendar(resident.WordsOf(language)("calendar_feed.name") + ": " + street)
	if err := s.addCollections(ctx, calendar, []int64{building.ID}, language, false); err != nil {
		return err
	}
	writeCalendar(w, req, calendar)
	return nil
}

func writeCalendar(w http.ResponseWriter, req *http.Request, calendar *feed.Calendar) {
	body := calendar.Write()
	header := w.Header()
	header.Set("Content-Type", "text/calendar; charset=utf-8")
	header.Set("Content-Disposition", `inline; filename="trottoir.ics"`)
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", resident.Tag(body))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(body))
}
