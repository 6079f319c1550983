-- name: CollectionRuleKeys :many
-- held: those only that make nothing today. The patterns are searched in what stands in the list; what others than the office do not
-- see is not searched for them.
select r.id from collection_rules r
where (r.archived_at is not null) = @archived::boolean and (@type::text = '' or r.type = @type) and r.id > @after_id::bigint
    and (not @held::boolean or r.held_from <= @today::date and (r.held_until is null or r.held_until >= @today::date))
    and not exists (
        select 1 from unnest(@patterns::text[]) as word (pattern)
        where searchable(concat_ws(' ', r.type, r.note,
                (select k.name_nl || ' ' || k.name_en || ' ' || k.name_fr from waste_kinds k where k.code = r.type),
                case when @sees_all::boolean then concat_ws(' ',
                    (select t.name from tours t where t.id = r.tour_id),
                    (select g.name from regions g where g.id = r.region_id),
                    (select string_agg(concat_ws(' ', b.name, b.street, b.house_number, b.bus, b.postal_code, b.city), ' ')
                        from collection_rule_buildings x join buildings b on b.id = x.building_id where x.rule_id = r.id)) end))
            not like searchable(word.pattern))
order by r.id
limit @row_limit;

-- name: CollectionRuleKeysOf :many
-- The rules that are about any of the buildings: themselves, through a tour, or through their region.
select r.id
from collection_rules r
where (r.archived_at is not null) = @archived::boolean and (@type::text = '' or r.type = @type) and r.id > @after_id::bigint
    and r.id in (
        select x.rule_id from collection_rule_buildings x where x.building_id = any (@building_ids::bigint[])
        union all
        select t.id from collection_rules t join stops s on s.tour_id = t.tour_id where s.building_id = any (@building_ids::bigint[])
        union all
        select g.id from collection_rules g join buildings b on b.region_id = g.region_id where b.id = any (@building_ids::bigint[]))
    and (not @held::boolean or r.held_from <= @today::date and (r.held_until is null or r.held_until >= @today::date))
    and not exists (
        select 1 from unnest(@patterns::text[]) as word (pattern)
        where searchable(concat_ws(' ', r.type, r.note,
                (select k.name_nl || ' ' || k.name_en || ' ' || k.name_fr from waste_kinds k where k.code = r.type),
                case when @sees_all::boolean then concat_ws(' ',
                    (select t.name from tours t where t.id = r.tour_id),
                    (select g.name from regions g where g.id = r.region_id),
                    (select string_agg(concat_ws(' ', b.name, b.street, b.house_number, b.bus, b.postal_code, b.city), ' ')
                        from collection_rule_buildings x join buildings b on b.id = x.building_id where x.rule_id = r.id)) end))
            not like searchable(word.pattern))
order by r.id
limit @row_limit;

-- name: CollectionRulesByID :many
select sqlc.embed(r), coalesce(t.name, '')::text as tour_name, coalesce(g.name, '')::text as region_name
from collection_rules r
left join tours t on t.id = r.tour_id
left join regions g on g.id = r.region_id
where r.id = any (@ids::bigint[])
order by r.id;

-- name: BuildingsOfRules :many
-- Those that rules name.
select rule_id, building_id from collection_rule_buildings where rule_id = any (@rule_ids::bigint[]) order by rule_id, building_id;

-- name: RuleBuildings :many
select id, name, street, house_number, bus, postal_code, city, (archived_at is not null)::boolean as archived
from buildings
where id = any (@ids::bigint[])
order by sort_key, id;

-- name: KeepGeneration :exec
insert into collection_rule_generations (rule_id, generated_at, made) values (@rule_id, @generated_at, @made)
on conflict (rule_id) do update set generated_at = excluded.generated_at, made = excluded.made;

-- name: Generation :one
select generated_at, made from collection_rule_generations where rule_id = @rule_id;

-- name: BuildingsConcerned :many
-- Which of the buildings the rules are about: themselves, through a tour, or through their region.
select x.rule_id, x.building_id from collection_rule_buildings x
where x.rule_id = any (@rule_ids::bigint[]) and x.building_id = any (@building_ids::bigint[])
union
select r.id, s.building_id from collection_rules r join stops s on s.tour_id = r.tour_id
where r.id = any (@rule_ids::bigint[]) and s.building_id = any (@building_ids::bigint[])
union
select r.id, b.id from collection_rules r join buildings b on b.region_id = r.region_id
where r.id = any (@rule_ids::bigint[]) and b.id = any (@building_ids::bigint[])
order by 1, 2;

-- name: ExceptionsOfRules :many
select * from collection_rule_exceptions where rule_id = any (@rule_ids::bigint[]) order by rule_id, date;

-- name: LockCollectionRule :one
select * from collection_rules where id = @id for update;

-- name: InsertCollectionRule :one
insert into collection_rules (type, rrule, start_date, season_from, season_to, on_holidays, held_from, held_until, tour_id, region_id,
    note, put_out, bring_in, time_from, time_to)
values (@type, @rrule, @start_date, @season_from, @season_to, @on_holidays, sqlc.narg(held_from), sqlc.narg(held_until),
    sqlc.narg(tour_id), sqlc.narg(region_id), @note, @put_out, @bring_in, @time_from, @time_to)
returning id;

-- name: UpdateCollectionRule :exec
update collection_rules
set type = @type, rrule = @rrule, start_date = @start_date, season_from = @season_from, season_to = @season_to,
    on_holidays = @on_holidays, held_from = sqlc.narg(held_from), held_until = sqlc.narg(held_until), tour_id = sqlc.narg(tour_id),
    region_id = sqlc.narg(region_id), note = @note, put_out = @put_out, bring_in = @bring_in, time_from = @time_from,
    time_to = @time_to, version = version + 1
where id = @id;

-- name: SetCollectionRuleArchived :exec
-- Null takes it back into use.
update collection_rules set archived_at = sqlc.narg(archived_at), version = version + 1 where id = @id;

-- name: DeleteRuleBuildings :exec
delete from collection_rule_buildings where rule_id = @rule_id;

-- name: InsertRuleBuildings :exec
insert into collection_rule_buildings (rule_id, building_id) select @rule_id, unnest(@building_ids::bigint[]);

-- name: DeleteRuleExceptions :exec
delete from collection_rule_exceptions where rule_id = @rule_id;

-- name: InsertRuleExceptions :exec
insert into collection_rule_exceptions (rule_id, date, kind, moved_to)
select @rule_id, p.date, p.kind, case p.kind when 'move' then p.moved_to end
from (select unnest(@dates::date[]) as date, unnest(@kinds::text[]) as kind, unnest(@moved_to::date[]) as moved_to) p;

-- name: RulesToGenerate :many
select id from collection_rules where archived_at is null order by id;

-- name: CollectionsOfRule :many
-- Those that lie on the day or later, or have a date of the rule that does; deleted ones too.
select * from collections
where rule_id = @rule_id::bigint and (date >= @day::date or rule_date >= @day::date);

-- name: RemoveGenerated :many
-- Unless they have been changed or deleted by hand meanwhile.
delete from collections where id = any (@ids::bigint[]) and not changed and deleted_at is null
returning building_id, date;

-- name: UpdateGenerated :many
-- Unless they have been changed or deleted by hand meanwhile.
update collections
set note = @note, put_out = @put_out, bring_in = @bring_in, time_from = @time_from, time_to = @time_to, version = version + 1
where id = any (@ids::bigint[]) and not changed and deleted_at is null
returning building_id, date;

-- name: ForgetRegionOfArchivedRules :exec
-- So that a region can be deleted that only rules were for that have ended.
update collection_rules set region_id = null where region_id = @region_id::bigint and archived_at is not null;
