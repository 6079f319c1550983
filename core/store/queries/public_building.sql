-- name: PublicBuilding :one
-- A building in use by its public id.
select id, street, house_number, bus, postal_code, city, public_photos, version
from buildings
where public_id = @public_id and archived_at is null;

-- name: PublicCollections :many
-- What is fetched at a building on the days from first to last. Notes are not for residents.
select c.date, c.put_out, c.bring_in, c.time_from, c.time_to,
    k.code, k.name_nl, k.name_en, k.name_fr, k.colour, k.icon
from collections c
join waste_kinds k on k.code = c.type
where c.building_id = @building_id and c.deleted_at is null and c.date between @first_day::date and @last_day::date
order by c.date, c.type
limit @row_limit;

-- name: LastDeparture :one
select run_id, occurred_at
from visit_steps
where building_id = @building_id and step = 'departure'
order by occurred_at desc
limit 1;

-- name: DeparturePictures :many
-- The photos of the departure of a visit.
select *
from pictures
where run_id = @run_id and building_id = @building_id and step = 'departure' and removed_at is null
order by taken_at, id
limit @row_limit;

-- name: PublicPicture :one
-- A photo of the last departure at a building that shows them on its residents' page.
select p.*
from pictures p
join buildings b on b.id = p.building_id
where p.id = @id and p.step = 'departure' and p.removed_at is null
    and b.public_id = @public_id and b.archived_at is null and b.public_photos
    and p.run_id = (
        select s.run_id from visit_steps s
        where s.building_id = b.id and s.step = 'departure'
        order by s.occurred_at desc
        limit 1);
