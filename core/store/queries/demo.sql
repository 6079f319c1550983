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
