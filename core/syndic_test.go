package core

import (
	"testing"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"
)

func TestOtherServicesLearnWhoManagesBuildings(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	_, buildings := r.startedRun()
	_, err := r.pool.Exec(t.Context(), `update buildings set syndic_id = null where id = $1`, buildings[1])
	require.NoError(t, err)
	got, err := r.Syndics(t.Context(), &SyndicsParams{BuildingIDs: []int64{buildings[0], buildings[1], 1 << 40}})
	require.NoError(t, err)
	require.ElementsMatch(t, []Syndic{{buildings[0], martin.ID}, {buildings[1], 0}}, got.Syndics)
	_, err = r.Syndics(t.Context(), &SyndicsParams{BuildingIDs: make([]int64, maxSyndics+1)})
	require.Equal(t, errs.InvalidArgument, errs.Code(err))
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
