package core

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func (r *rounds) downloadPhotos(ctx context.Context, building int64, date string) answer {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/buildings/1/visit-photos?date="+date, nil)
	recorder := httptest.NewRecorder()
	if err := r.serveVisitPhotos(recorder, req, fmt.Sprint(building)); err != nil {
		refusal.Write(recorder, err)
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func TestThePhotosOfADayAreOneFile(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building := r.building(region, func(p *store.InsertBuildingParams) { p.Street, p.HouseNumber, p.Bus = "Sint-Rémyplein", "12A", "3/1" })
	run := r.run(func(p *store.InsertRunParams) { p.TourID = r.tour(region, building, r.building(region)) })
	_, err := r.StartRun(r.as(emma), run, r.start())
	require.NoError(t, err)
	first := r.picture(run, building, StepArrival)
	r.picture(run, building, StepInside)

	got := r.downloadPhotos(r.as(martin), building, "2026-05-04")
	require.Equal(t, http.StatusOK, got.status, string(got.body))
	require.Equal(t, "application/zip", got.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="sint-remyplein-12a-3-1-2026-05-04.zip"`, got.header.Get("Content-Disposition"))
	archive, err := zip.NewReader(bytes.NewReader(got.body), int64(len(got.body)))
	require.NoError(t, err)
	names := make([]string, 0, 2)
	for _, entry := range archive.File {
		names = append(names, entry.Name)
	}
	require.Equal(t, []string{
		"sint-remyplein-12a-3-1-2026-05-04-090000.jpg", "sint-remyplein-12a-3-1-2026-05-04-090000-2.jpg",
	}, names, "at the time of the company, two of one second apart")
	file, err := archive.File[0].Open()
	require.NoError(t, err)
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	require.Equal(t, r.fetch(r.as(office), first.ID.String(), sizeLarge, "").body, content)

	req := httptest.NewRequestWithContext(r.as(martin), http.MethodGet, "/pictures/1/1600?download", nil)
	recorder := httptest.NewRecorder()
	require.NoError(t, r.servePicture(recorder, req, first.ID.String(), sizeLarge))
	require.Equal(t, `attachment; filename="sint-remyplein-12a-3-1-2026-05-04-090000.jpg"`, recorder.Header().Get("Content-Disposition"))

	for name, check := range map[string]struct {
		ctx  context.Context
		date string
		code string
	}{
		"office": {r.as(office), "2026-05-04", "ok"}, "another day": {r.as(office), "2026-05-03", "not_found"},
		"no date": {r.as(office), "", "invalid_argument"}, "no day": {r.as(office), "2026-02-30", "invalid_argument"},
		"another syndic": {r.as(nadia), "2026-05-04", "not_found"}, "worker": {r.as(emma), "2026-05-04", "permission_denied"},
		"without a role": {r.as(nobody), "2026-05-04", "permission_denied"}, "stranger": {t.Context(), "2026-05-04", "unauthenticated"},
	} {
		code, _ := r.downloadPhotos(check.ctx, building, check.date).refusal(t)
		require.Equal(t, check.code, code, name)
	}
}

func TestHalfAFileOfPhotosDoesNotLookWhole(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	picture := r.picture(run, buildings[0], StepArrival)
	r.picture(run, buildings[0], StepInside)
	for name := range r.files.content {
		if strings.HasPrefix(name, picture.ID.String()) {
			delete(r.files.content, name)
		}
	}
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { r.downloadPhotos(r.as(office), buildings[0], "2026-05-04") })
}
