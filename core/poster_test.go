package core

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/resident"
	"encore.app/internal/qrcode"
	"encore.app/internal/refusal"
)

func (r *rounds) poster(ctx context.Context, building int64, query string) answer {
	r.t.Helper()
	id := fmt.Sprint(building)
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/buildings/"+id+"/poster"+query, nil)
	recorder := httptest.NewRecorder()
	if err := r.servePoster(recorder, req, id); err != nil {
		refusal.Write(recorder, err)
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func TestThePosterIsForWhoManagesTheBuilding(t *testing.T) {
	t.Parallel()
	const denied, hidden = "permission_denied", "not_found"
	r := newRounds(t)
	run, buildings := r.startedRun()
	require.NotZero(t, run)
	for name, check := range map[string]struct {
		actor *access.Actor
		want  string
	}{
		"admin": {&admin, "ok"}, "superstudent": {&office, "ok"}, "worker": {&emma, denied}, "student": {&lucas, denied},
		"syndic": {&martin, "ok"}, "other syndic": {&nadia, hidden}, "none": {&nobody, denied}, "anonymous": {nil, "unauthenticated"},
	} {
		ctx := t.Context()
		if check.actor != nil {
			ctx = r.as(*check.actor)
		}
		code, _ := r.poster(ctx, buildings[0], "").refusal(t)
		require.Equal(t, check.want, code, name)
	}
	_, err := r.ArchiveBuilding(r.as(office), buildings[1])
	require.NoError(t, err)
	code, details := r.poster(r.as(office), buildings[1], "").refusal(t)
	require.Equal(t, "failed_precondition", code)
	require.Equal(t, refusal.Archived, details.Reason, "it would lead nowhere")
}

// Browsers open it by a link: what goes wrong is said on a page.
func TestAPosterThatCannotBeShownIsAPage(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	archived := r.building(r.region())
	_, err := r.ArchiveBuilding(r.as(office), archived)
	require.NoError(t, err)
	for name, want := range map[string]struct {
		actor    access.Actor
		building int64
		status   int
		text     string
	}{
		"unknown":  {office, 1 << 40, http.StatusNotFound, "n’existe pas"},
		"archived": {office, archived, http.StatusBadRequest, "Ce bâtiment est archivé"},
		"student":  {emma, archived, http.StatusForbidden, "Votre rôle"},
	} {
		recorder := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(r.as(want.actor), http.MethodGet, "/buildings/1/poster?lang=fr", nil)
		r.answerPoster(recorder, req, fmt.Sprint(want.building))
		require.Equal(t, want.status, recorder.Code, name)
		require.Equal(t, "text/html; charset=utf-8", recorder.Header().Get("Content-Type"), name)
		require.Equal(t, "no-store", recorder.Header().Get("Cache-Control"), name)
		require.Contains(t, recorder.Body.String(), want.text, name)
	}
}

func TestThePosterLeadsToThePage(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	page := "https://trottoir.example" + residentPath(r.publicID(building))
	code, err := qrcode.SVG(page)
	require.NoError(t, err)
	for language, word := range map[string]string{"nl": "Scan de code", "en": "Scan the code", "fr": "Scannez le code"} {
		poster := r.poster(r.as(martin), building, "?lang="+language)
		require.Equal(t, http.StatusOK, poster.status)
		require.Contains(t, string(poster.body), word)
		require.Contains(t, string(poster.body), page)
		require.Contains(t, string(poster.body), code)
		require.Equal(t, "private, no-store", poster.header.Get("Cache-Control"))
		require.Equal(t, resident.Policy, poster.header.Get("Content-Security-Policy"))
	}
	_, err = r.RenewPublicID(r.as(martin), building, &RenewPublicIDParams{})
	require.NoError(t, err)
	require.NotContains(t, string(r.poster(r.as(martin), building, "").body), page, "old posters lead nowhere")
}
