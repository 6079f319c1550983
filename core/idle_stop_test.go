package core

import (
	"fmt"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// runOf makes a run of a tour today.
func (r *rounds) runOf(tour int64) int64 {
	r.t.Helper()
	return r.run(func(p *store.InsertRunParams) { p.TourID = tour })
}

func buildingsOf(run *RunDetail) (ids []int64) {
	for _, stop := range run.Stops {
		ids = append(ids, stop.Building.ID)
	}
	return ids
}

// hides makes a tour leave out its stops without work, or not.
func (r *rounds) hides(tour int64, hide bool) *TourDetail {
	r.t.Helper()
	read, err := r.GetTour(r.as(office), tour)
	require.NoError(r.t, err)
	changed, err := r.PutTour(r.as(office), tour, &TourParams{
		RegionID: read.Region.ID, Name: read.Name, HideIdleStops: &hide, Version: read.Version,
	})
	require.NoError(r.t, err)
	return changed
}

func TestRule1ATourLeavesOutItsStopsWithoutWorkWhenItSaysSo(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	putOut, idle, bringIn, later, nothing := r.building(region), r.building(region), r.building(region), r.building(region), r.building(region)
	tour := r.tour(region, putOut, idle, bringIn, later, nothing)
	r.collection(putOut, "2026-05-05")  // tomorrow: put out today
	r.collection(bringIn, "2026-05-04") // today: bring in
	r.collection(later, "2026-05-06")
	_, err := r.CreateCollection(r.as(office), &CollectionParams{BuildingID: nothing, Type: "PMD", Date: "2026-05-05", BringIn: true})
	require.NoError(t, err, "somebody else puts these out tomorrow")
	run := r.runOf(tour)
	read := func() *RunDetail {
		detail, err := r.GetRun(r.as(emma), run)
		require.NoError(t, err)
		return detail
	}
	require.Len(t, read().Stops, 5, "a tour leaves nothing out unless it says so")
	require.Zero(t, read().IdleStops)

	changed := r.hides(tour, true)
	require.True(t, changed.HideIdleStops)
	require.Len(t, changed.Stops, 5, "the tour has them all")
	detail := read()
	require.Equal(t, []int64{putOut, bringIn}, buildingsOf(detail))
	require.Equal(t, 3, detail.IdleStops)
	require.Equal(t, 2, detail.Progress.Stops)
	list, err := r.ListRuns(r.as(office), &ListRunsParams{})
	require.NoError(t, err)
	require.Equal(t, 3, list.Items[0].IdleStops)

	// Work that comes while the run is planned brings its stop back.
	r.collection(idle, "2026-05-05")
	require.Equal(t, []int64{putOut, idle, bringIn}, buildingsOf(read()))

	started, err := r.StartRun(r.as(emma), run, r.start())
	require.NoError(t, err)
	require.Equal(t, []int64{putOut, idle, bringIn}, buildingsOf(started))
	require.Equal(t, 2, started.IdleStops)
	require.False(t, started.StopsDiffer)

	// From the start on nothing changes them.
	r.collection(later, "2026-05-04")
	r.hides(tour, false)
	require.Equal(t, []int64{putOut, idle, bringIn}, buildingsOf(read()))
	require.Equal(t, 2, read().IdleStops)
	require.Contains(t, r.auditLines(), fmt.Sprint("tour.changed tour ", tour))
}

func TestRule1ThePhoneStartsWithTheStopsThatItShows(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	busy, idle := r.building(region), r.building(region)
	tour := r.tour(region, busy, idle)
	r.collection(busy, "2026-05-05")
	r.hides(tour, true)
	run := r.runOf(tour)
	// The phone has been offline since before the office hid it, or since its collection was still there.
	start := r.start()
	start.BuildingIDs = []int64{busy, idle}
	detail, err := r.StartRun(r.as(emma), run, start)
	require.NoError(t, err)
	require.Equal(t, []int64{busy, idle}, buildingsOf(detail))
	require.True(t, detail.StopsDiffer)
	require.Zero(t, detail.IdleStops)

	other := r.runOf(r.tour(region, busy, idle))
	start = r.start()
	start.BuildingIDs = []int64{r.building(region)}
	_, err = r.StartRun(r.as(emma), other, start)
	require.Equal(t, errs.InvalidArgument, errs.Code(err), "a building that is no stop is none")
}

func TestARunWithoutAnyWorkIsNotStarted(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building := r.building(region)
	tour := r.tour(region, building)
	r.hides(tour, true)
	run := r.runOf(tour)
	_, err := r.StartRun(r.as(emma), run, r.start())
	requireRefusal(t, err, errs.FailedPrecondition, refusal.NoWork)
	r.pass(24 * time.Hour)
	board, err := r.GetDashboard(r.as(office), &GetDashboardParams{Date: "2026-05-04"})
	require.NoError(t, err)
	require.Equal(t, 1, board.Runs[0].IdleStops)
	require.Zero(t, board.Runs[0].LateMinutes, "nobody could start it")
	require.Zero(t, board.Counts.Late)
	r.pass(-24 * time.Hour)
	r.collection(building, "2026-05-04")
	_, err = r.StartRun(r.as(emma), run, r.start())
	require.NoError(t, err)
}

func TestAChangeThatDoesNotSpeakOfIdleStopsLeavesThem(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.hides(r.tour(r.region()), true)
	renamed, err := r.PutTour(r.as(office), tour.ID, &TourParams{RegionID: tour.Region.ID, Name: "Other", Version: tour.Version})
	require.NoError(t, err)
	require.True(t, renamed.HideIdleStops)
}

func TestLeavingOutStopsWithoutWorkIsAChangeThatIsToldOfTheRunsThatGetOtherStops(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	busy, idle := r.building(region), r.building(region)
	tour := r.tour(region, busy, idle)
	r.collection(busy, "2026-05-04")
	for _, building := range []int64{busy, idle} { // on the next day both have work
		r.collection(building, "2026-05-06")
	}
	less := r.runOf(tour)
	same := r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, 1) })

	r.hides(tour, true)
	require.Equal(t, []int64{less}, r.stopEvents())
	changed, err := r.GetRun(r.as(emma), less)
	require.NoError(t, err)
	require.True(t, changed.StopsChanged)
	require.Equal(t, map[int64][3]any{idle: {stopRemoved, 2, 0}}, kindsOf(changed.StopsChange.Changes, nil))
	kept, err := r.GetRun(r.as(emma), same)
	require.NoError(t, err)
	require.False(t, kept.StopsChanged)
	require.Nil(t, kept.StopsChange)
	versions, err := r.ListTourVersions(r.as(office), tour, &ListTourVersionsParams{})
	require.NoError(t, err)
	require.Len(t, versions.Items, 2)
	newest := versions.Items[0]
	require.Equal(t, []any{versionTourChanged, true, true, 2, 0},
		[]any{newest.Cause, newest.HideIdleStops, newest.IdleStopsChanged, newest.StopCount, len(newest.Changes)})
	require.False(t, versions.Items[1].IdleStopsChanged)

	// Saying it again is no change.
	r.hides(tour, true)
	require.Len(t, r.stopEvents(), 1)
	_, err = r.SeeStops(r.as(emma), less, &SeeStopsParams{Version: changed.StopsChange.Version})
	require.NoError(t, err)
	r.hides(tour, false)
	require.Equal(t, []int64{less, less}, r.stopEvents())
	back, err := r.GetRun(r.as(emma), less)
	require.NoError(t, err)
	require.Equal(t, map[int64][3]any{idle: {stopAdded, 0, 2}}, kindsOf(back.StopsChange.Changes, nil))
	forOffice, err := r.GetRun(r.as(office), less)
	require.NoError(t, err)
	require.Nil(t, forOffice.StopsChange, "it is as it was planned")
}

// The program from before knows nothing of it while both run.
func TestAVersionThatTheProgramFromBeforeMakesSaysWhatTheTourLeavesOut(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tour := r.tour(region, r.building(region))
	r.hides(tour, true)
	_, err := r.pool.Exec(t.Context(), `insert into tour_versions (tour_id, number, building_ids, cause, changed_at, changed_by)
		select $1, max(number) + 1, '{}', 'stops_changed', now(), 2 from tour_versions where tour_id = $1`, tour)
	require.NoError(t, err)
	versions, err := r.ListTourVersions(r.as(office), tour, &ListTourVersionsParams{})
	require.NoError(t, err)
	require.True(t, versions.Items[0].HideIdleStops)
	require.False(t, versions.Items[0].IdleStopsChanged)
}
