-- What a rule made of its collections the last time that it looked.
create table collection_rule_generations (
    rule_id      bigint      not null primary key references collection_rules,
    generated_at timestamptz not null,
    -- How many it made, changed, removed and skipped, and the first of those that it skipped, with the reasons.
    made         jsonb       not null
);

create index collection_rules_type on collection_rules (type, id);
create index collection_rules_held on collection_rules (id) where held_from is not null and archived_at is null;
create index collection_rules_archived on collection_rules (id) where archived_at is not null;

-- The colours of kinds that nobody has changed become those that the app offers: they are seen on light and dark ground.
update waste_kinds k set colour = c.new, version = version + 1
from (values
    ('GLS', '#1098ad', '#0e8ea3'), ('GRF', '#a0522d', '#ab5a33'), ('PAP', '#daa520', '#a9800c'), ('PMD', '#1e90ff', '#1a82e8'),
    ('RES', '#696969', '#737373')
) as c (code, old, new)
where k.code = c.code and k.colour = c.old;
