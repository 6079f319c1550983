-- name: FindBuildingPhoto :one
-- Who may see the building is decided before.
select * from building_photos where building_id = @building_id;

-- name: PutBuildingPhoto :exec
insert into building_photos (building_id, id, sha256, width, height, uploaded_at, uploaded_by)
values (@building_id, @id, @sha256, @width, @height, @uploaded_at, @uploaded_by)
on conflict (building_id) do update
set id = excluded.id, sha256 = excluded.sha256, width = excluded.width, height = excluded.height,
    uploaded_at = excluded.uploaded_at, uploaded_by = excluded.uploaded_by;

-- name: DeleteBuildingPhoto :exec
delete from building_photos where building_id = @building_id;

-- name: PhotosOfDay :many
-- The photos of the visits of a building on a day, in order. Who may see the building is decided before.
select p.id, p.sha256, p.run_id, p.step, p.taken_at
from pictures p
join runs r on r.id = p.run_id
where p.building_id = @building_id and r.date = @date and p.removed_at is null and p.taken_off_at is null
    and (p.remark_id is null or exists (select 1 from remarks k where k.id = p.remark_id and k.deleted_at is null))
order by p.run_id, p.taken_at, p.id
limit @row_limit;
