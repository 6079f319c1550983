-- name: ManualsOfBuilding :many
-- The newest first. Who may see the building is decided before.
select * from manuals where building_id = @building_id and deleted_at is null order by version desc;

-- name: NewestManuals :many
select distinct on (building_id) * from manuals
where building_id = any (@building_ids::bigint[]) and deleted_at is null
order by building_id, version desc;

-- name: FindManual :one
select * from manuals where id = @id and deleted_at is null;

-- name: InsertManual :one
insert into manuals (building_id, version, sha256, size, uploaded_at, uploaded_by)
values (
    @building_id, (select coalesce(max(m.version), 0) + 1 from manuals m where m.building_id = @building_id),
    @sha256, @size, @uploaded_at, @uploaded_by
)
returning *;

-- name: SetManualStatus :exec
update manuals set status = @status where id = @id;

-- name: DeleteManual :exec
update manuals set deleted_at = @deleted_at::timestamptz where id = @id;

-- name: NoteManualFile :exec
-- Waits while the file is being removed.
insert into manual_files (sha256, noted_at) values (@sha256, @noted_at)
on conflict (sha256) do update set noted_at = excluded.noted_at;

-- name: LockUnusedManualFile :one
-- The oldest file that was noted before and belongs to no manual.
select f.sha256
from manual_files f
where f.noted_at < @before and not exists (
    select 1 from manuals m where m.sha256 = f.sha256 and m.deleted_at is null)
order by f.noted_at
limit 1
for update of f skip locked;

-- name: ForgetManualFile :exec
delete from manual_files where sha256 = @sha256;
