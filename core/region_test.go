package core

import (
	"strings"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func TestRegionsAreMadeRenamedAndDeleted(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	north, err := r.CreateRegion(r.as(admin), &RegionParams{Name: "  Noord "})
	require.NoError(t, err)
	require.Equal(t, "Noord", north.Name)
	_, err = r.CreateRegion(r.as(admin), &RegionParams{Name: "Noord"})
	requireDetails(t, err, errs.AlreadyExists, refusal.Details{Field: "name", Reason: refusal.NameTaken})
	south, err := r.CreateRegion(r.as(admin), &RegionParams{Name: "Zuid"})
	require.NoError(t, err)
	_, err = r.RenameRegion(r.as(admin), south.ID, &RegionParams{Name: "Noord"})
	requireDetails(t, err, errs.AlreadyExists, refusal.Details{Field: "name", Reason: refusal.NameTaken})

	_, err = r.RenameRegion(r.as(admin), south.ID, &RegionParams{Name: "Zuidrand"})
	require.NoError(t, err)
	_, err = r.DeleteRegion(r.as(admin), north.ID, &DeleteRegionParams{})
	require.NoError(t, err)
	list, err := r.ListRegions(r.as(office), &ListRegionsParams{})
	require.NoError(t, err)
	require.Equal(t, []Region{{south.ID, "Zuidrand"}}, list.Items)

	for name, reason := range map[string]refusal.Reason{
		" ": refusal.Required, strings.Repeat("n", 101): refusal.TooLong, "a\x00": refusal.Malformed,
	} {
		_, err = r.CreateRegion(r.as(admin), &RegionParams{Name: name})
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "name", Reason: reason}, "%q", name)
	}
	_, err = r.RenameRegion(r.as(admin), north.ID, &RegionParams{Name: "Gone"})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.DeleteRegion(r.as(admin), north.ID, &DeleteRegionParams{})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}

func TestARegionInUseStays(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	empty := func() int64 {
		region, err := r.CreateRegion(r.as(admin), &RegionParams{Name: "Region " + next()})
		require.NoError(t, err)
		return region.ID
	}
	withTour, withBuilding := empty(), empty()
	_, err := r.query.InsertTour(t.Context(), store.InsertTourParams{RegionID: withTour, Name: "Tour"})
	require.NoError(t, err)
	_, err = r.ArchiveBuilding(r.as(office), r.building(withBuilding))
	require.NoError(t, err)
	for name, check := range map[string]struct {
		region int64
		says   string
	}{
		"a tour":               {withTour, "Tours belong"},
		"an archived building": {withBuilding, "Buildings belong"},
		"a worker":             {r.region(), "People work"},
	} {
		_, err := r.DeleteRegion(r.as(admin), check.region, &DeleteRegionParams{})
		requireRefusal(t, err, errs.FailedPrecondition, refusal.InUse, name)
		require.ErrorContains(t, err, check.says, name)
	}
}

func TestPeopleAreGivenRegions(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	north, south := r.region(), r.region()
	answer, err := r.PutUserRegions(r.as(office), emma.ID, &PutUserRegionsParams{RegionIDs: []int64{south, north}})
	require.NoError(t, err)
	require.Equal(t, &UserRegions{emma.ID, []int64{north, south}}, answer)
	require.Equal(t, []int64{north, south}, r.assigned[emma.ID])

	_, err = r.PutUserRegions(r.as(office), emma.ID, &PutUserRegionsParams{RegionIDs: []int64{99999, south, -1}})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{
		Field: "region_ids", Reason: refusal.Unknown,
		Rows: []refusal.Row{{Index: 0, Reason: refusal.Unknown}, {Index: 2, Reason: refusal.Unknown}},
	})
	_, err = r.PutUserRegions(r.as(office), admin.ID, &PutUserRegionsParams{})
	requireRefusal(t, err, errs.PermissionDenied, refusal.HigherRank)
	_, err = r.PutUserRegions(r.as(office), 99999, &PutUserRegionsParams{})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	require.Equal(t, []int64{north, south}, r.assigned[emma.ID], "nothing is changed in part (rule 5)")

	_, err = r.PutUserRegions(r.as(emma), emma.ID, &PutUserRegionsParams{})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	_, err = r.PutUserRegions(r.as(admin), admin.ID, &PutUserRegionsParams{RegionIDs: []int64{north}})
	require.NoError(t, err, "an admin may work too")
}
