package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/refusal"
)

// memoryManuals keeps files in memory. fail makes writing fail.
type memoryManuals struct {
	mu      sync.Mutex
	content map[string][]byte
	fail    error
}

func (m *memoryManuals) write(_ context.Context, name string, content io.Reader) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	file, err := io.ReadAll(content)
	m.content[name] = file
	return err
}

func (m *memoryManuals) read(_ context.Context, name string) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.content[name]
	if !ok {
		return nil, errors.New("there is no file " + name)
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (m *memoryManuals) remove(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.content, name)
	return nil
}

func (m *memoryManuals) names() (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.content {
		names = append(names, name)
	}
	return names
}

// pdf is a file that is taken for a PDF, with these words in it.
func pdf(words string) []byte { return []byte("%PDF-1.7\n" + words + "\n%%EOF\n") }

// sendManual uploads a file as the manual of a building.
func (r *rounds) sendManual(ctx context.Context, building int64, file []byte) answer {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "../manual.exe")
	require.NoError(r.t, err)
	_, err = part.Write(file)
	require.NoError(r.t, err)
	require.NoError(r.t, form.Close())
	return r.postManual(ctx, building, form.FormDataContentType(), &body)
}

func (r *rounds) postManual(ctx context.Context, building int64, contentType string, body io.Reader) answer {
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/buildings/1/manuals", body)
	req.Header.Set("Content-Type", contentType)
	recorder := httptest.NewRecorder()
	manual, err := r.takeManual(recorder, req, fmt.Sprint(building))
	if err != nil {
		refusal.Write(recorder, err)
	} else {
		require.NoError(r.t, json.NewEncoder(recorder).Encode(manual))
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

// manual is a version that the office has uploaded.
func (r *rounds) manual(building int64, words string) (manual Manual) {
	r.t.Helper()
	got := r.sendManual(r.as(office), building, pdf(words))
	require.Equal(r.t, http.StatusOK, got.status, string(got.body))
	require.NoError(r.t, json.Unmarshal(got.body, &manual))
	return manual
}

func (r *rounds) fetchManual(ctx context.Context, id int64, etag string) answer {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/manuals/1/file", nil)
	req.Host = "trottoir.test:8443"
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	recorder := httptest.NewRecorder()
	if err := r.serveManual(recorder, req, fmt.Sprint(id)); err != nil {
		refusal.Write(recorder, err)
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func versionsOf(list *ManualList) (versions []int) {
	for i := range list.Items {
		versions = append(versions, list.Items[i].Version)
	}
	return versions
}

func TestAManualHasVersions(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	first := r.manual(building, "one")
	require.Equal(t, Manual{
		ID: first.ID, BuildingID: building, Version: 1, Status: ManualUpToDate, Size: int64(len(pdf("one"))), UploadedAt: monday,
		UploadedBy: &CommentAuthor{office.ID, "First2 Last2"}, URL: fmt.Sprintf("/manuals/%d/file", first.ID),
	}, first)
	second := r.manual(building, "two")
	require.Equal(t, 2, second.Version)
	require.Equal(t, second, r.manual(building, "two"), "sent again, it is the same")
	code, details := r.sendManual(r.as(office), building, pdf("one")).refusal(t)
	require.Equal(t, "already_exists", code)
	require.Equal(t, refusal.Details{Field: "file", Reason: refusal.Duplicate}, details)

	list, err := r.ListManuals(r.as(office), building)
	require.NoError(t, err)
	require.Equal(t, []Manual{second, first}, list.Items, "the newest first")

	got := r.fetchManual(r.as(office), first.ID, "")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, pdf("one"), got.body)
	require.Equal(t, "application/pdf", got.header.Get("Content-Type"))
	require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	require.Equal(t, fmt.Sprint(first.Size), got.header.Get("Content-Length"))
	require.Equal(t, fmt.Sprintf(`inline; filename="manual-%d-v1.pdf"`, building), got.header.Get("Content-Disposition"))
	require.Equal(t, "frame-ancestors 'self' http://trottoir.test:* https://trottoir.test:*", got.header.Get("Content-Security-Policy"))
	again := r.fetchManual(r.as(office), first.ID, got.header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, again.status)
	require.Empty(t, again.body)

	changed, err := r.PutManual(r.as(office), second.ID, &PutManualParams{Status: ManualNeedsUpdate})
	require.NoError(t, err)
	require.Equal(t, ManualNeedsUpdate, changed.Status)
	_, err = r.PutManual(r.as(office), second.ID, &PutManualParams{Status: "lost"})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "status", Reason: refusal.Unknown})

	// A number never comes twice.
	_, err = r.DeleteManual(r.as(office), second.ID)
	require.NoError(t, err)
	_, err = r.DeleteManual(r.as(office), second.ID)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	code, _ = r.fetchManual(r.as(office), second.ID, "").refusal(t)
	require.Equal(t, "not_found", code)
	require.Equal(t, 3, r.manual(building, "two").Version)
	list, err = r.ListManuals(r.as(office), building)
	require.NoError(t, err)
	require.Equal(t, []int{3, 1}, versionsOf(list))

	_, err = r.ArchiveBuilding(r.as(office), building)
	require.NoError(t, err)
	code, details = r.sendManual(r.as(office), building, pdf("four")).refusal(t)
	require.Equal(t, "failed_precondition", code)
	require.Equal(t, refusal.Archived, details.Reason)
}

func TestRule9_AManualIsAPDFByItsContent(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	page := "<script>alert(1)</script>"
	for name, check := range map[string]struct {
		file   []byte
		reason refusal.Reason
	}{
		"a picture":    {jpegFile(t, 64, 48), refusal.WrongFileType},
		"a page":       {[]byte(page), refusal.WrongFileType},
		"a late start": {[]byte(page + string(pdf("late"))), refusal.WrongFileType},
		"its start":    {[]byte("%PDF-1.7\n" + strings.Repeat("a", 5000)), refusal.BrokenFile},
		"nothing":      {nil, refusal.Required},
		"too much":     {append(bytes.Repeat([]byte("a"), maxUpload), pdf("long")...), refusal.TooLarge},
	} {
		code, details := r.sendManual(r.as(office), building, check.file).refusal(t)
		require.Equal(t, "invalid_argument", code, name)
		require.Equal(t, refusal.Details{Field: "file", Reason: check.reason}, details, name)
	}
	code, _ := r.postManual(r.as(office), building, "text/plain", strings.NewReader("PDF")).refusal(t)
	require.Equal(t, "invalid_argument", code)
	code, details := r.postManual(r.as(office), building, "multipart/form-data; boundary=x", strings.NewReader("--x--\r\n")).refusal(t)
	require.Equal(t, "invalid_argument", code)
	require.Equal(t, refusal.Required, details.Reason)
	require.Empty(t, r.pdfs.names(), "nothing of that is kept")
	for _, id := range []int64{0, -1, 99999} {
		code, _ = r.sendManual(r.as(office), id, pdf("nowhere")).refusal(t)
		require.Equal(t, "not_found", code)
	}

	r.pdfs.fail = errors.New("the disk is full")
	code, _ = r.sendManual(r.as(office), building, pdf("one")).refusal(t)
	require.Equal(t, "unavailable", code)
	list, err := r.ListManuals(r.as(office), building)
	require.NoError(t, err)
	require.Empty(t, list.Items)
}

func TestAManualOfWhoManagesTheBuildingNoMoreIsNotRecorded(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	// The upload began while nadia managed it.
	_, err := r.insertManual(t.Context(), nadia, building, &spooledFile{size: 10})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.insertManual(t.Context(), emma, building, &spooledFile{size: 10})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
}

func TestFilesOfManualsAnswerEveryRole(t *testing.T) {
	t.Parallel()
	const (
		ok, hidden     = "ok", "not_found"
		denied, signIn = "permission_denied", "unauthenticated"
	)
	r := newRounds(t)
	for name, check := range map[string]struct {
		actor         *access.Actor
		upload, fetch string
	}{
		"admin": {&admin, ok, ok}, "superstudent": {&office, ok, ok}, "worker": {&emma, denied, ok},
		"student": {&lucas, denied, hidden}, "syndic": {&martin, ok, ok}, "other syndic": {&nadia, hidden, hidden},
		"none": {&nobody, denied, denied}, "anonymous": {nil, signIn, signIn},
	} {
		ctx := t.Context()
		if check.actor != nil {
			ctx = r.as(*check.actor)
		}
		_, buildings := r.startedRun()
		code, _ := r.sendManual(ctx, buildings[0], pdf(name)).refusal(t)
		require.Equal(t, check.upload, code, "upload as %s", name)
		code, _ = r.fetchManual(ctx, r.manual(buildings[0], "of the office "+name).ID, "").refusal(t)
		require.Equal(t, check.fetch, code, "fetch as %s", name)
	}
	list, err := r.ListManuals(r.as(martin), 99999)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	require.Nil(t, list)
}

func TestRule13_AWorkerReadsManualsAroundOwnRunsOnly(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	for days, sees := range map[int]bool{0: true, 14: true, 15: false, -14: true, -15: false} {
		building := r.building(region)
		r.manual(building, fmt.Sprint("one ", days))
		newest := r.manual(building, fmt.Sprint("two ", days))
		tour := r.tour(region, building)
		run := r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, days) })
		detail, err := r.GetRun(r.as(emma), run)
		require.NoError(t, err)
		list, err := r.ListManuals(r.as(emma), building)
		code, _ := r.fetchManual(r.as(emma), newest.ID, "").refusal(t)
		if !sees {
			requireRefusal(t, err, errs.NotFound, refusal.Missing, "%d days", days)
			require.Equal(t, "not_found", code)
			require.Nil(t, detail.Stops[0].Manual)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []int{2, 1}, versionsOf(list))
		require.Nil(t, list.Items[0].UploadedBy, "names of people are the office's business")
		require.Equal(t, "ok", code)
		require.Equal(t, &StopManual{newest.ID, 2, newest.Size, newest.URL}, detail.Stops[0].Manual)
	}
}

func TestTheFileOfAManualGoesWithTheLastManualThatNeedsIt(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	first, second := r.building(region), r.building(region)
	one, other := r.manual(first, "shared"), r.manual(second, "shared")
	sum := sha256.Sum256(pdf("shared"))
	require.Equal(t, []string{hex.EncodeToString(sum[:]) + ".pdf"}, r.pdfs.names(), "the same file is stored once")

	_, err := r.DeleteManual(r.as(office), one.ID)
	require.NoError(t, err)
	r.pass(25 * time.Hour)
	require.NoError(t, r.RemoveUnusedManuals(t.Context()))
	require.Len(t, r.pdfs.names(), 1, "another building needs it")
	_, err = r.DeleteManual(r.as(office), other.ID)
	require.NoError(t, err)
	r.manual(second, "kept")

	// An upload that ended before it was recorded.
	r.pass(time.Hour)
	require.NoError(t, r.query.NoteManualFile(t.Context(), store.NoteManualFileParams{Sha256: sum[:], NotedAt: r.clock()}))
	require.NoError(t, r.RemoveUnusedManuals(t.Context()))
	require.Len(t, r.pdfs.names(), 2, "it may be about to be recorded")
	r.pass(25 * time.Hour)
	require.NoError(t, r.RemoveUnusedManuals(t.Context()))
	require.Len(t, r.pdfs.names(), 1)
	require.NotContains(t, r.pdfs.names(), hex.EncodeToString(sum[:])+".pdf")
}

func TestAManualTellsTheBuildingAndTheAuditLog(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	before := len(r.events())
	manual := r.manual(buildings[0], "one")
	r.manual(buildings[0], "one")
	for range 2 {
		_, err := r.PutManual(r.as(admin), manual.ID, &PutManualParams{Status: ManualNeedsUpdate})
		require.NoError(t, err)
	}
	_, err := r.DeleteManual(r.as(office), manual.ID)
	require.NoError(t, err)
	require.Equal(t, []string{ManualAdded, ManualChanged, ManualDeleted}, r.events()[before:], "repeats say nothing")
	event := lastEvent[BuildingEvent](r, ManualChanged)
	require.Equal(t, manual.ID, event.ManualID)
	require.Equal(t, []int64{run}, event.RunIDs)
	require.Equal(t, []int64{martin.ID}, event.SyndicIDs)
	var kinds []string
	for _, message := range r.topic.messages {
		if message.Topic == audit.Topic {
			logged, err := audit.Decode(message)
			require.NoError(t, err)
			if strings.HasPrefix(logged.Kind, "manual.") {
				kinds = append(kinds, logged.Kind)
				require.Equal(t, "building", logged.ThingKind)
			}
		}
	}
	require.Equal(t, []string{ManualAdded, ManualChanged, ManualDeleted}, kinds)
}
