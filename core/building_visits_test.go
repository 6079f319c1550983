package core

import (
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func TestTheOfficeSeesTheVisitsOfABuildingTheLatestFirst(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building, other := r.building(region), r.building(region)
	visited := func(daysAgo int) int64 {
		run, _ := r.startedRun(func(p *store.InsertRunParams) { p.TourID = r.tour(region, building, other) })
		_, err := r.pool.Exec(t.Context(), `update runs set date = $1 where id = $2`, today.AddDate(0, 0, -daysAgo), run)
		require.NoError(t, err)
		return run
	}
	old, latest, untouched, pictureOnly := visited(7), visited(0), visited(1), visited(3)
	r.visit(old, building, StepArrival, StepInside)
	r.visit(latest, building, StepArrival)
	r.visit(untouched, other, StepArrival)
	alone := r.picture(pictureOnly, building, StepArrival)
	_, err := r.PutOutcome(r.as(emma), latest, building, &PutOutcomeParams{
		ID: newID(), Outcome: OutcomeSkipped, Reason: "No bins", OccurredAt: r.now(),
	})
	require.NoError(t, err)

	list, err := r.ListVisits(r.as(office), building, &ListVisitsParams{})
	require.NoError(t, err)
	require.Empty(t, list.NextCursor)
	require.Len(t, list.Items, 3)
	require.Equal(t, []int64{latest, pictureOnly, old}, []int64{list.Items[0].RunID, list.Items[1].RunID, list.Items[2].RunID})
	require.Equal(t, "2026-05-04", list.Items[0].Date)
	require.Equal(t, OutcomeSkipped, *list.Items[0].Visit.Outcome)
	require.Equal(t, "No bins", list.Items[0].Visit.Reason)
	require.Equal(t, emma.ID, list.Items[0].Worker.ID)
	require.NotEmpty(t, list.Items[0].Tour.Name)
	require.Equal(t, alone.ID, list.Items[1].Visit.Pictures[0].ID)
	require.Empty(t, list.Items[1].Visit.Steps)
	require.Len(t, list.Items[2].Visit.Steps, 2)
	require.Len(t, list.Items[2].Visit.Pictures, 2)

	first, err := r.ListVisits(r.as(office), building, &ListVisitsParams{Limit: 2})
	require.NoError(t, err)
	rest, err := r.ListVisits(r.as(office), building, &ListVisitsParams{Limit: 2, Cursor: first.NextCursor})
	require.NoError(t, err)
	require.Equal(t, list.Items, append(first.Items, rest.Items...))
	require.Empty(t, rest.NextCursor)

	_, err = r.ListVisits(r.as(office), 999_999, &ListVisitsParams{})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.ListVisits(r.as(office), building, &ListVisitsParams{Cursor: "x"})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Malformed)
	_, err = r.ListVisits(r.as(emma), building, &ListVisitsParams{})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	_, err = r.ListVisits(r.as(nadia), building, &ListVisitsParams{})
	requireRefusal(t, err, errs.NotFound, refusal.Missing, "the syndic of other buildings")
}
