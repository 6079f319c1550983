-- name: InsertSwap :exec
insert into swaps (id, run_id, date, asked_by, message, asked_at)
values (@id, @run_id, @date, @asked_by, @message, @asked_at);

-- name: FindSwap :one
select * from swaps where id = @id;

-- name: SwapsByID :many
select * from swaps where id = any (@ids::uuid[]) order by date, id;

-- name: LockSwap :one
-- After the run's lock.
select * from swaps where id = @id for update;

-- name: LiveSwapOfRun :one
select id from swaps where run_id = @run_id and state in ('open', 'taken');

-- name: CountSwapsOfRun :one
-- How often somebody has asked for one run.
select count(*) from swaps where run_id = @run_id and asked_by = @asked_by;

-- name: SetSwap :one
update swaps
set state = @state, taken_by = sqlc.narg(taken_by), taken_at = sqlc.narg(taken_at), decided_by = sqlc.narg(decided_by),
    reason = @reason, ended_at = sqlc.narg(ended_at)
where id = @id
returning *;

-- name: LiveSwapsOfRuns :many
-- In the order of their ids, locked.
select * from swaps where run_id = any (@run_ids::bigint[]) and state in ('open', 'taken') order by id for update;

-- name: SwapsTakenBy :many
-- What somebody would do, and is not decided; in the order of their ids, locked.
select * from swaps where taken_by = sqlc.arg(worker_id)::bigint and state = 'taken' order by id for update;

-- name: LockSwapsOf :exec
-- The live ones that somebody has asked or taken: two who leave at the same moment may have taken each other's runs.
select id from swaps
where state in ('open', 'taken') and (asked_by = @worker_id::bigint or taken_by = @worker_id::bigint)
order by id for update;

-- name: PastSwaps :many
-- Live ones whose day has passed, in the order of their ids, locked.
select * from swaps where state in ('open', 'taken') and date < @today::date order by id for update;

-- name: LapseSwaps :exec
update swaps set state = 'lapsed', ended_at = @ended_at where id = any (@ids::uuid[]);

-- name: ListLiveSwaps :many
-- Those that want a decision first, by day. state is off when empty.
select * from swaps
where state in ('open', 'taken') and (@state::text = '' or state = @state)
    and (not sqlc.arg(more)::boolean or ((state = 'open'), date, id) > (@after_open::boolean, @after_date::date, @after_id::uuid))
order by (state = 'open'), date, id
limit @row_limit;

-- name: ListEndedSwaps :many
-- The latest day first. state is off when empty.
select * from swaps
where state not in ('open', 'taken') and (@state::text = '' or state = @state)
    and (not sqlc.arg(more)::boolean or (date, id) < (@before_date::date, @before_id::uuid))
order by date desc, id desc
limit @row_limit;

-- name: SwapsOfWorker :many
-- What somebody has asked or taken from a day on: by day.
select * from swaps
where (asked_by = @worker_id::bigint or taken_by = @worker_id::bigint) and date >= @from_day::date
    and (not sqlc.arg(more)::boolean or (date, id) > (@after_date::date, @after_id::uuid))
order by date, id
limit @row_limit;

-- name: OpenSwapsFor :many
-- What somebody who works in the regions could take, by day: not their own, and no tour that they have on that day already.
select s.* from swaps s
join runs r on r.id = s.run_id
join tours t on t.id = r.tour_id
where s.state = 'open' and s.date >= @today::date and s.asked_by <> @worker_id::bigint and r.status = 'planned'
    and t.region_id = any (@region_ids::bigint[]) and t.archived_at is null
    and not exists (
        select from runs o
        where o.worker_id = @worker_id and o.tour_id = r.tour_id and o.date = r.date and o.status <> 'cancelled')
    and (not sqlc.arg(more)::boolean or (s.date, s.id) > (@after_date::date, @after_id::uuid))
order by s.date, s.id
limit @row_limit;

-- name: SwapsToExport :many
select * from swaps where asked_by = @worker_id::bigint or taken_by = @worker_id::bigint order by date, id limit @row_limit;

-- name: ForgetSwapMessages :exec
-- What somebody wrote who is forgotten, and why they were refused, also what they would have done for somebody else.
update swaps
set message = case when asked_by = @worker_id::bigint then '' else message end, reason = ''
where asked_by = @worker_id::bigint or taken_by = @worker_id::bigint;

-- name: RegionsOfRuns :many
select r.id, t.region_id from runs r join tours t on t.id = r.tour_id where r.id = any (@run_ids::bigint[]);
