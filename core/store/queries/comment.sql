-- name: CommentsOfBuildings :many
-- The latest first. Who may see the buildings is decided before.
select * from building_comments
where building_id = any (@building_ids::bigint[])
order by building_id, written_at desc, id desc;

-- name: CountComments :one
select count(*) from building_comments where building_id = @building_id;

-- name: FindComment :one
select * from building_comments where id = @id;

-- name: InsertComment :one
insert into building_comments (building_id, text, written_at, written_by)
values (@building_id, @text, @written_at, @written_by)
returning id;

-- name: UpdateComment :exec
update building_comments
set text = @text, edited_at = @edited_at::timestamptz, edited_by = @edited_by::bigint, version = version + 1
where id = @id;

-- name: DeleteComment :exec
delete from building_comments where id = @id;

-- name: StartedRunsAtBuilding :many
-- The runs that are on their way and have the building as a stop.
select r.id
from run_stops s
join runs r on r.id = s.run_id
where s.building_id = @building_id and r.status = 'started'
order by r.id;
