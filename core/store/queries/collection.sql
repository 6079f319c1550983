-- name: BuildingsOfTour :many
select building_id from stops where tour_id = @tour_id order by building_id;

-- name: BuildingsOfRegion :many
select id from buildings where region_id = @region_id order by id;

-- name: BuildingsOfSyndic :many
select building_id from building_syndics where user_id = @syndic_id order by building_id;

-- name: BuildingsOfWorker :many
-- The stops of a worker's runs on the days from first_day to last_day, looked up run by run.
select distinct s.building_id
from runs x
cross join lateral (select building_id from stops_of_runs where run_id = x.id offset 0) s
where x.worker_id = @worker_id and x.status <> 'cancelled' and x.date between @first_day::date and @last_day::date
order by s.building_id;

-- name: CollectionKeys :many
-- One page of all collections in order; CollectionsByID reads them. Those of archived buildings end the day before today.
select c.id, c.date
from collections c
join buildings b on b.id = c.building_id
where c.deleted_at is null
    and (b.archived_at is null or c.date < @today::date)
    and (@type::text = '' or c.type = @type)
    and c.date between @from_day::date and @to_day::date
    and (c.date, c.id) > (@after_date::date, @after_id::bigint)
order by c.date, c.id
limit @row_limit;

-- name: CollectionsOfBuildings :many
-- Of a few days, by day and kind. Who may see the buildings is decided before.
select building_id, type, date, note, put_out, bring_in, time_from, time_to
from collections
where building_id = any (@building_ids::bigint[]) and date between @from_day::date and @to_day::date and deleted_at is null
order by building_id, date, type;

-- name: ArchivedBuildings :many
select id from buildings where id = any (@ids::bigint[]) and archived_at is not null;

-- name: CollectionKeysOf :many
-- CollectionKeys of some buildings, each until its last day: the first ones of each, and of those the first ones.
select k.id, k.date
from (select unnest(@building_ids::bigint[]) as id, unnest(@last_days::date[]) as last_day) wanted
cross join lateral (
    select c.id, c.date
    from collections c
    where c.building_id = wanted.id
        and c.deleted_at is null
        and (@type::text = '' or c.type = @type)
        and c.date between @from_day::date and wanted.last_day
        and (c.date, c.id) > (@after_date::date, @after_id::bigint)
    order by c.date, c.id
    limit @row_limit
) k
order by k.date, k.id
limit @row_limit;

-- name: CollectionsByID :many
select c.*, b.name, b.street, b.house_number, b.bus, b.postal_code, b.city, b.region_id
from collections c
join buildings b on b.id = c.building_id
where c.id = any (@ids::bigint[]) and c.deleted_at is null
order by c.date, c.id;

-- name: LockCollections :many
-- Deleted ones too.
select * from collections where id = any (@ids::bigint[]) order by id for update;

-- name: LockCollectionsOn :many
-- Those of a kind on some dates at some buildings.
select * from collections
where building_id = any (@building_ids::bigint[]) and date = any (@dates::date[]) and type = @type and deleted_at is null
order by id
for update;

-- name: CollectionsBetween :many
-- Of some buildings on the days from first to last, of one kind or of all, with whether the kind is archived.
select sqlc.embed(c), (k.archived_at is not null)::boolean as archived
from collections c
join waste_kinds k on k.code = c.type
where c.building_id = any (@building_ids::bigint[]) and c.date between @first_day::date and @last_day::date
    and c.deleted_at is null and (@type::text = '' or c.type = @type)
order by c.building_id, c.date, c.type
limit @row_limit;

-- name: InsertCollections :many
-- Those for which there is no room are left out.
insert into collections (building_id, date, rule_date, type, note, put_out, bring_in, time_from, time_to, rule_id)
select p.building_id, p.date, case when sqlc.narg(rule_id)::bigint is not null then p.rule_date end,
    @type, @note, @put_out, @bring_in, @time_from, @time_to, sqlc.narg(rule_id)
from (
    select unnest(@building_ids::bigint[]) as building_id, unnest(@dates::date[]) as date, unnest(@rule_dates::date[]) as rule_date
) p
order by p.building_id, p.date
on conflict do nothing
returning *;

-- name: CopyCollections :many
-- So many days later, by hand: without their rule. Those for which there is no room are left out.
insert into collections (building_id, date, type, note, put_out, bring_in, time_from, time_to)
select c.building_id, c.date + @days::integer, c.type, c.note, c.put_out, c.bring_in, c.time_from, c.time_to
from collections c
where c.id = any (@ids::bigint[])
order by c.building_id, c.date, c.type
on conflict do nothing
returning *;

-- name: UpdateCollection :one
update collections
set type = @type, date = @date, note = @note, put_out = @put_out, bring_in = @bring_in, time_from = @time_from, time_to = @time_to,
    changed = rule_id is not null, version = version + 1
where id = @id
returning *;

-- name: MoveCollections :many
update collections set date = @date::date, changed = rule_id is not null, version = version + 1
where id = any (@ids::bigint[])
returning *;

-- name: SetCollectionsDeleted :many
-- Null restores them.
update collections set deleted_at = sqlc.narg(deleted_at), version = version + 1
where id = any (@ids::bigint[]) and (deleted_at is null) <> (sqlc.narg(deleted_at)::timestamptz is null)
returning *;

-- name: CollectionsInTheWay :many
-- Deleted ones whose place another collection has by now, or another one of ids wants too.
select c.id
from collections c
where c.id = any (@ids::bigint[]) and c.deleted_at is not null
    and (exists (
            select 1 from collections o
            where o.building_id = c.building_id and o.date = c.date and o.type = c.type and o.deleted_at is null)
        or exists (
            select 1 from collections o
            where o.id = any (@ids::bigint[]) and o.id < c.id and o.building_id = c.building_id and o.date = c.date and o.type = c.type))
order by c.id;

-- name: RemoveDeletedCollections :exec
-- Those of rules stay until their day is over, so that the rule does not make them again.
delete from collections where deleted_at < @before::timestamptz and date < @today::date and coalesce(rule_date, date) < @today::date;

-- name: CalendarBuildings :many
-- All buildings in use or some of them, as they are sorted; archived ones that have collections from first_day on and before today too.
select b.id, b.name, b.street, b.house_number, b.bus, b.postal_code, b.city, b.region_id, (b.archived_at is not null)::boolean as archived
from buildings b
where (@everywhere::boolean or b.id = any (@building_ids::bigint[]))
    and (b.archived_at is null or exists (
        select 1 from collections c
        where c.building_id = b.id and c.deleted_at is null
            and c.date between @first_day::date and least(@last_day::date, @yesterday::date)))
order by b.sort_key, b.id
limit @row_limit;

-- name: CalendarCollections :many
-- Those of some buildings from first_day to the last day of each, of some kinds or of all.
select c.*
from (select unnest(@building_ids::bigint[]) as id, unnest(@last_days::date[]) as last_day) wanted
join collections c on c.building_id = wanted.id
where c.date between @first_day::date and wanted.last_day and c.deleted_at is null
    and (cardinality(@types::text[]) = 0 or c.type = any (@types::text[]))
order by c.building_id, c.date, c.type
limit @row_limit;

-- name: SetCollectionsAside :exec
-- Before ChangeCollections, so that they may take each other's places.
update collections set deleted_at = @deleted_at::timestamptz where id = any (@ids::bigint[]);

-- name: ChangeCollections :many
-- Of those that were set aside.
update collections c
set type = p.type, date = p.date, note = p.note, put_out = p.put_out, bring_in = p.bring_in, time_from = p.time_from, time_to = p.time_to,
    changed = c.rule_id is not null, deleted_at = null, version = c.version + 1
from (
    select unnest(@ids::bigint[]) as id, unnest(@types::text[]) as type, unnest(@dates::date[]) as date, unnest(@notes::text[]) as note,
        unnest(@puts_out::boolean[]) as put_out, unnest(@brings_in::boolean[]) as bring_in,
        unnest(@times_from::text[]) as time_from, unnest(@times_to::text[]) as time_to
) p
where c.id = p.id
returning c.*;

-- name: PlacesTaken :many
-- Which of these places, by their position from 1, a collection has.
select p.position::integer as position
from (
    select unnest(@building_ids::bigint[]) as building_id, unnest(@types::text[]) as type, unnest(@dates::date[]) as date,
        generate_series(1, cardinality(@building_ids::bigint[])) as position
) p
join collections c on c.building_id = p.building_id and c.type = p.type and c.date = p.date and c.deleted_at is null
order by p.position;

-- name: PresentCollections :many
select * from collections where id = any (@ids::bigint[]) and deleted_at is null order by id;

-- name: CopyCollectionsTo :many
-- Each to its building and date, by hand: without their rule. Those for which there is no room are left out.
insert into collections (building_id, date, type, note, put_out, bring_in, time_from, time_to)
select p.building_id, p.date, c.type, c.note, c.put_out, c.bring_in, c.time_from, c.time_to
from (
    select unnest(@ids::bigint[]) as id, unnest(@building_ids::bigint[]) as building_id, unnest(@dates::date[]) as date
) p
join collections c on c.id = p.id
order by p.building_id, p.date, c.type
on conflict do nothing
returning *;
