package core

import (
	"encoding/json"
	"slices"
	"testing"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/refusal"
)

func TestOtherServicesLearnWhoManagesBuildings(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	_, buildings := r.startedRun()
	_, err := r.pool.Exec(t.Context(), `update buildings set syndic_id = null, tell_syndic = true where id = $1`, buildings[1])
	require.NoError(t, err)
	got, err := r.Syndics(t.Context(), &SyndicsParams{BuildingIDs: []int64{buildings[0], buildings[1], 1 << 40}})
	require.NoError(t, err)
	require.ElementsMatch(t, []Syndic{{buildings[0], []int64{martin.ID}, false}, {buildings[1], []int64{}, true}}, got.Syndics)
	_, err = r.Syndics(t.Context(), &SyndicsParams{BuildingIDs: make([]int64, maxSyndics+1)})
	require.Equal(t, errs.InvalidArgument, errs.Code(err))
}

func TestTheOfficeChoosesWhetherTheSyndicIsTold(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building, err := r.CreateBuilding(r.as(office), r.buildingParams(r.region()))
	require.NoError(t, err)
	require.False(t, building.TellSyndic, "off at first")

	change := edit(building)
	change.TellSyndic = new(true)
	building, err = r.PutBuilding(r.as(office), building.ID, change)
	require.NoError(t, err)
	require.True(t, building.TellSyndic)
	change = edit(building)
	change.Name = "Residentie Leie"
	building, err = r.PutBuilding(r.as(martin), building.ID, change)
	require.NoError(t, err, "a program that does not know the switch leaves it alone")
	require.True(t, building.TellSyndic)

	change = edit(building)
	change.TellSyndic = new(false)
	_, err = r.PutBuilding(r.as(martin), building.ID, change)
	require.Equal(t, errs.PermissionDenied, errs.Code(err), "a syndic has the mail itself to choose")
}

func TestThePictureThatIsMailedIsTheLargeOne(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	picture := r.picture(run, buildings[0], StepArrival)
	got, err := r.PictureContent(t.Context(), &PictureContentParams{ID: picture.ID})
	require.NoError(t, err)
	require.Equal(t, picture.ID, got.Picture.ID)
	shown := r.fetch(r.as(office), picture.ID.String(), sizeLarge, "")
	require.Equal(t, shown.body, got.Content)
	_, err = r.PictureContent(t.Context(), &PictureContentParams{ID: uuid.Must(uuid.NewV4())})
	require.Equal(t, errs.NotFound, errs.Code(err))
}

func TestABuildingHasSeveralSyndics(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	id := buildings[0]
	picture := r.picture(run, id, StepArrival)
	give := func(syndics ...int64) *Building {
		t.Helper()
		building, err := r.GetBuilding(r.as(office), id)
		require.NoError(t, err)
		change := edit(building)
		change.SyndicIDs = syndics
		building, err = r.PutBuilding(r.as(office), id, change)
		require.NoError(t, err)
		return building
	}
	require.Equal(t, []BuildingSyndic{{martin.ID, "First5 Last5"}, {nadia.ID, "First6 Last6"}},
		give(nadia.ID, martin.ID, nadia.ID).Syndics)

	// Both are its syndics wherever that is asked.
	for _, syndic := range []access.Actor{martin, nadia} {
		building, err := r.GetBuilding(r.as(syndic), id)
		require.NoError(t, err)
		require.NotEmpty(t, building.PublicID)
		list, err := r.ListBuildings(r.as(office), &ListBuildingsParams{Syndic: syndic.ID})
		require.NoError(t, err)
		require.Contains(t, idsOfBuildings(list), id)
		regions, err := r.ListRegions(r.as(syndic), &ListRegionsParams{})
		require.NoError(t, err)
		require.Len(t, regions.Items, 1)
		_, err = r.GetPicture(r.as(syndic), picture.ID)
		require.NoError(t, err)
		require.NoError(t, r.BuildingAccess(t.Context(), &AccessParams{UserID: syndic.ID, Role: syndic.Role, ID: id}))
		change := edit(building)
		change.Name = "Residentie " + next()
		_, err = r.PutBuilding(r.as(syndic), id, change)
		require.NoError(t, err)
		_, err = r.RenewPublicID(r.as(syndic), id, &RenewPublicIDParams{})
		require.NoError(t, err)
	}
	told, err := r.Syndics(t.Context(), &SyndicsParams{BuildingIDs: []int64{id}})
	require.NoError(t, err)
	require.Equal(t, []Syndic{{id, []int64{martin.ID, nadia.ID}, false}}, told.Syndics)
	r.visit(run, id, StepArrival)
	require.Equal(t, []int64{martin.ID, nadia.ID}, lastEvent[VisitEvent](r, VisitStepped).SyndicIDs)

	// One who leaves sees nothing any more, and the other stays.
	give(nadia.ID)
	event := lastEvent[BuildingEvent](r, "building.changed")
	require.Equal(t, []int64{nadia.ID}, event.SyndicIDs)
	require.Equal(t, []int64{martin.ID}, event.FormerSyndicIDs)
	_, err = r.GetBuilding(r.as(martin), id)
	require.Equal(t, errs.NotFound, errs.Code(err))
	_, err = r.GetPicture(r.as(martin), picture.ID)
	require.Equal(t, errs.NotFound, errs.Code(err))
	require.Error(t, r.BuildingAccess(t.Context(), &AccessParams{UserID: martin.ID, Role: martin.Role, ID: id}))
	_, err = r.GetBuilding(r.as(nadia), id)
	require.NoError(t, err)

	// Somebody who is not active any more may stay, and is not added.
	r.gone[nadia.ID] = true
	require.Len(t, give(nadia.ID, martin.ID).Syndics, 2)
	require.Len(t, give(martin.ID).Syndics, 1)
	building, err := r.GetBuilding(r.as(office), id)
	require.NoError(t, err)
	change := edit(building)
	change.SyndicIDs = []int64{nadia.ID}
	_, err = r.PutBuilding(r.as(office), id, change)
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "syndic_ids", Reason: refusal.Inactive})
}

func TestTheProgramFromBeforeGoesOnWithOneSyndic(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	params := r.buildingParams(r.region())
	params.SyndicIDs = []int64{nadia.ID, martin.ID}
	building, err := r.CreateBuilding(r.as(office), params)
	require.NoError(t, err)
	old := func() (syndic *int64) {
		require.NoError(t, r.pool.QueryRow(t.Context(), `select syndic_id from buildings where id = $1`, building.ID).Scan(&syndic))
		return syndic
	}
	manage := func() []int64 {
		ids, err := r.query.SyndicIDsOfBuilding(t.Context(), building.ID)
		require.NoError(t, err)
		return ids
	}
	require.Equal(t, martin.ID, *old(), "it sees the first one")
	write := func(syndic *int64) {
		_, err := r.pool.Exec(t.Context(), `update buildings set name = name, syndic_id = $2 where id = $1`, building.ID, syndic)
		require.NoError(t, err)
	}
	write(&martin.ID)
	require.Equal(t, []int64{martin.ID, nadia.ID}, manage(), "it stores the same again")
	write(new(int64(77)))
	require.Equal(t, []int64{nadia.ID, 77}, manage(), "it gives the building to somebody else in the place of the first")
	write(nil)
	require.Equal(t, []int64{nadia.ID}, manage())
	building, err = r.GetBuilding(r.as(office), building.ID)
	require.NoError(t, err)
	_, err = r.PutBuilding(r.as(office), building.ID, edit(building))
	require.NoError(t, err)
	require.Equal(t, nadia.ID, *old())
	require.Equal(t, []int64{nadia.ID}, manage())
}

// lastEvent is the newest event of a type.
func lastEvent[T any](r *rounds, kind string) *T {
	r.t.Helper()
	r.events()
	for _, message := range slices.Backward(r.topic.messages) {
		var event struct{ Type string }
		require.NoError(r.t, json.Unmarshal(message.Payload, &event))
		if event.Type == kind {
			found, err := decodeEvent[T](message)
			require.NoError(r.t, err)
			return found
		}
	}
	require.Fail(r.t, "there is no event "+kind)
	return nil
}

func idsOfBuildings(list *BuildingList) (ids []int64) {
	for i := range list.Items {
		ids = append(ids, list.Items[i].ID)
	}
	return ids
}
