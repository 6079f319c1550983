package core

import (
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/refusal"
)

func TestAnOrderIsSuggestedAndNothingIsStored(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	west, east, middle := r.building(region, at(51.05, 3.70)), r.building(region, at(51.05, 3.74)), r.building(region, at(51.05, 3.72))
	unknown, alsoUnknown := r.building(region), r.building(region)
	tour := r.tour(region, west, unknown, east, alsoUnknown, middle)

	suggested, err := r.SuggestOrder(r.as(office), tour, &SuggestOrderParams{KeepFirst: true})
	require.NoError(t, err)
	require.Equal(t, []int64{west, middle, east, unknown, alsoUnknown}, suggested.BuildingIDs)
	require.Equal(t, []int64{unknown, alsoUnknown}, suggested.WithoutCoordinates)
	require.InDelta(t, 2.796, suggested.AfterKm, 0.01)
	require.InDelta(t, 4.194, suggested.BeforeKm, 0.01)
	again, err := r.SuggestOrder(r.as(office), tour, &SuggestOrderParams{KeepFirst: true})
	require.NoError(t, err)
	require.Equal(t, suggested, again)
	read, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Equal(t, []int64{west, unknown, east, alsoUnknown, middle}, stopsOf(read))
	require.Equal(t, &Coordinates{51.05, 3.70}, read.Stops[0].Building.Coordinates)

	// The list under edit counts, not the one that is stored; without a start of its own the middle is no place to begin.
	other := r.building(region, at(51.05, 3.73))
	suggested, err = r.SuggestOrder(r.as(office), tour, &SuggestOrderParams{BuildingIDs: []int64{middle, other, west, east}})
	require.NoError(t, err)
	require.Contains(t, [][]int64{{west, middle, other, east}, {east, other, middle, west}}, suggested.BuildingIDs)
	suggested, err = r.SuggestOrder(r.as(office), tour, &SuggestOrderParams{BuildingIDs: []int64{middle, west, other, east}, KeepFirst: true})
	require.NoError(t, err)
	require.Equal(t, middle, suggested.BuildingIDs[0])

	none, err := r.CreateTour(r.as(office), &TourParams{RegionID: region, Name: "None"})
	require.NoError(t, err)
	empty, err := r.SuggestOrder(r.as(office), none.ID, &SuggestOrderParams{})
	require.NoError(t, err)
	require.Empty(t, empty.BuildingIDs)
}

func TestASuggestionIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	stop := r.building(region)
	tour := r.tour(region, stop)
	_, err := r.SuggestOrder(r.as(office), tour, &SuggestOrderParams{BuildingIDs: []int64{stop, 99999, stop, r.building(r.region())}})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "building_ids", Rows: []refusal.Row{
		{Index: 1, Reason: refusal.Unknown}, {Index: 2, Reason: refusal.Duplicate}, {Index: 3, Reason: refusal.ElsewhereRegion},
	}, Reason: refusal.Unknown})
	_, err = r.SuggestOrder(r.as(office), tour, &SuggestOrderParams{BuildingIDs: make([]int64, 201)})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "building_ids", Reason: refusal.TooLong})
	_, err = r.SuggestOrder(r.as(office), 99999, &SuggestOrderParams{})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	for _, actor := range []access.Actor{emma, martin, nobody} {
		_, err = r.SuggestOrder(r.as(actor), tour, &SuggestOrderParams{})
		requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	}
}
