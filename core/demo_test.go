package core

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/core/demo"
)

func TestDemoDataRollForward(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	people := map[string]int64{demo.Martine: martin.ID, demo.Philippe: nadia.ID}
	for email := range demo.Workers {
		people[email] = int64(100 + len(people))
	}
	people["student@trottoir.example"] = emma.ID
	seed := func() {
		t.Helper()
		_, err := r.makeDemo(t.Context(), people)
		require.NoError(t, err)
	}
	count := func(ctx context.Context) (runs int) {
		require.NoError(t, r.pool.QueryRow(ctx, `select count(*) from runs`).Scan(&runs))
		return runs
	}

	seed()
	first := count(t.Context())
	needs, err := r.ListNeeds(r.as(office), &ListNeedsParams{From: onDay(7), To: onDay(13)})
	require.NoError(t, err)
	require.Positive(t, needs.Count, "there is a week to fill")
	seed()
	require.Equal(t, first, count(t.Context()), "what is there is not made again")
	problems, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
	require.NoError(t, err)
	statuses := make(map[string]int)
	for _, problem := range problems.Items {
		statuses[problem.Status+" "+problem.ReportedThrough]++
	}
	require.Len(t, problems.Items, 13, "nor are incidents")
	for _, status := range []string{"open resident", "open worker", "acknowledged worker", "acknowledged office", "resolved resident", "resolved worker"} {
		require.Positive(t, statuses[status], "%s: %v", status, statuses)
	}
	r.pass(3 * 24 * time.Hour)
	seed()
	require.Greater(t, count(t.Context()), first)

	collected := make(map[string]int)
	params := &ListCollectionsParams{Limit: 200}
	for more := true; more; more = params.Cursor != "" {
		list, err := r.ListCollections(r.as(office), params)
		require.NoError(t, err)
		for _, item := range list.Items {
			collected[item.Type]++
		}
		params.Cursor = list.NextCursor
	}
	for _, kind := range []string{"GFT", "GLS", "GRF", "KER", "PAP", "PMD", "RES"} {
		require.Positive(t, collected[kind], kind)
	}
	require.Greater(t, collected["RES"], 21*50, "every week of a year")

	mine, err := r.MyRuns(r.as(emma), &MyRunsParams{From: "2026-05-07", To: "2026-05-07"})
	require.NoError(t, err)
	require.Len(t, mine.Items, 1)
	_, err = r.StartRun(r.as(emma), mine.Items[0].ID, r.start())
	require.NoError(t, err)
	past, err := r.ListRuns(r.as(office), &ListRunsParams{To: "2026-05-03", Limit: 200})
	require.NoError(t, err)
	require.Greater(t, len(past.Items), 30)
	outcomes := map[string]int{}
	for _, run := range past.Items {
		require.Equal(t, StatusCompleted, run.Status)
		for _, segment := range run.Progress.Segments {
			outcomes[segment]++
		}
	}
	require.Positive(t, outcomes[OutcomeSkipped])
	require.Positive(t, outcomes[OutcomeFailed])
	board, err := r.GetDashboard(r.as(office), &GetDashboardParams{Date: "2026-05-04"})
	require.NoError(t, err)
	require.Equal(t, 1, board.Counts.Started, "one is on his way")
	swaps, err := r.ListSwaps(r.as(office), &ListSwapsParams{})
	require.NoError(t, err)
	require.Len(t, swaps.Items, 2)
	require.Equal(t, []string{SwapStateTaken, SwapStateOpen}, []string{swaps.Items[0].State, swaps.Items[1].State})

	front, err := r.ListBuildings(r.as(martin), &ListBuildingsParams{Q: "gravensteen"})
	require.NoError(t, err)
	require.NotNil(t, front.Items[0].Photo)
	require.Equal(t, http.StatusOK, r.fetchBuildingPhoto(r.as(martin), front.Items[0].ID, sizeSmall).status)
	places, err := r.ListBuildingPlaces(r.as(office), &ListBuildingPlacesParams{})
	require.NoError(t, err)
	require.Len(t, places.IDs, 21)
	for i := range places.IDs {
		require.InDelta(t, 51.045, places.Latitudes[i], 0.03, places.Addresses[i])
		require.InDelta(t, 3.73, places.Longitudes[i], 0.04, places.Addresses[i])
	}
	for _, region := range places.Regions {
		require.Zero(t, region.WithoutCoordinates, region.Name)
	}
	shared, err := r.ListBuildings(r.as(nadia), &ListBuildingsParams{Q: "prinsenhof"})
	require.NoError(t, err)
	require.Len(t, shared.Items, 1)
	require.Len(t, shared.Items[0].Syndics, 2)
	found, err := r.ListBuildings(r.as(office), &ListBuildingsParams{Q: "gravensteen"})
	require.NoError(t, err)
	comments, err := r.ListComments(r.as(emma), found.Items[0].ID)
	require.NoError(t, err)
	require.NotEmpty(t, comments.Items)
	manuals, err := r.ListManuals(r.as(martin), found.Items[0].ID)
	require.NoError(t, err)
	require.Len(t, manuals.Items, 1)
	file := r.fetchManual(r.as(martin), manuals.Items[0].ID, "")
	require.Equal(t, "%PDF-", string(file.body[:5]))
	require.Len(t, file.body, int(manuals.Items[0].Size))
	r.pass(7 * 24 * time.Hour)
	seed()
	ahead, err := r.ListCollections(r.as(office), &ListCollectionsParams{From: "2026-07-07", To: "2026-07-13"})
	require.NoError(t, err)
	require.NotEmpty(t, ahead.Items, "rules go on with each start")
}
