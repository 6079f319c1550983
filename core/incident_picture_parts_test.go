package core

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/refusal"
)

// incidentPartial is a photo of an incident that is sent in parts.
type incidentPartial struct {
	r       *rounds
	id      uuid.UUID
	content []byte
	begin   BeginIncidentPictureUploadParams
}

func (r *rounds) incidentPartial(incident uuid.UUID, size int) *incidentPartial {
	content := append(jpegFile(r.t, 64, 48), make([]byte, size)...)[:size]
	sum := sha256.Sum256(content)
	return &incidentPartial{r: r, id: newID(), content: content, begin: BeginIncidentPictureUploadParams{
		IncidentID: incident, Size: int64(size), Sha256: hex.EncodeToString(sum[:]),
	}}
}

func (p *incidentPartial) start(actor access.Actor) (*IncidentPictureUpload, error) {
	return p.r.BeginIncidentPictureUpload(p.r.as(actor), p.id, &p.begin)
}

func (p *incidentPartial) part(actor access.Actor, number int) answer {
	from := min(number*partBytes, len(p.content))
	return p.r.sendPart(actor, p.id, number, p.content[from:min(from+partBytes, len(p.content))])
}

func (p *incidentPartial) finish(actor access.Actor) (*IncidentPicture, error) {
	return p.r.FinishIncidentPictureUpload(p.r.as(actor), p.id)
}

func TestAPhotoOfAnIncidentComesInParts(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	made, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], run))
	require.NoError(t, err)
	incident := made.Incident.ClientID
	// The student who reported it, and the office, which works on no run.
	for _, actor := range []access.Actor{emma, office} {
		p := r.incidentPartial(incident, partBytes+1)
		state, err := p.start(actor)
		require.NoError(t, err)
		require.Equal(t, IncidentPictureUpload{ID: p.id, PartBytes: partBytes}, *state)
		require.Equal(t, 1, p.part(actor, 0).arrived(t))
		_, err = p.finish(actor)
		requireRefusal(t, err, errs.FailedPrecondition, refusal.PartsMissing)
		state, err = p.start(actor)
		require.NoError(t, err)
		require.Equal(t, 1, state.Parts, "it goes on from there")
		require.Equal(t, 2, p.part(actor, 1).arrived(t))
		picture, err := p.finish(actor)
		require.NoError(t, err)
		require.Equal(t, p.id, picture.ID)

		// However late (rule 4).
		r.pass(30 * 24 * time.Hour)
		again, err := p.finish(actor)
		require.NoError(t, err)
		require.Equal(t, picture, again)
		state, err = p.start(actor)
		require.NoError(t, err)
		require.Equal(t, picture, state.Picture)
		whole := map[string]string{"id": p.id.String(), "incident": incident.String()}
		require.Equal(t, http.StatusOK, r.uploadIncidentPicture(r.as(actor), whole, p.content).status, "the same file as a whole")
	}
	detail, err := r.GetIncident(r.as(office), made.Incident.ID)
	require.NoError(t, err)
	require.Len(t, detail.Pictures, 2)
	require.Len(t, r.files.names(), 4, "the parts are gone")
}

func TestAnUploadInPartsOfAnIncidentStandsForOneFile(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	made, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], run))
	require.NoError(t, err)
	another, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[1], run))
	require.NoError(t, err)
	p := r.incidentPartial(made.Incident.ClientID, partBytes)
	_, err = p.start(emma)
	require.NoError(t, err)
	for name, change := range map[string]func(*BeginIncidentPictureUploadParams){
		"another incident": func(b *BeginIncidentPictureUploadParams) { b.IncidentID = another.Incident.ClientID },
		"another size":     func(b *BeginIncidentPictureUploadParams) { b.Size++ },
		"another file":     func(b *BeginIncidentPictureUploadParams) { b.Sha256 = "00" + b.Sha256[2:] },
	} {
		other := *p
		change(&other.begin)
		_, err := other.start(emma)
		requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, name)
	}
	step := r.partial(run, buildings[0], partBytes)
	step.id = p.id
	_, err = step.start(emma)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "a photo of a visit")
	require.Equal(t, 1, p.part(emma, 0).arrived(t))
	_, err = r.FinishPictureUpload(r.as(emma), p.id)
	require.Equal(t, errs.NotFound, errs.Code(err), "it is none of a visit")

	// Of what others have reported, and begun, a student learns nothing; syndics add no photos.
	_, err = p.start(lucas)
	require.Equal(t, errs.NotFound, errs.Code(err))
	code, _ := p.part(lucas, 0).refusal(t)
	require.Equal(t, "not_found", code)
	for _, actor := range []access.Actor{lucas, office} {
		_, err = p.finish(actor)
		require.Equal(t, errs.NotFound, errs.Code(err))
	}
	_, err = p.start(martin)
	require.Equal(t, errs.PermissionDenied, errs.Code(err))

	p.begin.Size = maxUpload + 1
	_, err = p.start(emma)
	requireRefusal(t, err, errs.InvalidArgument, refusal.TooLarge)
}

func TestAPhotoOfAnIncidentInPartsIsCheckedWhenItIsFinished(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	made, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], run))
	require.NoError(t, err)
	incident := made.Incident.ClientID
	sixth := r.incidentPartial(incident, partBytes)
	_, err = sixth.start(emma)
	require.NoError(t, err)
	require.Equal(t, 1, sixth.part(emma, 0).arrived(t))

	broken := r.incidentPartial(incident, partBytes)
	_, err = broken.start(emma)
	require.NoError(t, err)
	require.Equal(t, 1, r.sendPart(emma, broken.id, 0, make([]byte, partBytes)).arrived(t))
	_, err = broken.finish(emma)
	requireRefusal(t, err, errs.InvalidArgument, refusal.WrongChecksum)
	code, _ := broken.part(emma, 0).refusal(t)
	require.Equal(t, "not_found", code, "its parts are forgotten")

	for range maxIncidentPictures {
		fields := map[string]string{"id": newID().String(), "incident": incident.String()}
		require.Equal(t, http.StatusOK, r.uploadIncidentPicture(r.as(emma), fields, jpegFile(t, 64, 48)).status)
	}
	_, err = sixth.finish(emma)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.TooManyOfThem)
	r.pass(unfinishedAge + time.Second)
	require.NoError(t, r.RemoveUnfinishedUploads(t.Context()))
	require.Len(t, r.files.names(), 2*maxIncidentPictures, "its part is given up")
}

func TestPartsOfSomebodyElsesPhotoAreNotTakenInAnotherSession(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	made, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], run))
	require.NoError(t, err)
	p := r.incidentPartial(made.Incident.ClientID, partBytes+1)
	p.begin.ReporterID = emma.ID
	_, err = p.start(office)
	require.Equal(t, errs.Unauthenticated, errs.Code(err))
	_, err = p.start(emma)
	require.NoError(t, err)
}
