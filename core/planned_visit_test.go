package core

import (
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

func TestTheVisitsAtABuilding(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building, other := r.building(region), r.building(region)
	tour := r.tour(region, building, other)
	onTour := func(p *store.InsertRunParams) { p.TourID = tour }
	earlier, _ := r.startedRun(onTour)
	r.visit(earlier, building, StepArrival, StepInside, StepDeparture)
	r.visit(earlier, other, StepArrival)
	r.setTime(monday.AddDate(0, 0, 1))
	later, _ := r.startedRun(onTour, func(p *store.InsertRunParams) { p.Date = today.AddDate(0, 0, 1) })
	photo := r.picture(later, building, StepArrival) // its step is not confirmed yet
	r.setTime(monday.AddDate(0, 0, 2))
	r.startedRun(onTour, func(p *store.InsertRunParams) { p.Date = today.AddDate(0, 0, 2) }) // nobody has come yet

	list, err := r.ListVisits(r.as(office), building, &ListVisitsParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	latest, first := list.Items[0], list.Items[1]
	require.Equal(t, "2026-05-05", latest.Date, "the latest first")
	require.Equal(t, later, latest.RunID)
	require.Nil(t, latest.Visit.Outcome)
	require.Empty(t, latest.Visit.Steps)
	require.Len(t, latest.Visit.Pictures, 1)
	require.Equal(t, photo.ID, latest.Visit.Pictures[0].ID)
	require.Equal(t, emma.ID, latest.Worker.ID)
	require.Equal(t, tour, latest.Tour.ID)
	require.Equal(t, "2026-05-04", first.Date)
	require.Equal(t, OutcomeDone, *first.Visit.Outcome)
	require.Len(t, first.Visit.Steps, 3)
	require.Equal(t, StepDeparture, first.Visit.Steps[2].Step)
	require.Len(t, first.Visit.Pictures, 3, "and not those of the other building")
	detail, err := r.GetRun(r.as(office), earlier)
	require.NoError(t, err)
	require.Equal(t, *detail.Stops[0].Visit, first.Visit)

	page, err := r.ListVisits(r.as(office), building, &ListVisitsParams{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, list.Items[:1], page.Items)
	page, err = r.ListVisits(r.as(office), building, &ListVisitsParams{Limit: 1, Cursor: page.NextCursor})
	require.NoError(t, err)
	require.Equal(t, list.Items[1:], page.Items)
	require.Empty(t, page.NextCursor)
	page, err = r.ListVisits(r.as(office), building, &ListVisitsParams{From: "2026-05-05", To: "2026-05-05"})
	require.NoError(t, err)
	require.Equal(t, list.Items[:1], page.Items)
	_, err = r.ListVisits(r.as(office), building, &ListVisitsParams{From: "2026-05-05", To: "2026-05-04"})
	require.Equal(t, errs.InvalidArgument, errs.Code(err))

	seen, err := r.ListVisits(r.as(martin), building, &ListVisitsParams{})
	require.NoError(t, err)
	for i := range first.Visit.Pictures { // where else a photo was used is not the syndic's business
		first.Visit.Pictures[i].DuplicateOf, first.Visit.Pictures[i].FirstUse = nil, nil
	}
	require.Equal(t, first.Visit, seen.Items[1].Visit)
	require.Nil(t, seen.Items[1].Worker, "who came is not the syndic's business")
	require.Nil(t, seen.Items[1].Tour)
	_, err = r.ListVisits(r.as(nadia), building, &ListVisitsParams{})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.ListVisits(r.as(emma), building, &ListVisitsParams{})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
}

func TestTheNextVisitsAtABuilding(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building := r.building(region)
	tour := r.tour(region, building, r.building(region))
	on := func(days int) int64 {
		return r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, days) })
	}
	on(-1)
	next, last := on(0), on(14)
	on(15)
	_, err := r.CancelRun(r.as(office), on(2), &CancelRunParams{Reason: "Feestdag"})
	require.NoError(t, err)

	dates := func(list *PlannedVisitList) (dates []string) {
		for _, item := range list.Items {
			dates = append(dates, item.Date)
		}
		return dates
	}
	list, err := r.ListPlannedVisits(r.as(office), building)
	require.NoError(t, err)
	require.Equal(t, []string{day.Format(today), "2026-05-18"}, dates(list))
	require.Equal(t, next, list.Items[0].RunID)
	require.Equal(t, last, list.Items[1].RunID)
	require.Equal(t, emma.ID, list.Items[0].Worker.ID)
	require.Equal(t, tour, list.Items[0].Tour.ID)
	seen, err := r.ListPlannedVisits(r.as(martin), building)
	require.NoError(t, err)
	require.Equal(t, []PlannedVisit{{Date: day.Format(today)}, {Date: "2026-05-18"}}, seen.Items)

	_, err = r.StartRun(r.as(emma), next, r.start())
	require.NoError(t, err)
	list, err = r.ListPlannedVisits(r.as(office), building)
	require.NoError(t, err)
	require.Len(t, list.Items, 2, "it is on its way")
	r.visit(next, building, StepArrival, StepInside, StepDeparture)
	list, err = r.ListPlannedVisits(r.as(office), building)
	require.NoError(t, err)
	require.Equal(t, []string{"2026-05-18"}, dates(list))
	_, err = r.ListPlannedVisits(r.as(nadia), building)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}
