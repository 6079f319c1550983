package core

import (
	"context"
	"slices"
	"time"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// DayFeed is a page of what the office heard on a day.
type DayFeed struct {
	// Items are the latest first.
	Items []DayNews `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// DayNews is a remark, a stop that was not done, or an incident.
type DayNews struct {
	// ID tells it from all others; it stays the same however often it is read.
	ID string `json:"id"`
	// Kind is remark, stop or incident.
	Kind string `json:"kind"`
	// At is when it happened; of an incident, when it came in.
	At time.Time `json:"at"`
	// Run is where it happened; null for an incident that belongs to none.
	Run *NewsRun `json:"run"`
	// IncidentID is the incident; 0 for the other kinds.
	IncidentID int64       `json:"incident_id"`
	Building   DayBuilding `json:"building"`
	// Detail says more of the kind: skipped or failed of a stop, the kind of problem of an incident; empty for a remark.
	Detail string `json:"detail"`
	// Text is the remark, the reason, or what was reported.
	Text string `json:"text"`
	// Photos is how many there are with it.
	Photos int `json:"photos"`
}

// NewsRun is a run in a few words.
type NewsRun struct {
	ID     int64    `json:"id"`
	Tour   TourName `json:"tour"`
	Worker Worker   `json:"worker"`
	// Date is the day of the run, YYYY-MM-DD.
	Date string `json:"date"`
}

// GetDayFeedParams chooses the day and the page.
type GetDayFeedParams struct {
	// Date is the day, YYYY-MM-DD; today unless given.
	Date string `query:"date"`
	// Region limits it to the tours and buildings of one region.
	Region int64 `query:"region"`
	// Limit is how many to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

type newsKey struct {
	At  time.Time
	Ref string
}

// The kinds of news.
const (
	newsRemark   = "remark"
	newsStop     = "stop"
	newsIncident = "incident"
)

// GetDayFeed returns the remarks, the stops that were skipped or failed, and the incidents of a day, the latest first, by when they
// happened. The office only.
//
// Errors: permission_denied for other roles, invalid_argument for a bad date, limit or cursor.
//
//encore:api auth method=GET path=/dashboard/feed
func (s *Service) GetDayFeed(ctx context.Context, p *GetDayFeedParams) (*DayFeed, error) {
	date, err := s.officeDay(ctx, p.Date)
	if err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	before, more, err := page.After[newsKey]("day-feed", p.Cursor)
	if err != nil {
		return nil, err
	}
	if !more {
		before = newsKey{At: day.End(date, s.zone)}
	}
	rows, err := s.query.FeedOfDay(ctx, store.FeedOfDayParams{
		FromAt: day.End(date.AddDate(0, 0, -1), s.zone), BeforeAt: before.At, BeforeRef: before.Ref, RegionID: p.Region,
		RowLimit: int32(limit + 1),
	})
	if err != nil {
		return nil, refusal.Failure(err, "read what happened on the day")
	}
	rows, next := page.Cut("day-feed", rows, limit, func(row store.FeedOfDayRow) newsKey { return newsKey{row.At, row.Ref} })
	runIDs, buildingIDs := []int64{}, []int64{}
	for _, row := range rows {
		buildingIDs = append(buildingIDs, row.BuildingID)
		if row.RunID != 0 {
			runIDs = append(runIDs, row.RunID)
		}
	}
	runs, err := s.newsRuns(ctx, runIDs)
	if err != nil {
		return nil, err
	}
	buildings, err := dayBuildings(ctx, s.query, buildingIDs)
	if err != nil {
		return nil, err
	}
	feed := &DayFeed{Items: make([]DayNews, len(rows)), NextCursor: next}
	for i, row := range rows {
		feed.Items[i] = DayNews{
			ID: row.Ref, Kind: row.Kind, At: row.At.UTC(), Run: runs[row.RunID], IncidentID: row.IncidentID,
			Building: buildings[row.BuildingID], Detail: row.Detail, Text: row.Text, Photos: int(row.Photos),
		}
	}
	return feed, nil
}

// newsRuns reads runs in a few words, by their ids.
func (s *Service) newsRuns(ctx context.Context, ids []int64) (map[int64]*NewsRun, error) {
	slices.Sort(ids)
	rows, err := s.query.RunsInWords(ctx, slices.Compact(ids))
	if err != nil {
		return nil, refusal.Failure(err, "read the runs")
	}
	workerIDs := make([]int64, len(rows))
	for i, row := range rows {
		workerIDs[i] = row.WorkerID
	}
	workers, err := s.workers(ctx, workerIDs)
	if err != nil {
		return nil, err
	}
	runs := make(map[int64]*NewsRun, len(rows))
	for _, row := range rows {
		runs[row.ID] = &NewsRun{
			ID: row.ID, Tour: TourName{row.TourID, row.TourName}, Worker: workers[row.WorkerID], Date: day.Format(row.Date),
		}
	}
	return runs, nil
}

// dayBuildings reads what the office calls buildings, by their ids.
func dayBuildings(ctx context.Context, query *store.Queries, ids []int64) (map[int64]DayBuilding, error) {
	slices.Sort(ids)
	rows, err := query.BuildingsOfDay(ctx, slices.Compact(ids))
	if err != nil {
		return nil, refusal.Failure(err, "read the buildings")
	}
	buildings := make(map[int64]DayBuilding, len(rows))
	for _, row := range rows {
		buildings[row.ID] = DayBuilding{row.ID, row.Name, Address{row.Street, row.HouseNumber, row.Bus, row.PostalCode, row.City}}
	}
	return buildings, nil
}
