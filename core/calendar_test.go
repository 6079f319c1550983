package core

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/emersion/go-ical"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// link makes a link for a calendar, and returns its secret.
func (r *rounds) link(actor access.Actor, params CreateCalendarParams) (id int64, token string) {
	r.t.Helper()
	params.Language = "nl"
	made, err := r.CreateCalendar(r.as(actor), &params)
	require.NoError(r.t, err)
	token, isLink := strings.CutPrefix(made.URL, "https://trottoir.example/calendars/")
	require.True(r.t, isLink, made.URL)
	return made.Calendar.ID, token
}

// readCalendar reads a link without signing in.
func (r *rounds) readCalendar(token, etag string) answer {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/calendars/"+token, nil)
	req.Header.Set("If-None-Match", etag)
	recorder := httptest.NewRecorder()
	if err := r.serveCalendar(recorder, req, token); err != nil {
		refusal.Write(recorder, err)
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func (r *rounds) residentCalendar(publicID, language string) answer {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, residentPath(publicID)+"/calendar.ics?lang="+language, nil)
	recorder := httptest.NewRecorder()
	if err := r.serveResidentCalendar(recorder, req, publicID); err != nil {
		refusal.Write(recorder, err)
	}
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

// events are those of a calendar by their UID, read by another library than the one that wrote them.
func (a answer) events(t *testing.T) map[string]ical.Event {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, string(a.body))
	require.Equal(t, "text/calendar; charset=utf-8", a.header.Get("Content-Type"))
	calendar, err := ical.NewDecoder(bytes.NewReader(a.body)).Decode()
	require.NoError(t, err)
	events := make(map[string]ical.Event)
	for _, event := range calendar.Events() {
		events[eventText(t, event, ical.PropUID)] = event
	}
	return events
}

func eventText(t *testing.T, event ical.Event, name string) string {
	t.Helper()
	text, err := event.Props.Text(name)
	require.NoError(t, err)
	return text
}

func TestAWorkersCalendarHasTheirRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building := r.building(region, func(b *store.InsertBuildingParams) { b.Street = "Sint-Élisabethstraat" })
	tour := r.tour(region, building)
	on := func(days int, worker int64) int64 {
		return r.run(func(p *store.InsertRunParams) {
			p.TourID, p.Date, p.WorkerID = tour, today.AddDate(0, 0, days), worker
		})
	}
	now, edge, later, old, others := on(0, emma.ID), on(14, emma.ID), on(15, emma.ID), on(-15, emma.ID), on(1, lucas.ID)
	uid := func(run int64) string { return fmt.Sprintf("run-%d@trottoir", run) }
	_, token := r.link(emma, CreateCalendarParams{Feed: FeedRuns})

	events := r.readCalendar(token, "").events(t)
	require.NotContains(t, events, uid(others))
	require.NotContains(t, events, uid(old))
	require.Len(t, events, 3)
	first := events[uid(now)]
	require.Contains(t, eventText(t, first, ical.PropSummary), "Rit: Tour")
	require.Equal(t, "20260504", first.Props.Get(ical.PropDateTimeStart).Value)
	require.Equal(t, "20260505", first.Props.Get(ical.PropDateTimeEnd).Value)
	require.Contains(t, eventText(t, first, ical.PropDescription), "Sint-Élisabethstraat")
	require.Contains(t, eventText(t, events[uid(edge)], ical.PropDescription), "Sint-Élisabethstraat")
	require.Nil(t, events[uid(later)].Props.Get(ical.PropDescription), "rule 13: the addresses are for 14 days ahead")

	version := first.Props.Get(ical.PropSequence).Value
	_, err := r.CancelRun(r.as(office), now, &CancelRunParams{Reason: "Ziek"})
	require.NoError(t, err)
	cancelled := r.readCalendar(token, "").events(t)[uid(now)]
	status, err := cancelled.Status()
	require.NoError(t, err)
	require.Equal(t, ical.EventCancelled, status)
	require.Greater(t, cancelled.Props.Get(ical.PropSequence).Value, version)
	require.Nil(t, cancelled.Props.Get(ical.PropDescription))
}

func TestACalendarOfABuildingHasItsCollections(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region(), func(b *store.InsertBuildingParams) { b.Street = "Burgstraat, achter; de \"poort\"" })
	r.collect(building, "PMD", today, func(p *store.InsertCollectionsParams) {
		p.TimeFrom, p.TimeTo, p.Note = "06:00", "14:00", "Notitie, één;\ntwee"
	})
	r.collect(building, "PAP", today.AddDate(0, 0, 1))
	r.collect(building, "GLS", today.AddDate(0, 0, 61))
	_, token := r.link(martin, CreateCalendarParams{Feed: FeedBuilding, BuildingID: &building})
	byName := func(a answer) map[string]ical.Event {
		named := make(map[string]ical.Event)
		for _, event := range a.events(t) {
			named[eventText(t, event, ical.PropSummary)] = event
		}
		return named
	}
	events := byName(r.readCalendar(token, ""))
	require.Len(t, events, 2)
	pmd, paper := events["PMD"], events["Papier en karton"]
	require.Equal(t, "20260504T040000Z", pmd.Props.Get(ical.PropDateTimeStart).Value, "6 o'clock in Brussels, in summer")
	require.Equal(t, "20260504T120000Z", pmd.Props.Get(ical.PropDateTimeEnd).Value)
	require.Equal(t, "Buiten: zondagavond 3 mei · daarna weer binnen\nNotitie, één;\ntwee", eventText(t, pmd, ical.PropDescription))
	require.Contains(t, eventText(t, pmd, ical.PropLocation), "Burgstraat, achter; de \"poort\"")
	require.Equal(t, "20260505", paper.Props.Get(ical.PropDateTimeStart).Value)

	public := r.residentCalendar(r.publicID(building), "fr")
	resident := byName(public)
	require.Len(t, resident, 2)
	require.NotContains(t, string(public.body), "Notitie", "notes are not for residents")
	require.Equal(t, "Sortie: dimanche soir 3 mai · rentrés ensuite", eventText(t, resident["PMC"], ical.PropDescription))

	list, err := r.ListCollections(r.as(office), &ListCollectionsParams{Building: []int64{building}, Type: "PMD"})
	require.NoError(t, err)
	_, err = r.DeleteCollection(r.as(office), list.Items[0].ID)
	require.NoError(t, err)
	status, err := new(byName(r.readCalendar(token, ""))["PMD"]).Status()
	require.NoError(t, err)
	require.Equal(t, ical.EventCancelled, status)
	r.pass(calendarMemory)
	require.NotContains(t, byName(r.readCalendar(token, "")), "PMD", "forgotten")

	require.Equal(t, http.StatusNotFound, r.residentCalendar(newID().String(), "nl").status)
}

func TestTheResidentsCalendarEndsWithTheirPage(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	r.collect(building, "PMD", today)
	before := r.publicID(building)
	require.Len(t, r.residentCalendar(before, "nl").events(t), 1)
	_, err := r.RenewPublicID(r.as(office), building, &RenewPublicIDParams{})
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, r.residentCalendar(before, "nl").status, "a code that was renewed leads nowhere")
	after := r.publicID(building)
	require.Len(t, r.residentCalendar(after, "nl").events(t), 1)
	_, err = r.ArchiveBuilding(r.as(office), building)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, r.residentCalendar(after, "nl").status, "an archived building has no page")
}

func TestACalendarTellsOfWhatTookThePlaceOfADeletedCollection(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	deleted := r.collection(building, "2026-05-05")
	_, err := r.DeleteCollection(r.as(office), deleted.ID)
	require.NoError(t, err)
	read := func() map[string]ical.Event { return r.residentCalendar(r.publicID(building), "nl").events(t) }
	require.Len(t, read(), 1)
	another := r.collection(building, "2026-05-05")
	events := read()
	require.Len(t, events, 1, "not one that is struck out beside one that is not")
	require.Contains(t, events, fmt.Sprintf("collection-%d@trottoir", another.ID))
}

func TestACalendarOfAnArchivedBuildingHasItsPastOnly(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	for _, date := range []string{"2026-05-03", "2026-05-04", "2026-05-05"} {
		r.collection(building, date)
	}
	_, token := r.link(martin, CreateCalendarParams{Feed: FeedBuilding, BuildingID: &building})
	require.Len(t, r.readCalendar(token, "").events(t), 3)
	_, err := r.ArchiveBuilding(r.as(office), building)
	require.NoError(t, err)
	require.Len(t, r.readCalendar(token, "").events(t), 1)
}

func TestNothingEndsBeforeItBegins(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	day := time.Date(2027, time.March, 28, 0, 0, 0, 0, time.UTC) // 2 o'clock is 3 o'clock
	for _, times := range [][2]string{{"02:30", "03:00"}, {"02:30", "03:15"}, {"01:30", "02:15"}, {"02:15", "02:45"}} {
		start, end, wholeDay, err := r.when(day, times[0], times[1])
		require.NoError(t, err)
		require.False(t, wholeDay)
		require.True(t, end.After(start), "%v: from %s to %s", times, start, end)
	}
}

func TestACalendarInWinterAndSummer(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.setTime(time.Date(2026, time.October, 23, 7, 0, 0, 0, time.UTC))
	building := r.building(r.region())
	for _, day := range []int{24, 25, 26} { // the clock changes on Sunday 25 October
		r.collect(building, "PMD", time.Date(2026, time.October, day, 0, 0, 0, 0, time.UTC), func(p *store.InsertCollectionsParams) {
			p.TimeFrom, p.TimeTo = "06:00", "14:00"
		})
	}
	var starts []string
	for _, event := range r.residentCalendar(r.publicID(building), "nl").events(t) {
		starts = append(starts, event.Props.Get(ical.PropDateTimeStart).Value)
	}
	require.ElementsMatch(t, []string{"20261024T040000Z", "20261025T050000Z", "20261026T050000Z"}, starts)
}

func TestACalendarOfATourHasRunsAndCollections(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building := r.building(region)
	tour := r.tour(region, building)
	run := r.run(func(p *store.InsertRunParams) { p.TourID = tour })
	r.collect(building, "PMD", today)
	_, token := r.link(office, CreateCalendarParams{Feed: FeedTour, TourID: &tour})
	events := r.readCalendar(token, "").events(t)
	require.Len(t, events, 2)
	require.Contains(t, eventText(t, events[fmt.Sprintf("run-%d@trottoir", run)], ical.PropSummary), "(First3 Last3)")
	_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Ziek"})
	require.NoError(t, err)
	_, err = r.ArchiveTour(r.as(office), tour)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, r.readCalendar(token, "").status)
}

func TestWhoMayFollowWhat(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building := r.building(region)
	tour := r.tour(region, building)
	params := map[string]CreateCalendarParams{
		FeedRuns: {Feed: FeedRuns}, FeedBuilding: {Feed: FeedBuilding, BuildingID: &building}, FeedTour: {Feed: FeedTour, TourID: &tour},
	}
	const ok, denied, hidden = errs.OK, errs.PermissionDenied, errs.NotFound
	for name, c := range map[string]struct {
		actor                access.Actor
		runs, building, tour errs.ErrCode
	}{
		"admin": {admin, ok, ok, ok}, "superstudent": {office, ok, ok, ok}, "student": {emma, ok, denied, denied},
		"syndic": {martin, denied, ok, denied}, "other syndic": {nadia, denied, hidden, denied}, "none": {nobody, denied, denied, denied},
	} {
		for feed, want := range map[string]errs.ErrCode{FeedRuns: c.runs, FeedBuilding: c.building, FeedTour: c.tour} {
			p := params[feed]
			p.Language = "fr"
			_, err := r.CreateCalendar(r.as(c.actor), &p)
			require.Equal(t, want.String(), errs.Code(err).String(), "%s: %s", name, feed)
		}
	}
	for name, p := range map[string]CreateCalendarParams{
		"feed": {Feed: "x", Language: "nl"}, "language": {Feed: FeedRuns, Language: "de"}, "building_id": {Feed: FeedBuilding, Language: "nl"},
		"tour_id": {Feed: FeedBuilding, Language: "nl", BuildingID: &building, TourID: &tour},
	} {
		_, err := r.CreateCalendar(r.as(office), &p)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
	}
	_, err := r.CreateCalendar(r.as(office), &CreateCalendarParams{Feed: FeedTour, TourID: new(int64(1 << 40)), Language: "nl"})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}

func TestACalendarEndsWithTheRightToIt(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building := r.building(region)
	as := func(actor access.Actor, params CreateCalendarParams) func() int {
		_, token := r.link(actor, params)
		require.Equal(t, http.StatusOK, r.readCalendar(token, "").status)
		require.Equal(t, http.StatusOK, r.readCalendar(strings.TrimSuffix(token, ".ics"), "").status)
		return func() int { return r.readCalendar(token, "").status }
	}
	syndics := as(martin, CreateCalendarParams{Feed: FeedBuilding, BuildingID: &building})
	workers := as(emma, CreateCalendarParams{Feed: FeedRuns})
	offices := as(office, CreateCalendarParams{Feed: FeedBuilding, BuildingID: &building})

	require.NoError(t, r.query.SetSyndics(t.Context(), store.SetSyndicsParams{BuildingID: building, UserIds: []int64{nadia.ID}}))
	require.Equal(t, http.StatusNotFound, syndics(), "another one manages the building")

	roles := map[int64]auth.Role{}
	people := r.Service.people
	r.Service.people = r.withRoles(people, roles)
	roles[office.ID] = auth.RoleStudent
	require.Equal(t, http.StatusNotFound, offices(), "not of the office any more")
	roles[office.ID] = auth.RoleSuperstudent
	require.Equal(t, http.StatusOK, offices())
	roles[emma.ID] = auth.RoleNone
	require.Equal(t, http.StatusNotFound, workers())
	delete(roles, emma.ID)
	require.Equal(t, http.StatusOK, workers())

	r.Service.people = func(ctx context.Context, ids []int64) (map[int64]person, error) {
		found, err := people(ctx, ids)
		for id, one := range found {
			one.active = false
			found[id] = one
		}
		return found, err
	}
	require.Equal(t, http.StatusNotFound, workers(), "the account is not active, whatever became of its links")
	r.Service.people = r.withRoles(people, roles)
	require.Equal(t, http.StatusOK, workers())

	_, err := r.Deactivate(r.as(office), emma.ID, &DeactivateParams{})
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, workers())
	_, err = r.Reactivate(r.as(office), emma.ID)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, workers(), "for good, as all links")
	require.Equal(t, http.StatusNotFound, r.readCalendar("nothing", "").status)
	require.Equal(t, http.StatusNotFound, r.readCalendar("", "").status)
}

func TestLinksAreListedAndWithdrawn(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	id, token := r.link(office, CreateCalendarParams{Feed: FeedBuilding, BuildingID: &building})
	list, err := r.ListCalendars(r.as(office))
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.NotEmpty(t, list.Items[0].Name)
	require.Nil(t, list.Items[0].UsedAt)
	require.Equal(t, http.StatusOK, r.readCalendar(token, "").status)
	r.pass(time.Minute)
	require.Equal(t, http.StatusOK, r.readCalendar(token, "").status)
	list, err = r.ListCalendars(r.as(office))
	require.NoError(t, err)
	require.Equal(t, monday, *list.Items[0].UsedAt, "to within an hour")

	requireRefusal(t, r.WithdrawCalendar(r.as(admin), id), errs.NotFound, refusal.Missing, "it is not theirs")
	require.NoError(t, r.WithdrawCalendar(r.as(office), id))
	requireRefusal(t, r.WithdrawCalendar(r.as(office), id), errs.NotFound, refusal.Missing)
	require.Equal(t, http.StatusNotFound, r.readCalendar(token, "").status)
	require.Equal(t, []string{"calendar.created", "calendar.withdrawn"}, r.auditKindsOf("calendar"))

	for range maxCalendars {
		r.link(office, CreateCalendarParams{Feed: FeedRuns})
	}
	_, err = r.CreateCalendar(r.as(office), &CreateCalendarParams{Feed: FeedRuns, Language: "nl"})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.TooManyOfThem)
	r.link(admin, CreateCalendarParams{Feed: FeedRuns})
}

func TestALinkWhoseAnswerWasLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	params := CreateCalendarParams{Feed: FeedRuns, IdempotencyKey: newID().String()}
	lost, unknown := r.link(emma, params)
	again, token := r.link(emma, params)
	require.Equal(t, lost, again)
	require.NotEqual(t, unknown, token, "an address is told once")
	require.Equal(t, http.StatusOK, r.readCalendar(token, "").status)
	require.Equal(t, http.StatusNotFound, r.readCalendar(unknown, "").status, "nobody knows it")
	list, err := r.ListCalendars(r.as(emma))
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.Equal(t, []string{"calendar.created", "calendar.renewed"}, r.auditKindsOf("calendar"))

	other := params
	other.Language = "fr"
	_, err = r.CreateCalendar(r.as(emma), &other)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused)
	others, _ := r.link(lucas, params)
	require.NotEqual(t, lost, others, "keys are of who sends them")
	require.NoError(t, r.WithdrawCalendar(r.as(emma), lost))
	params.Language = "nl"
	_, err = r.CreateCalendar(r.as(emma), &params)
	requireRefusal(t, err, errs.NotFound, refusal.Missing, "it does not come back")
	second, _ := r.link(emma, CreateCalendarParams{Feed: FeedRuns})
	third, _ := r.link(emma, CreateCalendarParams{Feed: FeedRuns})
	require.NotEqual(t, second, third, "without a key each is a new one")
}

func TestTheSecretOfALinkIsKeptNowhere(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	_, token := r.link(office, CreateCalendarParams{Feed: FeedRuns})
	secret := strings.TrimSuffix(token, ".ics")
	require.Len(t, secret, 43)
	var stored string
	require.NoError(t, r.pool.QueryRow(t.Context(), `select (select string_agg(c::text, '') from calendars c)
		|| (select string_agg(payload::text, '') from outbox)`).Scan(&stored))
	require.NotContains(t, stored, secret)
	var log string
	require.NoError(t, r.pool.QueryRow(t.Context(), `select string_agg(payload::text, '') from outbox`).Scan(&log))
	require.NotContains(t, log, fmt.Sprintf("%x", hashCalendarToken(secret)))
}

func TestACalendarIsReadNowAndThen(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	_, token := r.link(office, CreateCalendarParams{Feed: FeedBuilding, BuildingID: &building})
	first := r.readCalendar(token, "")
	tag := first.header.Get("ETag")
	require.Equal(t, http.StatusNotModified, r.readCalendar(token, tag).status)
	require.Equal(t, "private, no-cache", first.header.Get("Cache-Control"))
	r.collect(building, "PMD", today)
	require.Equal(t, http.StatusOK, r.readCalendar(token, tag).status)
	for range readsOfCalendar.Count - 3 {
		r.readCalendar(token, tag)
	}
	refused := r.readCalendar(token, tag)
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.NotEmpty(t, refused.header.Get("Retry-After"))
}

func TestLinksAreNotGuessedWithoutEnd(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	for range calendarsOfNetwork.Count {
		require.Equal(t, http.StatusNotFound, r.readCalendar(newCalendarToken(), "").status)
	}
	require.Equal(t, http.StatusTooManyRequests, r.readCalendar(newCalendarToken(), "").status)
}

// withRoles looks people up, some with another role.
func (r *rounds) withRoles(
	lookUp func(context.Context, []int64) (map[int64]person, error), roles map[int64]auth.Role,
) func(context.Context, []int64) (map[int64]person, error) {
	return func(ctx context.Context, ids []int64) (map[int64]person, error) {
		found, err := lookUp(ctx, ids)
		for id, role := range roles {
			if one, known := found[id]; known {
				one.role = role
				found[id] = one
			}
		}
		return found, err
	}
}
