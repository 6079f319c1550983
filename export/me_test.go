package export

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/audit"
	"encore.app/auth"
	"encore.app/core"
	"encore.app/mail"
)

// noon is when tests take place, 13 o'clock in Brussels.
var noon = time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC)

// photo is a JPEG for all that matters here.
var photo = []byte{0xff, 0xd8, 1, 2, 3}

// remarkedPhoto is the photo of a remark.
var remarkedPhoto = uuid.Must(uuid.NewV4())

// setup is the service, for which others know of one run with two photos, one of which has lost its file.
func setup(t *testing.T) (s *Service, there, lost uuid.UUID) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	s = newService(zone)
	s.now = func() time.Time { return noon }
	there, lost = uuid.Must(uuid.NewV4()), uuid.Must(uuid.NewV4())
	s.ask = &services{
		account: func(context.Context) (*auth.AccountExportResponse, error) {
			return &auth.AccountExportResponse{Account: &auth.Account{ID: 3, Email: "emma@example.org", Language: "nl"}}, nil
		},
		preferences: func(context.Context) (*mail.PreferencesResponse, error) {
			return &mail.PreferencesResponse{Items: []*mail.PreferenceChoices{{Kind: "reminder", Choice: "off"}}}, nil
		},
		devices: func(context.Context) (*mail.NotificationDevicesResponse, error) {
			return &mail.NotificationDevicesResponse{Items: []*mail.NotificationDevice{
				{ID: 8, Browser: "Firefox", Endpoint: "https://push.example.com/secret"},
			}}, nil
		},
		runs: func(context.Context) (*core.RunsExportResponse, error) {
			return &core.RunsExportResponse{
				IDs: []int64{5, 6}, Availability: &core.Availability{WorkerID: 3, Weekdays: []int{2}},
				Absences: []core.Absence{{ID: 9, Note: "Examens"}}, Swaps: []core.Swap{{Message: "Ik heb examen"}},
				UsualTours: []core.TourName{{ID: 5, Name: "Brugse Poort"}},
			}, nil
		},
		run: func(_ context.Context, id int64) (*core.RunDetail, error) {
			if id == 6 { // somebody else's by now
				return nil, &errs.Error{Code: errs.NotFound}
			}
			visit := &core.Visit{RunID: id, BuildingID: 12, Pictures: []core.Picture{
				{ID: there, RunID: id, BuildingID: 12, Step: new("arrival"), TakenAt: noon},
				{ID: lost, RunID: id, BuildingID: 12, Step: new("inside"), TakenAt: noon},
			}, Remarks: []core.Remark{{
				Text: "The gate sticks", Pictures: []core.Picture{{ID: remarkedPhoto, RunID: id, BuildingID: 12, TakenAt: noon}},
			}}}
			return &core.RunDetail{ID: id, Stops: []core.RunStop{{Visit: visit}, {}}}, nil
		},
		picture: func(_ context.Context, p *core.PictureContentParams) (*core.PictureContentResponse, error) {
			if p.ID == lost {
				return nil, &errs.Error{Code: errs.NotFound}
			}
			return &core.PictureContentResponse{Content: photo}, nil
		},
		incidents: func(_ context.Context, p *core.IncidentsExportParams) (*core.IncidentsExportResponse, error) {
			if p.Cursor == "" {
				return &core.IncidentsExportResponse{Items: []core.ExportedIncident{{ID: 7, Text: "The lid is gone", PictureIDs: []uuid.UUID{there}}}, NextCursor: "2"}, nil
			}
			return &core.IncidentsExportResponse{Items: []core.ExportedIncident{{ID: 8, PictureIDs: []uuid.UUID{lost}}}}, nil
		},
		incidentPicture: func(_ context.Context, p *core.PictureContentParams) (*core.IncidentPictureContentResponse, error) {
			if p.ID == lost {
				return nil, &errs.Error{Code: errs.NotFound}
			}
			return &core.IncidentPictureContentResponse{AddedAt: noon, Content: photo}, nil
		},
		messages: func(_ context.Context, p *mail.MessagesExportParams) (*mail.MessagesExportResponse, error) {
			if p.Cursor == "" {
				return &mail.MessagesExportResponse{Items: []mail.ExportedMessage{{Subject: "B"}}, NextCursor: "2"}, nil
			}
			return &mail.MessagesExportResponse{Items: []mail.ExportedMessage{{Subject: "A"}}}, nil
		},
		changes: func(_ context.Context, p *audit.ChangesExportParams) (*audit.ChangesExportResponse, error) {
			if p.Cursor == "" {
				return &audit.ChangesExportResponse{Items: []audit.ExportedChange{{Kind: "run.started"}}, NextCursor: "2"}, nil
			}
			return &audit.ChangesExportResponse{Items: []audit.ExportedChange{{Kind: "account.created"}}}, nil
		},
	}
	return s, there, lost
}

// as makes the test the request of an account.
func as(id int64) {
	et.OverrideAuthInfo(encoreauth.UID(strconv.FormatInt(id, 10)), &auth.Data{
		UserID: id, SessionID: 70, Role: auth.RoleStudent, Scope: auth.ScopeWrite, Language: "nl",
	})
}

func ask(t *testing.T, s *Service) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	s.ExportMe(recorder, httptest.NewRequest(http.MethodGet, "/me/export", nil).WithContext(t.Context()))
	return recorder
}

// files are what the answer holds, by name.
func files(t *testing.T, answer *httptest.ResponseRecorder) map[string]string {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	file, err := zip.NewReader(bytes.NewReader(answer.Body.Bytes()), int64(answer.Body.Len()))
	require.NoError(t, err)
	content := make(map[string]string)
	for _, entry := range file.File {
		reader, err := entry.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(reader)
		require.NoError(t, err)
		content[entry.Name] = string(text)
	}
	return content
}

func entries[T any](t *testing.T, text string) (items []T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &items), text)
	return items
}

func TestEverybodyTakesTheirOwnDataAlong(t *testing.T) {
	t.Parallel()
	s, there, lost := setup(t)
	as(3)
	answer := ask(t, s)
	require.Equal(t, "application/zip", answer.Header().Get("Content-Type"))
	require.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
	content := files(t, answer)

	require.Contains(t, content["account.json"], "emma@example.org")
	require.Equal(t, "off", entries[mail.PreferenceChoices](t, content["mail-preferences.json"])[0].Choice)
	require.Contains(t, content["notification-devices.json"], "Firefox")
	require.NotContains(t, content["notification-devices.json"], "secret")
	messages := entries[mail.ExportedMessage](t, content["mail.json"])
	require.Equal(t, []string{"B", "A"}, []string{messages[0].Subject, messages[1].Subject}, "every page")
	changes := entries[audit.ExportedChange](t, content["changes.json"])
	require.Equal(t, []string{"run.started", "account.created"}, []string{changes[0].Kind, changes[1].Kind})
	require.Contains(t, content["availability.json"], "Examens")
	require.Contains(t, content["swaps.json"], "Ik heb examen")
	require.Contains(t, content["availability.json"], "Brugse Poort")
	require.Contains(t, content["availability.json"], `"weekdays"`)
	runs := entries[core.RunDetail](t, content["runs.json"])
	require.Len(t, runs, 1)
	require.EqualValues(t, 5, runs[0].ID)
	require.Equal(t, "The gate sticks", runs[0].Stops[0].Visit.Remarks[0].Text)
	require.Equal(t, string(photo), content["photos/run-5/building-12-remark-"+remarkedPhoto.String()+".jpg"])
	require.Equal(t, string(photo), content["photos/run-5/building-12-arrival-"+there.String()+".jpg"])
	incidents := entries[core.ExportedIncident](t, content["incidents.json"])
	require.Equal(t, []int64{7, 8}, []int64{incidents[0].ID, incidents[1].ID}, "every page")
	require.Equal(t, "The lid is gone", incidents[0].Text)
	require.Equal(t, string(photo), content["photos/incident-7/"+there.String()+".jpg"])
	require.Equal(t, []string{"photos/run-5/building-12-inside-" + lost.String() + ".jpg", "photos/incident-8/" + lost.String() + ".jpg"},
		entries[string](t, content["missing-photos.json"]))
}

func TestTheReadmeTellsOfEveryFileInTheLanguageOfThePerson(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	as(3)
	for language, word := range map[string]string{"nl": "Je gegevens", "en": "Your data", "fr": "Vos données"} {
		account := s.ask.account
		s.ask.account = func(ctx context.Context) (*auth.AccountExportResponse, error) {
			answer, err := account(ctx)
			answer.Account.Language = language
			return answer, err
		}
		content := files(t, ask(t, s))
		readme := content["readme.txt"]
		require.True(t, strings.HasPrefix(readme, word), readme)
		for name := range content {
			if folder, _, inFolder := strings.Cut(name, "/"); inFolder {
				name = folder + "/"
			}
			if name != "readme.txt" {
				require.Contains(t, readme, name)
			}
		}
	}
}

func TestWhoHasNothingGetsEmptyLists(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	s.ask.runs = func(context.Context) (*core.RunsExportResponse, error) { return &core.RunsExportResponse{}, nil }
	s.ask.incidents = func(context.Context, *core.IncidentsExportParams) (*core.IncidentsExportResponse, error) {
		return &core.IncidentsExportResponse{}, nil
	}
	as(3)
	content := files(t, ask(t, s))
	require.Equal(t, "[]\n", content["runs.json"])
	require.Equal(t, "[]\n", content["incidents.json"])
	require.NotContains(t, content, "missing-photos.json")
}

func TestAnExportThatBreaksOffIsNoFile(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	as(3)
	s.ask.changes = func(context.Context, *audit.ChangesExportParams) (*audit.ChangesExportResponse, error) {
		return nil, errors.New("audit is away")
	}
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { ask(t, s) })
	s.ask.preferences = func(context.Context) (*mail.PreferencesResponse, error) {
		return nil, &errs.Error{Code: errs.Unavailable}
	}
	require.Equal(t, http.StatusServiceUnavailable, ask(t, s).Code, "known before the file begins")
	require.Empty(t, s.turns, "whoever breaks off leaves their turn")
}

func TestExportsWaitForEachOther(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	as(3)
	for range cap(s.turns) {
		s.turns <- struct{}{}
	}
	answer := ask(t, s)
	require.Equal(t, http.StatusTooManyRequests, answer.Code)
	require.Equal(t, "60", answer.Header().Get("Retry-After"))
	<-s.turns
	require.Equal(t, http.StatusOK, ask(t, s).Code)

	et.OverrideAuthInfo("", nil)
	require.Equal(t, http.StatusUnauthorized, ask(t, s).Code)
}

func TestNobodyTakesTheTurnsOfAllOthers(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	as(3)
	preferences := s.ask.preferences
	s.ask.preferences = func(ctx context.Context) (*mail.PreferencesResponse, error) {
		another := ask(t, s)
		require.Equal(t, http.StatusTooManyRequests, another.Code)
		require.Equal(t, "60", another.Header().Get("Retry-After"))
		return preferences(ctx)
	}
	require.Equal(t, http.StatusOK, ask(t, s).Code)
	require.Equal(t, http.StatusOK, ask(t, s).Code)
}

// A phone that has lost its network says nothing, and would hold its turn until the connection is given up.
func TestWhoTakesNothingLosesTheirTurn(t *testing.T) {
	t.Parallel()
	s, there, _ := setup(t)
	s.patience = 100 * time.Millisecond
	s.ask.picture = func(_ context.Context, p *core.PictureContentParams) (*core.PictureContentResponse, error) {
		return &core.PictureContentResponse{Picture: core.Picture{ID: there}, Content: make([]byte, 32<<20)}, nil
	}
	as(3)
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		defer close(ended)
		s.ExportMe(w, req)
	}))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	<-ended // though nothing is read
	require.Empty(t, s.turns)
	_, err = io.Copy(io.Discard, answer.Body)
	require.Error(t, err, "half a file must not look like a whole one")
}

// Through the services themselves.
func TestTheServicesGiveWhatTheyKnowOfSomebody(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	var id int64
	require.NoError(t, sqldb.Named("auth").QueryRow(t.Context(), `
		insert into users (email, first_name, last_name, role) values ('take.along@trottoir.test', 'A', 'B', 'student') returning id`).Scan(&id))
	_, err = sqldb.Named("mail").Exec(t.Context(), `
		insert into messages (source, kind, user_id, subject, status, next_try_at, expires_at, message_id, occurred_at, created_at, ended_at)
		values ('export:1', 'test', $1, 'Een test', 'sent', now(), now(), 'export:1', now(), now(), now())`, id)
	require.NoError(t, err)
	_, err = sqldb.Named("audit").Exec(t.Context(), `
		insert into entries (event_id, kind, thing_kind, thing_id, actor_id, session_id, address, account_id, occurred_at)
		values (gen_random_uuid(), 'token.created', 'token', '4', $1, 0, '', $1, now())`, id)
	require.NoError(t, err)
	as(id)
	content := files(t, ask(t, newService(zone)))
	require.Contains(t, content["account.json"], "take.along@trottoir.test")
	require.Equal(t, "Een test", entries[mail.ExportedMessage](t, content["mail.json"])[0].Subject)
	require.Equal(t, "token.created", entries[audit.ExportedChange](t, content["changes.json"])[0].Kind)
	require.Equal(t, "[]\n", content["runs.json"])
	require.Contains(t, content["mail-preferences.json"], "reminder")
}
