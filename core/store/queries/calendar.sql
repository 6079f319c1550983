-- name: ListCalendars :many
select c.id, c.feed, c.building_id, c.tour_id, c.language, c.created_at, c.used_at,
    coalesce(b.name, t.name, '')::text as name
from calendars c
left join buildings b on b.id = c.building_id
left join tours t on t.id = c.tour_id
where c.owner_id = @owner_id and (@id::bigint = 0 or c.id = @id)
order by c.id desc;

-- name: LockCalendarsOf :exec
-- One at a time: the next one to be made waits.
select pg_advisory_xact_lock(hashtextextended('calendars', @owner_id));

-- name: CountCalendars :one
select count(*) from calendars where owner_id = @owner_id;

-- name: InsertCalendar :one
insert into calendars (owner_id, feed, building_id, tour_id, language, token_hash, created_at)
values (@owner_id, @feed, sqlc.narg(building_id), sqlc.narg(tour_id), @language, @token_hash, @created_at)
returning *;

-- name: RenewCalendar :one
update calendars set token_hash = @token_hash where id = @id and owner_id = @owner_id returning *;

-- name: DeleteCalendar :one
delete from calendars where id = @id and owner_id = @owner_id returning *;

-- name: DeleteCalendarsOf :exec
delete from calendars where owner_id = @owner_id;

-- name: CalendarByToken :one
select * from calendars where token_hash = @token_hash;

-- name: TouchCalendar :exec
-- Not at every reading.
update calendars set used_at = @used_at::timestamptz
where id = @id and (used_at is null or used_at < @unless_since::timestamptz);

-- name: FeedRuns :many
-- Runs on the days from first to last, of a worker or of a tour; cancelled ones too.
select r.id, r.date, r.status, r.version, r.worker_id, t.name as tour_name, g.name as region_name
from runs r
join tours t on t.id = r.tour_id
join regions g on g.id = t.region_id
where r.date between @first_day::date and @last_day::date
    and (@worker_id::bigint = 0 or r.worker_id = @worker_id)
    and (@tour_id::bigint = 0 or r.tour_id = @tour_id)
order by r.date, r.id
limit @row_limit;

-- name: FeedStops :many
-- The addresses of the stops of runs, in order.
select s.run_id, b.street, b.house_number, b.bus, b.postal_code, b.city
from stops_of_runs s
join buildings b on b.id = s.building_id
where s.run_id = any (@run_ids::bigint[])
order by s.run_id, s.position;

-- name: FeedCollections :many
-- Collections at buildings on the days from first to last; archived buildings have none from today on. Those that were deleted since a
-- moment too, unless another one of the kind has come in their place.
select c.id, c.version, c.date, c.note, c.put_out, c.bring_in, c.time_from, c.time_to,
    (c.deleted_at is not null)::boolean as deleted,
    k.name_nl, k.name_en, k.name_fr, b.street, b.house_number, b.bus, b.postal_code, b.city
from collections c
join waste_kinds k on k.code = c.type
join buildings b on b.id = c.building_id
where c.building_id = any (@building_ids::bigint[]) and c.date between @first_day::date and @last_day::date
    and (b.archived_at is null or c.date < @today::date)
    and (c.deleted_at is null or c.deleted_at > @deleted_since::timestamptz and not exists (
        select 1 from collections o
        where o.building_id = c.building_id and o.date = c.date and o.type = c.type and o.deleted_at is null))
order by c.date, c.id
limit @row_limit;

-- name: FeedTour :one
select id, name from tours where id = @id and archived_at is null;
