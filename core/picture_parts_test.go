package core

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/refusal"
)

// partial is a photo that is sent in parts.
type partial struct {
	r       *rounds
	id      uuid.UUID
	content []byte
	begin   BeginPictureUploadParams
}

// partial is a photo of a step of so many bytes, which is accepted.
func (r *rounds) partial(run, building int64, size int) *partial {
	content := append(jpegFile(r.t, 64, 48), make([]byte, size)...)[:size]
	sum := sha256.Sum256(content)
	return &partial{r: r, id: newID(), content: content, begin: BeginPictureUploadParams{
		RunID: run, BuildingID: building, Step: StepArrival, TakenAt: r.now(), Size: int64(size), Sha256: hex.EncodeToString(sum[:]),
	}}
}

// start begins the upload, or asks how far it is.
func (p *partial) start(actor access.Actor) (*PictureUpload, error) {
	return p.r.BeginPictureUpload(p.r.as(actor), p.id, &p.begin)
}

// part sends a part as it should be.
func (p *partial) part(actor access.Actor, number int) answer {
	from := min(number*partBytes, len(p.content))
	return p.r.sendPart(actor, p.id, number, p.content[from:min(from+partBytes, len(p.content))])
}

func (r *rounds) sendPart(actor access.Actor, id uuid.UUID, number int, content []byte) answer {
	req := httptest.NewRequestWithContext(r.as(actor), http.MethodPut, "/picture-uploads/x/parts/0", bytes.NewReader(content))
	recorder := httptest.NewRecorder()
	r.servePart(recorder, req, id.String(), fmt.Sprint(number))
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func (p *partial) finish(actor access.Actor) (*Picture, error) {
	return p.r.FinishPictureUpload(p.r.as(actor), p.id)
}

// arrived is how many parts an answer says that there are.
func (a answer) arrived(t *testing.T) int {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, string(a.body))
	var state PictureUpload
	require.NoError(t, json.Unmarshal(a.body, &state))
	return state.Parts
}

func TestAPhotoComesInParts(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	p := r.partial(run, stops[0], 2*partBytes+1)
	state, err := p.start(emma)
	require.NoError(t, err)
	require.Equal(t, PictureUpload{ID: p.id, PartBytes: partBytes}, *state)
	_, err = p.finish(emma)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.PartsMissing)
	require.Equal(t, 1, p.part(emma, 0).arrived(t))
	require.Equal(t, 1, p.part(emma, 0).arrived(t), "again")

	// The phone was switched off meanwhile.
	state, err = p.start(emma)
	require.NoError(t, err)
	require.Equal(t, 1, state.Parts)
	require.Equal(t, 2, p.part(emma, 1).arrived(t))
	require.Equal(t, 3, p.part(emma, 2).arrived(t))
	picture, err := p.finish(emma)
	require.NoError(t, err)
	require.Equal(t, p.id, picture.ID)
	require.Equal(t, http.StatusOK, r.fetch(r.as(office), p.id.String(), sizeLarge, "").status)
	require.Len(t, r.files.names(), 2, "the parts are gone")

	// However late (rule 4).
	_, err = r.CompleteRun(r.as(emma), run, r.complete("Dark"))
	require.NoError(t, err)
	r.pass(30 * 24 * time.Hour)
	again, err := p.finish(emma)
	require.NoError(t, err)
	require.Equal(t, picture, again)
	state, err = p.start(emma)
	require.NoError(t, err)
	require.Equal(t, picture, state.Picture)
	code, _ := p.part(emma, 0).refusal(t)
	require.Equal(t, "not_found", code)
	_, err = p.finish(lucas)
	require.Equal(t, errs.NotFound, errs.Code(err))
	require.Len(t, r.files.names(), 2)

	// The same file as a whole is the same picture.
	whole := r.form(run, stops[0], StepArrival)
	whole.fields["id"], whole.file = p.id.String(), p.content
	whole.fields["taken_at"] = p.begin.TakenAt.Format(time.RFC3339Nano)
	require.Equal(t, *picture, r.send(emma, whole).picture(t))
}

func TestAnUploadInPartsStandsForOneFile(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	p := r.partial(run, stops[0], partBytes)
	_, err := p.start(emma)
	require.NoError(t, err)
	for name, change := range map[string]func(*BeginPictureUploadParams){
		"another stop": func(b *BeginPictureUploadParams) { b.BuildingID = stops[1] },
		"another step": func(b *BeginPictureUploadParams) { b.Step = StepInside },
		"another time": func(b *BeginPictureUploadParams) { b.TakenAt = b.TakenAt.Add(time.Second) },
		"another size": func(b *BeginPictureUploadParams) { b.Size++ },
		"another file": func(b *BeginPictureUploadParams) { b.Sha256 = "00" + b.Sha256[2:] },
	} {
		other := *p
		change(&other.begin)
		_, err := other.start(emma)
		requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, name)
	}
	// What the run of another worker holds, and who sends parts of others' uploads, learns nothing.
	_, err = p.start(lucas)
	require.Equal(t, errs.NotFound, errs.Code(err))
	code, _ := p.part(lucas, 0).refusal(t)
	require.Equal(t, "not_found", code)
	for _, actor := range []access.Actor{martin, nobody} {
		code, _ = p.part(actor, 0).refusal(t)
		require.Equal(t, "permission_denied", code)
	}
	_, err = p.finish(lucas)
	require.Equal(t, errs.NotFound, errs.Code(err))
}

func TestAnUploadInPartsIsBounded(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	for name, check := range map[string]struct {
		change func(*BeginPictureUploadParams)
		reason refusal.Reason
	}{
		"nothing":       {func(b *BeginPictureUploadParams) { b.Size = 0 }, refusal.OutOfRange},
		"less":          {func(b *BeginPictureUploadParams) { b.Size = -1 }, refusal.OutOfRange},
		"too much":      {func(b *BeginPictureUploadParams) { b.Size = maxUpload + 1 }, refusal.TooLarge},
		"very much":     {func(b *BeginPictureUploadParams) { b.Size = 1 << 62 }, refusal.TooLarge},
		"no checksum":   {func(b *BeginPictureUploadParams) { b.Sha256 = "" }, refusal.Required},
		"half of one":   {func(b *BeginPictureUploadParams) { b.Sha256 = b.Sha256[:32] }, refusal.Malformed},
		"no such step":  {func(b *BeginPictureUploadParams) { b.Step = "lunch" }, refusal.Unknown},
		"of both":       {func(b *BeginPictureUploadParams) { b.RemarkID = new(newID()) }, refusal.Malformed},
		"another clock": {func(b *BeginPictureUploadParams) { b.TakenFrom = "moon" }, refusal.Unknown},
		"no time":       {func(b *BeginPictureUploadParams) { b.TakenAt = time.Time{} }, refusal.Required},
	} {
		p := r.partial(run, stops[0], partBytes)
		check.change(&p.begin)
		_, err := p.start(emma)
		requireRefusal(t, err, errs.InvalidArgument, check.reason, name)
	}

	p := r.partial(run, stops[0], 2*partBytes+7)
	_, err := p.start(emma)
	require.NoError(t, err)
	for name, check := range map[string]struct {
		number  int
		content []byte
		code    string
		reason  refusal.Reason
	}{
		"a gap":             {1, p.content[:partBytes], "failed_precondition", refusal.PartsMissing},
		"behind the end":    {3, p.content[:partBytes], "invalid_argument", refusal.OutOfRange},
		"far behind it":     {1 << 40, p.content[:partBytes], "invalid_argument", refusal.OutOfRange},
		"before the start":  {-1, p.content[:partBytes], "invalid_argument", refusal.OutOfRange},
		"a short part":      {0, p.content[:partBytes-1], "invalid_argument", refusal.Malformed},
		"an empty part":     {0, nil, "invalid_argument", refusal.Malformed},
		"a long part":       {0, append(p.content[:partBytes:partBytes], 1), "invalid_argument", refusal.Malformed},
		"a very long part":  {0, make([]byte, 25<<20), "invalid_argument", refusal.Malformed},
		"a long last part":  {2, p.content[:8], "invalid_argument", refusal.Malformed},
		"the last too soon": {2, p.content[:7], "failed_precondition", refusal.PartsMissing},
	} {
		code, details := r.sendPart(emma, p.id, check.number, check.content).refusal(t)
		require.Equal(t, check.code, code, name)
		require.Equal(t, check.reason, details.Reason, name)
	}
	state, err := p.start(emma)
	require.NoError(t, err)
	require.Zero(t, state.Parts, "nothing of it was taken")
	require.Empty(t, r.files.names())
}

func TestWhatArrivesIsWhatWasAnnounced(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	p := r.partial(run, stops[0], partBytes+1)
	_, err := p.start(emma)
	require.NoError(t, err)
	p.part(emma, 0)
	require.Equal(t, 2, r.sendPart(emma, p.id, 1, []byte{1}).arrived(t))
	_, err = p.finish(emma)
	requireRefusal(t, err, errs.InvalidArgument, refusal.WrongChecksum)
	require.Empty(t, r.files.names(), "and it begins anew")
	_, err = p.start(emma)
	require.NoError(t, err)
	p.part(emma, 0)
	p.part(emma, 1)
	_, err = p.finish(emma)
	require.NoError(t, err)
}

func TestAPhotoInPartsIsCheckedWhenItIsFinished(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	p, noPhoto := r.partial(run, stops[0], partBytes), r.partial(run, stops[0], partBytes)
	noPhoto.content = make([]byte, partBytes)
	sum := sha256.Sum256(noPhoto.content)
	noPhoto.begin.Sha256 = hex.EncodeToString(sum[:])
	for _, each := range []*partial{p, noPhoto} {
		_, err := each.start(emma)
		require.NoError(t, err)
		require.Equal(t, 1, each.part(emma, 0).arrived(t))
	}
	_, err := noPhoto.finish(emma)
	requireRefusal(t, err, errs.InvalidArgument, refusal.WrongFileType)
	_, err = r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Accident"})
	require.NoError(t, err)
	r.pass(writeGrace + time.Second)
	_, err = p.finish(emma)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.TooLate)
}

func TestUploadsThatAreNeverFinishedAreGivenUp(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	uploads := make([]*partial, maxPartialUploads)
	for i := range uploads {
		uploads[i] = r.partial(run, stops[0], 2*partBytes)
		_, err := uploads[i].start(emma)
		require.NoError(t, err)
		require.Equal(t, 1, uploads[i].part(emma, 0).arrived(t))
	}
	_, err := r.partial(run, stops[0], partBytes).start(emma)
	requireRefusal(t, err, errs.ResourceExhausted, refusal.TooManyOfThem)
	_, err = uploads[0].start(emma)
	require.NoError(t, err, "what was begun goes on")

	r.pass(unfinishedAge)
	require.Equal(t, 2, uploads[0].part(emma, 1).arrived(t))
	r.pass(time.Second)
	require.NoError(t, r.RemoveUnfinishedUploads(t.Context()))
	code, _ := uploads[1].part(emma, 1).refusal(t)
	require.Equal(t, "not_found", code)
	_, err = uploads[0].finish(emma)
	require.NoError(t, err, "of this one a part came since")
	require.Len(t, r.files.names(), 2, "no part is left")
	state, err := uploads[1].start(emma)
	require.NoError(t, err)
	require.Zero(t, state.Parts)
}

func TestAFloodOfUploadsInPartsIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	p := r.partial(run, stops[0], partBytes)
	for range partialUploadsOfPerson.Count {
		_, err := p.start(emma)
		require.NoError(t, err)
	}
	_, err := p.start(emma)
	requireRefusal(t, err, errs.ResourceExhausted, refusal.RateLimited)

	_, err = r.pool.Exec(t.Context(), `
		insert into partial_uploads (id, user_id, run_id, building_id, step, claimed_at, claimed_from, sha256, size, touched_at)
		select gen_random_uuid(), 1000 + n, run_id, building_id, step, claimed_at, claimed_from, sha256, $1, touched_at
		from partial_uploads, generate_series(1, $2) n`, maxUpload, maxPartialBytes/maxUpload)
	require.NoError(t, err)
	r.pass(time.Hour)
	_, err = r.partial(run, stops[0], maxUpload).start(emma)
	requireRefusal(t, err, errs.ResourceExhausted, refusal.Busy, "all disks have an end")
}

func TestPartsAtOnceAreCountedOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	p := r.partial(run, stops[0], 2*partBytes)
	for _, err := range together(4, func(int) error { return second(p.start(emma)) }) {
		require.NoError(t, err)
	}
	for number := range 2 {
		for _, err := range together(4, func(int) error {
			if answer := p.part(emma, number); answer.status != http.StatusOK {
				return fmt.Errorf("%d: %s", answer.status, answer.body)
			}
			return nil
		}) {
			require.NoError(t, err)
		}
	}
	// As other backends would: without the turns of this one.
	for _, err := range together(4, func(int) error {
		_, err := r.finishUpload(r.as(emma), emma, p.id)
		if _, found := r.ownPicture(r.as(emma), emma, p.id); found {
			err = nil
		}
		return err
	}) {
		require.NoError(t, err)
	}
	count := 0
	for _, kind := range r.events() {
		if kind == PictureAdded {
			count++
		}
	}
	require.Equal(t, 1, count)
}
