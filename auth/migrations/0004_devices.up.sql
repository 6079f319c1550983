-- A device on which somebody has signed in before: strangers who guess cannot keep its owner out.
create table devices (
    id           bigint generated always as identity primary key,
    -- SHA-256 of the token in the device's cookie; several people may share a device.
    token_hash   bytea       not null check (octet_length(token_hash) = 32),
    user_id      bigint      not null references users on delete cascade,
    created_at   timestamptz not null,
    last_used_at timestamptz not null,
    unique (token_hash, user_id)
);
create index devices_user on devices (user_id, last_used_at desc);
create index devices_last_use on devices (last_used_at);

-- A session that waits for the second factor lets nobody in.
create type session_state as enum ('active', 'second_factor');
alter table sessions
    add column state session_state not null default 'active',
    -- However much it is used, a session is over then.
    add column ends_at timestamptz not null default now() + interval '90 days';
update sessions set ends_at = created_at + interval '90 days';
create index sessions_end on sessions (ends_at);
alter table users add column second_factor boolean not null default false;

-- What programs sign in with instead of a session.
create type token_scope as enum ('read', 'write');
create table tokens (
    id           bigint generated always as identity primary key,
    user_id      bigint      not null references users on delete cascade,
    name         text        not null check (length(name) between 1 and 100),
    -- SHA-256 of the token, which is known to its holder alone.
    token_hash   bytea       not null check (octet_length(token_hash) = 32),
    scope        token_scope not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    last_used_at timestamptz
);
create unique index tokens_token_hash on tokens (token_hash);
create index tokens_user on tokens (user_id);

-- The token of a link is derived from this and the key of the installation; null where the token was random, which is
-- known to nobody but the holder of the link.
alter table invitations add column nonce bytea check (octet_length(nonce) = 32);
create index invitations_region_ids on invitations using gin (region_ids) where accepted_at is null;
