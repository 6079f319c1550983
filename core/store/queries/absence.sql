-- name: Availabilities :many
select * from availabilities where worker_id = any (@worker_ids::bigint[]);

-- name: PutAvailability :execrows
-- Version 0 is that of a worker who has none yet.
insert into availabilities (worker_id, weekdays, weekly_minutes, changed_at, changed_by)
values (@worker_id, @weekdays, @weekly_minutes, @changed_at, @changed_by)
on conflict (worker_id) do update
set weekdays = excluded.weekdays, weekly_minutes = excluded.weekly_minutes, changed_at = excluded.changed_at,
    changed_by = excluded.changed_by, version = availabilities.version + 1;

-- name: LockAvailability :exec
-- One at a time changes when a worker can work, also when there is no row yet.
select pg_advisory_xact_lock(hashtextextended('availability', sqlc.arg(worker_id)::bigint));

-- name: ListAbsences :many
-- By their first day. An absence lasts a year and a day at most, so those before that have ended.
select * from absences
where (sqlc.narg(worker_id)::bigint is null or worker_id = sqlc.narg(worker_id))
    and (sqlc.narg(from_day)::date is null or last_day >= sqlc.narg(from_day) and first_day >= sqlc.narg(from_day)::date - 366)
    and (sqlc.narg(to_day)::date is null or first_day <= sqlc.narg(to_day))
    and (sqlc.narg(after_day)::date is null or (first_day, id) > (sqlc.narg(after_day)::date, sqlc.arg(after_id)::bigint))
order by first_day, id
limit @row_limit;

-- name: FindAbsence :one
select * from absences where id = @id;

-- name: AbsenceForUpdate :one
select * from absences where id = @id for update;

-- name: OverlappingAbsence :one
-- Of the same worker, other than that id.
select id from absences
where worker_id = @worker_id and id <> @id and first_day <= @last_day::date and last_day >= @first_day::date
order by id
limit 1;

-- name: InsertAbsence :one
insert into absences (worker_id, first_day, last_day, reason, note, entered_at, entered_by)
values (@worker_id, @first_day, @last_day, @reason, @note, @entered_at, @entered_by)
returning id;

-- name: UpdateAbsence :exec
update absences set first_day = @first_day, last_day = @last_day, reason = @reason, note = @note, version = version + 1
where id = @id;

-- name: DeleteAbsence :exec
delete from absences where id = @id;

-- name: ForgetAvailability :exec
with gone as (delete from absences where absences.worker_id = @worker_id)
delete from availabilities where availabilities.worker_id = @worker_id;

-- name: AbsencesOfWorker :many
select * from absences where worker_id = @worker_id order by first_day, id limit @row_limit;

-- name: RunsDuring :many
-- The runs of a worker that are planned on the days from first to last.
select id from runs
where worker_id = @worker_id and status = 'planned' and date between @first_day::date and @last_day::date
order by date, id
limit @row_limit;

-- name: AbsencesDuring :many
-- Of these workers, on days from first to last. An absence lasts a year and a day at most, so those before that have ended.
select worker_id, first_day, last_day, reason from absences
where worker_id = any (sqlc.arg(worker_ids)::bigint[]) and first_day <= sqlc.arg(to_day)::date
    and first_day >= sqlc.arg(from_day)::date - 366 and last_day >= sqlc.arg(from_day);
