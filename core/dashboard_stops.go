package core

import (
	"context"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// maxDayStops bounds the stops of one day on the map.
const maxDayStops = 10_000

// DayBuilding is a building as the office reads of it.
type DayBuilding struct {
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Address Address `json:"address"`
}

// DayStops are where the runs of a day stop.
type DayStops struct {
	// Date is the day, YYYY-MM-DD.
	Date string `json:"date"`
	// Items are the stops, run by run, each in its order: 10,000 at most.
	Items []DayStop `json:"items"`
	// Complete is false when there are more.
	Complete bool `json:"complete"`
}

// DayStop is a stop of a run of the day.
type DayStop struct {
	RunID int64 `json:"run_id"`
	// Position is the place of the stop in its run, from 1, as the segments of the run's progress count them.
	Position int         `json:"position"`
	Building DayBuilding `json:"building"`
	// Coordinates is null while the office has not put the building on the map.
	Coordinates *Coordinates `json:"coordinates"`
	// Segment is open, arrived, inside, departed, done, skipped or failed.
	Segment string `json:"segment"`
}

// GetDayStops returns where the runs of a day stop and how far each stop is, for the map: all in one answer, those of cancelled runs
// left out. The runs are those of GetDashboard. The office only.
//
// Errors: permission_denied for other roles, invalid_argument for a bad date.
//
//encore:api auth method=GET path=/dashboard/stops
func (s *Service) GetDayStops(ctx context.Context, p *GetDashboardParams) (*DayStops, error) {
	date, err := s.officeDay(ctx, p.Date)
	if err != nil {
		return nil, err
	}
	ids, err := s.runsOfDay(ctx, date, p.Region)
	if err != nil {
		return nil, err
	}
	rows, err := s.query.StopsOfDay(ctx, store.StopsOfDayParams{RunIds: ids, RowLimit: maxDayStops + 1})
	if err != nil {
		return nil, refusal.Failure(err, "read the stops of the day")
	}
	stops := &DayStops{Date: day.Format(date), Complete: len(rows) <= maxDayStops}
	rows = rows[:min(len(rows), maxDayStops)]
	stops.Items = make([]DayStop, len(rows))
	for i, row := range rows {
		stops.Items[i] = DayStop{
			RunID: row.RunID, Position: int(row.Position), Segment: row.Segment,
			Building: DayBuilding{
				row.BuildingID, row.Name, Address{row.Street, row.HouseNumber, row.Bus, row.PostalCode, row.City},
			},
			Coordinates: coordinatesOf(row.Latitude, row.Longitude),
		}
	}
	return stops, nil
}
