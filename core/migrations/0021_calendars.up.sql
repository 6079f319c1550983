-- Links with which calendars elsewhere read what there is to do: the runs of who made it, or those and the collections of a tour,
-- or the collections at a building.
create table calendars (
    id          bigint generated always as identity primary key,
    -- Who made it, and what they may see now decides what it shows: an account of the auth service.
    owner_id    bigint      not null,
    feed        text        not null check (feed in ('runs', 'building', 'tour')),
    building_id bigint      references buildings,
    tour_id     bigint      references tours,
    language    text        not null check (language in ('nl', 'en', 'fr')),
    -- SHA-256: the link itself is told once.
    token_hash  bytea       not null unique check (length(token_hash) = 32),
    created_at  timestamptz not null,
    -- To within an hour.
    used_at     timestamptz,
    check ((building_id is not null) = (feed = 'building') and (tour_id is not null) = (feed = 'tour'))
);
create index calendars_of_owner on calendars (owner_id, id);
