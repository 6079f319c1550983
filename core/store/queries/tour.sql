-- name: ListTours :many
-- Visible to a caller: all of them (sees_all), or those of their own runs within the days from first_day to last_day (worker_id).
select t.id, t.name, t.version, t.hide_idle_stops, (t.archived_at is not null)::boolean as archived, r.id as region_id, r.name as region_name,
    (select count(*) from stops s join buildings b on b.id = s.building_id
     where s.tour_id = t.id and b.archived_at is null) as stop_count,
    (select count(*) from stops s join buildings b on b.id = s.building_id
     where s.tour_id = t.id and b.archived_at is not null) as archived_stop_count
from tours t
join regions r on r.id = t.region_id
where (@sees_all::boolean or exists (
        select 1 from runs x
        where x.tour_id = t.id and x.worker_id = nullif(@worker_id::bigint, 0) and x.status <> 'cancelled'
            and x.date between @first_day::date and @last_day::date))
    and (@id::bigint = 0 or t.id = @id)
    and (@id::bigint <> 0 or (t.archived_at is not null) = @archived::boolean)
    and not exists (
        select 1 from unnest(@patterns::text[]) as word (pattern)
        where searchable(t.name) not like searchable(word.pattern))
    and (@region_id::bigint = 0 or t.region_id = @region_id)
    and (t.sort_key, t.id) > (@after_name::text, @after_id::bigint)
order by t.sort_key, t.id
limit @row_limit;

-- name: ListStops :many
select s.position, b.id as building_id, b.name, b.street, b.house_number, b.bus, b.postal_code, b.city,
    b.agreed_minutes, b.latitude, b.longitude, f.id as photo_id, f.width as photo_width, f.height as photo_height
from stops s
join buildings b on b.id = s.building_id
left join building_photos f on f.building_id = b.id
where s.tour_id = @tour_id and b.archived_at is null
order by s.position;

-- name: StopBuildings :many
select building_id from stops where tour_id = @tour_id order by position;

-- name: KeepTour :exec
-- Keeps a tour from being changed until the transaction ends. In a statement of its own: what is read in the one that waits
-- for the lock, of other tables, is from before the wait.
select id from tours where id = @id for share;

-- name: TourForPlanning :one
select t.id, t.region_id, (t.archived_at is not null)::boolean as archived,
    exists (select 1 from stops s join buildings b on b.id = s.building_id
            where s.tour_id = t.id and b.archived_at is null) as has_stops
from tours t
where t.id = @id;

-- name: InsertTour :one
insert into tours (region_id, name, hide_idle_stops) values (@region_id, @name, @hide_idle_stops) returning id;

-- name: InsertStop :exec
insert into stops (tour_id, position, building_id) values (@tour_id, @position, @building_id);

-- name: LockTour :one
select * from tours where id = @id for update;

-- name: UpdateTour :exec
update tours
set region_id = @region_id, name = @name, hide_idle_stops = @hide_idle_stops, version = version + 1
where id = @id;

-- name: SetTourArchived :exec
-- Null takes it back into use.
update tours set archived_at = sqlc.narg(archived_at), version = version + 1 where id = @id;

-- name: TouchTour :exec
update tours set version = version + 1 where id = @id;

-- name: TourHasRuns :one
-- Whether the tour is planned on the day or later.
select exists (select 1 from runs where tour_id = @tour_id and status = 'planned' and date >= @day::date);

-- name: TourHasStops :one
-- Archived buildings do not count: nobody sees them as stops.
select exists (
    select 1 from stops s join buildings b on b.id = s.building_id
    where s.tour_id = @tour_id and b.archived_at is null);

-- name: ArchivedStops :many
-- Buildings that come back to the tour when they are taken back into use.
select s.building_id
from stops s join buildings b on b.id = s.building_id
where s.tour_id = @tour_id and b.archived_at is not null
order by s.position;

-- name: RememberStops :exec
-- Before stops are taken off a tour: a phone that is offline still shows them.
insert into removed_stops (tour_id, building_id, removed_at)
select s.tour_id, s.building_id, @removed_at from stops s where s.tour_id = @tour_id
on conflict (tour_id, building_id) do update set removed_at = excluded.removed_at;

-- name: DeleteStops :exec
delete from stops where tour_id = @tour_id;

-- name: DeleteForeignStops :exec
-- Stops at buildings that have moved to another region.
delete from stops s
using tours t, buildings b
where s.tour_id = @tour_id and t.id = s.tour_id and b.id = s.building_id and b.region_id <> t.region_id;

-- name: InsertStops :exec
-- In the order of the buildings.
insert into stops (tour_id, position, building_id)
select @tour_id, place.position, place.building_id
from unnest(@building_ids::bigint[]) with ordinality as place (building_id, position);
