create table regions (
    id   bigint generated always as identity primary key,
    name text not null constraint regions_name unique check (length(name) between 1 and 100)
);

-- syndic_id and worker_id name accounts of the auth service, which has its own database: no foreign key.
create table buildings (
    id             bigint generated always as identity primary key,
    region_id      bigint not null references regions,
    name           text   not null check (length(name) between 1 and 200),
    street         text   not null check (length(street) between 1 and 200),
    house_number   text   not null check (length(house_number) between 1 and 20),
    bus            text   not null default '' check (length(bus) <= 20),
    postal_code    text   not null check (length(postal_code) between 1 and 10),
    city           text   not null check (length(city) between 1 and 100),
    syndic_id      bigint,
    agreed_minutes integer not null default 10 check (agreed_minutes between 1 and 600),
    public_id      uuid   not null default gen_random_uuid() unique,
    archived_at    timestamptz,
    -- In the order of the street: number 9 before number 10.
    sort_key       text collate "C" not null generated always as
                   (lower(street) || ' ' || lpad(house_number, 8, '0') || ' ' || lower(bus)) stored
);
create unique index buildings_address on buildings (street, house_number, bus, postal_code) where archived_at is null;
create index buildings_list on buildings (sort_key, id);
create index buildings_region on buildings (region_id, sort_key, id);
create index buildings_syndic on buildings (syndic_id) where syndic_id is not null;

create table tours (
    id          bigint generated always as identity primary key,
    region_id   bigint not null references regions,
    name        text collate "C" not null check (length(name) between 1 and 200),
    archived_at timestamptz
);
create unique index tours_name on tours (region_id, name) where archived_at is null;
create index tours_list on tours (name, id);
create index tours_region on tours (region_id, name, id);

create table stops (
    tour_id     bigint  not null references tours,
    position    integer not null check (position >= 1),
    building_id bigint  not null references buildings,
    primary key (tour_id, position),
    constraint stops_building unique (tour_id, building_id)
);
create index stops_of_building on stops (building_id);

create table runs (
    id              bigint generated always as identity primary key,
    tour_id         bigint      not null references tours,
    worker_id       bigint      not null,
    date            date        not null,
    status          text        not null default 'planned'
                    check (status in ('planned', 'started', 'completed', 'cancelled')),
    planned_at      timestamptz not null,
    planned_by      bigint      not null,
    started_at      timestamptz,
    completed_at    timestamptz,
    complete_reason text        not null default '' check (length(complete_reason) <= 1000),
    cancelled_at    timestamptz,
    cancel_reason   text        not null default '' check (length(cancel_reason) <= 1000),
    -- Grows with every change of the run or of its visits, so that a client knows the newer of two answers.
    version         bigint      not null default 1,
    constraint runs_times check (
        case status
            when 'planned' then started_at is null and completed_at is null and cancelled_at is null
            when 'started' then started_at is not null and completed_at is null and cancelled_at is null
            when 'completed' then completed_at >= started_at and cancelled_at is null
            else completed_at is null and cancelled_at is not null
        end
    )
);
-- Rule 7: not twice on the same tour and date. A cancelled run makes room for a new one.
create unique index runs_once on runs (worker_id, date, tour_id) where status <> 'cancelled';
create index runs_list on runs (date, id);
create index runs_worker on runs (worker_id, date, id);
create index runs_tour on runs (tour_id, date, id);
create index runs_status on runs (status, date, id);

-- The stops as they were when the run started (rule 1).
create table run_stops (
    run_id         bigint  not null references runs,
    position       integer not null check (position >= 1),
    building_id    bigint  not null references buildings,
    agreed_minutes integer not null check (agreed_minutes between 1 and 600),
    primary key (run_id, position),
    constraint run_stops_building unique (run_id, building_id)
);
create index run_stops_of_building on run_stops (building_id);

create table visits (
    run_id              bigint not null,
    building_id         bigint not null,
    outcome             text check (outcome in ('done', 'skipped', 'failed')),
    reason              text   not null default '' check (length(reason) <= 1000),
    -- The client's id and what it sent; null when a departure or the completion of the run set the outcome.
    outcome_id          uuid unique,
    outcome_claimed_at  timestamptz,
    outcome_at          timestamptz,
    outcome_received_at timestamptz,
    outcome_corrected   boolean not null default false,
    -- Set when the run was completed by hand: gives way to a visit that was made but not sent yet.
    outcome_assumed     boolean not null default false,
    primary key (run_id, building_id),
    foreign key (run_id, building_id) references run_stops (run_id, building_id),
    constraint visits_outcome_complete check (
        (outcome is null) = (outcome_at is null) and (outcome is null) = (outcome_received_at is null)
    ),
    constraint visits_reason check (outcome is null or outcome = 'done' or reason <> '')
);
create index visits_of_building on visits (building_id);

create table visit_steps (
    id          uuid        not null primary key,
    run_id      bigint      not null,
    building_id bigint      not null,
    step        text        not null check (step in ('arrival', 'inside', 'departure')),
    -- What the phone said. It differs from occurred_at when that was corrected.
    claimed_at  timestamptz not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    corrected   boolean     not null,
    foreign key (run_id, building_id) references visits (run_id, building_id),
    constraint visit_steps_once unique (run_id, building_id, step),
    constraint visit_steps_corrected check (corrected or claimed_at = occurred_at)
);

create table pictures (
    id          uuid        not null primary key,
    run_id      bigint      not null,
    building_id bigint      not null,
    step        text        not null check (step in ('arrival', 'inside', 'departure')),
    claimed_at  timestamptz not null,
    taken_at    timestamptz not null,
    received_at timestamptz not null,
    width       integer     not null check (width > 0),
    height      integer     not null check (height > 0),
    -- Of the file as it was sent: tells a repeated upload from another picture under the same id.
    sha256      bytea       not null check (length(sha256) = 32),
    foreign key (run_id, building_id) references run_stops (run_id, building_id)
);
create index pictures_of_visit on pictures (run_id, building_id, step);
create index pictures_latest on pictures (run_id, received_at desc);

create table outbox (
    id           bigint generated always as identity primary key,
    event_id     uuid        not null default gen_random_uuid(),
    topic        text        not null,
    payload      jsonb       not null,
    created_at   timestamptz not null default now(),
    published_at timestamptz
);
create index outbox_pending on outbox (id) where published_at is null;
create index outbox_published on outbox (published_at) where published_at is not null;

-- The stops that a run has: its own copy once it has started, those of its tour before.
create view stops_of_runs as
select s.run_id, s.position, s.building_id, s.agreed_minutes
from run_stops s
union all
select r.id, s.position, s.building_id, b.agreed_minutes
from runs r
join stops s on s.tour_id = r.tour_id
join buildings b on b.id = s.building_id
where r.started_at is null and b.archived_at is null;

-- How far each stop is. Progress is only ever computed from this (rule 1).
create view segments_of_runs as
select s.run_id, s.position, s.building_id, s.agreed_minutes,
    coalesce(
        v.outcome,
        case steps.furthest when 3 then 'departed' when 2 then 'inside' when 1 then 'arrived' else 'open' end
    ) as segment
from stops_of_runs s
left join visits v on v.run_id = s.run_id and v.building_id = s.building_id
left join lateral (
    select max(case step when 'departure' then 3 when 'inside' then 2 else 1 end) as furthest
    from visit_steps
    where run_id = s.run_id and building_id = s.building_id
) steps on true;
