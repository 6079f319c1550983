-- name: Preferences :many
select * from preferences where user_id = any (@user_ids::bigint[]) order by user_id, kind;

-- name: SetPreference :exec
insert into preferences (user_id, kind, choice, changed_at) values (@user_id, @kind, @choice, @now)
on conflict (user_id, kind) do update set choice = excluded.choice, changed_at = excluded.changed_at;

-- name: Gather :execrows
insert into gathered (source, user_id, kind, facts, created_at) values (@source, @user_id, @kind, @facts, @now)
on conflict on constraint gathered_source do nothing;

-- name: DelayDigest :exec
-- The mail waits for what else comes: from the last event on for a while, and from the first one on not for ever. What is due at
-- once takes along what waits.
insert into digests (user_id, kind, first_at, due_at) values (@user_id, @kind, @now::timestamptz, @due_at::timestamptz)
on conflict (user_id, kind) do update
set due_at = case when not @moves::boolean then digests.due_at when excluded.due_at = @now::timestamptz then excluded.due_at
    else least(greatest(digests.due_at, excluded.due_at), digests.first_at + make_interval(secs => @bound::float8)) end;

-- name: DueDigests :many
select * from digests where due_at <= @now::timestamptz order by due_at limit 100 for update skip locked;

-- name: TellGathered :many
update gathered set told_at = @now::timestamptz
where id in (select id from gathered as untold where untold.user_id = @user_id and untold.kind = @kind and untold.told_at is null)
returning *;

-- name: DeleteDigest :exec
delete from digests where user_id = @user_id and kind = @kind;

-- name: DeleteTold :exec
delete from gathered where told_at < @before::timestamptz;

-- name: BeginDay :execrows
-- 1 for the process that does the job of that day, 0 when it was done.
insert into days (job, date, done_at) values (@job, @date, @now) on conflict do nothing;

-- name: DeleteOldDays :exec
with late as (delete from late_runs where late_runs.date < @before::date)
delete from days where days.date < @before::date;

-- name: InsertLateRuns :exec
insert into late_runs (run_id, date, told_at)
select id, @date::date, @now::timestamptz from unnest(@run_ids::bigint[]) as id on conflict do nothing;

-- name: IsLateRun :one
select exists (select 1 from late_runs where run_id = @run_id);

-- name: EraseWork :exec
with chosen as (delete from preferences where preferences.user_id = @user_id::bigint),
    waiting as (delete from digests where digests.user_id = @user_id::bigint)
delete from gathered where gathered.user_id = @user_id::bigint;
