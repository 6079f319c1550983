package core

import (
	"encoding/json"
	"fmt"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// kindsOf says what a list of changes is about, by the places of the buildings in ids.
func kindsOf(changes []StopChange, ids []int64) map[int64][3]any {
	found := map[int64][3]any{}
	for _, change := range changes {
		found[change.Building.ID] = [3]any{change.Kind, change.Before, change.Position}
	}
	return found
}

func TestStopsThatKeepTheirOrderHaveNotMoved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after []int64
		want          map[int64][3]any
	}{
		"one goes to the front":    {[]int64{1, 2, 3, 4}, []int64{4, 1, 2, 3}, map[int64][3]any{4: {stopMoved, 4, 1}}},
		"one goes to the end":      {[]int64{1, 2, 3, 4}, []int64{2, 3, 4, 1}, map[int64][3]any{1: {stopMoved, 1, 4}}},
		"removed, nobody moves":    {[]int64{1, 2, 3}, []int64{2, 3}, map[int64][3]any{1: {stopRemoved, 1, 0}}},
		"added, nobody moves":      {[]int64{1, 2}, []int64{1, 9, 2}, map[int64][3]any{9: {stopAdded, 0, 2}}},
		"emptied":                  {[]int64{1}, nil, map[int64][3]any{1: {stopRemoved, 1, 0}}},
		"the same":                 {[]int64{1, 2}, []int64{1, 2}, map[int64][3]any{}},
		"replaced and moved":       {[]int64{1, 2, 3}, []int64{3, 1, 5}, map[int64][3]any{2: {stopRemoved, 2, 0}, 1: {stopMoved, 1, 2}, 5: {stopAdded, 0, 3}}},
		"reversed keeps one alone": {[]int64{1, 2}, []int64{2, 1}, map[int64][3]any{1: {stopMoved, 1, 2}}},
	} {
		require.Equal(t, c.want, kindsOf(stopChanges(c.before, c.after, nil), nil), name)
	}
}

// stopEvents are the ids of the runs whose stops were told to have changed, in their order.
func (r *rounds) stopEvents() (ids []int64) {
	r.t.Helper()
	rows, err := r.pool.Query(r.t.Context(), `select payload from outbox where topic = $1 order by id`, runEvents)
	require.NoError(r.t, err)
	defer rows.Close()
	for rows.Next() {
		var payload []byte
		require.NoError(r.t, rows.Scan(&payload))
		var event RunEvent
		require.NoError(r.t, json.Unmarshal(payload, &event))
		if event.StopsChanged {
			require.Equal(r.t, RunChanged, event.Type)
			require.Equal(r.t, event.Before.Version+1, event.After.Version)
			ids = append(ids, event.RunID)
		}
	}
	require.NoError(r.t, rows.Err())
	return ids
}

func TestAChangeOfATourIsToldOfWhatIsPlannedAndSeenByItsWorker(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b, c := r.building(region), r.building(region), r.building(region)
	tour := r.tour(region, a, b)
	planned := r.run(func(p *store.InsertRunParams) { p.TourID = tour })
	tomorrow := r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, 1) })
	past := r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, -1) })
	lucasRun := r.run(func(p *store.InsertRunParams) { p.TourID, p.WorkerID = tour, lucas.ID })
	started, err := r.StartRun(r.as(lucas), lucasRun, r.start())
	require.NoError(t, err)
	before, err := r.GetRun(r.as(emma), planned)
	require.NoError(t, err)
	require.False(t, before.StopsChanged)
	require.Nil(t, before.StopsChange)

	changed, err := r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: []int64{c, a}, Version: 1})
	require.NoError(t, err)
	require.Equal(t, []int64{planned, tomorrow}, r.stopEvents(), "each planned run once; not what is past or started")
	require.NotContains(t, r.stopEvents(), past)

	seen, err := r.GetRun(r.as(emma), planned)
	require.NoError(t, err)
	require.Greater(t, seen.Version, before.Version)
	require.True(t, seen.StopsChanged)
	require.Equal(t, map[int64][3]any{b: {stopRemoved, 2, 0}, c: {stopAdded, 0, 1}}, kindsOf(seen.StopsChange.Changes, nil))
	require.NotEmpty(t, seen.StopsChange.Changes[0].Building.Address.Street)
	kept, err := r.GetRun(r.as(lucas), lucasRun)
	require.NoError(t, err)
	require.Equal(t, runStops(started), runStops(kept), "rule 1")
	require.Nil(t, kept.StopsChange)
	weeks, err := r.GetWeekPlan(r.as(office), &GetWeekPlanParams{From: "2026-05-04", To: "2026-05-10"})
	require.NoError(t, err)
	for _, run := range weeks.Runs {
		require.Equal(t, run.Status == StatusPlanned, run.StopsChanged, run.ID)
	}

	// The same order again is no change.
	_, err = r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: []int64{c, a}, Version: changed.Version})
	require.NoError(t, err)
	require.Len(t, r.stopEvents(), 2)

	version := seen.StopsChange.Version
	for range 2 { // saying it again changes nothing
		_, err = r.SeeStops(r.as(emma), planned, &SeeStopsParams{Version: version})
		require.NoError(t, err)
	}
	seenOnce := 0
	for _, line := range r.auditLines() {
		if line == fmt.Sprint("run.stops_seen run ", planned) {
			seenOnce++
		}
	}
	require.Equal(t, 1, seenOnce, "rule 12")
	again, err := r.GetRun(r.as(emma), planned)
	require.NoError(t, err)
	require.Equal(t, seen.Version+1, again.Version)
	require.False(t, again.StopsChanged)
	require.Nil(t, again.StopsChange)
	forOffice, err := r.GetRun(r.as(office), planned)
	require.NoError(t, err)
	require.True(t, forOffice.StopsChange.Seen)
	require.NotNil(t, forOffice.StopsChange.SeenAt)
	require.Len(t, forOffice.StopsChange.Changes, 2, "the office sees what has changed since the planning")

	for _, wrong := range []int{0, version + 1} {
		_, err = r.SeeStops(r.as(emma), tomorrow, &SeeStopsParams{Version: wrong})
		requireRefusal(t, err, errs.InvalidArgument, refusal.Unknown)
	}
	_, err = r.SeeStops(r.as(office), tomorrow, &SeeStopsParams{Version: version})
	require.Equal(t, errs.PermissionDenied, errs.Code(err))
	_, err = r.SeeStops(r.as(lucas), tomorrow, &SeeStopsParams{Version: version})
	require.Equal(t, errs.NotFound, errs.Code(err))
}

func TestWhoGetsARunKnowsTheStopsOfThen(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b := r.building(region), r.building(region)
	tour := r.tour(region, a, b)
	run := r.run(func(p *store.InsertRunParams) { p.TourID = tour })
	_, err := r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: []int64{b, a}, Version: 1})
	require.NoError(t, err)
	detail, err := r.GetRun(r.as(office), run)
	require.NoError(t, err)

	move := func(worker int64, date string) {
		moved, err := r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{
			{ID: run, Version: detail.Version, TourID: tour, WorkerID: worker, Date: date},
		}})
		require.NoError(t, err)
		detail.Version = moved.Items[0].Version
	}
	move(emma.ID, "2026-05-07")
	moved, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	require.True(t, moved.StopsChanged, "another day is no news of the stops")
	move(lucas.ID, "2026-05-07")
	given, err := r.GetRun(r.as(lucas), run)
	require.NoError(t, err)
	require.False(t, given.StopsChanged, "who gets it is told of it as it is")
}

func TestArchivingABuildingChangesItsToursAndIsToldOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b, c := r.building(region), r.building(region), r.building(region)
	first, second := r.tour(region, a, b), r.tour(region, b, c)
	runs := []int64{
		r.run(func(p *store.InsertRunParams) { p.TourID = first }), r.run(func(p *store.InsertRunParams) { p.TourID = second }),
	}
	for range 2 {
		_, err := r.ArchiveBuilding(r.as(office), b)
		require.NoError(t, err)
	}
	require.Equal(t, runs, r.stopEvents())
	run, err := r.GetRun(r.as(emma), runs[0])
	require.NoError(t, err)
	require.Equal(t, map[int64][3]any{b: {stopRemoved, 2, 0}}, kindsOf(run.StopsChange.Changes, nil))

	_, err = r.UnarchiveBuilding(r.as(office), b)
	require.NoError(t, err)
	require.Len(t, r.stopEvents(), 4)
	run, err = r.GetRun(r.as(emma), runs[0])
	require.NoError(t, err)
	require.Nil(t, run.StopsChange, "it is as it was planned")
	require.False(t, run.StopsChanged)

	versions, err := r.ListTourVersions(r.as(admin), first, &ListTourVersionsParams{})
	require.NoError(t, err)
	causes := []string{}
	for _, version := range versions.Items {
		causes = append(causes, version.Cause)
	}
	require.Equal(t, []string{versionBuildingUnarchived, versionBuildingArchived, versionKept}, causes)
	require.Equal(t, &CommentAuthor{office.ID, "First2 Last2"}, versions.Items[0].ChangedBy)
	require.Nil(t, versions.Items[2].ChangedBy)
}

func TestAnOldVersionIsBroughtBackWithoutWhatIsArchived(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b, c := r.building(region), r.building(region), r.building(region)
	tour, err := r.CreateTour(r.as(office), &TourParams{RegionID: region, Name: "Noord"})
	require.NoError(t, err)
	for _, order := range [][]int64{{a, b, c}, {c, a}} {
		tour, err = r.PutStops(r.as(office), tour.ID, &PutStopsParams{BuildingIDs: order, Version: tour.Version})
		require.NoError(t, err)
	}
	_, err = r.ArchiveBuilding(r.as(office), b)
	require.NoError(t, err)

	restore := &RestoreVersionParams{Version: tour.Version, IdempotencyKey: newID().String()}
	for range 2 {
		restored, err := r.RestoreTourVersion(r.as(office), tour.ID, 2, restore)
		require.NoError(t, err)
		require.Len(t, restored.LeftOut, 1)
		require.Equal(t, b, restored.LeftOut[0].ID)
	}
	tour, err = r.GetTour(r.as(office), tour.ID)
	require.NoError(t, err)
	require.Equal(t, []int64{a, c}, stopsOf(tour))
	versions, err := r.ListTourVersions(r.as(office), tour.ID, &ListTourVersionsParams{Limit: 2})
	require.NoError(t, err)
	require.Equal(t, versionRestored, versions.Items[0].Cause)
	require.Equal(t, 2, versions.Items[0].RestoredFrom)
	require.Equal(t, map[int64][3]any{c: {stopMoved, 1, 2}}, kindsOf(versions.Items[0].Changes, nil))
	rest, err := r.ListTourVersions(r.as(office), tour.ID, &ListTourVersionsParams{Limit: 2, Cursor: versions.NextCursor})
	require.NoError(t, err)
	require.Equal(t, []int{2, 1}, []int{rest.Items[0].Number, rest.Items[1].Number})
	require.Empty(t, rest.NextCursor)

	_, err = r.RestoreTourVersion(r.as(office), tour.ID, 9, &RestoreVersionParams{Version: tour.Version})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.RestoreTourVersion(r.as(office), tour.ID, 2, &RestoreVersionParams{Version: 1})
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	_, err = r.ListTourVersions(r.as(emma), tour.ID, &ListTourVersionsParams{})
	require.Equal(t, errs.PermissionDenied, errs.Code(err))
}

func TestAnOldVersionIsBroughtBackWithoutWhatLiesInAnotherRegionNow(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region, other := r.region(), r.region()
	a, moved := r.building(region), r.building(region)
	tour, err := r.CreateTour(r.as(office), &TourParams{RegionID: region, Name: "Noord"})
	require.NoError(t, err)
	for _, order := range [][]int64{{moved, a}, {a}} {
		tour, err = r.PutStops(r.as(office), tour.ID, &PutStopsParams{BuildingIDs: order, Version: tour.Version})
		require.NoError(t, err)
	}
	building, err := r.GetBuilding(r.as(office), moved)
	require.NoError(t, err)
	elsewhere := edit(building)
	elsewhere.RegionID = other
	require.NoError(t, second(r.PutBuilding(r.as(office), moved, elsewhere)))
	restored, err := r.RestoreTourVersion(r.as(office), tour.ID, 2, &RestoreVersionParams{Version: tour.Version})
	require.NoError(t, err)
	require.Len(t, restored.LeftOut, 1)
	require.Equal(t, moved, restored.LeftOut[0].ID)
	tour, err = r.GetTour(r.as(office), tour.ID)
	require.NoError(t, err)
	require.Equal(t, []int64{a}, stopsOf(tour))
}

// Starting, planning and editing at the same moment: a run has the stops of one version, whole, and every run that is still planned
// has been told of the last one.
func TestRule1_ARunThatStartsWhileItsTourIsEditedHasOneVersionWhole(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	for range 12 {
		region := r.region()
		a, b, c, d := r.building(region), r.building(region), r.building(region), r.building(region)
		tour := r.tour(region, a, b)
		starts := r.run(func(p *store.InsertRunParams) { p.TourID = tour })
		waits := r.run(func(p *store.InsertRunParams) { p.TourID, p.WorkerID = tour, lucas.ID })
		started := make(chan []int64, 1)
		doing := []func() error{
			func() error {
				run, err := r.StartRun(r.as(emma), starts, r.start())
				if err == nil {
					started <- runStops(run)
				}
				return err
			},
			func() error {
				return second(r.PutStops(r.as(office), tour, &PutStopsParams{BuildingIDs: []int64{c, d, a}, Version: 1}))
			},
			func() error { return second(r.ArchiveBuilding(r.as(office), b)) },
			func() error {
				return second(r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: "2026-05-08"}))
			},
		}
		for i, err := range together(len(doing), func(i int) error { return doing[i]() }) {
			require.NoError(t, err, i)
		}
		stops := <-started
		require.Contains(t, [][]int64{{a, b}, {a}, {c, d, a}}, stops)
		after, err := r.GetRun(r.as(office), starts)
		require.NoError(t, err)
		require.Equal(t, stops, runStops(after))
		require.Equal(t, StatusStarted, after.Status)
		require.Contains(t, r.stopEvents(), waits)
		planned, err := r.ListRuns(r.as(office), &ListRunsParams{Tour: tour, Status: StatusPlanned})
		require.NoError(t, err)
		require.Len(t, planned.Items, 2)
		for _, run := range planned.Items {
			if run.StopsChanged {
				require.Contains(t, r.stopEvents(), run.ID, "what differs was told")
			}
		}
	}
}
