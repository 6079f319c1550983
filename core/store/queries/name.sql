-- name: NamesOfThings :many
-- What people call things, archived ones too. A building without a name goes by its address, a run by its tour and date, a
-- collection rule by its kind and where it holds.
select 'region'::text as kind, r.id, r.name::text as name from regions r where r.id = any (@region_ids::bigint[])
union all
select 'building', b.id, coalesce(nullif(b.name, ''), concat_ws(' ', b.street, b.house_number, nullif(b.bus, '')) || ', ' || b.city)
from buildings b where b.id = any (@building_ids::bigint[])
union all
select 'tour', t.id, t.name from tours t where t.id = any (@tour_ids::bigint[])
union all
select 'run', x.id, t.name || ' ' || to_char(x.date, 'YYYY-MM-DD')
from runs x join tours t on t.id = x.tour_id where x.id = any (@run_ids::bigint[])
union all
select 'collection', c.id, c.type || ' ' || to_char(c.date, 'YYYY-MM-DD') || ' '
    || coalesce(nullif(b.name, ''), concat_ws(' ', b.street, b.house_number, nullif(b.bus, '')) || ', ' || b.city)
from collections c join buildings b on b.id = c.building_id where c.id = any (@collection_ids::bigint[])
union all
select 'collection_rule', k.id, concat_ws(' ', k.type, coalesce(t.name, r.name, (
    select coalesce(nullif(b.name, ''), concat_ws(' ', b.street, b.house_number, nullif(b.bus, '')) || ', ' || b.city)
        || case when count(*) over () > 1 then ' + ' || count(*) over () - 1 else '' end
    from collection_rule_buildings x join buildings b on b.id = x.building_id where x.rule_id = k.id order by b.id limit 1)))
from collection_rules k left join tours t on t.id = k.tour_id left join regions r on r.id = k.region_id
where k.id = any (@rule_ids::bigint[])
union all
select 'incident', i.id, '#' || i.id || ' '
    || coalesce(nullif(b.name, ''), concat_ws(' ', b.street, b.house_number, nullif(b.bus, '')) || ', ' || b.city)
from incidents i join buildings b on b.id = i.building_id where i.id = any (@incident_ids::bigint[]);
