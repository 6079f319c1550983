-- Browsers in which somebody wants to be told by notifications: where their vendor takes messages for them, and what these are
-- encrypted with.
create table notification_devices (
    id              bigint      generated always as identity primary key,
    user_id         bigint      not null,
    -- The session that it belongs to: it ends with it.
    session_id      bigint      not null,
    endpoint        text        not null constraint notification_devices_endpoint unique check (length(endpoint) between 1 and 1000),
    p256dh          bytea       not null check (length(p256dh) = 65),
    auth            bytea       not null check (length(auth) = 16),
    -- Our public key that the browser was given: it takes messages that are signed with that one only.
    server_key      text        not null check (length(server_key) between 1 and 100),
    -- What the browser says of itself.
    user_agent      text        not null check (length(user_agent) <= 500),
    created_at      timestamptz not null,
    -- When the vendor last took a message.
    last_success_at timestamptz
);
create index notification_devices_user on notification_devices (user_id, id);
create index notification_devices_session on notification_devices (session_id);

-- What people want notifications of; without a row, of everything that their role gets.
create table notification_choices (
    user_id    bigint      not null,
    kind       text        not null check (length(kind) between 1 and 50),
    wanted     boolean     not null,
    changed_at timestamptz not null,
    primary key (user_id, kind)
);

-- What has happened and somebody is to be told in one notification with what else happens in the same minutes.
create table notifications (
    id           bigint      generated always as identity primary key,
    user_id      bigint      not null,
    kind         text        not null check (length(kind) between 1 and 50),
    events       jsonb       not null,
    first_at     timestamptz not null,
    due_at       timestamptz not null,
    -- Since when a process writes it, and nothing more is added.
    closed_at    timestamptz,
    leased_until timestamptz
);
create unique index notifications_open on notifications (user_id, kind) where closed_at is null;
create index notifications_due on notifications (due_at);

-- The events that were gathered, so that a repeated delivery is not told again.
create table notification_sources (
    source      text        not null primary key check (length(source) between 1 and 200),
    gathered_at timestamptz not null
);
create index notification_sources_age on notification_sources (gathered_at);

-- What is to be handed to the vendor of a browser. It is gone when that took it, or when it is too late.
create table notification_deliveries (
    id              bigint      generated always as identity primary key,
    notification_id bigint      not null,
    device_id       bigint      not null references notification_devices on delete cascade,
    payload         bytea       not null check (length(payload) <= 3000),
    -- A newer one replaces an older one of the same topic that waits at the vendor's; empty when none does.
    topic           text        not null check (length(topic) <= 32),
    urgency         text        not null check (urgency in ('normal', 'high')),
    due_at          timestamptz not null,
    expires_at      timestamptz not null,
    tries           integer     not null default 0,
    -- How many tries ended with their process: nobody knows whether the vendor took it.
    lost            integer     not null default 0,
    leased_until    timestamptz,
    constraint notification_deliveries_once unique (notification_id, device_id)
);
create index notification_deliveries_due on notification_deliveries (due_at);
create index notification_deliveries_device on notification_deliveries (device_id);
