package core

import (
	"encoding/json"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// at gives a building that is made its coordinates.
func at(latitude, longitude float64) func(*store.InsertBuildingParams) {
	return func(p *store.InsertBuildingParams) { p.Latitude, p.Longitude = &latitude, &longitude }
}

func TestTheMapShowsBuildingsInUseAndCountsTheOthers(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	north, south, empty := r.region(), r.region(), r.region()
	first := r.building(north, at(51.06, 3.71))
	second := r.building(south, at(51.03, 3.72))
	unknown := r.building(north)
	archived, nowhere := r.building(north, at(51.07, 3.7)), r.building(north)
	for _, id := range []int64{archived, nowhere} {
		_, err := r.ArchiveBuilding(r.as(office), id)
		require.NoError(t, err)
	}

	places, err := r.ListBuildingPlaces(r.as(office), &ListBuildingPlacesParams{})
	require.NoError(t, err)
	require.True(t, places.Complete)
	require.ElementsMatch(t, []int64{first, second}, places.IDs)
	for i, id := range places.IDs {
		want := map[int64][3]float64{first: {51.06, 3.71, float64(north)}, second: {51.03, 3.72, float64(south)}}[id]
		require.Equal(t, want, [3]float64{places.Latitudes[i], places.Longitudes[i], float64(places.RegionIDs[i])})
		require.NotEmpty(t, places.Addresses[i])
	}
	counts := make(map[int64][2]int)
	for _, region := range places.Regions {
		counts[region.ID] = [2]int{region.BuildingCount, region.WithoutCoordinates}
	}
	require.Equal(t, map[int64][2]int{north: {2, 1}, south: {1, 0}, empty: {0, 0}}, counts)

	places, err = r.ListBuildingPlaces(r.as(admin), &ListBuildingPlacesParams{Region: south})
	require.NoError(t, err)
	require.Equal(t, []int64{second}, places.IDs)
	require.Len(t, places.Regions, 1)

	list, err := r.ListBuildings(r.as(office), &ListBuildingsParams{Region: north, WithoutCoordinates: true})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.Equal(t, unknown, list.Items[0].ID)
	for _, actor := range []access.Actor{emma, martin, nobody} {
		_, err := r.ListBuildingPlaces(r.as(actor), &ListBuildingPlacesParams{})
		requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	}
}

func TestAMapOfManyBuildingsIsBoundedAndCompact(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	_, err := r.pool.Exec(t.Context(), `
		insert into buildings (region_id, name, street, house_number, postal_code, city, latitude, longitude)
		select $1, 'Building ' || n, 'Kortrijksepoortstraat', n::text, '9000', 'Gent', 51 + n / 200000.0, 3.7 + n / 300000.0
		from generate_series(1, $2::integer) n`, region, maxPlaces)
	require.NoError(t, err)
	began := time.Now()
	places, err := r.ListBuildingPlaces(r.as(office), &ListBuildingPlacesParams{})
	require.NoError(t, err)
	took := time.Since(began)
	require.True(t, places.Complete)
	require.Len(t, places.IDs, maxPlaces)
	content, err := json.Marshal(places)
	require.NoError(t, err)
	t.Logf("%d places: %v, %d kB", maxPlaces, took.Round(time.Millisecond), len(content)/1000)
	require.Less(t, len(content)/maxPlaces, 80, "bytes for a building")

	r.building(region, at(51, 3.7))
	places, err = r.ListBuildingPlaces(r.as(office), &ListBuildingPlacesParams{})
	require.NoError(t, err)
	require.False(t, places.Complete)
	require.Len(t, places.IDs, maxPlaces)
}
