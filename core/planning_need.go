package core

import (
	"cmp"
	"context"
	"slices"
	"time"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// maxPlanningDays is how many days are planned at once: five weeks.
const maxPlanningDays = 35

// Need is a tour on a day that its rhythm has and that nobody has a run for.
type Need struct {
	Tour   TourName `json:"tour"`
	Region Region   `json:"region"`
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
	// AgreedMinutes is the agreed time of all stops of the tour.
	AgreedMinutes int `json:"agreed_minutes"`
}

// ListNeedsParams choose needs.
type ListNeedsParams struct {
	// From and To are the first and last day, YYYY-MM-DD; five weeks at most.
	From string `query:"from"`
	To   string `query:"to"`
	// Region limits the list to one region.
	Region int64 `query:"region"`
}

// NeedList are the runs that are needed and that nobody has yet.
type NeedList struct {
	// Items are by day and tour; the first 1,000 of them.
	Items []Need `json:"items"`
	// Count is how many there are.
	Count int `json:"count"`
}

// ListNeeds returns the runs that the rhythms of tours ask for and that nobody has, from today on: a run that is planned, started or
// completed fills the need of its tour and day, a cancelled one does not. Archived tours and those without stops need none. The
// office only.
//
// Errors: invalid_argument for a period that is missing, wrong or longer than five weeks; permission_denied for other roles.
//
//encore:api auth method=GET path=/planning/needs
func (s *Service) ListNeeds(ctx context.Context, p *ListNeedsParams) (*NeedList, error) {
	if _, err := s.office(ctx); err != nil {
		return nil, err
	}
	first, last, err := readPlanningPeriod(p.From, p.To)
	if err != nil {
		return nil, err
	}
	found, err := s.openNeeds(ctx, p.Region, first, last)
	if err != nil {
		return nil, err
	}
	list := &NeedList{Items: []Need{}, Count: len(found)}
	for _, n := range found[:min(len(found), maxPlans)] {
		list.Items = append(list.Items, n.shown())
	}
	return list, nil
}

// readPlanningPeriod reads the days that are planned at once.
func readPlanningPeriod(from, to string) (first, last time.Time, err error) {
	return readPeriod(from, to, maxPlanningDays, "At most five weeks at a time.")
}

// readPeriod reads a period, of which both days must be given.
func readPeriod(from, to string, days int, tooLong string) (first, last time.Time, err error) {
	if first, err = day.Parse("from", from); err != nil {
		return first, last, err
	}
	if last, err = day.Parse("to", to); err != nil {
		return first, last, err
	}
	switch {
	case last.Before(first):
		err = refusal.Invalid("to", refusal.OutOfRange, "The last day lies before the first.")
	case last.Sub(first) >= time.Duration(days)*24*time.Hour:
		err = refusal.Invalid("to", refusal.OutOfRange, tooLong)
	}
	return first, last, err
}

// need is a Need as it is worked with.
type need struct {
	tour store.ToursWithRhythmRow
	date time.Time
}

func (n need) shown() Need {
	return Need{
		Tour: TourName{n.tour.ID, n.tour.Name}, Region: Region{n.tour.RegionID, n.tour.RegionName}, Date: day.Format(n.date),
		AgreedMinutes: int(n.tour.Minutes),
	}
}

// openNeeds returns the needs by day and tour.
func (s *Service) openNeeds(ctx context.Context, region int64, first, last time.Time) ([]need, error) {
	if today := s.today(); first.Before(today) {
		first = today
	}
	limit := s.today().AddDate(maxYearsAhead, 0, 0)
	if last.After(limit) {
		last = limit
	}
	if last.Before(first) {
		return nil, nil
	}
	tours, err := s.query.ToursWithRhythm(ctx, region)
	if err != nil {
		return nil, refusal.Failure(err, "read the rhythms of tours")
	}
	ids := make([]int64, len(tours))
	for i, tour := range tours {
		ids[i] = tour.ID
	}
	runs, err := s.query.ToursTaken(ctx, store.ToursTakenParams{TourIds: ids, FirstDay: first, LastDay: last})
	if err != nil {
		return nil, refusal.Failure(err, "read the runs of the tours")
	}
	filled := make(map[tourDay]bool, len(runs))
	for _, run := range runs {
		filled[tourDay{run.TourID, run.Date}] = true
	}
	var found []need
	for _, tour := range tours {
		rhythm, err := tourRecurrence(tour.Rrule, tour.RhythmStart, tour.HeldFrom, tour.HeldUntil)
		if err != nil {
			return nil, refusal.Failure(err, "read the rhythm of a tour")
		}
		for _, date := range rhythm.Dates(first, last) {
			if date.Skipped == "" && !filled[tourDay{tour.ID, date.Date}] {
				found = append(found, need{tour, date.Date})
			}
		}
	}
	// By day; those of a day stay in the order of the tours' names.
	slices.SortStableFunc(found, func(a, b need) int { return cmp.Compare(a.date.Unix(), b.date.Unix()) })
	return found, nil
}
