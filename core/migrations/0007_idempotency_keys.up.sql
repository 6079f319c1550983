-- Changes of the office that were made, by the key of their request: a request that is sent again, because its answer was lost,
-- is answered again and changes nothing.
create table idempotency_keys (
    user_id      bigint      not null,
    key          uuid        not null,
    endpoint     text        not null,
    request_hash bytea       not null check (length(request_hash) = 32),
    -- What was made or changed; null only within the transaction that does it.
    thing_id     bigint,
    created_at   timestamptz not null,
    primary key (user_id, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);
