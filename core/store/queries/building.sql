-- name: ListBuildings :many
-- Those of building_ids, or all of them (everywhere), in order.
select b.id, b.name, b.street, b.house_number, b.bus, b.postal_code, b.city, b.agreed_minutes,
    b.customer_number, b.latitude, b.longitude, b.tell_syndic, b.public_photos,
    array(select y.user_id from building_syndics y where y.building_id = b.id order by y.user_id)::bigint[] as syndic_ids,
    b.public_id, (b.archived_at is not null)::boolean as archived, b.version, b.sort_key,
    f.id as photo_id, f.width as photo_width, f.height as photo_height,
    r.id as region_id, r.name as region_name
from buildings b
join regions r on r.id = b.region_id
left join building_photos f on f.building_id = b.id
where (@everywhere::boolean or b.id = any (@building_ids::bigint[]))
    and (@id::bigint = 0 or b.id = @id)
    and (@id::bigint <> 0 or (b.archived_at is not null) = @archived::boolean)
    and (@region_id::bigint = 0 or b.region_id = @region_id)
    and (not @without_coordinates::boolean or b.latitude is null)
    -- Not a join: the buildings are read in order until there are enough.
    and (cardinality(@patterns::text[]) = 0 or not exists (
        select 1 from (select searchable(p.pattern) as pattern from unnest(@patterns::text[]) as p (pattern) offset 0) word
        where b.words not like word.pattern))
    and (b.sort_key, b.id) > (@after_sort_key::text, @after_id::bigint)
order by b.sort_key, b.id
limit @row_limit;

-- name: OutlookOfBuildings :many
-- How the last visit of each went, and what is fetched next, from a day on; none where there is no visit, and no kind where
-- nothing is known to come.
select one.id::bigint as building_id, v.outcome, v.outcome_at,
    coalesce(to_char(c.date, 'YYYY-MM-DD'), '')::text as next_date, coalesce(c.types, '{}')::text[] as types
from unnest(@building_ids::bigint[]) as one (id)
left join lateral (
    select v.outcome, v.outcome_at from visits v
    where v.building_id = one.id and v.outcome_at is not null
    order by v.outcome_at desc
    limit 1) v on true
left join lateral (
    select c.date, array_agg(c.type order by c.type) as types from collections c
    where c.building_id = one.id and c.deleted_at is null and c.date >= @from_day::date
    group by c.date
    order by c.date
    limit 1) c on true;

-- name: InsertBuilding :one
-- SetSyndics follows: syndic_id is for the program from before.
insert into buildings (
    region_id, name, street, house_number, bus, postal_code, city, syndic_id, agreed_minutes, customer_number, latitude, longitude,
    tell_syndic, public_photos
) values (
    @region_id, @name, @street, @house_number, @bus, @postal_code, @city, sqlc.narg(syndic_id), @agreed_minutes,
    @customer_number, sqlc.narg(latitude), sqlc.narg(longitude), @tell_syndic, @public_photos
)
returning id;

-- name: LockBuilding :one
select * from buildings where id = @id for update;

-- name: SyndicIDsOfBuilding :many
select user_id from building_syndics where building_id = @building_id order by user_id;

-- name: SetSyndics :exec
-- Makes these, and nobody else, the syndics of a building.
with gone as (
    delete from building_syndics where building_id = @building_id and not (user_id = any (@user_ids::bigint[]))
)
insert into building_syndics (building_id, user_id)
select @building_id, one.user_id from unnest(@user_ids::bigint[]) as one (user_id)
on conflict do nothing;

-- name: UpdateBuilding :exec
-- SetSyndics follows: syndic_id is for the program from before.
update buildings
set region_id = @region_id, name = @name, street = @street, house_number = @house_number, bus = @bus,
    postal_code = @postal_code, city = @city, syndic_id = sqlc.narg(syndic_id), agreed_minutes = @agreed_minutes,
    customer_number = @customer_number, latitude = sqlc.narg(latitude), longitude = sqlc.narg(longitude),
    tell_syndic = @tell_syndic, public_photos = @public_photos, version = version + 1
where id = @id;

-- name: SetBuildingArchived :exec
-- Null takes it back into use.
update buildings set archived_at = sqlc.narg(archived_at), version = version + 1 where id = @id;

-- name: RenewPublicID :exec
update buildings set public_id = gen_random_uuid(), version = version + 1 where id = @id;

-- name: ToursOfBuilding :many
select t.name
from stops s
join tours t on t.id = s.tour_id
where s.building_id = @building_id and t.archived_at is null
order by t.name;

-- name: BuildingsForStops :many
-- Kept from being archived and from moving to another region until the stops are stored.
select id, region_id, (archived_at is not null)::boolean as archived
from buildings
where id = any (@ids::bigint[])
order by id
for share;

-- name: SyndicsOfBuildings :many
-- Who manages the buildings.
select b.id,
    array(select y.user_id from building_syndics y where y.building_id = b.id order by y.user_id)::bigint[] as user_ids,
    b.tell_syndic
from buildings b
where b.id = any (@ids::bigint[]);

-- name: CountBuildingsOfRegions :many
-- The buildings in use of each region, and how many of them have no coordinates.
select r.id, r.name, count(b.id) as buildings, count(b.id) filter (where b.latitude is null) as without_coordinates
from regions r
left join buildings b on b.region_id = r.id and b.archived_at is null
where @region_id::bigint = 0 or r.id = @region_id
group by r.id
order by r.sort_key, r.id;

-- name: BuildingPlaces :many
-- Where the buildings in use are, for a map of them all.
select id, region_id, latitude::double precision as latitude, longitude::double precision as longitude,
    (street || ' ' || house_number || case bus when '' then '' else '/' || bus end)::text as address
from buildings
where archived_at is null and latitude is not null and (@region_id::bigint = 0 or region_id = @region_id)
order by sort_key, id
limit @row_limit;

-- name: CoordinatesOfBuildings :many
select id, latitude, longitude from buildings where id = any (@ids::bigint[]);

-- name: AddressOfBuilding :one
select street, house_number, bus from buildings where id = @id;
