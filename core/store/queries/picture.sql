-- name: FindPicture :one
select * from pictures where id = @id;

-- name: VisiblePicture :one
-- Visible to the office (sees_all), the run's own worker and the building's own syndic.
select p.*
from pictures p
join runs r on r.id = p.run_id
join buildings b on b.id = p.building_id
where p.id = @id
    and (@sees_all::boolean or r.worker_id = nullif(@worker_id::bigint, 0)
        or b.syndic_id = nullif(@syndic_id::bigint, 0));

-- name: InsertPicture :execrows
-- Nothing is inserted when the id is taken.
insert into pictures (id, run_id, building_id, step, claimed_at, taken_at, received_at, width, height, sha256)
values (@id, @run_id, @building_id, @step, @claimed_at, @taken_at, @received_at, @width, @height, @sha256)
on conflict (id) do nothing;

-- name: PicturesOfRun :many
select * from pictures
where run_id = @run_id and (@building_id::bigint = 0 or building_id = @building_id)
order by building_id, taken_at, id;

-- name: StepHasPicture :one
select exists (
    select 1 from pictures where run_id = @run_id and building_id = @building_id and step = @step
) as found;

-- name: LatestPictures :many
select distinct on (run_id) * from pictures
where run_id = any(@run_ids::bigint[])
order by run_id, received_at desc, id;
