-- name: FindRemark :one
select * from remarks where id = @id;

-- name: InsertRemark :exec
insert into remarks (
    id, run_id, building_id, text, sha256, written_by, claimed_at, occurred_at, received_at, corrected
)
values (@id, @run_id, @building_id, @text, @sha256, @written_by, @claimed_at, @occurred_at, @received_at, @corrected);

-- name: CountRemarks :one
select count(*) from remarks where run_id = @run_id and building_id = @building_id and deleted_at is null;

-- name: UpdateRemark :exec
update remarks set text = @text, edited_at = @edited_at::timestamptz, edited_by = @edited_by::bigint where id = @id;

-- name: DeleteRemark :exec
update remarks set text = '', deleted_at = @deleted_at::timestamptz, deleted_by = @deleted_by::bigint where id = @id;

-- name: FindRemarkChange :one
select * from remark_changes where id = @id;

-- name: InsertRemarkChange :exec
insert into remark_changes (id, remark_id, sha256, changed_at) values (@id, @remark_id, @sha256, @changed_at);

-- name: ListRemarks :many
-- A page of a run's remarks, the earliest first. Who may see the run is decided before.
select * from remarks
where run_id = @run_id and deleted_at is null and (occurred_at, id) > (@after_at::timestamptz, @after_id::uuid)
order by occurred_at, id
limit @row_limit;

-- name: RemarksOfRun :many
select * from remarks
where run_id = @run_id and (@building_id::bigint = 0 or building_id = @building_id) and deleted_at is null
order by building_id, occurred_at, id;

-- name: RemarksOfBuilding :many
select * from remarks
where run_id = any(@run_ids::bigint[]) and building_id = @building_id and deleted_at is null
order by run_id, occurred_at, id;

-- name: RemarksByID :many
select * from remarks where id = any(@ids::uuid[]) and deleted_at is null;

-- name: PicturesOfRemarks :many
select * from pictures where remark_id = any(@ids::uuid[]) and taken_off_at is null order by remark_id, taken_at, id;

-- name: TakePictureOff :execrows
-- Nothing is changed when it is gone, or is no picture of the remark.
update pictures set taken_off_at = @taken_off_at::timestamptz, taken_off_by = @taken_off_by::bigint
where id = @id and remark_id = @remark_id::uuid and taken_off_at is null;
