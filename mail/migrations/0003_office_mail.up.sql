-- Texts that the office keeps.
create table templates (
    id         bigint generated always as identity primary key,
    name       text        not null check (length(name) between 1 and 100),
    subject    text        not null check (length(subject) between 1 and 200),
    -- Plain text, with variables.
    body       text        not null check (length(body) between 1 and 10000),
    version    bigint      not null default 1,
    changed_by bigint      not null,
    changed_at timestamptz not null
);
create unique index templates_name on templates (lower(name collate "und-x-icu"));

-- What the office wrote to one or more people: the messages of kind message name it as their thing.
create table sendings (
    id              bigint generated always as identity primary key,
    actor_id        bigint      not null,
    -- So that the same request, sent again, sends nothing; null when it is always a new one.
    idempotency_key text        check (length(idempotency_key) = 36),
    request_hash    bytea       not null,
    subject         text        not null,
    body            text        not null,
    -- Who gets a copy; an address is only that of somebody without an account.
    cc_user_ids     bigint[]    not null default '{}',
    cc_addresses    text[]      not null default '{}',
    -- Photos of core, read when a message is sent.
    picture_ids     text[]      not null default '{}',
    -- Who was named and gets nothing.
    skipped         jsonb       not null default '[]',
    created_at      timestamptz not null,
    constraint sendings_once unique (actor_id, idempotency_key)
);
create index sendings_created on sendings (created_at);

-- All buildings that a message is about, when it is about more than one or goes to their syndic; building_id is the first.
alter table messages add column building_ids bigint[] not null default '{}';
create index messages_buildings on messages using gin (building_ids);
