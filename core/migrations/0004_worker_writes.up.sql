-- A start and a completion carry what every write of a worker carries (rules 3 and 4): an id of the client, the time on the
-- phone, and the time of receipt. Null where the run was started or completed before this was asked for, and where the last
-- outcome completed it.
alter table runs
    add column start_id             uuid unique,
    add column start_claimed_at     timestamptz,
    add column start_received_at    timestamptz,
    add column start_corrected      boolean not null default false,
    -- The worker's phone showed other stops than the tour had by then (rule 2); the phone's count.
    add column stops_differ         boolean not null default false,
    add column complete_id          uuid unique,
    add column complete_claimed_at  timestamptz,
    -- From here on a completed run takes what the phone could not send before, for a day.
    add column complete_received_at timestamptz,
    add column complete_corrected   boolean not null default false;

-- Stops that a tour had: a phone that was offline meanwhile may have walked them.
create table removed_stops (
    tour_id     bigint      not null references tours,
    building_id bigint      not null references buildings,
    removed_at  timestamptz not null,
    primary key (tour_id, building_id)
);
create index removed_stops_of_building on removed_stops (building_id);
