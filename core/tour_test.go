package core

import (
	"strings"
	"sync"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

func TestATourIsMadeAndItsStopsOrdered(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b, c := r.building(region), r.building(region), r.building(region)
	tour, err := r.CreateTour(r.as(office), &TourParams{RegionID: region, Name: " Centrum "})
	require.NoError(t, err)
	require.Equal(t, "Centrum", tour.Name)
	require.Empty(t, tour.Stops)
	for _, order := range [][]int64{{a, b, c}, {c, a}, {a, c, b}, nil} {
		tour, err = r.PutStops(r.as(office), tour.ID, &PutStopsParams{BuildingIDs: order, Version: tour.Version})
		require.NoError(t, err)
		require.Equal(t, order, stopsOf(tour))
	}
	read, err := r.GetTour(r.as(office), tour.ID)
	require.NoError(t, err)
	require.Equal(t, tour, read)

	renamed, err := r.PutTour(r.as(office), tour.ID, &TourParams{RegionID: r.region(), Name: "Rand", Version: tour.Version})
	require.NoError(t, err, "without stops it may move")
	require.Equal(t, "Rand", renamed.Name)
	_, err = r.PutTour(r.as(office), tour.ID, &TourParams{RegionID: region, Name: "Late", Version: tour.Version})
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	_, err = r.PutTour(r.as(office), 99999, &TourParams{RegionID: region, Name: "None"})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}

func TestATourIsRefusedByField(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	_, err := r.CreateTour(r.as(office), &TourParams{RegionID: region, Name: "Centrum"})
	require.NoError(t, err)
	for name, check := range map[string]struct {
		params TourParams
		code   errs.ErrCode
		field  string
		reason refusal.Reason
	}{
		"no name":        {TourParams{RegionID: region, Name: " "}, errs.InvalidArgument, "name", refusal.Required},
		"long name":      {TourParams{RegionID: region, Name: strings.Repeat("n", 201)}, errs.InvalidArgument, "name", refusal.TooLong},
		"no region":      {TourParams{Name: "Rand"}, errs.InvalidArgument, "region_id", refusal.Required},
		"unknown region": {TourParams{RegionID: 99999, Name: "Rand"}, errs.InvalidArgument, "region_id", refusal.Unknown},
		"name taken":     {TourParams{RegionID: region, Name: "Centrum"}, errs.AlreadyExists, "name", refusal.NameTaken},
	} {
		_, err := r.CreateTour(r.as(office), &check.params)
		requireDetails(t, err, check.code, refusal.Details{Field: check.field, Reason: check.reason}, name)
	}
	_, err = r.PutTour(r.as(office), r.tour(region), &TourParams{RegionID: r.region(), Name: "Rand", Version: 1})
	requireDetails(t, err, errs.FailedPrecondition, refusal.Details{Field: "region_id", Reason: refusal.InUse},
		"its stops lie in the region")
	_, err = r.CreateTour(r.as(office), &TourParams{RegionID: r.region(), Name: "Centrum"})
	require.NoError(t, err, "another region has names of its own")
}

func TestRule5StopsAreStoredAllOrNoneAndTheFailingRowsNamed(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	first, second := r.building(region), r.building(region)
	elsewhere, archived := r.building(r.region()), r.building(region)
	_, err := r.ArchiveBuilding(r.as(office), archived)
	require.NoError(t, err)
	tour := r.tour(region, first, second)

	_, err = r.PutStops(r.as(office), tour, &PutStopsParams{
		BuildingIDs: []int64{second, archived, first, second, 99999, elsewhere}, Version: 1,
	})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{
		Field: "building_ids", Reason: refusal.Archived,
		Rows: []refusal.Row{
			{Index: 1, Reason: refusal.Archived}, {Index: 3, Reason: refusal.Duplicate},
			{Index: 4, Reason: refusal.Unknown}, {Index: 5, Reason: refusal.ElsewhereRegion},
		},
	})
	_, err = r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: make([]int64, 201), Version: 1})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "building_ids", Reason: refusal.TooLong})
	kept, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Equal(t, []int64{first, second}, stopsOf(kept))
	require.EqualValues(t, 1, kept.Version)
}

func TestOfTwoEditsOfStopsAtOnceOneIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	first, second := r.building(region), r.building(region)
	tour := r.tour(region, first, second)

	orders := [][]int64{{second}, {second, first}, {first}, {first, second}}
	results := make([]error, len(orders))
	var edits sync.WaitGroup
	for i, order := range orders {
		edits.Go(func() {
			_, results[i] = r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: order, Version: 1})
		})
	}
	edits.Wait()
	var won []int64
	for i, err := range results {
		if err == nil {
			require.Nil(t, won, "one edit wins")
			won = orders[i]
			continue
		}
		requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	}
	require.NotNil(t, won)
	now, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Equal(t, won, stopsOf(now))
	require.EqualValues(t, 2, now.Version)
}

func TestRule1EditingATourNeverChangesAStartedRun(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	first, second, third := r.building(region), r.building(region), r.building(region)
	tour := r.tour(region, first, second)
	started := r.run(func(p *store.InsertRunParams) { p.TourID = tour })
	planned := r.run(func(p *store.InsertRunParams) { p.TourID, p.WorkerID = tour, lucas.ID })
	before, err := r.StartRun(r.as(emma), started, r.start())
	require.NoError(t, err)
	r.visit(started, first, StepArrival)
	progress := r.progress(started)

	_, err = r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: []int64{third, second}, Version: 1})
	require.NoError(t, err)
	building, err := r.GetBuilding(r.as(office), second)
	require.NoError(t, err)
	change := edit(building)
	change.AgreedMinutes = 99
	_, err = r.PutBuilding(r.as(office), second, change)
	require.NoError(t, err)

	after, err := r.GetRun(r.as(emma), started)
	require.NoError(t, err)
	require.Equal(t, []int64{first, second}, []int64{after.Stops[0].Building.ID, after.Stops[1].Building.ID})
	require.Equal(t, before.AgreedMinutes, after.AgreedMinutes)
	require.Equal(t, progress, r.progress(started))
	follows, err := r.GetRun(r.as(lucas), planned)
	require.NoError(t, err)
	require.Equal(t, third, follows.Stops[0].Building.ID, "a run that has not started follows the tour")
}

func TestRule8AnArchivedTourStaysInOldRunsAndIsPlannedNoMore(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tour := r.tour(region)
	planned := r.run(func(p *store.InsertRunParams) { p.TourID = tour })
	_, err := r.ArchiveTour(r.as(office), tour)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.InUse, "a worker counts on it")
	_, err = r.StartRun(r.as(emma), planned, r.start())
	require.NoError(t, err)
	for range 2 {
		archived, err := r.ArchiveTour(r.as(office), tour)
		require.NoError(t, err, "repeating it changes nothing")
		require.True(t, archived.Archived)
		require.EqualValues(t, 2, archived.Version)
	}
	old, err := r.GetRun(r.as(emma), planned)
	require.NoError(t, err)
	require.Len(t, old.Stops, 2)
	_, err = r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: lucas.ID, Date: day.Format(today)})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)
	_, err = r.PutStops(r.as(office), tour, &PutStopsParams{Version: 2})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)
	list, err := r.ListTours(r.as(office), &ListToursParams{Archived: true})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	list, err = r.ListTours(r.as(office), &ListToursParams{})
	require.NoError(t, err)
	require.Empty(t, list.Items)

	name := old.Tour.Name
	_, err = r.CreateTour(r.as(office), &TourParams{RegionID: region, Name: name})
	require.NoError(t, err, "an archived tour leaves its name")
	_, err = r.UnarchiveTour(r.as(office), tour)
	requireDetails(t, err, errs.AlreadyExists, refusal.Details{Field: "name", Reason: refusal.NameTaken})
	found, err := r.ListTours(r.as(office), &ListToursParams{Q: strings.ToUpper(name)})
	require.NoError(t, err)
	require.Len(t, found.Items, 1)
}

func TestArchivedStopsAreNotLostByAnEditOfTheOthers(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	first, second, third := r.building(region), r.building(region), r.building(region)
	tour := r.tour(region, first, second, third)
	counts := func(stops, archived int) {
		t.Helper()
		list, err := r.ListTours(r.as(office), &ListToursParams{Region: region})
		require.NoError(t, err)
		require.Equal(t, []int{stops, archived}, []int{list.Items[0].StopCount, list.Items[0].ArchivedStopCount})
		one, err := r.GetTour(r.as(office), tour)
		require.NoError(t, err)
		require.Equal(t, []int{stops, archived}, []int{one.StopCount, one.ArchivedStopCount})
	}
	counts(3, 0)
	_, err := r.ArchiveBuilding(r.as(office), first)
	require.NoError(t, err)
	counts(2, 1)
	put, err := r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: []int64{third, second}, Version: 1})
	require.NoError(t, err)
	require.Equal(t, 1, put.ArchivedStopCount, "the answer of an edit tells it too")
	counts(2, 1)
	_, err = r.UnarchiveBuilding(r.as(office), first)
	require.NoError(t, err)
	now, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Equal(t, []int64{third, second, first}, stopsOf(now))
	counts(3, 0)
}

func TestATourWhoseStopsAreAllArchivedMayMove(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region, other := r.region(), r.region()
	building := r.building(region)
	tour := r.tour(region, building)
	_, err := r.ArchiveBuilding(r.as(office), building)
	require.NoError(t, err)
	moved, err := r.PutTour(r.as(office), tour, &TourParams{RegionID: other, Name: "Rand", Version: 1})
	require.NoError(t, err, "it shows no stop that could be taken off")
	require.Equal(t, other, moved.Region.ID)
	_, err = r.UnarchiveBuilding(r.as(office), building)
	require.NoError(t, err)
	now, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Empty(t, now.Stops, "a stop lies in the region of its tour")
}
