-- name: KeepTourVersions :many
-- Adds a version to each of the tours whose stops in use are others than in the newest one, or that leave out others.
insert into tour_versions (tour_id, number, building_ids, hide_idle_stops, cause, restored_from, changed_at, changed_by)
select t.id, coalesce(newest.number, 0) + 1, present.building_ids, t.hide_idle_stops, @cause, sqlc.narg(restored_from), @changed_at, @changed_by
from tours t
left join lateral (
    select v.number, v.building_ids, v.hide_idle_stops from tour_versions v where v.tour_id = t.id order by v.number desc limit 1
) newest on true
cross join lateral (
    select coalesce(array_agg(s.building_id order by s.position), '{}')::bigint[] as building_ids
    from stops s join buildings b on b.id = s.building_id
    where s.tour_id = t.id and b.archived_at is null
) present
where t.id = any (@tour_ids::bigint[])
    and (newest.building_ids is distinct from present.building_ids or newest.hide_idle_stops is distinct from t.hide_idle_stops)
order by t.id
returning tour_id;

-- name: SetUnknownVersions :exec
-- Runs that were planned before their tour had versions were planned with the first.
update runs r
set planned_version = v.number, seen_version = v.number, version_for = r.worker_id
from (select tour_id, max(number) as number from tour_versions where tour_id = any (@tour_ids::bigint[]) group by tour_id) v
where r.tour_id = v.tour_id and r.status = 'planned' and r.planned_version is null;

-- name: LockPlannedRuns :many
-- What is planned on tours on a day or later.
select id from runs
where tour_id = any (@tour_ids::bigint[]) and status = 'planned' and date >= @day::date
order by id for update;

-- name: PlannedRunsOfTours :many
select id from runs
where tour_id = any (@tour_ids::bigint[]) and status = 'planned' and date >= @day::date
order by id;

-- name: TourIDsOfBuilding :many
select tour_id from stops where building_id = @building_id order by tour_id;

-- name: RunsToTell :many
-- The runs of these on tours with a new version that have other stops by it.
select r.* from runs r
where r.id = any (@ids::bigint[]) and r.tour_id = any (@tour_ids::bigint[])
    and stops_changed(r.tour_id, (select max(v.number) - 1 from tour_versions v where v.tour_id = r.tour_id)::integer, r.date)
order by r.id;

-- name: TouchRuns :many
update runs set version = version + 1 where id = any (@ids::bigint[]) returning *;

-- name: ListTourVersions :many
-- The newest first, each with the stops of the one before.
select v.number, v.building_ids, v.cause, v.restored_from, v.changed_at, v.changed_by, before.building_ids as before_ids,
    v.hide_idle_stops, (before.hide_idle_stops is not null and before.hide_idle_stops <> v.hide_idle_stops)::boolean as idle_stops_changed
from tour_versions v
left join tour_versions before on before.tour_id = v.tour_id and before.number = v.number - 1
where v.tour_id = @tour_id and v.number < @before_number
order by v.number desc
limit @row_limit;

-- name: TourVersion :one
select * from tour_versions where tour_id = @tour_id and number = @number;

-- name: NewestTourVersion :one
select * from tour_versions where tour_id = @tour_id order by number desc limit 1;

-- name: SeeStops :exec
update runs set seen_version = @seen_version, stops_seen_at = @seen_at::timestamptz, version = version + 1 where id = @id;

-- name: StopNames :many
select id, name, street, house_number, bus, postal_code, city, region_id, (archived_at is not null)::boolean as archived
from buildings where id = any (@ids::bigint[])
order by sort_key, id;

-- name: StopsOnDay :one
-- The stops of a version that a run on a day has.
select stops_on(building_ids, hide_idle_stops, @day::date)::bigint[] as building_ids from tour_versions
where tour_id = @tour_id and number = @number;
