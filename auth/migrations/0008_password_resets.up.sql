create table password_resets (
    id         bigint generated always as identity primary key,
    -- Null when nobody has the address that was typed: the row is what makes both answers the same work.
    user_id    bigint references users on delete cascade,
    -- SHA-256 of the token in the link, which is derived from the nonce and the key of the installation.
    token_hash bytea       not null check (octet_length(token_hash) = 32),
    nonce      bytea       not null check (octet_length(nonce) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    -- When a password was chosen with it, or something else made it void.
    used_at    timestamptz
);
create unique index password_resets_token_hash on password_resets (token_hash);
create index password_resets_user on password_resets (user_id) where used_at is null;
create index password_resets_expiry on password_resets (expires_at);

-- Whoever deactivates an account, and however: what waits for its owner is void, and stays so when it is active again.
create function void_what_waits() returns trigger language plpgsql as $$
begin
    update password_resets set used_at = now() where user_id = new.id and used_at is null;
    return new;
end
$$;
create trigger account_deactivated after update of active on users
    for each row when (old.active and not new.active) execute function void_what_waits();
