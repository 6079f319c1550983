package core

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
)

// A large company: as many buildings, in regions of 400, on tours of 40, and for each so many collections in a year.
const (
	manyBuildings      = 20_000
	collectionsPerYear = 50
)

// fill makes the buildings of a large company, and so many collections for each on the two years that end in 60 days. One of
// 21 buildings is archived, a tenth has no coordinates, a third a photo, and the syndic martin manages 40.
func (r *rounds) fill(tb testing.TB, buildings, collections int) {
	tb.Helper()
	for _, sql := range []string{
		fmt.Sprintf(`insert into regions (name) select 'Regio ' || n from generate_series(1, %d) n`, buildings/400),
		fmt.Sprintf(`insert into buildings (region_id, name, street, house_number, postal_code, city, archived_at, latitude, longitude)
			select 1 + n %% %d, 'Residentie ' || n, 'Straat ' || n / 100, (1 + n %% 100)::text, (9000 + n %% 50)::text, 'Gent',
				case when n %% 21 = 7 then '%[2]s'::timestamptz end, 51 + nullif(n %% 10, 3) / 1000.0, 3 + nullif(n %% 10, 3) / 1000.0
			from generate_series(1, %[3]d) n`, buildings/400, monday.Format(time.RFC3339), buildings),
		fmt.Sprintf(`insert into building_syndics (building_id, user_id)
			select id, case when id %% 500 = 1 then %d else 1000 + id %% 500 end from buildings`, martin.ID),
		`insert into building_photos (building_id, id, sha256, width, height, uploaded_at, uploaded_by)
			select id, gen_random_uuid(), decode(repeat('00', 32), 'hex'), 4, 3, now(), 2 from buildings where id % 3 = 0`,
		`insert into tours (region_id, name) select 1 + n % (select count(*) from regions), 'Ronde ' || n from generate_series(1, (select count(*) from buildings) / 40) n`,
		`insert into stops (tour_id, building_id, position)
			select 1 + (b.id - 1) % (select count(*) from tours), b.id, row_number() over (partition by (b.id - 1) % (select count(*) from tours) order by b.id)
			from buildings b`,
		`insert into runs (tour_id, worker_id, date, planned_at, planned_by)
			select id, case when id = 1 then 3 else 100 + id end, '2026-05-04', '2026-05-01T08:00:00Z', 2 from tours`,
		indexesLater("collections"),
		fmt.Sprintf(`insert into collections (building_id, date, type, deleted_at)
			select b.id, '%s'::date + 60 - n * 730 / %[2]d, (array['RES', 'PMD', 'RES', 'PAP', 'RES', 'PMD', 'RES', 'PMD', 'RES', 'GLS'])[1 + (n + b.id) %% 10],
				case when (n + b.id) %% 50 = 0 then '%[3]s'::timestamptz end
			from generate_series(0, %[2]d - 1) n cross join buildings b`, day.Format(today), collections, monday.Format(time.RFC3339)),
		indexesNow("collections"),
		`insert into incidents (client_id, building_id, kind, text, status, reported_through, reported_by, responsible_id, claimed_at, occurred_at,
				opened_at, resolved_at)
			select gen_random_uuid(), b.id, (array['dirty', 'damaged', 'other'])[1 + b.id % 3], 'Vuil', case when b.id % 50 = 0 then 'open' else 'resolved' end,
				'office', 1 + b.id % 300, 1 + b.id % 200, d, d, d, case when b.id % 50 > 0 then d + interval '1 day' end
			from buildings b cross join lateral (select '2025-01-01Z'::timestamptz + b.id * interval '30 minutes') at (d)`,
		`insert into incident_entries (incident_id, entry, text, for_syndics, written_at, written_by)
			select id, 'comment', 'Gezien', false, opened_at, 1 + (id + n) % 300 from incidents cross join generate_series(0, 2) n`,
		`insert into incident_pictures (id, incident_id, added_at, added_by, width, height, sha256)
			select gen_random_uuid(), id, opened_at, reported_by, 4, 3, decode(repeat('00', 32), 'hex') from incidents`,
		`vacuum analyze`,
	} {
		_, err := r.pool.Exec(tb.Context(), sql)
		require.NoError(tb, err, sql)
	}
}

// indexesLater takes the indexes of a table away, but for its key, until indexesNow makes them again: many rows are quicker in without
// them. What a row refers to exists, so that it need not be looked up for each.
func indexesLater(table string) string {
	return fmt.Sprintf(`do $$
		declare one record;
		begin
			create table indexes_later as
				select indexname, indexdef from pg_indexes where tablename = '%[1]s' and schemaname = current_schema() and indexname <> '%[1]s_pkey';
			for one in select * from indexes_later loop
				execute format('drop index %%I', one.indexname);
			end loop;
			alter table %[1]s disable trigger all;
		end $$`, table)
}

func indexesNow(table string) string {
	return fmt.Sprintf(`do $$
		declare one record;
		begin
			set local maintenance_work_mem = '256MB';
			for one in select * from indexes_later loop
				execute one.indexdef;
			end loop;
			drop table indexes_later;
			alter table %[1]s enable trigger all;
		end $$`, table)
}

type listOfMany struct {
	name string
	read func(context.Context) (int, error)
	as   access.Actor
}

// listsOfMany are the lists of buildings and collections, by each filter.
func (r *rounds) listsOfMany(tb testing.TB) (lists []listOfMany) {
	tb.Helper()
	add := func(name string, actor access.Actor, read func(context.Context) (int, error)) {
		lists = append(lists, listOfMany{name, read, actor})
	}
	buildings := func(name string, actor access.Actor, p ListBuildingsParams) {
		add("buildings: "+name, actor, func(ctx context.Context) (int, error) {
			list, err := r.ListBuildings(ctx, &p)
			if err != nil {
				return 0, err
			}
			return len(list.Items), nil
		})
	}
	collections := func(name string, actor access.Actor, p ListCollectionsParams) {
		add("collections: "+name, actor, func(ctx context.Context) (int, error) {
			list, err := r.ListCollections(ctx, &p)
			if err != nil {
				return 0, err
			}
			return len(list.Items), nil
		})
	}
	calendar := func(name string, p GetCollectionCalendarParams) {
		add("calendar: "+name, office, func(ctx context.Context) (int, error) {
			found, err := r.GetCollectionCalendar(ctx, &p)
			if err != nil {
				return 0, err
			}
			return len(found.Buildings), nil
		})
	}
	page, err := r.ListBuildings(r.as(office), &ListBuildingsParams{Limit: 200})
	require.NoError(tb, err)
	var some []int64
	for _, item := range page.Items {
		some = append(some, item.ID)
	}
	next, err := r.ListCollections(r.as(office), &ListCollectionsParams{From: "2025-06-01"})
	require.NoError(tb, err)

	buildings("all", office, ListBuildingsParams{})
	buildings("all, next page", office, ListBuildingsParams{Cursor: page.NextCursor})
	buildings("region", office, ListBuildingsParams{Region: 7})
	buildings("syndic", office, ListBuildingsParams{Syndic: martin.ID})
	buildings("without coordinates", office, ListBuildingsParams{WithoutCoordinates: true})
	buildings("archived", office, ListBuildingsParams{Archived: true})
	buildings("archived, region", office, ListBuildingsParams{Archived: true, Region: 7})
	buildings("q, many", office, ListBuildingsParams{Q: "gent residentie"})
	buildings("q, one", office, ListBuildingsParams{Q: "straat 199 88"})
	buildings("q, none", office, ListBuildingsParams{Q: "nergens"})
	buildings("q, region", office, ListBuildingsParams{Q: "nergens", Region: 7})
	buildings("of a syndic", martin, ListBuildingsParams{})
	buildings("of a worker", emma, ListBuildingsParams{})
	add("buildings: one", office, func(ctx context.Context) (int, error) {
		_, err := r.GetBuilding(ctx, some[3])
		return 1, err
	})
	add("buildings: on the map of a region", office, func(ctx context.Context) (int, error) {
		places, err := r.ListBuildingPlaces(ctx, &ListBuildingPlacesParams{Region: 7})
		if err != nil {
			return 0, err
		}
		return len(places.IDs), nil
	})
	for _, period := range []ListCollectionsParams{{}, {From: "2026-05-04", To: "2026-05-31"}, {From: "2025-06-01"}} {
		for filter, choose := range map[string]func(*ListCollectionsParams){
			"":                func(*ListCollectionsParams) {},
			" building":       func(p *ListCollectionsParams) { p.Building = some[:1] },
			" 200 buildings":  func(p *ListCollectionsParams) { p.Building = some },
			" tour":           func(p *ListCollectionsParams) { p.Tour = 8 },
			" region":         func(p *ListCollectionsParams) { p.Region = 7 },
			" kind":           func(p *ListCollectionsParams) { p.Type = "GLS" },
			" kind of none":   func(p *ListCollectionsParams) { p.Type = "KER" },
			" region, kind":   func(p *ListCollectionsParams) { p.Region, p.Type = 7, "GLS" },
			" building, kind": func(p *ListCollectionsParams) { p.Building, p.Type = some[:1], "KER" },
		} {
			p := period
			choose(&p)
			collections(strings.TrimSpace(p.From+" "+p.To)+filter, office, p)
		}
	}
	collections("next page", office, ListCollectionsParams{From: "2025-06-01", Cursor: next.NextCursor})
	collections("of a syndic", martin, ListCollectionsParams{From: "2026-05-04"})
	collections("of a worker", emma, ListCollectionsParams{From: "2026-05-04", To: "2026-05-10"})
	calendar("a month of a region of 400", GetCollectionCalendarParams{From: "2026-05-01", To: "2026-05-31", Region: 7})
	calendar("a month of a region of 400, a kind", GetCollectionCalendarParams{From: "2026-05-01", To: "2026-05-31", Region: 7, Type: []string{"PMD"}})
	calendar("a month of a tour", GetCollectionCalendarParams{From: "2026-05-01", To: "2026-05-31", Tour: 8})
	calendar("a month of 200 buildings", GetCollectionCalendarParams{From: "2026-05-01", To: "2026-05-31", Building: some})
	calendar("a week of the first 1,000 buildings", GetCollectionCalendarParams{From: "2026-05-04", To: "2026-05-10"})
	incidents := func(name string, actor access.Actor, p ListIncidentsParams) {
		add("incidents: "+name, actor, func(ctx context.Context) (int, error) {
			list, err := r.ListIncidents(ctx, &p)
			if err != nil {
				return 0, err
			}
			return len(list.Items), nil
		})
	}
	reported, err := r.ListIncidents(r.as(office), &ListIncidentsParams{})
	require.NoError(tb, err)
	incidents("all", office, ListIncidentsParams{})
	incidents("all, next page", office, ListIncidentsParams{Cursor: reported.NextCursor})
	incidents("of a status", office, ListIncidentsParams{Status: "open"})
	incidents("of a kind", office, ListIncidentsParams{Kind: "damaged"})
	incidents("of a building", office, ListIncidentsParams{Building: some[0]})
	incidents("of a region", office, ListIncidentsParams{Region: 7})
	incidents("of who is responsible", office, ListIncidentsParams{Responsible: 7})
	incidents("of a syndic", martin, ListIncidentsParams{})
	incidents("of a worker", emma, ListIncidentsParams{})
	add("incidents: one", office, func(ctx context.Context) (int, error) {
		_, err := r.GetIncident(ctx, reported.Items[0].ID)
		return 1, err
	})
	add("incidents: what somebody reported and wrote", emma, func(ctx context.Context) (int, error) {
		answer, err := r.IncidentsExport(ctx, &IncidentsExportParams{})
		if err != nil {
			return 0, err
		}
		return len(answer.Items), nil
	})
	slices.SortFunc(lists, func(a, b listOfMany) int { return strings.Compare(a.name, b.name) })
	return lists
}

// recorded are the questions that a list asks the database.
func (r *rounds) recorded(tb testing.TB, list listOfMany) []recordedQuery {
	tb.Helper()
	recorder := &recordingQueries{DBTX: r.pool}
	before := r.query
	r.query = store.New(recorder)
	_, err := list.read(r.as(list.as))
	r.query = before
	require.NoError(tb, err, list.name)
	require.NotEmpty(tb, recorder.queries, list.name)
	return recorder.queries
}

// plans are how the database does what a list asks of it.
func (r *rounds) plans(tb testing.TB, list listOfMany) (plans []string) {
	tb.Helper()
	for _, q := range r.recorded(tb, list) {
		rows, err := r.pool.Query(tb.Context(), "explain (costs off) "+q.sql, append([]any{pgx.QueryExecModeExec}, q.args...)...)
		require.NoError(tb, err, q.sql)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(tb, err, q.sql)
		plans = append(plans, strings.Join(lines, "\n"))
	}
	return plans
}

// readsAll is a plan that reads a table whole that grows with the company. Of photos there are few and small rows, which are read at once
// beside a page of buildings.
var readsAll = regexp.MustCompile(`Seq Scan on (buildings|building_syndics|collections|stops|incidents|incident_entries|incident_pictures)\b`)

// scans are the ways in which a plan reads tables, in order.
var scans = regexp.MustCompile(`(?:Index|Bitmap Index|Index Only|Seq) Scan (?:using|on) (\w+)`)

func scansOf(plan string) string {
	var found []string
	for _, match := range scans.FindAllStringSubmatch(plan, -1) {
		found = append(found, match[1])
	}
	return strings.Join(found, ", ")
}

var namedIDs = regexp.MustCompile(`\{[\d,-]{60,}\}`)

// TestNoListReadsAWholeTable has 20,000 buildings, 2,000,000 collections and 20,000 incidents.
func TestNoListReadsAWholeTable(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.fill(t, manyBuildings, 2*collectionsPerYear)
	for _, list := range r.listsOfMany(t) {
		t.Log(list.name)
		for _, plan := range r.plans(t, list) {
			t.Logf("    %s", scansOf(plan))
			require.False(t, readsAll.MatchString(plan), "%s\n%s", list.name, namedIDs.ReplaceAllString(plan, "{…}"))
		}
	}
}

// BenchmarkListsOfMany reads the lists of 20,000 buildings and 2,000,000 collections, and tells how they are read and how long it takes.
func BenchmarkListsOfMany(b *testing.B) {
	r := newRounds(b)
	began := time.Now()
	r.fill(b, manyBuildings, 2*collectionsPerYear)
	b.Logf("filled in %s", time.Since(began).Round(time.Second))
	lists := r.listsOfMany(b)
	for b.Loop() {
		for _, list := range lists {
			var count int
			var times []float64
			// After five times the database may plan for any value.
			for range 15 {
				began := time.Now()
				n, err := list.read(r.as(list.as))
				require.NoError(b, err, list.name)
				times, count = append(times, float64(time.Since(began).Microseconds())/1000), n
			}
			worst := slices.Max(times[1:])
			slices.Sort(times)
			b.Logf("%-60s %5d  median %7.1f ms, worst %7.1f ms", list.name, count, times[len(times)/2], worst)
			for _, plan := range r.plans(b, list) {
				b.Logf("    %s", scansOf(plan))
				if readsAll.MatchString(plan) {
					b.Errorf("%s\n%s", list.name, namedIDs.ReplaceAllString(plan, "{…}"))
				}
			}
		}
	}
}
