-- Notes of the office about a building: door codes, where the bins stand. Syndics and residents never read them. written_by and
-- edited_by name accounts of the auth service.
create table building_comments (
    id          bigint generated always as identity primary key,
    building_id bigint      not null references buildings,
    text        text        not null check (length(text) between 1 and 1000),
    written_at  timestamptz not null,
    written_by  bigint      not null,
    edited_at   timestamptz,
    edited_by   bigint,
    version     bigint      not null default 1,
    constraint building_comments_edited check ((edited_at is null) = (edited_by is null))
);
create index building_comments_list on building_comments (building_id, written_at desc, id desc);
