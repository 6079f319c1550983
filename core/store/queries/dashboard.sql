-- name: CountOpenIncidents :one
-- Those that nobody has taken up, at the buildings of a region (of all when 0).
select count(*)::integer from incidents i
where i.status = 'open'
    and (@region_id::bigint = 0 or i.building_id = any (array(select x.id from buildings x where x.region_id = @region_id)));

-- name: StopsOfDay :many
-- The stops of runs, in the order of each.
select s.run_id, s.position, s.building_id, s.segment::text as segment, b.name, b.street, b.house_number, b.bus, b.postal_code, b.city,
    b.latitude, b.longitude
from segments_of_runs s
join buildings b on b.id = s.building_id
where s.run_id = any (@run_ids::bigint[])
order by s.run_id, s.position
limit @row_limit;

-- name: FeedOfDay :many
-- What the office hears from a moment on, the latest first: remarks and stops that were not done on tours of a region, incidents
-- at its buildings (of all when 0). It goes on before what has before_at and before_ref.
select f.kind, f.ref::text as ref, f.at, f.run_id, f.incident_id, f.building_id, f.detail, f.text, f.photos
from (
    (select 'remark'::text as kind, 'remark:' || k.id as ref, k.occurred_at as at, k.run_id, 0::bigint as incident_id, k.building_id, ''::text as detail, k.text,
        (select count(*) from pictures p where p.remark_id = k.id and p.taken_off_at is null)::integer as photos
    from remarks k
    join runs r on r.id = k.run_id
    join tours t on t.id = r.tour_id
    where k.deleted_at is null and k.occurred_at between @from_at::timestamptz and @before_at::timestamptz
        and (k.occurred_at, 'remark:' || k.id) < (@before_at::timestamptz, @before_ref::text)
        and (@region_id::bigint = 0 or t.region_id = @region_id)
    order by 3 desc, 2 desc
    limit @row_limit)
    union all
    (select 'stop', 'stop:' || v.run_id || ':' || v.building_id, v.outcome_at, v.run_id, 0, v.building_id, v.outcome, v.reason, 0
    from visits v
    join runs r on r.id = v.run_id
    join tours t on t.id = r.tour_id
    where v.outcome in ('skipped', 'failed') and v.outcome_at between @from_at and @before_at
        and (v.outcome_at, 'stop:' || v.run_id || ':' || v.building_id) < (@before_at, @before_ref)
        and (@region_id = 0 or t.region_id = @region_id)
    order by 3 desc, 2 desc
    limit @row_limit)
    union all
    (select 'incident', 'incident:' || i.id, i.opened_at, coalesce(i.run_id, 0), i.id, i.building_id, i.kind, i.text,
        (select count(*) from incident_pictures p where p.incident_id = i.id)::integer
    from incidents i
    join buildings b on b.id = i.building_id
    where i.opened_at between @from_at and @before_at
        and (i.opened_at, 'incident:' || i.id) < (@before_at, @before_ref)
        and (@region_id = 0 or b.region_id = @region_id)
    order by 3 desc, 2 desc
    limit @row_limit)
) f
order by f.at desc, f.ref desc
limit @row_limit;

-- name: RunsInWords :many
select r.id, r.date, r.worker_id, t.id as tour_id, t.name as tour_name
from runs r
join tours t on t.id = r.tour_id
where r.id = any (@ids::bigint[]);

-- name: BuildingsOfDay :many
-- What the office calls buildings.
select id, name, street, house_number, bus, postal_code, city from buildings where id = any (@ids::bigint[]);

-- name: StopsNotDone :many
-- The stops of runs that were skipped or failed, as they came.
select v.run_id, v.building_id, v.outcome::text as outcome, v.reason, v.outcome_at::timestamptz as outcome_at
from visits v
where v.run_id = any (@run_ids::bigint[]) and v.outcome in ('skipped', 'failed')
order by v.outcome_at, v.run_id, v.building_id
limit @row_limit;

-- name: RemarksOfRuns :many
-- With the number of their photos, as they were written.
select k.id, k.run_id, k.building_id, k.text, k.occurred_at,
    (select count(*) from pictures p where p.remark_id = k.id and p.taken_off_at is null)::integer as photos
from remarks k
where k.run_id = any (@run_ids::bigint[]) and k.deleted_at is null
order by k.occurred_at, k.id
limit @row_limit;

-- name: IncidentsOpened :many
-- Those that came in from a moment to before another, at the buildings of a region (of all when 0), with how many there are.
select i.id, i.building_id, i.run_id, i.kind, i.text, i.status, i.opened_at, (count(*) over ())::integer as total
from incidents i
join buildings b on b.id = i.building_id
where i.opened_at >= @from_at::timestamptz and i.opened_at < @to_at::timestamptz
    and (@region_id::bigint = 0 or b.region_id = @region_id)
order by i.opened_at, i.id
limit @row_limit;

-- name: FindRegion :one
select * from regions where id = @id;
