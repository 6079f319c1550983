package core

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/refusal"
)

// incidentParams are a report that is accepted.
func (r *rounds) incidentParams(building, run int64) *CreateIncidentParams {
	return &CreateIncidentParams{
		ID: newID(), BuildingID: building, RunID: run, Kind: Damaged, Text: "Deksel stuk", OccurredAt: r.now(),
	}
}

// incident is one that the office reports.
func (r *rounds) incident(building int64, change ...func(*CreateIncidentParams)) *IncidentDetail {
	r.t.Helper()
	params := r.incidentParams(building, 0)
	for _, c := range change {
		c(params)
	}
	made, err := r.CreateIncident(r.as(office), params)
	require.NoError(r.t, err)
	return made
}

// move changes an incident's status as the office does.
func (r *rounds) move(incident Incident, status, text string) *IncidentDetail {
	r.t.Helper()
	moved, err := r.PutIncident(r.as(office), incident.ID, putOf(incident, status, text))
	require.NoError(r.t, err)
	return moved
}

// putOf is a change of an incident's status alone.
func putOf(incident Incident, status, text string) *PutIncidentParams {
	params := &PutIncidentParams{Status: status, Kind: incident.Kind, Text: text, Version: incident.Version}
	if incident.Responsible != nil {
		params.ResponsibleID = incident.Responsible.ID
	}
	return params
}

func entriesOf(detail *IncidentDetail) (entries []string) {
	for _, e := range detail.Entries {
		entries = append(entries, strings.TrimSpace(e.Entry+" "+e.Text))
	}
	return entries
}

func TestAnIncidentGoesFromOpenToResolvedAndBack(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	made := r.incident(r.building(r.region()))
	require.Equal(t, IncidentOpen, made.Incident.Status)
	require.Equal(t, ThroughOffice, made.Incident.ReportedThrough)
	require.Equal(t, &CommentAuthor{office.ID, "First2 Last2"}, made.Incident.ReportedBy)
	require.Empty(t, made.Entries)

	r.pass(time.Hour)
	acknowledged := r.move(made.Incident, IncidentAcknowledged, "We kijken het na.")
	require.Equal(t, monday.Add(time.Hour), *acknowledged.Incident.AcknowledgedAt)
	require.Equal(t, "We kijken het na.", acknowledged.Incident.Answer)
	_, err := r.PutIncident(r.as(office), made.Incident.ID, putOf(acknowledged.Incident, IncidentOpen, ""))
	requireRefusal(t, err, errs.FailedPrecondition, refusal.WrongStatus, "what is acknowledged does not become open")
	_, err = r.PutIncident(r.as(office), made.Incident.ID, putOf(made.Incident, IncidentResolved, ""))
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	_, err = r.PutIncident(r.as(office), made.Incident.ID, putOf(acknowledged.Incident, IncidentAcknowledged, "Nog iets"))
	requireRefusal(t, err, errs.FailedPrecondition, refusal.WrongStatus, "an answer goes with a change of the status")

	params := putOf(acknowledged.Incident, IncidentResolved, "Nieuw deksel geplaatst.")
	params.ResponsibleID, params.Kind = admin.ID, OtherProblem
	resolved, err := r.PutIncident(r.as(office), made.Incident.ID, params)
	require.NoError(t, err)
	require.NotNil(t, resolved.Incident.ResolvedAt)
	require.Equal(t, "First1 Last1", resolved.Incident.Responsible.Name)
	reopened := r.move(resolved.Incident, IncidentOpen, "Het is weer stuk.")
	require.Nil(t, reopened.Incident.ResolvedAt)
	require.Nil(t, reopened.Incident.AcknowledgedAt)
	require.Equal(t, []string{
		"acknowledged We kijken het na.", "kind_changed", "assigned", "resolved Nieuw deksel geplaatst.", "reopened Het is weer stuk.",
	}, entriesOf(reopened))
	require.Equal(t, []string{IncidentOpened, IncidentChanged, IncidentChanged, IncidentChanged}, r.events())
	require.Equal(t, []string{"incident.opened", "incident.acknowledged", "incident.resolved", "incident.reopened"}, r.auditKinds())

	again, err := r.PutIncident(r.as(office), made.Incident.ID, putOf(reopened.Incident, IncidentOpen, ""))
	require.NoError(t, err)
	require.Equal(t, reopened, again, "what changes nothing is nothing")
	require.Len(t, r.events(), 4)
}

// auditKinds are the lines of the audit log about incidents so far.
func (r *rounds) auditKinds() (kinds []string) { return r.auditKindsOf("incident") }

func (r *rounds) auditKindsOf(thing string) (kinds []string) {
	r.t.Helper()
	r.events()
	for _, message := range r.topic.messages {
		if message.Topic == audit.Topic {
			change, err := audit.Decode(message)
			require.NoError(r.t, err)
			if change.ThingKind == thing {
				kinds = append(kinds, change.Kind)
			}
		}
	}
	return kinds
}

func TestWhoTakesCareOfAnIncidentWorksInTheOffice(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	made := r.incident(r.building(r.region()))
	for person, reason := range map[int64]refusal.Reason{emma.ID: refusal.WrongRole, retired.ID: refusal.Inactive, 99: refusal.Unknown} {
		params := putOf(made.Incident, IncidentOpen, "")
		params.ResponsibleID = person
		_, err := r.PutIncident(r.as(office), made.Incident.ID, params)
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "responsible_id", Reason: reason})
	}
}

// Rule 4: a phone may send its report for ever.
func TestAReportThatComesAgainIsTheSameOne(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	params := r.incidentParams(buildings[0], run)
	made, err := r.CreateIncident(r.as(emma), params)
	require.NoError(t, err)
	require.Equal(t, ThroughWorker, made.Incident.ReportedThrough)
	r.pass(100 * 24 * time.Hour)
	changed := putOf(made.Incident, IncidentResolved, "")
	changed.Kind = Dirty
	_, err = r.PutIncident(r.as(office), made.Incident.ID, changed)
	require.NoError(t, err)
	again, err := r.CreateIncident(r.as(emma), params)
	require.NoError(t, err, "also when the run lies long back, and the office has changed the incident")
	require.Equal(t, made.Incident.ID, again.Incident.ID)

	other := *params
	other.Text = "Iets anders"
	_, err = r.CreateIncident(r.as(emma), &other)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused)
	_, err = r.CreateIncident(r.as(office), params)
	requireRefusal(t, err, errs.AlreadyExists, refusal.IDReused, "somebody else's")
}

func TestAReportIsNotTakenForThatOfWhoeverIsSignedInNow(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	params := &CreateIncidentParams{
		ID: newID(), BuildingID: stops[0], RunID: run, Kind: "dirty", OccurredAt: r.now(), ReporterID: emma.ID,
	}
	requireRefusal(t, second(r.CreateIncident(r.as(office), params)), errs.Unauthenticated, refusal.SignedOut, "she may report, but this is not hers")
	made, err := r.CreateIncident(r.as(emma), params)
	require.NoError(t, err)
	require.Equal(t, ThroughWorker, made.Incident.ReportedThrough)
}

func TestAReportIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	for field, check := range map[string]struct {
		change func(*CreateIncidentParams)
		reason refusal.Reason
	}{
		"id":          {func(p *CreateIncidentParams) { p.ID = uuid.Nil }, refusal.Required},
		"occurred_at": {func(p *CreateIncidentParams) { p.OccurredAt = time.Time{} }, refusal.Required},
		"kind":        {func(p *CreateIncidentParams) { p.Kind = "fire" }, refusal.Unknown},
		"text":        {func(p *CreateIncidentParams) { p.Text = strings.Repeat("é", 2001) }, refusal.TooLong},
	} {
		params := r.incidentParams(building, 0)
		check.change(params)
		_, err := r.CreateIncident(r.as(office), params)
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: field, Reason: check.reason})
	}
	params := r.incidentParams(building, 0)
	params.Kind, params.Text = OtherProblem, " "
	_, err := r.CreateIncident(r.as(office), params)
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "text", Reason: refusal.Required}, "what is it then?")
	_, err = r.CreateIncident(r.as(office), r.incidentParams(999, 0))
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.ArchiveBuilding(r.as(office), building)
	require.NoError(t, err)
	_, err = r.CreateIncident(r.as(office), r.incidentParams(building, 0))
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)
}

func TestRule13AReportTellsNoAddressFarFromTheRun(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	tour := r.tour(r.region(), building)
	for days, told := range map[int]bool{14: true, 15: false} {
		run := r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, days) })
		params := r.incidentParams(building, run)
		for range 2 { // the answer was lost
			made, err := r.CreateIncident(r.as(emma), params)
			require.NoError(t, err)
			require.Equal(t, building, made.Incident.Building.ID)
			require.Equal(t, told, made.Incident.Building.Address.Street != "", "%d days before the run", days)
			require.Equal(t, told, made.Incident.Building.Name != "", "%d days before the run", days)
		}
	}
}

func TestAStudentReportsAtTheStopsOfTheirOwnRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	planned := r.run()
	tour, err := r.GetRun(r.as(emma), planned)
	require.NoError(t, err)
	elsewhere := r.building(r.region())

	_, err = r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], run))
	require.NoError(t, err)
	_, err = r.CreateIncident(r.as(emma), r.incidentParams(tour.Stops[0].Building.ID, planned))
	require.NoError(t, err, "also before the run has started")
	_, err = r.CreateIncident(r.as(emma), r.incidentParams(elsewhere, run))
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.CreateIncident(r.as(lucas), r.incidentParams(buildings[0], run))
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], 0))
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "run_id", Reason: refusal.Required})

	future := r.incidentParams(buildings[0], run)
	future.OccurredAt = r.now().Add(time.Hour)
	made, err := r.CreateIncident(r.as(emma), future)
	require.NoError(t, err)
	require.Equal(t, r.now(), made.Incident.OccurredAt, "rule 3: the phone's clock is wrong")
	require.Nil(t, made.Incident.ReportedBy, "names are for the office")
}

// Rule 13: a worker sees where something is within the window only.
func TestEverybodySeesTheirOwnIncidents(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	made, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], run))
	require.NoError(t, err)
	r.incident(r.building(r.region(), func(b *store.InsertBuildingParams) { b.SyndicID = &nadia.ID }))

	seen := func(actor access.Actor) int {
		t.Helper()
		list, err := r.ListIncidents(r.as(actor), &ListIncidentsParams{})
		require.NoError(t, err)
		_, err = r.GetIncident(r.as(actor), made.Incident.ID)
		if len(list.Items) == 0 || actor.ID == nadia.ID {
			requireRefusal(t, err, errs.NotFound, refusal.Missing)
		} else {
			require.NoError(t, err)
		}
		return len(list.Items)
	}
	require.Equal(t, 2, seen(office))
	require.Equal(t, 1, seen(emma))
	require.Equal(t, 0, seen(lucas))
	r.pass(15 * 24 * time.Hour)
	require.Equal(t, 0, seen(emma), "after fourteen days")
	_, err = r.ListIncidents(r.as(nobody), &ListIncidentsParams{})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
}

func TestASyndicReadsWhatIsForThem(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building, err := r.CreateBuilding(r.as(office), r.buildingParams(region))
	require.NoError(t, err)
	made := r.incident(building.ID)
	_, err = r.AddIncidentComment(r.as(office), made.Incident.ID, &AddIncidentCommentParams{Text: "De syndicus betaalt slecht"})
	require.NoError(t, err)
	_, err = r.AddIncidentComment(r.as(office), made.Incident.ID, &AddIncidentCommentParams{Text: "Deksel besteld", ForSyndics: true})
	require.NoError(t, err)
	office1, err := r.GetIncident(r.as(office), made.Incident.ID)
	require.NoError(t, err)
	params := putOf(office1.Incident, IncidentAcknowledged, "Besteld")
	params.ResponsibleID = admin.ID
	_, err = r.PutIncident(r.as(office), made.Incident.ID, params)
	require.NoError(t, err)

	read, err := r.GetIncident(r.as(martin), made.Incident.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"comment Deksel besteld", "acknowledged Besteld"}, entriesOf(read))
	require.Nil(t, read.Entries[0].WrittenBy)
	require.Nil(t, read.Incident.Responsible)
	require.Nil(t, read.Run)
	list, err := r.ListIncidents(r.as(martin), &ListIncidentsParams{Responsible: admin.ID})
	require.NoError(t, err)
	require.Empty(t, list.Items, "nor by a filter")
	whole, err := r.GetIncident(r.as(office), made.Incident.ID)
	require.NoError(t, err)
	require.Len(t, whole.Entries, 4)

	for _, message := range r.topic.messages {
		if message.Topic != audit.Topic {
			require.NotContains(t, string(message.Payload), "syndicus", "events hold ids")
		}
	}
}

func TestIncidentsAreFiltered(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	north, south := r.region(), r.region()
	first, second := r.building(north), r.building(south)
	one := r.incident(first, func(p *CreateIncidentParams) { p.Text = "Gebroken wiel" })
	r.pass(time.Minute)
	two := r.incident(second, func(p *CreateIncidentParams) { p.Kind = Dirty })
	r.pass(time.Minute)
	three := r.move(r.incident(second).Incident, IncidentResolved, "")
	params := putOf(two.Incident, IncidentAcknowledged, "")
	params.ResponsibleID = admin.ID
	_, err := r.PutIncident(r.as(office), two.Incident.ID, params)
	require.NoError(t, err)

	all := []int64{three.Incident.ID, two.Incident.ID, one.Incident.ID}
	for name, check := range map[string]struct {
		filter ListIncidentsParams
		want   []int64
	}{
		"all":         {ListIncidentsParams{}, all},
		"open":        {ListIncidentsParams{Status: IncidentOpen}, all[2:]},
		"unresolved":  {ListIncidentsParams{Status: "unresolved"}, all[1:]},
		"kind":        {ListIncidentsParams{Kind: Dirty}, all[1:2]},
		"building":    {ListIncidentsParams{Building: second}, all[:2]},
		"region":      {ListIncidentsParams{Region: north}, all[2:]},
		"responsible": {ListIncidentsParams{Responsible: admin.ID}, all[1:2]},
		"words":       {ListIncidentsParams{Q: "WIEL gebroken veldstraat"}, all[2:]},
		"run":         {ListIncidentsParams{Run: 99}, nil},
	} {
		var got []int64
		for cursor, more := "", true; more; more = cursor != "" {
			filter := check.filter
			filter.Limit, filter.Cursor = 1, cursor
			list, err := r.ListIncidents(r.as(office), &filter)
			require.NoError(t, err)
			for _, item := range list.Items {
				got = append(got, item.ID)
			}
			cursor = list.NextCursor
		}
		require.Equal(t, check.want, got, name)
	}
	counts, err := r.CountIncidents(r.as(office))
	require.NoError(t, err)
	require.Equal(t, &IncidentCounts{Open: 1, Acknowledged: 1}, counts)
	for _, filter := range []ListIncidentsParams{{Status: "lost"}, {Kind: "fire"}, {Limit: 201}, {Cursor: "x"}} {
		_, err := r.ListIncidents(r.as(office), &filter)
		require.Equal(t, errs.InvalidArgument, errs.Code(err))
	}
}

func TestEveryFilterOfIncidentsReadsAnIndex(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tx, err := r.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	for _, sql := range []string{
		`insert into regions (name) select 'Region ' || n from generate_series(1, 50) n`,
		`insert into buildings (region_id, name, street, house_number, postal_code, city, agreed_minutes)
			select 1 + n % 50, 'B ' || n, 'Straat', n::text, '9000', 'Gent', 10 from generate_series(1, 2000) n`,
		`insert into incidents (client_id, building_id, kind, text, status, resolved_at, reported_through, reported_by, responsible_id,
				claimed_at, occurred_at, opened_at)
			select gen_random_uuid(), b.id, case when n % 50 = 0 then 'damaged' else 'dirty' end, 'Tekst',
				case when n % 50 = 1 then 'open' else 'resolved' end, case when n % 50 = 1 then null else now() end, 'office', 1,
				case when n % 50 = 2 then 7 end, now(), now(), now() - n * interval '1 minute'
			from buildings b cross join generate_series(1, 20) m cross join lateral (select b.id * 20 + m as n) x`,
		`analyze regions`, `analyze buildings`, `analyze incidents`, `analyze runs`, `set local plan_cache_mode = force_custom_plan`,
	} {
		_, err := tx.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	var building int64
	require.NoError(t, tx.QueryRow(t.Context(), `select min(id) from buildings`).Scan(&building))
	recorder := &recordingQueries{DBTX: tx}
	query := store.New(recorder)
	for _, check := range []struct {
		filter store.ListIncidentsParams
		index  string
	}{
		{store.ListIncidentsParams{}, "incidents_list"},
		{store.ListIncidentsParams{BeforeOpened: &monday, BeforeID: 5}, "incidents_list"},
		{store.ListIncidentsParams{Patterns: []string{"%tekst%"}}, "incidents_list"},
		{store.ListIncidentsParams{Unresolved: true}, "incidents_unresolved"},
		{store.ListIncidentsParams{Status: IncidentOpen}, "incidents_status"},
		{store.ListIncidentsParams{Kind: Damaged}, "incidents_kind"},
		{store.ListIncidentsParams{BuildingID: building}, "incidents_building"},
		{store.ListIncidentsParams{ResponsibleID: 7}, "incidents_responsible"},
		{store.ListIncidentsParams{RunID: 7}, "incidents_run"},
		{store.ListIncidentsParams{RegionID: 7}, "incidents_building"},
	} {
		recorder.queries = nil
		filter := check.filter
		filter.SeesAll, filter.RowLimit, filter.FirstDay, filter.LastDay = true, 51, today, today
		_, err := query.ListIncidents(t.Context(), filter)
		require.NoError(t, err)
		rows, err := tx.Query(t.Context(), "explain "+recorder.queries[0].sql, recorder.queries[0].args...)
		require.NoError(t, err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		text := strings.Join(plan, "\n")
		require.Contains(t, text, check.index, "%+v", check.filter)
		require.NotContains(t, text, "Seq Scan on incidents", "%+v", check.filter)
	}
	recorder.queries = nil
	_, err = query.CountIncidents(t.Context())
	require.NoError(t, err)
	_, err = query.LockReporters(t.Context(), monday)
	require.NoError(t, err)
}

func TestACommentOnAnIncidentIsBounded(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	made := r.incident(r.building(r.region()))
	_, err := r.AddIncidentComment(r.as(office), made.Incident.ID, &AddIncidentCommentParams{Text: " "})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "text", Reason: refusal.Required})
	_, err = r.pool.Exec(t.Context(), `insert into incident_entries (incident_id, entry, text, for_syndics, written_at, written_by)
		select $1, 'comment', 'Tekst', false, now(), 1 from generate_series(1, 100)`, made.Incident.ID)
	require.NoError(t, err)
	_, err = r.AddIncidentComment(r.as(office), made.Incident.ID, &AddIncidentCommentParams{Text: "Nog een"})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.TooManyOfThem)
	_, err = r.AddIncidentComment(r.as(office), 999, &AddIncidentCommentParams{Text: "Nergens"})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}

func TestTheAuditLogDoesNotKeepWhatAResidentWrote(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.publicID(r.building(r.region()))
	require.NoError(t, r.ReportProblem(t.Context(), building, &ProblemReport{Kind: Dirty, Text: "Mijn buur", Email: "an@example.org"}))
	list, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
	require.NoError(t, err)
	r.move(list.Items[0], IncidentResolved, "Opgekuist")
	r.events()
	for _, message := range r.topic.messages {
		payload := string(message.Payload)
		require.NotContains(t, payload, "buur")
		require.NotContains(t, payload, "an@example.org")
		if message.Topic == audit.Topic {
			require.True(t, json.Valid(message.Payload))
		}
	}
	require.Contains(t, r.auditKinds(), "incident.resolved")
}
