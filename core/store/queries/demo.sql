-- name: LockDemo :exec
-- Two processes that start at once must not both make the demo data.
select pg_advisory_xact_lock(hashtext('demo data'));

-- name: RunExists :one
select exists (
    select 1 from runs where tour_id = @tour_id and worker_id = @worker_id and date = @date
) as found;

-- name: AnyRunBefore :one
select exists (select 1 from runs where date < @date) as found;

-- name: AnyCollectionRule :one
select exists (select 1 from collection_rules) as found;

-- name: RunForDemoSwap :one
-- The first run of a worker from a day on that is planned, of a tour that the taker does not have on that day; none when a run of
-- the worker is asked for already.
select r.* from runs r
where r.worker_id = @worker_id::bigint and r.date >= @from_day::date and r.status = 'planned'
    and not exists (select from swaps s where s.asked_by = r.worker_id)
    and not exists (
        select from runs o
        where o.worker_id = @taker_id::bigint and o.tour_id = r.tour_id and o.date = r.date and o.status <> 'cancelled')
order by r.date, r.id
limit 1;
