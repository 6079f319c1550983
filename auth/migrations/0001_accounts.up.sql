create type role as enum ('admin', 'superstudent', 'student', 'syndic', 'none');
create type language as enum ('nl', 'en', 'fr');

create table users (
    id            bigint generated always as identity primary key,
    email         text        not null check (length(email) between 3 and 254),
    first_name    text        not null check (length(first_name) between 1 and 100),
    last_name     text        not null check (length(last_name) between 1 and 100),
    -- E.164; empty when not known.
    phone         text        not null default '' check (phone = '' or phone ~ '^\+[1-9][0-9]{6,14}$'),
    language      language    not null default 'nl',
    role          role        not null default 'none',
    -- Regions of the core service, which has its own database: no foreign key. Sorted, each once.
    region_ids    bigint[]    not null default '{}' check (array_position(region_ids, null) is null),
    -- Argon2id in PHC form; empty when nobody can sign in to this account.
    password_hash text        not null default '',
    active        boolean     not null default true,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
);
create unique index users_email on users (lower(email));
create index users_list on users (lower(last_name), lower(first_name), id);
create index users_role on users (role, lower(last_name), lower(first_name), id);
create index users_region_ids on users using gin (region_ids);

create table sessions (
    id           bigint generated always as identity primary key,
    -- SHA-256 of the token, which is known to its holder alone.
    token_hash   bytea       not null check (octet_length(token_hash) = 32),
    user_id      bigint      not null references users on delete cascade,
    created_at   timestamptz not null,
    last_used_at timestamptz not null,
    expires_at   timestamptz not null,
    ip           text        not null default '' check (length(ip) <= 45),
    user_agent   text        not null default '' check (length(user_agent) <= 300)
);
create unique index sessions_token_hash on sessions (token_hash);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);

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
