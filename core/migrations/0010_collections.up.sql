-- A recurrence from which collections are generated: for some buildings, the stops of a tour, or the buildings of a region.
create table collection_rules (
    id          bigint      generated always as identity primary key,
    type        text        not null references waste_kinds,
    -- RFC 5545, as core/recur reads it; its first day, and the part of the year (MM-DD) to which it is limited.
    rrule       text        not null check (length(rrule) between 1 and 300),
    start_date  date        not null,
    season_from text        not null default '' check (season_from ~ '^(\d\d-\d\d)?$'),
    season_to   text        not null default '' check ((season_to = '') = (season_from = '')),
    on_holidays text        not null default 'keep' check (on_holidays in ('keep', 'skip', 'next_working_day')),
    held_from   date,
    held_until  date        check (held_until >= held_from),
    tour_id     bigint      references tours,
    region_id   bigint      references regions,
    note        text        not null default '' check (length(note) <= 500),
    put_out     boolean     not null default true,
    bring_in    boolean     not null default true,
    time_from   text        not null default '' check (time_from ~ '^(([01]\d|2[0-3]):[0-5]\d)?$'),
    time_to     text        not null default '' check (time_to ~ '^(([01]\d|2[0-3]):[0-5]\d)?$'),
    archived_at timestamptz,
    version     bigint      not null default 1,
    check (tour_id is null or region_id is null),
    check (time_from = '' and time_to = '' or time_from <> '' and time_from < time_to),
    check (held_from is not null or held_until is null)
);
create index collection_rules_list on collection_rules (id) where archived_at is null;
create index collection_rules_of_tour on collection_rules (tour_id) where tour_id is not null;
create index collection_rules_of_region on collection_rules (region_id) where region_id is not null;

-- The buildings of a rule that is neither for a tour nor for a region.
create table collection_rule_buildings (
    rule_id     bigint not null references collection_rules,
    building_id bigint not null references buildings,
    primary key (rule_id, building_id)
);
create index collection_rule_buildings_of_building on collection_rule_buildings (building_id);

create table collection_rule_exceptions (
    rule_id  bigint not null references collection_rules,
    date     date   not null,
    kind     text   not null check (kind in ('skip', 'move', 'extra')),
    moved_to date   check ((moved_to is not null) = (kind = 'move')),
    primary key (rule_id, date)
);

-- On a date the waste company fetches one kind of waste at a building.
create table collections (
    id          bigint      generated always as identity primary key,
    building_id bigint      not null references buildings,
    type        text        not null references waste_kinds,
    date        date        not null,
    note        text        not null default '' check (length(note) <= 500),
    -- What there is to do: put the bins on the street, and bring them in again.
    put_out     boolean     not null default true,
    bring_in    boolean     not null default true,
    -- When the waste company comes, HH:MM; empty when it is not known.
    time_from   text        not null default '' check (time_from ~ '^(([01]\d|2[0-3]):[0-5]\d)?$'),
    time_to     text        not null default '' check (time_to ~ '^(([01]\d|2[0-3]):[0-5]\d)?$'),
    -- The rule that made it, and the date that the rule has for it.
    rule_id     bigint      references collection_rules,
    rule_date   date        check ((rule_date is null) = (rule_id is null)),
    -- Changed by hand since: its rule leaves it alone.
    changed     boolean     not null default false,
    -- Deleted by hand: its rule does not make it again, and it can be restored.
    deleted_at  timestamptz,
    version     bigint      not null default 1,
    check (time_from = '' and time_to = '' or time_from <> '' and time_from < time_to)
);
create unique index collections_once on collections (building_id, date, type) where deleted_at is null;
create unique index collections_of_rule on collections (rule_id, building_id, rule_date) where rule_id is not null;
create index collections_rule_dates on collections (rule_id, date) where rule_id is not null;
create index collections_list on collections (date, id) where deleted_at is null;
create index collections_of_building on collections (building_id, date, id) where deleted_at is null;
create index collections_deleted on collections (deleted_at) where deleted_at is not null;
create index collections_type on collections (type);

-- What was answered to a request that changed much at once, for when it is sent again.
alter table idempotency_keys add column answer jsonb;
