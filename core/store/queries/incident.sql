-- name: ListIncidents :many
-- Visible to a caller: all of them (sees_all), those of their own runs within the days from first_day to last_day (worker_id), or
-- those at the buildings that the caller manages (syndic_id).
select i.id, i.client_id, i.building_id, i.run_id, i.kind, i.text, i.status, i.reported_through, i.reported_by, i.responsible_id,
    i.occurred_at, i.opened_at, i.acknowledged_at, i.resolved_at, i.answer, i.version,
    (i.reporter_email <> '')::boolean as wants_answer,
    b.name, b.street, b.house_number, b.bus, b.postal_code, b.city, b.region_id, g.name as region_name,
    (select count(*) from incident_pictures p where p.incident_id = i.id)::int as picture_count,
    coalesce((select p.id from incident_pictures p where p.incident_id = i.id and p.removed_at is null order by p.added_at, p.id limit 1),
        '00000000-0000-0000-0000-000000000000')::uuid as first_picture
from incidents i
join buildings b on b.id = i.building_id
join regions g on g.id = b.region_id
where (@sees_all::boolean
        or exists (
            select 1 from building_syndics y where y.building_id = i.building_id and y.user_id = nullif(@syndic_id::bigint, 0))
        or (@worker_id::bigint <> 0 and exists (
            select 1 from runs x
            where x.id = i.run_id and x.worker_id = @worker_id and x.date between @first_day::date and @last_day::date)))
    and (@id::bigint = 0 or i.id = @id)
    and (@status::text = '' or i.status = @status)
    and (not @unresolved::boolean or i.status <> 'resolved')
    and (@kind::text = '' or i.kind = @kind)
    and (@building_id::bigint = 0 or i.building_id = @building_id)
    and (@region_id::bigint = 0 or i.building_id = any (array(select x.id from buildings x where x.region_id = @region_id)))
    and (@responsible_id::bigint = 0 or i.responsible_id = @responsible_id)
    and (@run_id::bigint = 0 or i.run_id = @run_id)
    and (cardinality(@patterns::text[]) = 0 or not exists (
        select 1 from (select searchable(p.pattern) as pattern from unnest(@patterns::text[]) as p (pattern) offset 0) word
        where searchable(i.text) || ' ' || b.words not like word.pattern))
    and (sqlc.narg(before_opened)::timestamptz is null
        or (i.opened_at, i.id) < (sqlc.narg(before_opened)::timestamptz, @before_id::bigint))
order by i.opened_at desc, i.id desc
limit @row_limit;

-- name: CountIncidents :one
-- Those that wait for the office.
select count(*) filter (where status = 'open') as open, count(*) filter (where status = 'acknowledged') as acknowledged
from incidents
where status <> 'resolved';

-- name: FindIncidentByClientID :one
select * from incidents where client_id = @client_id;

-- name: LockIncident :one
select * from incidents where id = @id for update;

-- name: LockIncidentByClientID :one
select * from incidents where client_id = @client_id for update;

-- name: IncidentsByID :many
select * from incidents where id = any (@ids::bigint[]) order by opened_at, id;

-- name: InsertIncident :one
-- Nothing is inserted when the client's id is taken.
insert into incidents (
    client_id, building_id, run_id, kind, reported_kind, text, reported_through, reported_by, reporter_email, reporter_language,
    claimed_at, occurred_at, opened_at
) values (
    @client_id, @building_id, sqlc.narg(run_id), @kind, @kind, @text, @reported_through, sqlc.narg(reported_by), @reporter_email,
    @reporter_language, @claimed_at, @occurred_at, @opened_at
)
on conflict (client_id) do nothing
returning *;

-- name: UpdateIncident :one
update incidents
set status = @status, kind = @kind, responsible_id = sqlc.narg(responsible_id), answer = @answer,
    acknowledged_at = sqlc.narg(acknowledged_at), resolved_at = sqlc.narg(resolved_at), version = version + 1
where id = @id
returning *;

-- name: TouchIncident :one
update incidents set version = version + 1 where id = @id returning *;

-- name: InsertIncidentEntry :one
insert into incident_entries (incident_id, entry, text, responsible_id, kind, for_syndics, written_at, written_by)
values (@incident_id, @entry, @text, sqlc.narg(responsible_id), @kind, @for_syndics, @written_at, @written_by)
returning id;

-- name: IncidentEntries :many
select * from incident_entries where incident_id = @incident_id order by id;

-- name: CountIncidentComments :one
select count(*) from incident_entries where incident_id = @incident_id and entry = 'comment';

-- name: IncidentPictures :many
select * from incident_pictures where incident_id = @incident_id order by added_at, id;

-- name: CountIncidentPictures :one
select count(*) from incident_pictures where incident_id = @incident_id;

-- name: FindIncidentPicture :one
select * from incident_pictures where id = @id;

-- name: InsertIncidentPicture :execrows
insert into incident_pictures (id, incident_id, added_at, added_by, width, height, sha256)
values (@id, @incident_id, @added_at, sqlc.narg(added_by), @width, @height, @sha256)
on conflict (id) do nothing;

-- name: VisibleIncidentPicture :one
-- Visible to the office (sees_all), the worker of the incident's run within the days from first_day to last_day, and the
-- building's own syndics.
select p.*
from incident_pictures p
join incidents i on i.id = p.incident_id
where p.id = @id
    and (@sees_all::boolean
        or exists (
            select 1 from building_syndics y where y.building_id = i.building_id and y.user_id = nullif(@syndic_id::bigint, 0))
        or (@worker_id::bigint <> 0 and exists (
            select 1 from runs x
            where x.id = i.run_id and x.worker_id = @worker_id and x.date between @first_day::date and @last_day::date)));

-- name: IsStopOfRun :one
-- Of one that has not started, the tour's stops; one that it had before it started counts too, for a phone may have been offline.
select exists (
    select 1 from stops_of_runs s where s.run_id = @run_id and s.building_id = @building_id
    union all
    select 1 from runs r join removed_stops m on m.tour_id = r.tour_id where r.id = @run_id and m.building_id = @building_id
) as found;

-- name: LockReporters :many
-- The oldest resolved incidents whose reporter is still known and was to be forgotten before a moment.
select * from incidents
where reporter_email <> '' and resolved_at < @before::timestamptz
order by resolved_at
limit 100
for update skip locked;

-- name: ForgetReporters :exec
update incidents set reporter_email = '', version = version + 1 where id = any (@ids::bigint[]);

-- name: IncidentsOfPerson :many
-- Those that somebody reported or wrote about, by id.
select * from incidents
where id = any (array(
    select i.id from incidents i where i.reported_by = @user_id::bigint and i.id > @after_id
    union
    select e.incident_id from incident_entries e where e.written_by = @user_id::bigint and e.incident_id > @after_id
    order by 1
    limit @row_limit))
order by id;

-- name: IncidentEntriesBy :many
select * from incident_entries
where incident_id = any (@incident_ids::bigint[]) and written_by = @user_id::bigint
order by incident_id, id;

-- name: IncidentPicturesBy :many
select * from incident_pictures
where incident_id = any (@incident_ids::bigint[]) and added_by = @user_id::bigint
order by incident_id, added_at, id;
