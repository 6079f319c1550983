package core

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/resident"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// publicID is the public id of a building.
func (r *rounds) publicID(building int64) string {
	r.t.Helper()
	found, err := r.GetBuilding(r.as(office), building)
	require.NoError(r.t, err)
	return found.PublicID
}

// showPhotos turns the photos of a building's residents' page on or off.
func (r *rounds) showPhotos(building int64, on bool) {
	r.t.Helper()
	_, err := r.pool.Exec(r.t.Context(), `update buildings set public_photos = $2, version = version + 1 where id = $1`, building, on)
	require.NoError(r.t, err)
}

// page asks for the residents' page; header are pairs of names and values.
func (r *rounds) page(path string, header ...string) answer {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	publicID, _, _ := strings.Cut(strings.TrimPrefix(path, "/b/"), "?")
	r.serveResidentPage(recorder, req, publicID)
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

// residentPicture asks for a photo of a residents' page, as its address says.
func (r *rounds) residentPicture(path string) answer {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, path, nil)
	recorder := httptest.NewRecorder()
	parts := strings.Split(path, "/") // "", b, public id, pictures, id, size
	if err := r.serveResidentPicture(recorder, req, parts[2], parts[4], parts[5]); err != nil {
		refusal.Write(recorder, err)
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

// collect makes a collection that is put out and brought in; change may alter it first.
func (r *rounds) collect(building int64, kind string, date time.Time, change ...func(*store.InsertCollectionsParams)) {
	r.t.Helper()
	params := store.InsertCollectionsParams{
		BuildingIds: []int64{building}, Dates: []time.Time{date}, RuleDates: []time.Time{date}, Type: kind, PutOut: true, BringIn: true,
	}
	for _, c := range change {
		c(&params)
	}
	made, err := r.query.InsertCollections(r.t.Context(), params)
	require.NoError(r.t, err)
	require.Len(r.t, made, 1)
}

func TestResidentsReadWhatIsFetched(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region(), func(b *store.InsertBuildingParams) { b.Bus = "3" })
	times := func(from, to string) func(*store.InsertCollectionsParams) {
		return func(p *store.InsertCollectionsParams) { p.TimeFrom, p.TimeTo = from, to }
	}
	r.collect(building, "GFT", today.AddDate(0, 0, -1))
	r.collect(building, "PMD", today, times("06:00", "14:00"))
	r.collect(building, "PAP", today.AddDate(0, 0, 1), times("13:00", "17:00"))
	r.collect(building, "GRF", today.AddDate(0, 0, 30), func(p *store.InsertCollectionsParams) { p.PutOut, p.BringIn = false, false })
	r.collect(building, "GLS", today.AddDate(0, 0, 31))
	r.collect(r.building(r.region()), "GLS", today)

	found, err := r.GetPublicBuilding(t.Context(), r.publicID(building))
	require.NoError(t, err)
	require.Equal(t, "2026-05-04", found.Today)
	require.Equal(t, "3", found.Address.Bus)
	require.Nil(t, found.Departure)
	type short struct {
		code, date, putOut string
		bringIn            bool
		from               string
	}
	var got []short
	for _, c := range found.Collections {
		got = append(got, short{c.Kind.Code, c.Date, c.PutOutDate, c.BringIn, c.TimeFrom})
	}
	require.Equal(t, []short{
		{"PMD", "2026-05-04", "2026-05-03", true, "06:00"},
		{"PAP", "2026-05-05", "2026-05-05", true, "13:00"},
		{"GRF", "2026-06-03", "", false, ""},
	}, got)

	for language, word := range map[string]string{"nl": "Papier en karton", "en": "Paper and cardboard", "fr": "Papier et carton"} {
		page := r.page(residentPath(r.publicID(building)), "Accept-Language", language)
		require.Equal(t, http.StatusOK, page.status)
		require.Contains(t, string(page.body), word)
		require.Contains(t, string(page.body), `lang="`+language+`"`)
		require.Contains(t, string(page.body), "webcal://trottoir.example/b/"+r.publicID(building)+"/calendar.ics?lang="+language)
		require.Equal(t, "Accept-Language", page.header.Get("Vary"))
		require.Equal(t, "same-origin", page.header.Get("Referrer-Policy"))
		require.Contains(t, page.header.Get("X-Robots-Tag"), "noindex")
		require.Equal(t, resident.Policy, page.header.Get("Content-Security-Policy"))
	}
}

// What a resident can learn is what this type holds: whoever adds a field decides that everybody may read it.
func TestAllThatResidentsCanRead(t *testing.T) {
	t.Parallel()
	address := []string{"street", "house_number", "bus", "postal_code", "city"}
	var want []string
	for _, field := range address {
		want = append(want, "address."+field)
	}
	want = append(want, "today")
	for _, field := range []string{"kind.code", "kind.name_nl", "kind.name_en", "kind.name_fr", "kind.colour", "kind.icon", "date", "put_out_date", "bring_in", "time_from", "time_to"} {
		want = append(want, "collections."+field)
	}
	want = append(want, "departure.at", "departure.pictures.width", "departure.pictures.height", "departure.pictures.urls.320", "departure.pictures.urls.1600")
	require.Equal(t, want, jsonFields("", reflect.TypeFor[PublicBuilding]()))
}

func jsonFields(prefix string, of reflect.Type) (all []string) {
	for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() {
		return []string{strings.TrimSuffix(prefix, ".")}
	}
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		all = append(all, jsonFields(prefix+name+".", field.Type)...)
	}
	return all
}

// Everything that somebody knows about the building and that residents must not learn holds this word.
const planted = "GEHEIM"

func TestResidentsLearnNoSecrets(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region, err := r.query.InsertRegion(t.Context(), planted+" region")
	require.NoError(t, err)
	r.regions = append(r.regions, region)
	building := r.building(region, func(b *store.InsertBuildingParams) {
		b.Name, b.CustomerNumber, b.PublicPhotos = planted+" name", planted+"-1", true
		b.Latitude, b.Longitude = new(51.123456), new(3.123456)
	})
	tour := r.tour(region, building)
	_, err = r.pool.Exec(t.Context(), `update tours set name = $2 where id = $1`, tour, planted+" tour")
	require.NoError(t, err)
	run, _ := r.startedRun(func(p *store.InsertRunParams) { p.TourID = tour })
	r.visit(run, building, StepArrival, StepInside, StepDeparture)
	_, err = r.AddComment(r.as(office), building, &AddCommentParams{Text: planted + " code 4711"})
	require.NoError(t, err)
	r.collect(building, "PMD", today, func(p *store.InsertCollectionsParams) { p.Note = planted + " note" })
	_, err = r.pool.Exec(t.Context(), `update visits set reason = $1`, planted+" reason")
	require.NoError(t, err)

	found, err := r.GetPublicBuilding(t.Context(), r.publicID(building))
	require.NoError(t, err)
	require.Len(t, found.Departure.Pictures, 1)
	body, err := json.Marshal(found)
	require.NoError(t, err)
	page := r.page(residentPath(r.publicID(building)))
	require.Equal(t, http.StatusOK, page.status)
	for name, text := range map[string]string{"JSON": string(body), "page": string(page.body)} {
		for _, secret := range []string{planted, "4711", "First3", "Last3", "+3247", "First5", "51.12", "@example"} {
			require.NotContains(t, text, secret, name)
		}
	}
}

func TestPhotosOfTheLastDepartureAreShownWhereTheOfficeSaysSo(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	run, buildings := r.startedRun(func(p *store.InsertRunParams) { p.TourID = tour })
	r.visit(run, buildings[0], StepArrival, StepInside)
	id := r.publicID(buildings[0])
	r.showPhotos(buildings[0], true)
	before, err := r.GetPublicBuilding(t.Context(), id)
	require.NoError(t, err)
	require.Nil(t, before.Departure, "not left yet")

	arrival := r.picture(run, buildings[0], StepArrival)
	r.pass(publicAge)
	r.visit(run, buildings[0], StepDeparture)
	first, err := r.GetPublicBuilding(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, first.Departure.Pictures, 1)
	photo := first.Departure.Pictures[0].URLs
	require.Equal(t, http.StatusOK, r.residentPicture(photo.Small).status)
	large := r.residentPicture(photo.Large)
	require.Equal(t, http.StatusOK, large.status)
	require.Equal(t, "private, no-cache", large.header.Get("Cache-Control"))
	require.Contains(t, string(r.page(residentPath(id)).body), photo.Small)

	for name, path := range map[string]string{
		"a photo of the arrival": fmt.Sprintf("/b/%s/pictures/%s/320", id, arrival.ID),
		"of another building":    fmt.Sprintf("/b/%s/pictures/%s/320", r.publicID(buildings[1]), strings.Split(photo.Small, "/")[4]),
		"of another size":        fmt.Sprintf("/b/%s/pictures/%s/64", id, strings.Split(photo.Small, "/")[4]),
		"of no building":         fmt.Sprintf("/b/%s/pictures/%s/320", newID(), strings.Split(photo.Small, "/")[4]),
		"of nothing":             fmt.Sprintf("/b/%s/pictures/x/320", id),
	} {
		require.Equal(t, http.StatusNotFound, r.residentPicture(path).status, name)
	}

	r.showPhotos(buildings[0], false)
	off, err := r.GetPublicBuilding(t.Context(), id)
	require.NoError(t, err)
	require.Nil(t, off.Departure, "at once")
	require.Equal(t, http.StatusNotFound, r.residentPicture(photo.Small).status)
	require.NotContains(t, string(r.page(residentPath(id)).body), "/pictures/")
	r.showPhotos(buildings[0], true)

	r.pass(24 * time.Hour)
	tomorrow, _ := r.startedRun(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, 1) })
	r.visit(tomorrow, buildings[0], StepArrival, StepInside, StepDeparture)
	require.Equal(t, http.StatusNotFound, r.residentPicture(photo.Small).status, "not the last one any more")

	r.pass(publicAge)
	last, err := r.GetPublicBuilding(t.Context(), id)
	require.NoError(t, err)
	photo = last.Departure.Pictures[0].URLs
	require.Equal(t, http.StatusOK, r.residentPicture(photo.Small).status)
	_, err = r.ArchiveBuilding(r.as(office), buildings[0])
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, r.residentPicture(photo.Small).status, "the building is archived")
}

func TestBinsGoOutOnTheDayItselfFromNoonOn(t *testing.T) {
	t.Parallel()
	date := today
	for from, want := range map[string]time.Time{
		"": date.AddDate(0, 0, -1), "06:00": date.AddDate(0, 0, -1), "11:59": date.AddDate(0, 0, -1), "12:00": date, "12:01": date, "23:59": date,
	} {
		require.Equal(t, want, putOutDay(date, true, from), from)
	}
	require.Zero(t, putOutDay(date, false, "06:00"))
}

func TestAPageHasOneAddress(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id := r.publicID(r.building(r.region()))
	require.Equal(t, http.StatusOK, r.page(residentPath(id)).status)
	for _, other := range []string{strings.ToUpper(id), strings.ReplaceAll(id, "-", ""), "{" + id + "}", "urn:uuid:" + id} {
		require.Equal(t, http.StatusNotFound, r.page(residentPath(other)).status, other)
	}
}

func TestResidentsAreNotToldOfWhatWasDeleted(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	deleted := r.collection(building, "2026-05-05")
	r.collection(building, "2026-05-06")
	_, err := r.DeleteCollection(r.as(office), deleted.ID)
	require.NoError(t, err)
	found, err := r.GetPublicBuilding(t.Context(), r.publicID(building))
	require.NoError(t, err)
	require.Len(t, found.Collections, 1)
	require.Equal(t, "2026-05-06", found.Collections[0].Date)
}

func TestAnUnknownPageIsTheSameForAllReasons(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	archived, renewed := r.building(r.region()), r.building(r.region())
	ids := []string{newID().String(), "nothing", "", r.publicID(archived), r.publicID(renewed), strings.ToUpper(r.publicID(renewed))}
	require.Equal(t, http.StatusOK, r.page(residentPath(ids[4])).status)
	_, err := r.ArchiveBuilding(r.as(office), archived)
	require.NoError(t, err)
	_, err = r.RenewPublicID(r.as(martin), renewed, &RenewPublicIDParams{})
	require.NoError(t, err)
	for _, id := range ids {
		answer := r.page(residentPath(id), "Accept-Language", "fr")
		require.Equal(t, http.StatusNotFound, answer.status, id)
		require.Equal(t, string(resident.NotFound), string(answer.body), id)
		require.Equal(t, "no-store", answer.header.Get("Cache-Control"))
		_, err := r.GetPublicBuilding(t.Context(), id)
		requireRefusal(t, err, errs.NotFound, refusal.Missing)
	}
	for _, word := range []string{"bestaat niet", "does not exist", "n’existe pas"} {
		require.Contains(t, string(resident.NotFound), word)
	}
}

func TestThePageIsKeptForAShortWhile(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	path := residentPath(r.publicID(building))
	first := r.page(path)
	require.Equal(t, "no-cache", first.header.Get("Cache-Control"))
	tag := first.header.Get("ETag")
	require.Equal(t, http.StatusNotModified, r.page(path, "If-None-Match", tag).status)
	require.NotEqual(t, tag, r.page(path+"?lang=fr").header.Get("ETag"))

	r.collect(building, "PMD", today)
	require.Equal(t, http.StatusNotModified, r.page(path, "If-None-Match", tag).status, "kept")
	r.pass(publicAge)
	require.Equal(t, http.StatusOK, r.page(path, "If-None-Match", tag).status)
	r.pass(24 * time.Hour)
	require.NotContains(t, string(r.page(path).body), "PMD", "another day is another page")

	_, err := r.pool.Exec(t.Context(), `update buildings set street = 'Nieuwstraat', version = version + 1 where id = $1`, building)
	require.NoError(t, err)
	require.Contains(t, string(r.page(path).body), "Nieuwstraat", "at once")
}

func TestStrangersDoNotAskWithoutEnd(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	path := residentPath(r.publicID(r.building(r.region())))
	for range publicLimit.Count {
		require.Equal(t, http.StatusOK, r.page(path, "X-Forwarded-For", "192.0.2.1").status)
	}
	refused := r.page(path+"?lang=en", "X-Forwarded-For", "192.0.2.1")
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.Equal(t, "1", refused.header.Get("Retry-After"))
	require.Contains(t, string(refused.body), "A moment, please")
	require.Equal(t, http.StatusOK, r.page(path, "X-Forwarded-For", "192.0.2.2").status, "somebody else")
	r.pass(publicLimit.Period)
	require.Equal(t, http.StatusOK, r.page(path, "X-Forwarded-For", "192.0.2.1").status)
}
