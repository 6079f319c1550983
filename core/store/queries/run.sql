-- name: ListRuns :many
-- One page of ids in order; RunsByID reads what belongs to them. Visible to a caller: all of them (sees_all), or their own
-- (own_id). The filters worker_id, tour_id and region_id are off when 0.
select r.id, r.date
from runs r
join tours t on t.id = r.tour_id
where (@sees_all::boolean or r.worker_id = nullif(@own_id::bigint, 0))
    and (@worker_id::bigint = 0 or r.worker_id = @worker_id)
    and (@tour_id::bigint = 0 or r.tour_id = @tour_id)
    and (@region_id::bigint = 0 or t.region_id = @region_id)
    and (@status::text = '' or r.status = @status)
    and r.date between @from_day::date and @to_day::date
    and (r.date, r.id) > (@after_date::date, @after_id::bigint)
order by r.date, r.id
limit @row_limit;

-- name: RunsByID :many
select r.id, r.worker_id, r.date, r.status, r.planned_at, r.started_at, r.completed_at, r.cancelled_at,
    r.complete_reason, r.cancel_reason, r.start_corrected, r.stops_differ, r.version,
    t.id as tour_id, t.name as tour_name, g.id as region_id, g.name as region_name,
    p.stops, p.done, p.skipped, p.failed, p.agreed_minutes, p.elapsed_minutes, p.segments,
    case when r.started_at is not null then r.idle_stop_count else (
        select count(*) from stops o
        join buildings b on b.id = o.building_id
        where o.tour_id = r.tour_id and b.archived_at is null and t.hide_idle_stops and not has_work(b.id, r.date)
    ) end::integer as idle_stops,
    (select count(*) from remarks k where k.run_id = r.id and k.deleted_at is null)::integer as remarks,
    (r.status = 'planned' and stops_changed(r.tour_id, r.seen_version, r.date))::boolean as stops_changed
from runs r
join tours t on t.id = r.tour_id
join regions g on g.id = t.region_id
cross join lateral (
    select count(*)::integer as stops,
        (count(*) filter (where s.segment = 'done'))::integer as done,
        (count(*) filter (where s.segment = 'skipped'))::integer as skipped,
        (count(*) filter (where s.segment = 'failed'))::integer as failed,
        coalesce(sum(s.agreed_minutes), 0)::integer as agreed_minutes,
        -- What the stops with an outcome were agreed to take, and the next one: where the worker should be at most.
        (coalesce(sum(s.agreed_minutes) filter (where s.segment in ('done', 'skipped', 'failed')), 0)
            + coalesce((array_agg(s.agreed_minutes order by s.position)
                filter (where s.segment not in ('done', 'skipped', 'failed')))[1], 0))::integer as elapsed_minutes,
        coalesce(array_agg(s.segment order by s.position), '{}')::text[] as segments
    from segments_of_runs s
    where s.run_id = r.id
) p
where r.id = any(@ids::bigint[])
order by r.date, r.id;

-- name: LockRun :one
-- Everything that changes a run or its visits takes this lock first, so that no two changes see the same state.
select * from runs where id = @id for update;

-- name: FindRun :one
select * from runs where id = @id;

-- name: InsertRun :one
insert into runs (tour_id, worker_id, date, planned_at, planned_by)
values (@tour_id, @worker_id, @date, @planned_at, @planned_by)
returning id;

-- name: FindRunByStartID :one
select * from runs where start_id = @start_id;

-- name: FindRunByCompleteID :one
select * from runs where complete_id = @complete_id;

-- name: StartRun :exec
-- A run that was cancelled while its worker was on the way stays cancelled.
update runs
set status = case status when 'planned' then 'started' else status end, started_at = @started_at,
    start_id = sqlc.narg(start_id), start_claimed_at = sqlc.narg(claimed_at), start_received_at = @received_at::timestamptz,
    start_corrected = @corrected, stops_differ = @stops_differ, idle_stop_count = @idle_stop_count, version = version + 1
where id = @id;

-- name: PhoneStops :many
-- What a phone that was offline may take for the stops of a run: those of its tour, and those that were taken off the tour
-- since the run was planned. Stops that the tour leaves out for want of work are idle: known, and not taken by themselves.
select s.building_id, (b.archived_at is null)::boolean as current,
    (t.hide_idle_stops and not has_work(b.id, r.date))::boolean as idle, s.position
from stops s
join runs r on r.tour_id = s.tour_id
join tours t on t.id = r.tour_id
join buildings b on b.id = s.building_id
where r.id = @run_id
union all
select m.building_id, false, false, 0
from removed_stops m
join runs r on r.tour_id = m.tour_id
where r.id = @run_id and m.removed_at >= r.planned_at
    and not exists (select 1 from stops s where s.tour_id = m.tour_id and s.building_id = m.building_id)
order by 4, 1;

-- name: InsertRunStops :exec
-- In the order of the buildings.
insert into run_stops (run_id, position, building_id, agreed_minutes)
select @run_id, place.position, b.id, b.agreed_minutes
from unnest(@building_ids::bigint[]) with ordinality as place (building_id, position)
join buildings b on b.id = place.building_id;

-- name: CompleteRun :exec
-- A run that was cancelled while its worker was on the way stays cancelled.
update runs
set status = case status when 'started' then 'completed' else status end,
    completed_at = case status when 'started' then @completed_at::timestamptz end,
    complete_reason = @reason, complete_id = @complete_id, complete_claimed_at = @claimed_at,
    complete_received_at = @received_at, complete_corrected = @corrected, version = version + 1
where id = @id;

-- name: CompleteRunWhenDone :execrows
-- Completes a started run whose stops all have an outcome (rule 2), at the time of the last one (rule 3).
update runs
set status = 'completed', complete_received_at = @received_at::timestamptz,
    completed_at = greatest(started_at, (select max(v.outcome_at) from visits v where v.run_id = @id))
where id = @id and status = 'started' and not exists (
    select 1
    from run_stops s
    left join visits v on v.run_id = s.run_id and v.building_id = s.building_id
    where s.run_id = @id and v.outcome is null);

-- name: CancelRun :exec
update runs
set status = 'cancelled', cancelled_at = @cancelled_at, cancel_reason = @reason, version = version + 1
where id = @id;

-- name: TouchRun :exec
update runs set version = version + 1 where id = @id;

-- name: StopsOfRun :many
select s.position, s.agreed_minutes, b.id as building_id, b.name, b.street, b.house_number, b.bus, b.postal_code,
    b.city, b.latitude, b.longitude, f.id as photo_id, f.width as photo_width, f.height as photo_height
from stops_of_runs s
join buildings b on b.id = s.building_id
left join building_photos f on f.building_id = b.id
where s.run_id = @run_id
order by s.position;

-- name: LockWorker :exec
-- Nobody plans runs for the person while their role changes, they are deactivated or get the runs of others.
select pg_advisory_xact_lock(hashtextextended('worker ' || @worker_id::bigint, 0));

-- name: CountRunsToDo :one
select count(*) from runs
where worker_id = @worker_id and (status = 'planned' and date >= @today::date or status = 'started');

-- name: RunsToDo :many
-- What a person still has to do: planned from today on, or started.
select id from runs
where worker_id = @worker_id and (status = 'planned' and date >= @today::date or status = 'started')
order by date, id limit @row_limit;

-- name: LockRunsToDo :many
select * from runs
where worker_id = @worker_id and (status = 'planned' and date >= @today::date or status = 'started')
order by id for update;

-- name: GiveRun :exec
update runs set worker_id = @worker_id, version = version + 1 where id = @id;

-- name: NoteFormerWorkers :exec
-- Each run is not the worker's at its place any more.
insert into former_workers (run_id, worker_id, since)
select unnest(@run_ids::bigint[]), unnest(@worker_ids::bigint[]), @since
on conflict (run_id, worker_id) do update set since = excluded.since;

-- name: FormerWorkerSince :one
-- Since when a run is not somebody's any more whose it was.
select since from former_workers where run_id = @run_id and worker_id = @worker_id;

-- name: RunsOfWorker :many
select id from runs where worker_id = @worker_id order by date, id;

-- name: HasRun :one
-- Whether a worker has the tour on that date already.
select exists (
    select from runs where worker_id = @worker_id and tour_id = @tour_id and date = @date and status <> 'cancelled'
) as found;

-- name: PlannedRunIDs :many
select id from runs where date = @date and status = 'planned' order by id;

-- name: LockWorkersForPlanning :exec
-- In the order of their ids, each once.
select pg_advisory_xact_lock_shared(hashtextextended('worker ' || w.id, 0))
from (select distinct unnest(@worker_ids::bigint[]) as id order by 1) w;

-- name: KeepTours :exec
-- As KeepTour, in the order of their ids.
select id from tours where id = any (@ids::bigint[]) order by id for share;

-- name: LockTours :exec
-- Nobody else keeps them as they are, changes or plans them in the meantime; in the order of their ids.
select id from tours where id = any (@ids::bigint[]) order by id for update;

-- name: ToursForPlanning :many
select t.id, t.region_id, (t.archived_at is not null)::boolean as archived,
    exists (select 1 from stops s join buildings b on b.id = s.building_id
            where s.tour_id = t.id and b.archived_at is null) as has_stops
from tours t
where t.id = any (@ids::bigint[]);

-- name: RunsTaken :many
-- What these workers have to do on days from first to last, or did.
select worker_id, tour_id, date from runs
where worker_id = any (@worker_ids::bigint[]) and date between @first_day::date and @last_day::date and status <> 'cancelled';

-- name: InsertRuns :many
insert into runs (tour_id, worker_id, date, planned_at, planned_by)
select unnest(@tour_ids::bigint[]), unnest(@worker_ids::bigint[]), unnest(@dates::date[]), @planned_at, @planned_by
returning *;

-- name: RunsToCopy :many
-- What was planned on days from first to last and not cancelled. tour_id, worker_id and region_id are off when 0.
select r.tour_id, r.worker_id, r.date
from runs r
join tours t on t.id = r.tour_id
where r.date between @first_day::date and @last_day::date and r.status <> 'cancelled'
    and (@tour_id::bigint = 0 or r.tour_id = @tour_id)
    and (@worker_id::bigint = 0 or r.worker_id = @worker_id)
    and (@region_id::bigint = 0 or t.region_id = @region_id)
order by r.date, r.id
limit @row_limit;

-- name: LockRuns :many
select * from runs where id = any (@ids::bigint[]) order by id for update;

-- name: SetRunsAside :exec
-- Gives runs to nobody for the moment, so that they may take each other's places.
update runs set worker_id = -id where id = any (@ids::bigint[]);

-- name: ChangeRuns :many
-- Each of ids gets the tour, worker and date at its place.
update runs r
set tour_id = w.tour_id, worker_id = w.worker_id, date = w.date, version = r.version + 1
from (select unnest(@ids::bigint[]) as id, unnest(@tour_ids::bigint[]) as tour_id, unnest(@worker_ids::bigint[]) as worker_id,
        unnest(@dates::date[]) as date) w
where r.id = w.id
returning r.*;

-- name: CancelRuns :many
update runs
set status = 'cancelled', cancelled_at = @cancelled_at::timestamptz, cancel_reason = @reason, version = version + 1
where id = any (@ids::bigint[])
returning *;

-- name: WorkersOfRegion :many
-- Who has runs on tours of a region on days from first to last.
select distinct r.worker_id
from runs r
join tours t on t.id = r.tour_id
where r.date between @first_day::date and @last_day::date and r.status <> 'cancelled' and t.region_id = @region_id;

-- name: WorkersWithStops :many
-- Who has runs, planned or on their way, on days from first to last with one of the buildings as a stop.
select distinct r.worker_id from runs r
where r.date between @first_day::date and @last_day::date and (
    r.status = 'planned' and exists (
        select from stops s where s.tour_id = r.tour_id and s.building_id = any (@building_ids::bigint[]))
    or r.status = 'started' and exists (
        select from run_stops s where s.run_id = r.id and s.building_id = any (@building_ids::bigint[])))
order by r.worker_id;

-- name: WorkersOnDays :many
-- Who has runs on days from first to last.
select distinct worker_id from runs
where date between @first_day::date and @last_day::date and status <> 'cancelled';

-- name: RunsForWeeks :many
-- What these workers have to do on days from first to last, or did. Stops and minutes are those of the run once it is started.
select r.id, r.tour_id, r.worker_id, r.date, r.status, r.version, (r.started_at is not null)::boolean as started,
    coalesce(s.stops, 0)::integer as stops, coalesce(s.agreed_minutes, 0)::integer as agreed_minutes,
    (r.status = 'planned' and stops_changed(r.tour_id, r.seen_version, r.date))::boolean as stops_changed
from runs r
left join lateral (
    -- None is looked for as long as the run is not started.
    select count(*) as stops, sum(o.agreed_minutes) as agreed_minutes
    from run_stops o
    where r.started_at is not null and o.run_id = r.id
) s on true
where r.date between @first_day::date and @last_day::date and r.status <> 'cancelled'
    and r.worker_id = any (@worker_ids::bigint[])
order by r.date, r.id
limit @row_limit;

-- name: RunsOfOthers :many
-- Runs of these tours on days from first to last, but for those of these workers.
select id, tour_id, date from runs
where tour_id = any (@tour_ids::bigint[]) and date between @first_day::date and @last_day::date and status <> 'cancelled'
    and worker_id <> all (@worker_ids::bigint[])
order by date, id
limit @row_limit;

-- name: ToursForWeeks :many
-- The tours of a region (of all when 0) that are not archived, and those of ids, in their order.
select t.id, t.name, t.region_id, g.name as region_name, t.hide_idle_stops, (t.archived_at is not null)::boolean as archived,
    coalesce(s.stops, 0)::integer as stops, coalesce(s.agreed_minutes, 0)::integer as agreed_minutes
from tours t
join regions g on g.id = t.region_id
left join (
    select o.tour_id, count(*) as stops, sum(b.agreed_minutes) as agreed_minutes
    from stops o join buildings b on b.id = o.building_id
    where b.archived_at is null
    group by o.tour_id
) s on s.tour_id = t.id
where t.archived_at is null and (@region_id::bigint = 0 or t.region_id = @region_id) or t.id = any (@ids::bigint[])
order by t.sort_key, t.id
limit @row_limit;

-- name: WorkOfTours :many
-- On which days from first to last there is work at how many stops of these tours, as has_work says it for one building and day.
with work as (
    select distinct c.building_id, c.date - before.days as day
    from collections c
    cross join (select 0 as days union all select 1) before
    where c.deleted_at is null and c.date between sqlc.arg(first_day)::date and sqlc.arg(last_day)::date + 1
        and c.date - before.days between sqlc.arg(first_day) and sqlc.arg(last_day)
        and (c.put_out or before.days = 0 and c.bring_in)
)
select o.tour_id, work.day::date as day, count(*)::integer as stops, sum(b.agreed_minutes)::integer as agreed_minutes
from work
join stops o on o.building_id = work.building_id
join buildings b on b.id = o.building_id
where o.tour_id = any (sqlc.arg(tour_ids)::bigint[]) and b.archived_at is null
group by o.tour_id, work.day
order by o.tour_id, work.day;

-- name: RunStopIDs :many
-- The buildings of a run that was started, in order.
select building_id from run_stops where run_id = @run_id order by position;
