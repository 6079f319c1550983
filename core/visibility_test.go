package core

import (
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func TestAStudentSeesBuildingsAroundOwnRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	for name, check := range map[string]struct {
		days      int
		cancelled bool
		sees      bool
	}{
		"today":                {0, false, true},
		"14 days ahead":        {14, false, true},
		"15 days ahead":        {15, false, false},
		"14 days ago":          {-14, false, true},
		"15 days ago":          {-15, false, false},
		"today, but cancelled": {0, true, false},
	} {
		building := r.building(region)
		tour := r.tour(region, building)
		run := r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, check.days) })
		if check.cancelled {
			_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Rain"})
			require.NoError(t, err)
		}
		_, err := r.GetBuilding(r.as(emma), building)
		require.Equal(t, check.sees, err == nil, name)
		if !check.sees {
			requireRefusal(t, err, errs.NotFound, refusal.Missing, name)
		}
		_, err = r.GetBuilding(r.as(lucas), building)
		requireRefusal(t, err, errs.NotFound, refusal.Missing, "another student, %s", name)
	}
	list, err := r.ListBuildings(r.as(emma), &ListBuildingsParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 3)
	require.Empty(t, list.Items[0].PublicID, "the residents' page is not the worker's business")
}

func TestASyndicSeesOwnBuildingsAndTheirRegions(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region, other := r.region(), r.region()
	own := r.building(region)
	foreign := r.building(other, func(p *store.InsertBuildingParams) { p.SyndicID = nil })

	building, err := r.GetBuilding(r.as(martin), own)
	require.NoError(t, err)
	require.NotEmpty(t, building.PublicID)
	_, err = r.GetBuilding(r.as(martin), foreign)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	regions, err := r.ListRegions(r.as(martin), &ListRegionsParams{})
	require.NoError(t, err)
	require.Equal(t, []int64{region}, []int64{regions.Items[0].ID})
	require.Len(t, regions.Items, 1)
	nothing, err := r.ListBuildings(r.as(nadia), &ListBuildingsParams{})
	require.NoError(t, err, "a syndic without buildings has an empty list")
	require.NotNil(t, nothing.Items)
	require.Empty(t, nothing.Items)
}

func TestBuildingsAreFoundAndPaged(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	at := func(street, number string) int64 {
		return r.building(region, func(p *store.InsertBuildingParams) { p.Name, p.Street, p.HouseNumber = "Huis "+number, street, number })
	}
	ten, nine, percent := at("Burgstraat", "10"), at("Burgstraat", "9"), at("100%_straat", "1")
	gone := at("Burgstraat", "8")
	_, err := r.pool.Exec(t.Context(), `update buildings set archived_at = now() where id = $1`, gone)
	require.NoError(t, err)
	find := func(p ListBuildingsParams) (ids []int64) {
		t.Helper()
		for {
			list, err := r.ListBuildings(r.as(office), &p)
			require.NoError(t, err)
			for _, building := range list.Items {
				ids = append(ids, building.ID)
			}
			if p.Cursor = list.NextCursor; p.Cursor == "" {
				return ids
			}
		}
	}

	require.Equal(t, []int64{percent, nine, ten}, find(ListBuildingsParams{Limit: 1}), "in the order of the street")
	require.Equal(t, []int64{ten}, find(ListBuildingsParams{Q: "burgstraat 10"}))
	require.Equal(t, []int64{percent}, find(ListBuildingsParams{Q: "%_"}), "wildcards have no meaning")
	require.Empty(t, find(ListBuildingsParams{Region: 99999}))
	archived, err := r.GetBuilding(r.as(office), gone)
	require.NoError(t, err, "history stays readable (rule 8)")
	require.True(t, archived.Archived)
}

func TestToursOfOwnRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	own, other := r.tour(region), r.tour(region)
	r.run(func(p *store.InsertRunParams) { p.TourID = own })

	list, err := r.ListTours(r.as(emma), &ListToursParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.Equal(t, own, list.Items[0].ID)
	require.Equal(t, 2, list.Items[0].StopCount)
	_, err = r.GetTour(r.as(emma), other)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	tour, err := r.GetTour(r.as(office), other)
	require.NoError(t, err)
	require.Len(t, tour.Stops, 2)
	for _, id := range []int64{0, -1, 99999} {
		_, err = r.GetTour(r.as(admin), id)
		requireRefusal(t, err, errs.NotFound, refusal.Missing)
		_, err = r.GetBuilding(r.as(admin), id)
		requireRefusal(t, err, errs.NotFound, refusal.Missing)
		_, err = r.GetRun(r.as(admin), id)
		requireRefusal(t, err, errs.NotFound, refusal.Missing)
	}
	all, err := r.ListTours(r.as(access.Actor{ID: 50, Role: office.Role}), &ListToursParams{Region: region})
	require.NoError(t, err)
	require.Len(t, all.Items, 2)
}

func TestRule13_AWorkerSeesAddressesAroundOwnRunsOnly(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	for days, sees := range map[int]bool{0: true, 14: true, 15: false, -14: true, -15: false} {
		tour := r.tour(region)
		run := r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, days) })
		detail, err := r.GetRun(r.as(emma), run)
		require.NoError(t, err, "their own runs stay: %d days", days)
		require.Len(t, detail.Stops, 2)
		for _, stop := range detail.Stops {
			require.Equal(t, sees, stop.Building.Name != "", "%d days", days)
			require.Equal(t, sees, stop.Building.Address != Address{}, "%d days", days)
			require.NotZero(t, stop.Building.ID)
		}
		_, err = r.GetTour(r.as(emma), tour)
		require.Equal(t, sees, err == nil, "%d days", days)
		if !sees {
			requireRefusal(t, err, errs.NotFound, refusal.Missing)
		}
		detail, err = r.GetRun(r.as(office), run)
		require.NoError(t, err)
		require.NotEmpty(t, detail.Stops[0].Building.Address.Street, "the office sees all")
	}
	list, err := r.ListTours(r.as(emma), &ListToursParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 3)

	// A repeated start answers with the run, but not for ever with its addresses.
	id, start := r.run(), r.start()
	_, err = r.StartRun(r.as(emma), id, start)
	require.NoError(t, err)
	r.pass(15 * 24 * time.Hour)
	again, err := r.StartRun(r.as(emma), id, start)
	require.NoError(t, err)
	require.Empty(t, again.Stops[0].Building.Address.Street)
}

func TestAnEmptyScopeSeesNothing(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	picture := r.picture(run, buildings[0], StepArrival)
	first, last := access.Window(today)
	ctx := t.Context()

	regions, err := r.query.ListRegions(ctx, store.ListRegionsParams{RowLimit: 10})
	require.NoError(t, err)
	require.Empty(t, regions)
	list, err := r.query.ListBuildings(ctx, store.ListBuildingsParams{RowLimit: 10})
	require.NoError(t, err)
	require.Empty(t, list)
	tours, err := r.query.ListTours(ctx, store.ListToursParams{FirstDay: first, LastDay: last, RowLimit: 10})
	require.NoError(t, err)
	require.Empty(t, tours)
	runs, err := r.query.ListRuns(ctx, store.ListRunsParams{FromDay: first, ToDay: last, RowLimit: 10})
	require.NoError(t, err)
	require.Empty(t, runs)
	_, err = r.query.VisiblePicture(ctx, store.VisiblePictureParams{ID: picture.ID})
	require.ErrorIs(t, err, pgx.ErrNoRows)
}

func TestRule14_ListsAreSortedAsPeopleSort(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region, err := r.CreateRegion(r.as(admin), &RegionParams{Name: "zuid"})
	require.NoError(t, err)
	for _, name := range []string{"Élan", "Abdij", "Zwin"} {
		_, err := r.CreateRegion(r.as(admin), &RegionParams{Name: name})
		require.NoError(t, err)
	}
	for _, name := range []string{"Tour 10", "tour 9", "Zwin", "zuid", "Élan"} {
		_, err := r.CreateTour(r.as(office), &TourParams{RegionID: region.ID, Name: name})
		require.NoError(t, err)
	}
	for _, number := range []string{"10", "9A", "9", "13", "7A"} {
		p := r.buildingParams(region.ID)
		p.Address.HouseNumber = number
		p.Name = number
		_, err := r.CreateBuilding(r.as(office), p)
		require.NoError(t, err)
	}

	var regions, tours, numbers []string
	for cursor, first := "", true; first || cursor != ""; first = false { // a page each: the cursor agrees with the order
		list, err := r.ListRegions(r.as(office), &ListRegionsParams{Limit: 1, Cursor: cursor})
		require.NoError(t, err)
		regions, cursor = append(regions, list.Items[0].Name), list.NextCursor
	}
	for cursor, first := "", true; first || cursor != ""; first = false {
		list, err := r.ListTours(r.as(office), &ListToursParams{Limit: 1, Cursor: cursor})
		require.NoError(t, err)
		tours, cursor = append(tours, list.Items[0].Name), list.NextCursor
	}
	for cursor, first := "", true; first || cursor != ""; first = false {
		list, err := r.ListBuildings(r.as(office), &ListBuildingsParams{Limit: 1, Cursor: cursor})
		require.NoError(t, err)
		numbers, cursor = append(numbers, list.Items[0].Address.HouseNumber), list.NextCursor
	}
	require.Equal(t, []string{"Abdij", "Élan", "zuid", "Zwin"}, regions)
	require.Equal(t, []string{"Élan", "tour 9", "Tour 10", "zuid", "Zwin"}, tours)
	require.Equal(t, []string{"7A", "9", "9A", "10", "13"}, numbers)

	_, err = r.CreateRegion(r.as(admin), &RegionParams{Name: "ZUID"})
	requireRefusal(t, err, errs.AlreadyExists, refusal.NameTaken, "one name, however it is written")
	_, err = r.CreateTour(r.as(office), &TourParams{RegionID: region.ID, Name: "elan"})
	requireRefusal(t, err, errs.AlreadyExists, refusal.NameTaken)
}

func TestASearchFindsWordsInAnyOrderWithoutAccents(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	p := r.buildingParams(region)
	p.Name, p.Address.Street, p.Address.HouseNumber = "Residentie Éléonore", "Burgstraat", "14"
	building, err := r.CreateBuilding(r.as(office), p)
	require.NoError(t, err)
	tour, err := r.CreateTour(r.as(office), &TourParams{RegionID: region, Name: "Façade Noord"})
	require.NoError(t, err)
	for _, q := range []string{"eleonore", "14 burgstraat", "BURGSTRAAT 14", "résidentie", "gent Burg"} {
		list, err := r.ListBuildings(r.as(office), &ListBuildingsParams{Q: q})
		require.NoError(t, err)
		require.Len(t, list.Items, 1, q)
		require.Equal(t, building.ID, list.Items[0].ID)
	}
	none, err := r.ListBuildings(r.as(office), &ListBuildingsParams{Q: "burgstraat 15"})
	require.NoError(t, err)
	require.Empty(t, none.Items, "every word counts")
	tours, err := r.ListTours(r.as(office), &ListToursParams{Q: "noord facade"})
	require.NoError(t, err)
	require.Len(t, tours.Items, 1)
	require.Equal(t, tour.ID, tours.Items[0].ID)
}

func TestAnOrderedListReadsAnIndex(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tx, err := r.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), `set local enable_seqscan = off; set local enable_sort = off`)
	require.NoError(t, err)
	for table, index := range map[string]string{"buildings": "buildings_list", "tours": "tours_list"} {
		rows, err := tx.Query(t.Context(), `explain select id from `+table+
			` where (sort_key, id) > ('burg 9'::text, 1) order by sort_key, id limit 50`)
		require.NoError(t, err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Contains(t, plan[1], index, plan)
		require.Contains(t, plan[2], "Index Cond", plan)
	}
}
