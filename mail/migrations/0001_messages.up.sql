-- What a search looks through and for: without case and accents.
create function searchable(words text) returns text
    language sql immutable strict parallel safe
    as $$ select regexp_replace(normalize(lower(words collate "und-x-icu"), nfd), '[\u0300-\u036f]', '', 'g') $$;

-- Finds a part of a word anywhere.
create extension if not exists pg_trgm;

create type message_status as enum ('waiting', 'sending', 'sent', 'failed', 'withdrawn');
create type try_outcome as enum ('taken', 'temporary', 'permanent', 'unknown', 'unreachable');

-- Accounts, invitations, runs and buildings are those of other services: no foreign keys.
create table messages (
    id             bigint generated always as identity primary key,
    -- What asked for it, so that asking twice makes one message.
    source         text           not null constraint messages_source unique check (length(source) between 1 and 200),
    kind           text           not null check (length(kind) between 1 and 50),
    -- Whose account gets it; 0 without one.
    user_id        bigint         not null default 0,
    thing_id       bigint         not null default 0,
    building_id    bigint,
    -- Who else is named in it, whose wish to be forgotten empties it too.
    names_user_ids bigint[]       not null default '{}',
    -- Where it goes when that is not the account's address.
    given_address  text           not null default '' check (length(given_address) <= 254),
    -- Where it went.
    address        text           not null default '' check (length(address) <= 254),
    facts          jsonb          not null default '{}',
    status         message_status not null default 'waiting',
    -- As it was sent, with what is secret blacked out.
    subject        text           not null default '',
    body           text           not null default '',
    tries          integer        not null default 0,
    next_try_at    timestamptz    not null,
    -- While it is being sent: until when the process that sends it may take.
    leased_until   timestamptz,
    -- After this it says nothing any more and is not sent.
    expires_at     timestamptz    not null,
    message_id     text           not null constraint messages_message_id unique,
    -- The message that the office had sent again.
    resent_from    bigint         references messages on delete set null,
    -- Who asked for it to be sent; 0 for the system.
    actor_id       bigint         not null default 0,
    occurred_at    timestamptz    not null,
    created_at     timestamptz    not null,
    ended_at       timestamptz,
    check ((status = 'sending') = (leased_until is not null)),
    check ((status in ('sent', 'failed', 'withdrawn')) = (ended_at is not null))
);
create index messages_due on messages (next_try_at, id) where status = 'waiting';
create index messages_sending on messages (leased_until) where status = 'sending';
create index messages_status on messages (status, id desc);
create index messages_kind on messages (kind, id desc);
create index messages_user on messages (user_id, id desc);
create index messages_building on messages (building_id, id desc) where building_id is not null;
create index messages_resent on messages (resent_from) where resent_from is not null;
create index messages_names on messages using gin (names_user_ids);
create index messages_search on messages using gin (searchable(address || ' ' || subject) gin_trgm_ops);
create index messages_expiring on messages (expires_at) where status = 'waiting';
create index messages_failed on messages (ended_at) where status = 'failed';
create index messages_ended on messages (ended_at) where ended_at is not null;

create table tries (
    id         bigint generated always as identity primary key,
    message_id bigint      not null references messages on delete cascade,
    started_at timestamptz not null,
    ended_at   timestamptz,
    -- null while it runs, or when the process was killed meanwhile and nobody has looked yet.
    outcome    try_outcome,
    code       integer     not null default 0,
    answer     text        not null default '' check (length(answer) <= 1000)
);
create index tries_message on tries (message_id, id);
create index tries_started on tries (started_at);

create table outbox (
    id           bigint generated always as identity primary key,
    event_id     uuid        not null default gen_random_uuid(),
    topic        text        not null,
    payload      jsonb       not null,
    created_at   timestamptz not null default now(),
    published_at timestamptz,
    failed_at    timestamptz,
    error        text
);
create index outbox_pending on outbox (id) where published_at is null;
create index outbox_published on outbox (published_at) where published_at is not null;
create index outbox_failed on outbox (id) where published_at is null and failed_at is not null;
