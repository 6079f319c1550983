package core

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/internal/refusal"
)

// putBuildingPhoto uploads a file as the photo of a building.
func (r *rounds) putBuildingPhoto(ctx context.Context, building int64, file []byte) answer {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "../front.exe")
	require.NoError(r.t, err)
	_, err = part.Write(file)
	require.NoError(r.t, err)
	require.NoError(r.t, form.Close())
	req := httptest.NewRequestWithContext(ctx, http.MethodPut, "/buildings/1/photo", &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	recorder := httptest.NewRecorder()
	changed, err := r.takeBuildingPhoto(recorder, req, fmt.Sprint(building))
	if err != nil {
		refusal.Write(recorder, err)
	} else {
		require.NoError(r.t, json.NewEncoder(recorder).Encode(changed))
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func (r *rounds) fetchBuildingPhoto(ctx context.Context, building int64, size string) answer {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/buildings/1/photo/320", nil)
	recorder := httptest.NewRecorder()
	if err := r.serveBuildingPhoto(recorder, req, fmt.Sprint(building), size); err != nil {
		refusal.Write(recorder, err)
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func TestRule9TheFrontOfABuildingIsOnePhoto(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	building := buildings[0]
	got := r.putBuildingPhoto(r.as(office), building, jpegFile(t, 2000, 1000))
	require.Equal(t, http.StatusOK, got.status, string(got.body))
	var stored Building
	require.NoError(t, json.Unmarshal(got.body, &stored))
	require.Equal(t, [2]int{1600, 800}, [2]int{stored.Photo.Width, stored.Photo.Height})

	for size, width := range map[string]int{sizeSmall: 320, sizeLarge: 1600} {
		file := r.fetchBuildingPhoto(r.as(martin), building, size)
		require.Equal(t, "image/jpeg", file.header.Get("Content-Type"))
		require.Equal(t, "private, no-cache", file.header.Get("Cache-Control"))
		config, _, err := image.DecodeConfig(bytes.NewReader(file.body))
		require.NoError(t, err)
		require.Equal(t, width, config.Width)
	}
	detail, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	require.Equal(t, stored.Photo, detail.Stops[0].Building.Photo, "the worker knows where to stop")
	require.Nil(t, detail.Stops[1].Building.Photo)

	// The same file again is no change; another one takes its place, at another address.
	require.Equal(t, http.StatusOK, r.putBuildingPhoto(r.as(office), building, jpegFile(t, 2000, 1000)).status)
	again, err := r.GetBuilding(r.as(office), building)
	require.NoError(t, err)
	require.Equal(t, stored.Photo, again.Photo)
	require.Equal(t, http.StatusOK, r.putBuildingPhoto(r.as(admin), building, jpegFile(t, 600, 800)).status)
	replaced, err := r.GetBuilding(r.as(martin), building)
	require.NoError(t, err)
	require.NotEqual(t, stored.Photo.URLs, replaced.Photo.URLs)
	require.Equal(t, stored.Version, replaced.Version, "a form that is open is not lost by it")

	removed, err := r.DeleteBuildingPhoto(r.as(office), building)
	require.NoError(t, err)
	require.Nil(t, removed.Photo)
	_, err = r.DeleteBuildingPhoto(r.as(office), building)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, r.fetchBuildingPhoto(r.as(office), building, sizeSmall).status)
	var told []string
	for _, line := range r.auditLines() {
		if strings.HasPrefix(line, "building.photo") {
			told = append(told, line)
		}
	}
	about := fmt.Sprint(" building ", building)
	require.Equal(t, []string{BuildingPhotoChanged + about, BuildingPhotoChanged + about, BuildingPhotoRemoved + about}, told)

	// A day later nothing is left of the files.
	r.pass(25 * time.Hour)
	require.NoError(t, r.RemoveUnfinishedUploads(t.Context()))
	require.Empty(t, r.files.content)
}

func TestThePhotoOfABuildingStaysWhenOthersAreRemoved(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	for width := range 3 {
		require.Equal(t, http.StatusOK, r.putBuildingPhoto(r.as(office), building, jpegFile(t, 400+width, 300)).status)
	}
	r.pass(25 * time.Hour)
	require.NoError(t, r.RemoveUnfinishedUploads(t.Context()))
	require.Len(t, r.files.content, 2, "two sizes of the last one")
	require.Equal(t, http.StatusOK, r.fetchBuildingPhoto(r.as(office), building, sizeLarge).status)
}

func TestThePhotoOfABuildingByRole(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	_, buildings := r.startedRun()
	building, photo := buildings[0], jpegFile(t, 40, 30)
	for name, check := range map[string]struct {
		ctx       context.Context
		put, read string
	}{
		"admin":          {r.as(admin), "ok", "ok"},
		"office":         {r.as(office), "ok", "ok"},
		"worker":         {r.as(emma), "permission_denied", "ok"},
		"another worker": {r.as(lucas), "permission_denied", "not_found"},
		"syndic":         {r.as(martin), "permission_denied", "ok"},
		"another syndic": {r.as(nadia), "permission_denied", "not_found"},
		"without a role": {r.as(nobody), "permission_denied", "permission_denied"},
		"not signed in":  {t.Context(), "unauthenticated", "unauthenticated"},
	} {
		code, _ := r.putBuildingPhoto(check.ctx, building, photo).refusal(t)
		require.Equal(t, check.put, code, name)
		require.Equal(t, http.StatusOK, r.putBuildingPhoto(r.as(office), building, photo).status)
		code, _ = r.fetchBuildingPhoto(check.ctx, building, sizeSmall).refusal(t)
		require.Equal(t, check.read, code, name)
	}
	r.pass(15 * 24 * time.Hour)
	code, _ := r.fetchBuildingPhoto(r.as(emma), building, sizeSmall).refusal(t)
	require.Equal(t, "not_found", code, "rule 13: 14 days around the run")

	for name, check := range map[string]struct {
		file   []byte
		reason refusal.Reason
	}{
		"a text": {[]byte("not a picture"), refusal.WrongFileType}, "a PDF": {pdf("front"), refusal.WrongFileType},
		"half a photo": {photo[:len(photo)/2], refusal.BrokenFile}, "nothing": {nil, refusal.Required},
	} {
		got := r.putBuildingPhoto(r.as(office), building, check.file)
		_, details := got.refusal(t)
		require.Equal(t, refusal.Details{Field: "file", Reason: check.reason}, details, name)
	}
	_, err := r.ArchiveBuilding(r.as(office), building)
	require.NoError(t, err)
	_, details := r.putBuildingPhoto(r.as(office), building, photo).refusal(t)
	require.Equal(t, refusal.Archived, details.Reason)
	_, err = r.DeleteBuildingPhoto(r.as(office), building)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)
	require.Equal(t, http.StatusNotFound, r.fetchBuildingPhoto(r.as(office), building, "640").status)
}
