-- name: ListRuns :many
-- One page of ids in order; RunsByID reads what belongs to them. worker_id 0 is every worker, own_id 0 the office.
select r.id, r.date
from runs r
join tours t on t.id = r.tour_id
where (@own_id::bigint = 0 or r.worker_id = @own_id)
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
    r.complete_reason, r.cancel_reason, r.version,
    t.id as tour_id, t.name as tour_name, g.id as region_id, g.name as region_name,
    p.stops, p.done, p.skipped, p.failed, p.agreed_minutes, p.elapsed_minutes, p.segments
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

-- name: StartRun :exec
update runs set status = 'started', started_at = @started_at, version = version + 1 where id = @id;

-- name: CopyStops :execrows
-- Positions are counted anew, because archived buildings leave gaps.
insert into run_stops (run_id, position, building_id, agreed_minutes)
select r.id, row_number() over (order by s.position), s.building_id, b.agreed_minutes
from runs r
join stops s on s.tour_id = r.tour_id
join buildings b on b.id = s.building_id
where r.id = @run_id and b.archived_at is null;

-- name: CompleteRun :exec
update runs set status = 'completed', completed_at = @completed_at, complete_reason = @reason, version = version + 1
where id = @id;

-- name: CompleteRunWhenDone :execrows
-- Completes a started run whose stops all have an outcome (rule 2).
update runs set status = 'completed', completed_at = @completed_at
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
    b.city
from stops_of_runs s
join buildings b on b.id = s.building_id
where s.run_id = @run_id
order by s.position;
