-- name: ListRegions :many
-- Visible to a caller: all of them (sees_all), or those of the buildings that the caller manages (syndic_id).
select r.id, r.name
from regions r
where (@sees_all::boolean
        or exists (
            select 1
            from building_syndics y
            join buildings b on b.id = y.building_id
            where b.region_id = r.id and y.user_id = nullif(@syndic_id::bigint, 0)))
    and (r.sort_key, r.id) > (@after_name::text, @after_id::bigint)
order by r.sort_key, r.id
limit @row_limit;

-- name: InsertRegion :one
insert into regions (name) values (@name) returning id;

-- name: LockRegion :one
select id, name from regions where id = @id for update;

-- name: RenameRegion :exec
update regions set name = @name where id = @id;

-- name: DeleteRegion :exec
-- Foreign keys refuse it while buildings or tours, archived ones too, belong to the region.
delete from regions where id = @id;

-- name: KeepRegions :many
-- Those that exist, which nobody can delete before the transaction ends.
select id from regions where id = any (@ids::bigint[]) order by id for key share;
