package core

import (
	"context"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

const (
	// maxCalendarDays is how many days a calendar shows at most.
	maxCalendarDays = 62
	// maxCalendarBuildings is how many buildings a calendar shows at most.
	maxCalendarBuildings = 1000
	// maxCalendarCollections is how many collections a calendar shows at most.
	maxCalendarCollections = 20_000
	// maxCalendarKinds is how many kinds of waste a request names at most.
	maxCalendarKinds = 100
)

// CalendarCollection is a collection as the calendar shows it: its building is among those of the calendar.
type CalendarCollection struct {
	ID         int64 `json:"id"`
	BuildingID int64 `json:"building_id"`
	// Type is the code of the kind of waste: GFT, PMD.
	Type string `json:"type"`
	// Date is YYYY-MM-DD.
	Date    string `json:"date"`
	Note    string `json:"note"`
	PutOut  bool   `json:"put_out"`
	BringIn bool   `json:"bring_in"`
	// TimeFrom and TimeTo are HH:MM; empty when they are not known.
	TimeFrom string `json:"time_from"`
	TimeTo   string `json:"time_to"`
	// RuleID is the rule that made it; null for one that was made by hand.
	RuleID *int64 `json:"rule_id"`
	// Changed says that it was changed by hand since its rule made it: the rule leaves it alone.
	Changed bool `json:"changed"`
	// Version grows with every change of the collection.
	Version int64 `json:"version"`
}

// CalendarBuilding is a building of the calendar.
type CalendarBuilding struct {
	ID       int64   `json:"id"`
	Name     string  `json:"name"`
	Address  Address `json:"address"`
	RegionID int64   `json:"region_id"`
	// Archived buildings have collections before today only.
	Archived bool `json:"archived"`
}

// GetCollectionCalendarParams choose what the calendar shows. Filters add up.
type GetCollectionCalendarParams struct {
	// From and To are the first and last day, YYYY-MM-DD; at most 62 days.
	From string `query:"from"`
	To   string `query:"to"`
	// Building limits the calendar to these buildings; 200 at most.
	Building []int64 `query:"building"`
	// Tour limits the calendar to the buildings that are stops of a tour now.
	Tour int64 `query:"tour"`
	// Region limits the calendar to the buildings of a region.
	Region int64 `query:"region"`
	// Type limits the collections to these kinds of waste, by their codes; 100 at most.
	Type []string `query:"type"`
}

// CollectionCalendar holds buildings and their collections on some days.
type CollectionCalendar struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Buildings are in the order of their addresses, also those without collections; 1,000 at most.
	Buildings []CalendarBuilding `json:"buildings"`
	// Collections are those of the buildings, by building, date and kind.
	Collections []CalendarCollection `json:"collections"`
	// MoreBuildings says that there are more than 1,000 buildings: limit the calendar to a region or a tour.
	MoreBuildings bool `json:"more_buildings"`
}

// GetCollectionCalendar returns buildings and all their collections on some days, in one answer: a month of 400 buildings. For the office.
//
// Errors: invalid_argument for a day that is missing, more than 62 days, more than 20,000 collections or a bad filter; permission_denied
// for other roles.
//
//encore:api auth method=GET path=/planning/collections
func (s *Service) GetCollectionCalendar(ctx context.Context, p *GetCollectionCalendarParams) (*CollectionCalendar, error) {
	if _, err := s.office(ctx); err != nil {
		return nil, err
	}
	first, last, err := calendarPeriod(p.From, p.To)
	if err != nil {
		return nil, err
	}
	if len(p.Type) > maxCalendarKinds {
		return nil, refusal.Invalid("type", refusal.TooLong, "At most 100 kinds of waste at a time.")
	}
	for _, code := range p.Type {
		if !wasteKindCode.MatchString(code) {
			return nil, refusal.Invalid("type", refusal.Unknown, "There is no such kind of waste.")
		}
	}
	chosen, limited, err := s.selectedBuildings(ctx, s.query, access.Scope{All: true}, selection{buildingIDs: p.Building, tourID: p.Tour, regionID: p.Region, field: "building"})
	if err != nil {
		return nil, err
	}
	calendar := &CollectionCalendar{From: day.Format(first), To: day.Format(last)}
	yesterday := s.today().AddDate(0, 0, -1)
	rows, err := s.query.CalendarBuildings(ctx, store.CalendarBuildingsParams{
		Everywhere: !limited, BuildingIds: chosen, FirstDay: first, LastDay: last, Yesterday: yesterday, RowLimit: maxCalendarBuildings + 1,
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the buildings of the calendar")
	}
	if len(rows) > maxCalendarBuildings {
		rows, calendar.MoreBuildings = rows[:maxCalendarBuildings], true
	}
	calendar.Buildings = make([]CalendarBuilding, len(rows))
	ids, lastDays := make([]int64, len(rows)), make([]time.Time, len(rows))
	for i := range rows {
		row := &rows[i]
		ids[i], lastDays[i] = row.ID, lastDayOf(row.Archived, last, yesterday)
		calendar.Buildings[i] = CalendarBuilding{
			ID: row.ID, Name: row.Name, Address: Address{row.Street, row.HouseNumber, row.Bus, row.PostalCode, row.City},
			RegionID: row.RegionID, Archived: row.Archived,
		}
	}
	types := p.Type
	if types == nil {
		types = []string{}
	}
	found, err := s.query.CalendarCollections(ctx, store.CalendarCollectionsParams{
		BuildingIds: ids, LastDays: lastDays, FirstDay: first, Types: types, RowLimit: maxCalendarCollections + 1,
	})
	switch {
	case err != nil:
		return nil, refusal.Failure(err, "list the collections of the calendar")
	case len(found) > maxCalendarCollections:
		return nil, refusal.Invalid("to", refusal.TooLong, "These are more than 20,000 collections. Choose a region, a tour or fewer days.")
	}
	calendar.Collections = calendarCollections(found)
	return calendar, nil
}

// calendarPeriod reads the first and the last day of a calendar.
func calendarPeriod(from, to string) (first, last time.Time, err error) {
	if first, err = parseCollectionDate("from", from); err != nil {
		return first, last, err
	}
	if last, err = parseCollectionDate("to", to); err != nil {
		return first, last, err
	}
	switch days := last.Sub(first) / (24 * time.Hour); {
	case days < 0:
		err = refusal.Invalid("to", refusal.OutOfRange, "The last day lies before the first.")
	case days >= maxCalendarDays:
		err = refusal.Invalid("to", refusal.OutOfRange, "A calendar shows at most 62 days.")
	}
	return first, last, err
}

func calendarCollections(rows []store.Collection) []CalendarCollection {
	items := make([]CalendarCollection, len(rows))
	for i := range rows {
		row := &rows[i]
		items[i] = CalendarCollection{
			ID: row.ID, BuildingID: row.BuildingID, Type: row.Type, Date: day.Format(row.Date), Note: row.Note, PutOut: row.PutOut,
			BringIn: row.BringIn, TimeFrom: row.TimeFrom, TimeTo: row.TimeTo, RuleID: row.RuleID, Changed: row.Changed, Version: row.Version,
		}
	}
	return items
}
