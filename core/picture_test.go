package core

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/photo"
	"encore.app/core/photo/phototest"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func TestRule9_WhatIsTakenAsAPicture(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	pdf := []byte("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")

	for name, check := range map[string]struct {
		change func(*form)
		code   string
		field  string
		reason refusal.Reason
	}{
		"a JPEG":                  {func(*form) {}, "ok", "", ""},
		"a JPEG named .pdf":       {func(f *form) { f.fileName = "manual.pdf" }, "ok", "", ""},
		"a PNG":                   {func(f *form) { f.file = pngFile(t) }, "ok", "", ""},
		"a PDF named .jpg":        {func(f *form) { f.file = pdf }, "invalid_argument", "file", refusal.WrongFileType},
		"HTML":                    {func(f *form) { f.file = []byte("<html><script>") }, "invalid_argument", "file", refusal.WrongFileType},
		"SVG":                     {func(f *form) { f.file = []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`) }, "invalid_argument", "file", refusal.WrongFileType},
		"half a JPEG":             {func(f *form) { f.file = f.file[:len(f.file)/2] }, "invalid_argument", "file", refusal.BrokenFile},
		"a JPEG's first bytes":    {func(f *form) { f.file = f.file[:4] }, "invalid_argument", "file", refusal.BrokenFile},
		"a bomb":                  {func(f *form) { f.file = bomb() }, "invalid_argument", "file", refusal.TooManyPixels},
		"25 MB":                   {func(f *form) { f.file = append(f.file, make([]byte, 25<<20)...) }, "invalid_argument", "file", refusal.TooLarge},
		"a byte above 20 MB":      {func(f *form) { f.file = append(f.file, make([]byte, maxUpload+1-len(f.file))...) }, "invalid_argument", "file", refusal.TooLarge},
		"20 MB":                   {func(f *form) { f.file = append(f.file, make([]byte, maxUpload-len(f.file))...) }, "ok", "", ""},
		"a HEIC":                  {func(f *form) { f.file = heic() }, "invalid_argument", "file", refusal.WrongFileType},
		"a side of 49 million":    {func(f *form) { f.file = phototest.PNG(1, 49_000_000, 1, 0, false) }, "invalid_argument", "file", refusal.TooManyPixels},
		"an empty file":           {func(f *form) { f.file = nil }, "invalid_argument", "file", refusal.Required},
		"no id":                   {func(f *form) { delete(f.fields, "id") }, "invalid_argument", "id", refusal.Required},
		"an id that is no UUID":   {func(f *form) { f.fields["id"] = "1" }, "invalid_argument", "id", refusal.Malformed},
		"the empty UUID":          {func(f *form) { f.fields["id"] = strings.Repeat("0", 32) }, "invalid_argument", "id", refusal.Malformed},
		"no run":                  {func(f *form) { delete(f.fields, "run") }, "invalid_argument", "run", refusal.Required},
		"a run that is no number": {func(f *form) { f.fields["run"] = "one" }, "invalid_argument", "run", refusal.Malformed},
		"no such step":            {func(f *form) { f.fields["step"] = "lunch" }, "invalid_argument", "step", refusal.Unknown},
		"a time that is not one":  {func(f *form) { f.fields["taken_at"] = "yesterday" }, "invalid_argument", "taken_at", refusal.Malformed},
		"a long field":            {func(f *form) { f.fields["step"] = strings.Repeat("x", 10_000) }, "invalid_argument", "step", refusal.TooLong},
	} {
		f := r.form(run, buildings[0], StepArrival)
		check.change(f)
		answer := r.send(emma, f)
		code, details := answer.refusal(t)
		require.Equal(t, check.code, code, "%s: %s", name, answer.body)
		require.Equal(t, check.field, details.Field, name)
		require.Equal(t, check.reason, details.Reason, name)
		if check.code == "ok" {
			require.Equal(t, http.StatusOK, answer.status, name)
		} else {
			require.Equal(t, http.StatusBadRequest, answer.status, name)
		}
	}
}

func TestRule9_ABodyThatIsNoForm(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	for name, check := range map[string]struct{ contentType, body string }{
		"JSON":             {"application/json", `{"id":1}`},
		"no content type":  {"", "x"},
		"no boundary":      {"multipart/form-data", "x"},
		"broken off":       {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\nabc"},
		"nothing":          {"multipart/form-data; boundary=b", ""},
		"another boundary": {"multipart/form-data; boundary=b", "--c\r\n\r\n--c--"},
	} {
		req := httptest.NewRequestWithContext(r.as(emma), http.MethodPost, "/pictures", strings.NewReader(check.body))
		req.Header.Set("Content-Type", check.contentType)
		recorder := httptest.NewRecorder()
		r.UploadPicture(recorder, req)
		code, details := answer{recorder.Code, nil, recorder.Body.Bytes()}.refusal(t)
		require.Equal(t, "invalid_argument", code, name)
		require.Equal(t, refusal.Malformed, details.Reason, name)
	}
}

func TestRule9_AClientThatSendsTooMuchReadsWhy(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.UploadPicture(w, req.WithContext(r.as(emma)))
	}))
	defer server.Close()

	f := r.form(run, buildings[0], StepArrival)
	f.file = make([]byte, 25<<20)
	body, contentType := f.encode()
	res, err := server.Client().Post(server.URL, contentType, bytes.NewReader(body))
	require.NoError(t, err, "the connection must not break while the client sends")
	defer res.Body.Close()
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
}

func TestRule4_AClientThatStopsSendingMayTryAgainAndIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.uploadPatience = 50 * time.Millisecond
	run, buildings := r.startedRun()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.UploadPicture(w, req.WithContext(r.as(emma)))
	}))
	defer server.Close()
	for name, check := range map[string]struct {
		run  int64
		code string
	}{
		"in the middle of the photo": {run, "deadline_exceeded"},
		"after a refusal":            {999_999, "not_found"},
	} {
		f := r.form(check.run, buildings[0], StepArrival)
		f.file = append(f.file, make([]byte, 1<<20)...)
		body, contentType := f.encode()
		client, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		require.NoError(t, err, name)
		defer client.Close()
		_, err = fmt.Fprintf(client, "POST /pictures HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", contentType, len(body))
		require.NoError(t, err, name)
		_, err = client.Write(body[:len(body)/2])
		require.NoError(t, err, name)

		reader := bufio.NewReader(client)
		res, err := http.ReadResponse(reader, nil)
		require.NoError(t, err, name)
		answered, err := io.ReadAll(res.Body)
		require.NoError(t, err, name)
		require.NoError(t, res.Body.Close())
		code, _ := answer{res.StatusCode, res.Header, answered}.refusal(t)
		require.Equal(t, check.code, code, name)
		_, err = reader.ReadByte()
		require.Error(t, err, "the connection ends")
	}
}

func TestRule9_PicturesAreKeptInTwoSizes(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	f := r.form(run, buildings[0], StepArrival)
	f.file = jpegFile(t, 2000, 1000)

	picture := r.send(emma, f).picture(t)

	require.Equal(t, f.fields["id"], picture.ID.String())
	require.Equal(t, []int{1600, 800}, []int{picture.Width, picture.Height})
	require.Equal(t, "/pictures/"+f.fields["id"]+"/320", picture.URLs.Small)
	for size, want := range map[string]image.Point{sizeSmall: {320, 160}, sizeLarge: {1600, 800}} {
		answer := r.fetch(r.as(emma), picture.ID.String(), size, "")
		require.Equal(t, http.StatusOK, answer.status)
		require.Equal(t, "image/jpeg", answer.header.Get("Content-Type"))
		require.Equal(t, "private, no-cache", answer.header.Get("Cache-Control"))
		require.Equal(t, "nosniff", answer.header.Get("X-Content-Type-Options"))
		decoded, err := jpeg.Decode(bytes.NewReader(answer.body))
		require.NoError(t, err)
		require.Equal(t, want, decoded.Bounds().Size())

		again := r.fetch(r.as(emma), picture.ID.String(), size, answer.header.Get("ETag"))
		require.Equal(t, http.StatusNotModified, again.status)
		require.Empty(t, again.body)
	}
	require.NotEqual(t, r.fetch(r.as(emma), picture.ID.String(), sizeSmall, "").header.Get("ETag"),
		r.fetch(r.as(emma), picture.ID.String(), sizeLarge, "").header.Get("ETag"))
}

func TestRule9_WhoSeesAPicture(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	picture := r.picture(run, buildings[0], StepArrival)
	id := picture.ID.String()

	for name, check := range map[string]struct {
		actor access.Actor
		code  string
	}{
		"its worker":             {emma, "ok"},
		"the office":             {office, "ok"},
		"the building's syndic":  {martin, "ok"},
		"another worker":         {lucas, "not_found"},
		"another syndic":         {nadia, "not_found"},
		"somebody without role":  {nobody, "permission_denied"},
		"a worker with that tag": {access.Actor{ID: emma.ID, Role: "none"}, "permission_denied"},
	} {
		answer := r.fetch(r.as(check.actor), id, sizeSmall, "")
		code, _ := answer.refusal(t)
		require.Equal(t, check.code, code, name)
		if check.code != "ok" {
			require.Empty(t, answer.header.Get("Cache-Control"), "%s: a refusal is not kept", name)
			require.Empty(t, answer.header.Get("ETag"), name)
		}
		// Who knows the ETag must not learn from it that the picture exists.
		require.Equal(t, check.code == "ok", r.fetch(r.as(check.actor), id, sizeSmall, etagOf(r, id)).status == http.StatusNotModified, name)
		_, err := r.GetPicture(r.as(check.actor), picture.ID)
		require.Equal(t, check.code == "ok", err == nil, name)
	}
	code, _ := r.fetch(t.Context(), id, sizeSmall, "").refusal(t)
	require.Equal(t, "unauthenticated", code)
	for _, path := range [][2]string{{id, "640"}, {id, "../320"}, {"x", "320"}, {newID().String(), "320"}} {
		code, _ := r.fetch(r.as(office), path[0], path[1], "").refusal(t)
		require.Equal(t, "not_found", code, path)
	}
}

func TestRule4_TheSamePictureTwiceIsOnePicture(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	f := r.form(run, buildings[0], StepArrival)

	answers := make([]answer, 6)
	together(len(answers), func(i int) error {
		answers[i] = r.sendIn(r.as(emma), f)
		return nil
	})

	for _, a := range answers {
		require.Equal(t, http.StatusOK, a.status, string(a.body))
		require.Equal(t, string(answers[0].body), string(a.body))
	}
	visits, err := visitsOf(t.Context(), r.query, run, 0)
	require.NoError(t, err)
	require.Len(t, visits[buildings[0]].Pictures, 1)
	require.Equal(t, []string{RunStarted, PictureAdded}, r.events())
}

func TestRule4_APictureIDStandsForOnePicture(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	f := r.form(run, buildings[0], StepArrival)
	require.Equal(t, http.StatusOK, r.send(emma, f).status)
	original := r.fetch(r.as(emma), f.fields["id"], sizeLarge, "").body

	for name, change := range map[string]func(*form){
		"another content":  func(f *form) { f.file = jpegFile(t, 100, 80) },
		"another building": func(f *form) { f.fields["building"] = fmt.Sprint(buildings[1]) },
		"another step":     func(f *form) { f.fields["step"] = StepInside },
		"another time":     func(f *form) { f.fields["taken_at"] = "2026-05-04T06:59:00Z" },
	} {
		changed := r.form(run, buildings[0], StepArrival)
		changed.fields["id"], changed.fields["taken_at"] = f.fields["id"], f.fields["taken_at"]
		change(changed)
		code, details := r.send(emma, changed).refusal(t)
		require.Equal(t, "already_exists", code, name)
		require.Equal(t, refusal.IDReused, details.Reason, name)
	}
	require.Equal(t, original, r.fetch(r.as(emma), f.fields["id"], sizeLarge, "").body, "the first picture stays")
}

func TestRule4_DifferentPicturesUnderOneIDAtOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	forms := []*form{r.form(run, buildings[0], StepArrival), r.form(run, buildings[0], StepArrival)}
	forms[1].fields = forms[0].fields
	forms[1].file = jpegFile(t, 100, 80)

	answers := make([]answer, 2)
	together(2, func(i int) error {
		answers[i] = r.sendIn(r.as(emma), forms[i])
		return nil
	})

	winner := 0
	if answers[0].status != http.StatusOK {
		winner = 1
	}
	require.Equal(t, http.StatusOK, answers[winner].status)
	code, _ := answers[1-winner].refusal(t)
	require.Equal(t, "already_exists", code)
	config, err := jpeg.DecodeConfig(bytes.NewReader(r.fetch(r.as(emma), forms[0].fields["id"], sizeLarge, "").body))
	require.NoError(t, err)
	require.Equal(t, answers[winner].picture(t).Width, config.Width, "the row and the file belong together")
}

func TestRule4_ACrashBetweenFilesAndRowLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	f := r.form(run, buildings[0], StepArrival)

	r.files.afterWrite = func() { // the row finds no table any more
		_, err := r.pool.Exec(t.Context(), `alter table if exists pictures rename to pictures_gone`)
		require.NoError(t, err)
	}
	code, _ := r.send(emma, f).refusal(t)
	require.Equal(t, "internal", code)
	require.NotEmpty(t, r.files.content)
	r.files.afterWrite = nil
	_, err := r.pool.Exec(t.Context(), `alter table pictures_gone rename to pictures`)
	require.NoError(t, err)

	require.Equal(t, http.StatusOK, r.send(emma, f).status, "the repetition succeeds")
	require.Equal(t, http.StatusOK, r.fetch(r.as(emma), f.fields["id"], sizeLarge, "").status)
}

func TestRule4_FilesThatCannotBeWrittenMakeNoPicture(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	f := r.form(run, buildings[0], StepArrival)

	r.files.fail = errors.New("no space left on device")
	answer := r.send(emma, f)
	code, details := answer.refusal(t)
	require.Equal(t, "unavailable", code)
	require.Equal(t, refusal.TryAgain, details.Reason)
	require.Equal(t, "60", answer.header.Get("Retry-After"))
	require.NotContains(t, string(answer.body), "space", "the cause is not for strangers")
	_, err := r.PutStep(r.as(emma), run, buildings[0], StepArrival, &PutStepParams{ID: newID(), OccurredAt: r.now()})
	require.Equal(t, refusal.PhotoMissing, refusal.ReasonOf(err))

	r.files.fail = nil
	require.Equal(t, http.StatusOK, r.send(emma, f).status)
}

func TestRule9_RightsAreCheckedBeforeTheFileIsRead(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	for name, check := range map[string]struct {
		actor  access.Actor
		change func(*form)
		code   string
	}{
		"somebody else's run": {lucas, func(*form) {}, "not_found"},
		"no such run":         {emma, func(f *form) { f.fields["run"] = "999999" }, "not_found"},
		"no stop of it":       {emma, func(f *form) { f.fields["building"] = "999999" }, "not_found"},
		"no worker":           {martin, func(*form) {}, "permission_denied"},
	} {
		f := r.form(run, buildings[0], StepArrival)
		f.file = make([]byte, 15<<20) // nor is it a picture
		check.change(f)
		body, contentType := f.encode()
		sent := &countedReader{Reader: bytes.NewReader(body)}
		req := httptest.NewRequestWithContext(r.as(check.actor), http.MethodPost, "/pictures", sent)
		req.Header.Set("Content-Type", contentType)
		_, err := r.takeUpload(httptest.NewRecorder(), req)
		require.Equal(t, check.code, errs.Code(err).String(), name)
		require.Less(t, sent.count, 64<<10, name)
	}
}

func TestRule9_FieldsComeBeforeTheFile(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	f := r.form(run, buildings[0], StepArrival)
	f.fileFirst = true
	code, details := r.send(emma, f).refusal(t)
	require.Equal(t, "invalid_argument", code)
	require.Equal(t, "id", details.Field)
}

func TestRule3_APhotoFromBeforeTheRunIsMarked(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.pass(10 * time.Minute)
	for name, check := range map[string]struct {
		taken     time.Time
		corrected bool
	}{
		"a week ago":              {r.now().Add(-7 * 24 * time.Hour), true},
		"a minute before the run": {r.now().Add(-11 * time.Minute), true},
		"during the run":          {r.now().Add(-5 * time.Minute), false},
		"two minutes ahead":       {r.now().Add(2 * time.Minute), false},
		"three minutes ahead":     {r.now().Add(3 * time.Minute), true},
	} {
		f := r.form(run, buildings[0], StepArrival)
		f.file = jpegFile(t, 60+len(r.files.content), 48)
		f.fields["taken_at"] = check.taken.Format(time.RFC3339Nano)
		picture := r.send(emma, f).picture(t)
		require.Equal(t, check.corrected, picture.Corrected, name)
		want := check.taken
		if check.corrected {
			want = r.now()
		}
		require.Equal(t, want.UTC(), picture.TakenAt, name)
		require.Equal(t, picture, r.send(emma, f).picture(t), name)
	}
}

func TestTheSameFileTwiceInARunIsTold(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	first := r.picture(run, buildings[0], StepArrival)
	require.Nil(t, first.DuplicateOf)

	second := r.picture(run, buildings[1], StepArrival) // the same bytes
	require.Equal(t, &first.ID, second.DuplicateOf)
	read, err := r.GetPicture(r.as(office), second.ID)
	require.NoError(t, err)
	require.Equal(t, &first.ID, read.DuplicateOf)

	other := r.form(run, buildings[1], StepArrival)
	other.file = jpegFile(t, 100, 80)
	require.Nil(t, r.send(emma, other).picture(t).DuplicateOf)
}

func TestFilesOfUnfinishedUploadsAreRemovedAfterADay(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	kept := r.picture(run, buildings[0], StepArrival)
	lost := r.form(run, buildings[1], StepArrival)
	r.files.afterWrite = func() { // as if the program ended before the row
		_, err := r.pool.Exec(t.Context(), `alter table if exists pictures rename to pictures_gone`)
		require.NoError(t, err)
	}
	code, _ := r.send(emma, lost).refusal(t)
	require.Equal(t, "internal", code)
	r.files.afterWrite = nil
	_, err := r.pool.Exec(t.Context(), `alter table pictures_gone rename to pictures`)
	require.NoError(t, err)
	require.Len(t, r.files.content, 4)

	r.pass(23 * time.Hour)
	require.NoError(t, r.RemoveUnfinishedUploads(t.Context()))
	require.Len(t, r.files.content, 4, "the phone may still repeat it")
	r.pass(2 * time.Hour)
	require.NoError(t, r.RemoveUnfinishedUploads(t.Context()))
	require.Len(t, r.files.content, 2)
	require.Equal(t, http.StatusOK, r.fetch(r.as(office), kept.ID.String(), sizeLarge, "").status)
}

func TestThePictureOfARepetitionThatWasNotFinishedKeepsItsFiles(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	f := r.form(run, buildings[0], StepArrival)
	picture := r.send(emma, f).picture(t)
	sum := sha256.Sum256(f.file)
	// The same upload came twice at once, and the program ended in the middle of the second one.
	note := store.NoteUploadParams{PictureID: picture.ID, Sha256: sum[:], StartedAt: r.clock()}
	require.NoError(t, r.query.NoteUpload(t.Context(), note))
	r.pass(unfinishedAge + time.Second)
	require.NoError(t, r.RemoveUnfinishedUploads(t.Context()))
	require.Equal(t, http.StatusOK, r.fetch(r.as(emma), picture.ID.String(), sizeSmall, "").status)
	left, err := r.query.LockUnfinishedUpload(t.Context(), r.clock())
	require.ErrorIs(t, err, pgx.ErrNoRows, left)
}

func TestRule4_AnUploadIsDecidedAgainAfterItsConversion(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	f := r.form(run, buildings[0], StepArrival)
	id, sum := newID(), sha256.Sum256(f.file)
	_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Accident"})
	require.NoError(t, err)
	r.pass(writeGrace + time.Second)
	_, err = r.insertPicture(r.as(emma), &upload{
		id: id, run: run, building: buildings[0], step: StepArrival, takenAt: r.clock().Add(-time.Hour), sum: sum,
	}, &photo.Picture{Width: 1, Height: 1})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.TooLate)
}

func TestAPictureThatIsNotConvertedLeavesNothingAndMayComeAgain(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	f := r.form(run, buildings[0], StepArrival)
	convert := r.convert
	for _, check := range []struct {
		cause  error
		status int
		code   string
		reason refusal.Reason
		after  string
	}{
		{fmt.Errorf("%w: signal: killed", photo.ErrUnfinished), http.StatusServiceUnavailable, "unavailable", refusal.TryAgain, "60"},
		{fmt.Errorf("%w: not done after 20s", photo.ErrBusy), http.StatusTooManyRequests, "resource_exhausted", refusal.Busy, "5"},
		{fmt.Errorf("%w: it takes more than 64 MB", photo.ErrPixels), http.StatusBadRequest, "invalid_argument", refusal.TooManyPixels, ""},
		{fmt.Errorf("%w: no end", photo.ErrBroken), http.StatusBadRequest, "invalid_argument", refusal.BrokenFile, ""},
	} {
		r.Service.convert = func(context.Context, *os.File) (*photo.Picture, error) { return nil, check.cause }
		answer := r.send(emma, f)
		code, details := answer.refusal(t)
		require.Equal(t, check.status, answer.status, check.cause)
		require.Equal(t, check.code, code, check.cause)
		require.Equal(t, check.reason, details.Reason, check.cause)
		require.Equal(t, check.after, answer.header.Get("Retry-After"), check.cause)
		require.NotContains(t, string(answer.body), "killed", "the cause is not for strangers")
		require.Empty(t, r.files.content, check.cause)
		var rows int
		require.NoError(t, r.pool.QueryRow(t.Context(),
			`select (select count(*) from pictures) + (select count(*) from picture_uploads)`).Scan(&rows))
		require.Zero(t, rows, check.cause)
	}
	r.Service.convert = convert
	require.Equal(t, http.StatusOK, r.send(emma, f).status)
}

func TestNobodyWaitsForTheUploadsOfAnother(t *testing.T) {
	t.Parallel()
	turns := newUploadTurns()
	leave, err := turns.enter(t.Context(), emma.ID)
	require.NoError(t, err)
	second, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = turns.enter(second, emma.ID)
	require.Error(t, err, "one of a person at a time")
	leaveOther, err := turns.enter(t.Context(), lucas.ID)
	require.NoError(t, err)
	leaveOther()
	leave()
	require.Empty(t, turns.persons, "nobody is remembered")
}

type countedReader struct {
	io.Reader
	count int
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.count += n
	return n, err
}

// heic is the beginning of a picture as iPhones keep them.
func heic() []byte {
	return append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), make([]byte, 100)...)
}

func etagOf(r *rounds, id string) string {
	return r.fetch(r.as(office), id, sizeSmall, "").header.Get("ETag")
}

func pngFile(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, 30, 20))))
	return file.Bytes()
}

// bomb is a small PNG file that claims 30000 by 30000 pixels.
func bomb() []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), 30_000), 30_000)
	header = append(header, 8, 2, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(file, header...), crc32.ChecksumIEEE(header))
}

func TestTheOfficeReadsWhereAPhotoWasUsedBefore(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	first := r.picture(run, stops[0], StepArrival)
	r.pass(time.Hour)
	later, others := r.startedRun()
	again := r.picture(later, others[1], StepArrival)
	require.Equal(t, &first.ID, again.DuplicateOf, "the worker is told that it was used before")
	require.Nil(t, again.FirstUse, "and not where (rule 13)")

	detail, err := r.GetRun(r.as(office), later)
	require.NoError(t, err)
	use := detail.Stops[1].Visit.Pictures[0].FirstUse
	require.NotNil(t, use)
	require.Equal(t, []int64{run, stops[0]}, []int64{use.RunID, use.BuildingID})
	require.Equal(t, first.TakenAt, use.TakenAt)
	require.NotEmpty(t, use.Street)
	detail, err = r.GetRun(r.as(emma), later)
	require.NoError(t, err)
	require.Nil(t, detail.Stops[1].Visit.Pictures[0].FirstUse)

	for _, check := range []struct {
		actor access.Actor
		told  bool
	}{{office, true}, {martin, false}} {
		visits, err := r.ListVisits(r.as(check.actor), others[1], &ListVisitsParams{})
		require.NoError(t, err)
		picture := visits.Items[0].Visit.Pictures[0]
		require.Equal(t, check.told, picture.DuplicateOf != nil)
		require.Equal(t, check.told, picture.FirstUse != nil)
		one, err := r.GetPicture(r.as(check.actor), again.ID)
		require.NoError(t, err)
		require.Equal(t, check.told, one.DuplicateOf != nil)
	}
}

func TestWhereTheTimeOfAPhotoComesFrom(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	old := r.now().Add(-26 * time.Hour)
	for name, check := range map[string]struct {
		from      string
		at        time.Time
		told      string
		corrected bool
	}{
		"as phones sent it before": {"", r.now(), "phone", false},
		"the phone":                {"phone", r.now(), "phone", false},
		"the photo":                {"exif", r.now(), "exif", false},
		"a photo of yesterday":     {"exif", old, "received", true},
	} {
		f := r.form(run, stops[0], StepArrival)
		f.fields["taken_from"], f.fields["taken_at"] = check.from, check.at.Format(time.RFC3339Nano)
		picture := r.send(emma, f).picture(t)
		require.Equal(t, check.told, picture.TakenFrom, name)
		require.Equal(t, check.corrected, picture.Corrected, name)
		require.Equal(t, check.at.UTC(), picture.ClaimedAt, "%s: what was claimed is not forgotten", name)
	}
	f := r.form(run, stops[0], StepArrival)
	f.fields["taken_from"] = "received"
	code, details := r.send(emma, f).refusal(t)
	require.Equal(t, "invalid_argument", code)
	require.Equal(t, "taken_from", details.Field)
}
