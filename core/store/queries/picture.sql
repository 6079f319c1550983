-- name: FindPicture :one
select * from pictures where id = @id;

-- name: VisiblePicture :one
-- Visible to the office (sees_all), the run's own worker and the building's own syndics; to nobody once its remark is deleted, or
-- it was taken off the remark.
select p.*
from pictures p
join runs r on r.id = p.run_id
where p.id = @id and p.taken_off_at is null
    and (p.remark_id is null or exists (select 1 from remarks k where k.id = p.remark_id and k.deleted_at is null))
    and (@sees_all::boolean or r.worker_id = nullif(@worker_id::bigint, 0)
        or exists (
            select 1 from building_syndics y
            where y.building_id = p.building_id and y.user_id = nullif(@syndic_id::bigint, 0)));

-- name: InsertPicture :execrows
-- Nothing is inserted when the id is taken.
insert into pictures (
    id, run_id, building_id, step, remark_id, claimed_at, claimed_from, taken_at, received_at, width, height, sha256, duplicate_of
)
values (
    @id, @run_id, @building_id, @step, sqlc.narg(remark_id), @claimed_at, @claimed_from, @taken_at, @received_at, @width, @height,
    @sha256, (select p.id from pictures p where p.sha256 = @sha256 order by p.received_at, p.id limit 1)
)
on conflict (id) do nothing;

-- name: NoteUpload :exec
-- Waits while the files of an earlier upload are being removed.
insert into picture_uploads (picture_id, sha256, started_at) values (@picture_id, @sha256, @started_at)
on conflict (picture_id, sha256) do update set started_at = excluded.started_at;

-- name: ForgetUpload :exec
delete from picture_uploads where picture_id = @picture_id and sha256 = @sha256;

-- name: LockUnfinishedUpload :one
-- The oldest one that started before, and whether there is a picture of it all the same.
select u.picture_id, u.sha256, (exists (
    select 1 from pictures p where p.id = u.picture_id and p.sha256 = u.sha256
) or exists (
    select 1 from incident_pictures i where i.id = u.picture_id and i.sha256 = u.sha256
) or exists (
    select 1 from building_photos f where f.id = u.picture_id and f.sha256 = u.sha256
))::boolean as stored
from picture_uploads u
where u.started_at < @before
order by u.started_at
limit 1
for update of u skip locked;

-- name: PicturesOfRun :many
-- Those of its steps.
select * from pictures
where run_id = @run_id and remark_id is null and (@building_id::bigint = 0 or building_id = @building_id)
order by building_id, taken_at, id;

-- name: StepHasPicture :one
select exists (
    select 1 from pictures where run_id = @run_id and building_id = @building_id and step = @step
) as found;

-- name: LatestPictures :many
select distinct on (p.run_id) p.* from pictures p
where p.run_id = any(@run_ids::bigint[]) and p.removed_at is null and p.taken_off_at is null
    and (p.remark_id is null or exists (select 1 from remarks k where k.id = p.remark_id and k.deleted_at is null))
order by p.run_id, p.received_at desc, p.id;

-- name: UsesOfPictures :many
-- Where pictures were used, with the address; not what came off its remark.
select p.id, p.run_id, p.building_id, p.taken_at, b.street, b.house_number, b.bus
from pictures p
join buildings b on b.id = p.building_id
where p.id = any(@ids::uuid[]) and p.taken_off_at is null;

-- name: LockOldPictures :many
-- Those that came before, after the given place in that order, but none of what an incident that is not resolved may be about.
select p.id, p.sha256, p.received_at
from pictures p
where p.removed_at is null and p.received_at < @before and (p.received_at, p.id) > (@after_at::timestamptz, @after_id::uuid)
    and not exists (
        select 1 from incidents i
        where i.building_id = p.building_id and i.status <> 'resolved' and (i.run_id is null or i.run_id = p.run_id))
order by p.received_at, p.id
limit @row_limit
for update of p skip locked;

-- name: MarkPicturesRemoved :exec
update pictures set removed_at = @removed_at::timestamptz where id = any(@ids::uuid[]);

-- name: LockOldIncidentPictures :many
-- Those of incidents that were resolved before.
select p.id, p.sha256, p.added_at
from incident_pictures p
join incidents i on i.id = p.incident_id
where p.removed_at is null and p.added_at < @before and (p.added_at, p.id) > (@after_at::timestamptz, @after_id::uuid)
    and i.resolved_at < @before
order by p.added_at, p.id
limit @row_limit
for update of p skip locked;

-- name: MarkIncidentPicturesRemoved :exec
update incident_pictures set removed_at = @removed_at::timestamptz where id = any(@ids::uuid[]);

-- name: FindPartialUpload :one
select * from partial_uploads where id = @id;

-- name: LockPartialUpload :one
select * from partial_uploads where id = @id for update;

-- name: LockPartialUploads :exec
-- So that the bounds of what is not finished hold when uploads begin at once.
select pg_advisory_xact_lock(hashtext('partial uploads'));

-- name: SumPartialUploads :one
-- How many uploads a person has not finished, and how many bytes all persons have announced.
select count(*) filter (where user_id = @user_id)::bigint as own, coalesce(sum(size), 0)::bigint as bytes from partial_uploads;

-- name: InsertPartialUpload :execrows
-- Nothing is inserted when the id is taken.
insert into partial_uploads (
    id, user_id, run_id, building_id, step, remark_id, incident_id, claimed_at, claimed_from, sha256, size, touched_at
)
values (
    @id, @user_id, @run_id, @building_id, @step, sqlc.narg(remark_id), sqlc.narg(incident_id), @claimed_at, @claimed_from,
    @sha256, @size, @touched_at
)
on conflict (id) do nothing;

-- name: CountPart :exec
update partial_uploads set parts = @parts, touched_at = @touched_at where id = @id;

-- name: DeletePartialUpload :exec
delete from partial_uploads where id = @id;

-- name: LockAbandonedUpload :one
-- The oldest one that nothing was added to since.
select * from partial_uploads where touched_at < @before order by touched_at limit 1 for update skip locked;
