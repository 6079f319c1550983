-- name: NamesOfThings :many
-- What people call things, archived ones too. A building without a name goes by its address, a run by its tour and date.
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
select 'collection_rule', k.id, k.type || ' ' || k.rrule
from collection_rules k where k.id = any (@rule_ids::bigint[]);
