-- A new address of an account, which counts once it is confirmed from there.
create table email_changes (
    id         bigint generated always as identity primary key,
    user_id    bigint      not null references users on delete cascade,
    email      text        not null check (length(email) between 3 and 254),
    -- SHA-256 of the token in the link, which is derived from the nonce and the key of the installation.
    token_hash bytea       not null check (octet_length(token_hash) = 32),
    nonce      bytea       not null check (octet_length(nonce) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    -- When it was confirmed, or something else made it void.
    used_at    timestamptz
);
create unique index email_changes_token_hash on email_changes (token_hash);
-- One waits per account: asking again replaces it.
create unique index email_changes_waiting on email_changes (user_id) where used_at is null;
create index email_changes_expiry on email_changes (expires_at);

create or replace function void_what_waits() returns trigger language plpgsql as $$
begin
    update password_resets set used_at = now() where user_id = new.id and used_at is null;
    update email_changes set used_at = now() where user_id = new.id and used_at is null;
    return new;
end
$$;
