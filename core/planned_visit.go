package core

import (
	"context"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// PlannedVisit is a visit that is to come.
type PlannedVisit struct {
	// Date is the day of the run, YYYY-MM-DD.
	Date string `json:"date"`
	// RunID, Tour and Worker are for the office; 0 and null for others.
	RunID  int64     `json:"run_id"`
	Tour   *TourName `json:"tour"`
	Worker *Worker   `json:"worker"`
}

// PlannedVisitList holds the next visits at a building.
type PlannedVisitList struct {
	// Items are 20 at most, the next one first.
	Items []PlannedVisit `json:"items"`
}

const (
	// plannedVisitDays is how many days ahead planned visits are told.
	plannedVisitDays = 14
	maxPlannedVisits = 20
)

// ListPlannedVisits returns the visits of the next 14 days at a building that are still to come, the next one first. For the
// office and the building's syndics; to these only the days.
//
// Errors: not_found when there is no building that the caller may see; permission_denied for other roles.
//
//encore:api auth method=GET path=/buildings/:id/planned-visits
func (s *Service) ListPlannedVisits(ctx context.Context, id int64) (*PlannedVisitList, error) {
	caller, err := s.seesVisits(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.query.PlannedVisitsOfBuilding(ctx, store.PlannedVisitsOfBuildingParams{
		BuildingID: id, FromDay: s.today(), ToDay: s.today().AddDate(0, 0, plannedVisitDays), RowLimit: maxPlannedVisits,
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the planned visits")
	}
	list := &PlannedVisitList{Items: make([]PlannedVisit, len(rows))}
	var workers map[int64]Worker
	if caller.Office() {
		ids := make([]int64, len(rows))
		for i := range rows {
			ids[i] = rows[i].WorkerID
		}
		if workers, err = s.workers(ctx, ids); err != nil {
			return nil, err
		}
	}
	for i := range rows {
		row := &rows[i]
		list.Items[i].Date = day.Format(row.Date)
		if caller.Office() {
			list.Items[i] = PlannedVisit{
				list.Items[i].Date, row.RunID, &TourName{row.TourID, row.TourName}, new(workers[row.WorkerID]),
			}
		}
	}
	return list, nil
}

// seesVisits refuses who may not see what happens at a building.
func (s *Service) seesVisits(ctx context.Context, id int64) (access.Actor, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return caller, err
	}
	if err := access.SeeVisits(caller); err != nil {
		return caller, err
	}
	return caller, s.seesBuilding(ctx, caller, id)
}
