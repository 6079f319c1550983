package core

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// post sends a report as a browser does.
func (r *rounds) post(publicID, contentType string, body []byte, from string) answer {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, "/public/buildings/"+publicID+"/incidents", bytes.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("X-Forwarded-For", from)
	recorder := httptest.NewRecorder()
	if _, err := r.takeReport(recorder, req, publicID); err != nil {
		refusal.Write(recorder, err)
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

// reportForm is the form of the residents' page; photo is nil when none was chosen.
func reportForm(fields map[string]string, photo []byte) (contentType string, body []byte) {
	var buffer bytes.Buffer
	writer := multipart.NewWriter(&buffer)
	for name, text := range fields {
		_ = writer.WriteField(name, text)
	}
	part, _ := writer.CreateFormFile("photo", "")
	_, _ = part.Write(photo)
	_ = writer.WriteField("website", "")
	_ = writer.Close()
	return writer.FormDataContentType(), buffer.Bytes()
}

// address is a network of its own.
func address() string {
	n, err := strconv.Atoi(next())
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)
}

func TestAResidentReportsAProblem(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id := r.publicID(r.building(r.region()))
	fields := map[string]string{"kind": MissedCollection, "text": "PMD staat er nog", "email": " An@Example.org ", "language": "fr"}
	contentType, withPhoto := reportForm(fields, jpegFile(t, 64, 48))
	require.Equal(t, http.StatusOK, r.post(id, contentType, withPhoto, address()).status)
	contentType, without := reportForm(fields, nil)
	require.Equal(t, http.StatusOK, r.post(id, contentType, without, address()).status, "a browser sends an empty photo")
	plain := url.Values{"kind": {Dirty}, "text": {"Vuil"}}.Encode()
	require.Equal(t, http.StatusOK, r.post(id, "application/x-www-form-urlencoded", []byte(plain), address()).status)
	require.Equal(t, http.StatusOK, r.post(id, "application/json", []byte(`{"kind":"damaged","text":"","language":"en"}`), address()).status)

	list, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 4)
	first, err := r.GetIncident(r.as(office), list.Items[3].ID)
	require.NoError(t, err)
	require.Equal(t, ThroughResident, first.Incident.ReportedThrough)
	require.Nil(t, first.Incident.ReportedBy)
	require.True(t, first.Incident.WantsAnswer)
	require.Equal(t, "an@example.org", first.ReporterEmail)
	require.Equal(t, "fr", first.ReporterLanguage)
	require.Len(t, first.Pictures, 1)
	require.Equal(t, first.Pictures[0].URLs.Small, first.Incident.Thumbnail)
	syndic, err := r.GetIncident(r.as(office), list.Items[0].ID)
	require.NoError(t, err)
	require.Empty(t, syndic.ReporterEmail)
	require.Empty(t, syndic.Pictures)
}

func TestAReportOfAResidentIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	id := r.publicID(building)
	for name, check := range map[string]struct {
		fields map[string]string
		photo  []byte
		field  string
		reason refusal.Reason
	}{
		"no kind":       {map[string]string{"text": "Vuil"}, nil, "kind", refusal.Required},
		"other kind":    {map[string]string{"kind": "fire"}, nil, "kind", refusal.Unknown},
		"no text":       {map[string]string{"kind": OtherProblem}, nil, "text", refusal.Required},
		"long text":     {map[string]string{"kind": Dirty, "text": strings.Repeat("a", 2001)}, nil, "text", refusal.TooLong},
		"endless text":  {map[string]string{"kind": Dirty, "text": strings.Repeat("a", maxReport+1)}, nil, "text", refusal.TooLong},
		"endless other": {map[string]string{"kind": Dirty, "other": strings.Repeat("a", maxReport)}, nil, "text", refusal.TooLong},
		"bad address":   {map[string]string{"kind": Dirty, "email": "an@"}, nil, "email", refusal.Malformed},
		"language":      {map[string]string{"kind": Dirty, "language": "de"}, nil, "language", refusal.Unknown},
		"no picture":    {map[string]string{"kind": Dirty}, []byte("MZ"), "photo", refusal.WrongFileType},
		"bomb":          {map[string]string{"kind": Dirty}, bomb(), "photo", refusal.TooManyPixels},
		"large photo":   {map[string]string{"kind": Dirty}, make([]byte, maxUpload+1), "photo", refusal.TooLarge},
	} {
		contentType, body := reportForm(check.fields, check.photo)
		code, details := r.post(id, contentType, body, address()).refusal(t)
		require.Equal(t, errs.InvalidArgument.String(), code, name)
		require.Equal(t, refusal.Details{Field: check.field, Reason: check.reason}, details, name)
	}
	for _, body := range []string{"", "[", `{"kind":1}`, `{"kind":"` + strings.Repeat("a", maxReport) + `"}`} {
		code, _ := r.post(id, "application/json", []byte(body), address()).refusal(t)
		require.Equal(t, errs.InvalidArgument.String(), code, body[:min(10, len(body))])
	}
	code, _ := r.post(id, "application/x-www-form-urlencoded", []byte("kind=dirty&other="+strings.Repeat("a", maxReport)), address()).refusal(t)
	require.Equal(t, errs.InvalidArgument.String(), code)
	unknown := r.post(id, "application/json", []byte(`{"`+strings.Repeat("a", 60_000)+`":1}`), address())
	require.Less(t, len(unknown.body), 1000, "what nobody knows is not sent back")
	_, err := r.ArchiveBuilding(r.as(office), building)
	require.NoError(t, err)
	bodies := map[string]bool{}
	for _, id := range []string{id, newID().String(), "x"} {
		answer := r.post(id, "application/json", []byte(`{"kind":"dirty"}`), address())
		code, _ := answer.refusal(t)
		require.Equal(t, errs.NotFound.String(), code)
		bodies[string(answer.body)] = true
	}
	require.Len(t, bodies, 1, "nobody learns which ids there were")
	counts, err := r.CountIncidents(r.as(office))
	require.NoError(t, err)
	require.Zero(t, counts.Open)
	require.Empty(t, r.files.content)
}

func TestAProgramThatFillsInEverythingIsForgotten(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id := r.publicID(r.building(r.region()))
	require.NoError(t, r.ReportProblem(t.Context(), id, &ProblemReport{Kind: Dirty, Website: "https://spam.example"}))
	counts, err := r.CountIncidents(r.as(office))
	require.NoError(t, err)
	require.Zero(t, counts.Open)
}

func TestReportsOfResidentsAreCounted(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	send := func(id, from string) answer { return r.post(id, "application/json", []byte(`{"kind":"dirty"}`), from) }
	from := address()
	for range reportsOfNetwork.Count {
		require.Equal(t, http.StatusOK, send(r.publicID(r.building(region)), from).status)
	}
	refused := send(r.publicID(r.building(region)), from)
	code, details := refused.refusal(t)
	require.Equal(t, errs.ResourceExhausted.String(), code)
	require.Equal(t, refusal.RateLimited, details.Reason)
	require.NotEmpty(t, refused.header.Get("Retry-After"))

	id := r.publicID(r.building(region))
	for range reportsOfBuilding.Count {
		require.Equal(t, http.StatusOK, send(id, address()).status)
	}
	code, _ = send(id, address()).refusal(t)
	require.Equal(t, errs.ResourceExhausted.String(), code, "a building too, whoever reports")
	require.Equal(t, http.StatusOK, send(r.publicID(r.building(region)), address()).status)
}

func TestAnAddressIsToldOfThreeReportsADay(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id := r.publicID(r.building(r.region()))
	email := "victim" + next() + "@example.org"
	for i := range 5 {
		body := fmt.Sprintf(`{"kind":"dirty","email":%q}`, email)
		require.Equal(t, http.StatusOK, r.post(id, "application/json", []byte(body), address()).status, i)
	}
	list, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 5, "the reports count all the same")
	told := 0
	for _, item := range list.Items {
		if item.WantsAnswer {
			told++
		}
	}
	require.Equal(t, 3, told)
}

func TestWhoReportedIsForgotten(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id := r.publicID(r.building(r.region()))
	report := &ProblemReport{Kind: Dirty, Email: "an" + next() + "@example.org"}
	require.NoError(t, r.ReportProblem(t.Context(), id, report))
	require.NoError(t, r.ReportProblem(t.Context(), id, report))
	list, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
	require.NoError(t, err)
	resolved := r.move(list.Items[0], IncidentResolved, "")
	email := func(id int64) string {
		t.Helper()
		detail, err := r.GetIncident(r.as(office), id)
		require.NoError(t, err)
		return detail.ReporterEmail
	}
	r.pass(90*24*time.Hour - time.Minute)
	require.NoError(t, r.ForgetReporters(t.Context()))
	require.Equal(t, report.Email, email(resolved.Incident.ID))
	r.pass(2 * time.Minute)
	require.NoError(t, r.ForgetReporters(t.Context()))
	require.Empty(t, email(resolved.Incident.ID))
	require.Equal(t, report.Email, email(list.Items[1].ID), "it waits for an answer")
	require.Contains(t, r.auditKinds(), "incident.reporter_forgotten")
}

// uploadIncidentPicture sends a photo of an incident.
func (r *rounds) uploadIncidentPicture(ctx context.Context, fields map[string]string, file []byte) answer {
	r.t.Helper()
	f := &form{fields: fields, fileName: "photo.jpg", file: file}
	body, contentType := f.encode()
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/incident-pictures", bytes.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	recorder := httptest.NewRecorder()
	r.UploadIncidentPicture(recorder, req)
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func TestAnIncidentHasFivePhotos(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	made, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], run))
	require.NoError(t, err)
	incident := made.Incident.ClientID.String()
	first := map[string]string{"id": newID().String(), "incident": incident}
	photo := jpegFile(t, 64, 48)
	for range 2 {
		answer := r.uploadIncidentPicture(r.as(emma), first, photo)
		require.Equal(t, http.StatusOK, answer.status, string(answer.body))
	}
	code, details := r.uploadIncidentPicture(r.as(emma), first, jpegFile(t, 32, 32)).refusal(t)
	require.Equal(t, errs.AlreadyExists.String(), code)
	require.Equal(t, refusal.IDReused, details.Reason)
	another, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[1], run))
	require.NoError(t, err)
	elsewhere := map[string]string{"id": first["id"], "incident": another.Incident.ClientID.String()}
	code, details = r.uploadIncidentPicture(r.as(emma), elsewhere, photo).refusal(t)
	require.Equal(t, errs.AlreadyExists.String(), code)
	require.Equal(t, refusal.IDReused, details.Reason, "it is a photo of another incident")
	for range 4 {
		answer := r.uploadIncidentPicture(r.as(emma), map[string]string{"id": newID().String(), "incident": incident}, photo)
		require.Equal(t, http.StatusOK, answer.status, string(answer.body))
	}
	code, details = r.uploadIncidentPicture(r.as(emma), map[string]string{"id": newID().String(), "incident": incident}, photo).refusal(t)
	require.Equal(t, errs.FailedPrecondition.String(), code)
	require.Equal(t, refusal.TooManyOfThem, details.Reason)
	require.Equal(t, http.StatusOK, r.uploadIncidentPicture(r.as(emma), first, photo).status, "again, however many there are")
	detail, err := r.GetIncident(r.as(office), made.Incident.ID)
	require.NoError(t, err)
	require.Len(t, detail.Pictures, 5)
	require.Equal(t, 5, detail.Incident.PictureCount)

	r.pass(25 * time.Hour)
	files := len(r.files.content)
	require.NoError(t, r.RemoveUnfinishedUploads(t.Context()))
	require.Len(t, r.files.content, files, "the files of photos that are there stay")
}

// A phone on which the office has signed in meanwhile still has the worker's photos (rule 4).
func TestAPhotoOfAnIncidentIsNotTakenInTheSessionOfSomebodyElse(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	made, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], run))
	require.NoError(t, err)
	fields := map[string]string{
		"id": newID().String(), "incident": made.Incident.ClientID.String(), "reporter_id": strconv.FormatInt(emma.ID, 10),
	}
	photo := jpegFile(t, 64, 48)
	code, details := r.uploadIncidentPicture(r.as(office), fields, photo).refusal(t)
	require.Equal(t, errs.Unauthenticated.String(), code)
	require.Equal(t, refusal.SignedOut, details.Reason)
	require.Equal(t, http.StatusOK, r.uploadIncidentPicture(r.as(emma), fields, photo).status)

	fields["id"], fields["reporter_id"] = newID().String(), "emma"
	code, details = r.uploadIncidentPicture(r.as(emma), fields, photo).refusal(t)
	require.Equal(t, errs.InvalidArgument.String(), code)
	require.Equal(t, "reporter_id", details.Field)
}

// The endpoints for files are raw, and cannot be called from the table of the package rights: this is their part of it.
func TestFilesOfIncidentsAnswerEveryRole(t *testing.T) {
	t.Parallel()
	const (
		ok, hidden     = "ok", "not_found"
		denied, signIn = "permission_denied", "unauthenticated"
	)
	r := newRounds(t)
	region := r.region()
	building, err := r.CreateBuilding(r.as(office), r.buildingParams(region))
	require.NoError(t, err)
	for name, check := range map[string]struct {
		actor         *access.Actor
		upload, fetch string
	}{
		"admin": {&admin, ok, ok}, "superstudent": {&office, ok, ok}, "worker": {&emma, ok, ok},
		"student": {&lucas, hidden, hidden}, "syndic": {&martin, denied, ok}, "other syndic": {&nadia, denied, hidden},
		"none": {&nobody, denied, denied}, "anonymous": {nil, signIn, signIn},
	} {
		ctx := t.Context()
		if check.actor != nil {
			ctx = r.as(*check.actor)
		}
		tour := r.tour(region, building.ID)
		run := r.run(func(p *store.InsertRunParams) { p.TourID = tour })
		made, err := r.CreateIncident(r.as(emma), r.incidentParams(building.ID, run))
		require.NoError(t, err)
		fields := map[string]string{"id": newID().String(), "incident": made.Incident.ClientID.String()}
		code, _ := r.uploadIncidentPicture(ctx, fields, jpegFile(t, 64, 48)).refusal(t)
		require.Equal(t, check.upload, code, "upload as %s", name)
		fields["id"] = newID().String()
		require.Equal(t, http.StatusOK, r.uploadIncidentPicture(r.as(emma), fields, jpegFile(t, 64, 48)).status)
		req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		recorder := httptest.NewRecorder()
		if err := r.serveIncidentPicture(recorder, req, fields["id"], sizeLarge); err != nil {
			refusal.Write(recorder, err)
		}
		code, _ = answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}.refusal(t)
		require.Equal(t, check.fetch, code, "fetch as %s", name)
	}
}
