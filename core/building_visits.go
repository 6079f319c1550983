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

// BuildingVisit is a visit of a building, with the run on which it was made.
type BuildingVisit struct {
	RunID int64 `json:"run_id"`
	// Tour and Worker are for the office; null for others.
	Tour   *TourName `json:"tour"`
	Worker *Worker   `json:"worker"`
	// Date is the day of the run, YYYY-MM-DD.
	Date  string `json:"date"`
	Visit Visit  `json:"visit"`
}

// ListVisitsParams choose among the visits of a building.
type ListVisitsParams struct {
	// From and To are the first and last day, YYYY-MM-DD; open when empty.
	From string `query:"from"`
	To   string `query:"to"`
	// Limit is how many visits to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// VisitList is a page of a building's visits.
type VisitList struct {
	Items []BuildingVisit `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type visitKey struct {
	Date  time.Time
	RunID int64
}

// ListVisits returns the visits of a building with their steps, pictures and remarks, the latest run first. For the office
// and the building's syndics; to these without who came, and on which tour.
//
// Errors: permission_denied for other roles, not_found when there is no building that the caller may see, invalid_argument for a
// bad period, limit or cursor.
//
//encore:api auth method=GET path=/buildings/:id/visits
func (s *Service) ListVisits(ctx context.Context, id int64, p *ListVisitsParams) (*VisitList, error) {
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	before, resumed, err := page.After[visitKey]("visits", p.Cursor)
	if err != nil {
		return nil, err
	}
	first, last, err := day.ParsePeriod(p.From, p.To)
	if err != nil {
		return nil, err
	}
	caller, err := s.seesVisits(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.query.VisitsOfBuilding(ctx, store.VisitsOfBuildingParams{
		BuildingID: id, FromDay: first, ToDay: last, Resumed: resumed, BeforeDate: before.Date, BeforeRunID: before.RunID, RowLimit: int32(limit + 1),
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the visits")
	}
	rows, next := page.Cut("visits", rows, limit, func(r store.VisitsOfBuildingRow) visitKey { return visitKey{r.Date, r.RunID} })
	items, err := s.visitsOfRows(ctx, caller, id, rows)
	if err != nil {
		return nil, err
	}
	return &VisitList{Items: items, NextCursor: next}, nil
}

// visitsOfRows completes visits of a building with workers, steps, pictures and remarks: four queries and one call however many they are.
func (s *Service) visitsOfRows(
	ctx context.Context, caller access.Actor, building int64, rows []store.VisitsOfBuildingRow,
) ([]BuildingVisit, error) {
	runs, workerIDs := make([]int64, len(rows)), make([]int64, len(rows))
	visits := make(map[int64]*Visit, len(rows))
	for i, row := range rows {
		runs[i], workerIDs[i] = row.RunID, row.WorkerID
		visits[row.RunID] = &Visit{
			RunID: row.RunID, BuildingID: building, Outcome: row.Outcome, Reason: row.Reason, Steps: []Step{}, Pictures: []Picture{}, Remarks: []Remark{},
		}
	}
	var workers map[int64]Worker
	if caller.Office() {
		var err error
		if workers, err = s.workers(ctx, workerIDs); err != nil {
			return nil, err
		}
	}
	steps, err := s.query.StepsOfBuilding(ctx, store.StepsOfBuildingParams{RunIds: runs, BuildingID: building})
	if err != nil {
		return nil, refusal.Failure(err, "read the steps")
	}
	for _, row := range steps {
		visits[row.RunID].Steps = append(visits[row.RunID].Steps, stepOf(row))
	}
	pictures, err := s.query.PicturesOfBuilding(ctx, store.PicturesOfBuildingParams{RunIds: runs, BuildingID: building})
	if err != nil {
		return nil, refusal.Failure(err, "read the pictures")
	}
	for _, row := range pictures {
		visits[row.RunID].Pictures = append(visits[row.RunID].Pictures, pictureOf(row))
	}
	remarkRows, err := s.query.RemarksOfBuilding(ctx, store.RemarksOfBuildingParams{RunIds: runs, BuildingID: building})
	if err != nil {
		return nil, refusal.Failure(err, "read the remarks")
	}
	remarks, err := remarksOf(ctx, s.query, remarkRows)
	if err != nil {
		return nil, refusal.Failure(err, "read the pictures of the remarks")
	}
	for _, remark := range remarks {
		visits[remark.RunID].Remarks = append(visits[remark.RunID].Remarks, remark)
	}
	if caller.Office() {
		err = s.tellFirstUses(ctx, visits)
	} else {
		for run, visit := range visits {
			visits[run] = new(visit.ForSyndic())
		}
	}
	if err != nil {
		return nil, refusal.Failure(err, "read where photos were used")
	}
	items := make([]BuildingVisit, len(rows))
	for i, row := range rows {
		items[i] = BuildingVisit{RunID: row.RunID, Date: day.Format(row.Date), Visit: *visits[row.RunID]}
		if caller.Office() {
			items[i].Tour, items[i].Worker = &TourName{row.TourID, row.TourName}, new(workers[row.WorkerID])
		}
	}
	return items, nil
}
