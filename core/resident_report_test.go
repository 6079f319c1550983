package core

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"encore.app/core/resident"
)

// sendReport sends the form of the residents' page, as a browser without scripts does.
func (r *rounds) sendReport(publicID, from, language string, fields map[string]string, photo []byte) answer {
	r.t.Helper()
	contentType, body := reportForm(fields, photo)
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, residentPath(publicID)+"?lang="+language, bytes.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("X-Forwarded-For", from)
	recorder := httptest.NewRecorder()
	r.serveResidentReport(recorder, req, publicID)
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func TestAReportFromThePageIsAnIncident(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id := r.publicID(r.building(r.region()))
	sent := r.sendReport(id, address(), "fr", map[string]string{
		"kind": Dirty, "text": "Du verre\r\nà côté", "email": "an@example.org", "language": "fr",
	}, jpegFile(t, 64, 48))
	require.Equal(t, http.StatusSeeOther, sent.status, string(sent.body))
	require.Equal(t, residentPath(id)+"?lang=fr&sent=1", sent.header.Get("Location"))
	require.Contains(t, string(r.page(sent.header.Get("Location")).body), "Merci")

	list, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.Equal(t, "Du verre\nà côté", list.Items[0].Text)
	require.Equal(t, 1, list.Items[0].PictureCount)
}

func TestAReportThatIsSentAgainFromItsFormIsOne(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id := r.publicID(r.building(r.region()))
	formOf := func(page answer) string {
		found := regexp.MustCompile(`name="id" value="([0-9a-f-]{36})"`).FindSubmatch(page.body)
		require.NotNil(t, found)
		return string(found[1])
	}
	form := formOf(r.page(residentPath(id)))
	require.NotEqual(t, form, formOf(r.page(residentPath(id))), "each page has a form of its own")
	require.NotEqual(t, form, formOf(r.sendReport(id, address(), "nl", nil, nil)))
	fields := map[string]string{"id": form, "kind": Dirty, "text": "Glas"}
	photo := jpegFile(t, 64, 48)
	var group errgroup.Group
	for range 4 { // at once, as by two clicks
		group.Go(func() error {
			if sent := r.sendReport(id, address(), "nl", fields, photo); sent.status != http.StatusSeeOther {
				return fmt.Errorf("%d: %s", sent.status, sent.body)
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	reports := func() int {
		list, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
		require.NoError(t, err)
		return len(list.Items)
	}
	require.Equal(t, 1, reports())
	fields["text"] = "Nog meer glas"
	require.Equal(t, http.StatusSeeOther, r.sendReport(id, address(), "nl", fields, photo).status)
	require.Equal(t, http.StatusSeeOther, r.sendReport(id, address(), "nl", fields, nil).status)
	require.Equal(t, 3, reports(), "other words, or without the photo, are another report")
	delete(fields, "id")
	for range 2 {
		require.Equal(t, http.StatusSeeOther, r.sendReport(id, address(), "nl", fields, nil).status)
	}
	require.Equal(t, 5, reports())
}

func TestReportsOfOneNetworkAreTakenOneAtATime(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id, from := r.publicID(r.building(r.region())), address()
	turn := networkTurn(from)
	leave, err := r.reports.enter(t.Context(), turn)
	require.NoError(t, err)
	sent := make(chan int, 1)
	go func() { sent <- r.sendReport(id, from, "nl", map[string]string{"kind": Dirty}, nil).status }()
	require.Eventually(t, func() bool {
		r.reports.mu.Lock()
		defer r.reports.mu.Unlock()
		return r.reports.persons[turn].users == 2
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, http.StatusSeeOther, r.sendReport(id, address(), "nl", map[string]string{"kind": Dirty}, nil).status, "others go on")
	leave()
	require.Equal(t, http.StatusSeeOther, <-sent)
}

func TestAWrongReportComesBackAsItWasTyped(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id := r.publicID(r.building(r.region()))
	for name, c := range map[string]struct {
		fields map[string]string
		photo  []byte
		says   []string
	}{
		"no kind":      {map[string]string{"text": "<b>Glas</b>", "email": "an@example.org"}, nil, []string{"Choose what is the matter.", "&lt;b&gt;Glas&lt;/b&gt;</textarea>", `value="an@example.org"`}},
		"other kind":   {map[string]string{"kind": "nothing", "text": "Glas"}, nil, []string{"Choose what is the matter.", "Glas</textarea>"}},
		"no words":     {map[string]string{"kind": OtherProblem}, nil, []string{"Describe the problem.", `<option value="other" selected>`}},
		"many words":   {map[string]string{"kind": Dirty, "text": strings.Repeat("é", 2001)}, nil, []string{"The description is too long", "ééé</textarea>"}},
		"NUL":          {map[string]string{"kind": Dirty, "text": "a\x00b"}, nil, []string{"characters that cannot be stored"}},
		"no address":   {map[string]string{"kind": Dirty, "text": "Glas", "email": "an@"}, nil, []string{"This is not an e-mail address.", `value="an@"`}},
		"no photo":     {map[string]string{"kind": Dirty, "text": "Glas"}, []byte("a text"), []string{"The photo has to be a JPEG", "Glas</textarea>"}},
		"large photo":  {map[string]string{"kind": Dirty, "text": "Glas"}, make([]byte, maxUpload+1), []string{"The photo is too large", "Glas</textarea>"}},
		"broken photo": {map[string]string{"kind": Dirty, "text": "Glas"}, jpegFile(t, 64, 48)[:300], []string{"The photo is damaged"}},
		"photo again":  {map[string]string{"kind": OtherProblem}, jpegFile(t, 64, 48), []string{"Describe the problem.", "Choose the photo again, too."}},
		"language":     {map[string]string{"kind": Dirty, "language": "de"}, nil, []string{"The form did not arrive completely."}},
	} {
		answer := r.sendReport(id, address(), "en", c.fields, c.photo)
		require.Equal(t, http.StatusBadRequest, answer.status, name)
		require.Contains(t, string(answer.body), "The report was not sent:", name)
		for _, text := range c.says {
			require.Contains(t, string(answer.body), text, name)
		}
		require.Equal(t, "no-store", answer.header.Get("Cache-Control"), name)
	}
	list, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
	require.NoError(t, err)
	require.Empty(t, list.Items)
}

func TestReportsFromThePageAreCounted(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	id, from := r.publicID(building), address()
	for range reportsOfNetwork.Count {
		require.Equal(t, http.StatusSeeOther, r.sendReport(id, from, "nl", map[string]string{"kind": Dirty}, nil).status)
	}
	refused := r.sendReport(id, from, "nl", map[string]string{"kind": Dirty, "text": "Glas <op> de stoep"}, make([]byte, 100))
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.Contains(t, string(refused.body), "Glas &lt;op&gt; de stoep", "nobody types it again")
	require.NotEmpty(t, refused.header.Get("Retry-After"))
	require.Contains(t, string(refused.body), "Er zijn te veel meldingen")

	for range publicLimit.Count {
		r.sendReport(id, from, "nl", map[string]string{"kind": Dirty}, nil)
	}
	refused = r.sendReport(id, from, "nl", map[string]string{"kind": Dirty}, nil)
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.NotContains(t, string(refused.body), "<form", "the page is not read without end by sending reports")

	robot := r.sendReport(id, address(), "nl", map[string]string{"kind": Dirty, "website": "https://spam.example"}, nil)
	require.Equal(t, http.StatusSeeOther, robot.status, "a program learns nothing")
	missing := r.sendReport(newID().String(), address(), "nl", map[string]string{"kind": Dirty}, nil)
	require.Equal(t, http.StatusNotFound, missing.status)
	require.Equal(t, string(resident.NotFound), string(missing.body))
}

func TestThePageOffersTheKindsThatThereAre(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, IncidentKinds(), resident.Kinds)
}
