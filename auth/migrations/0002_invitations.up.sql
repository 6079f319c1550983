create table invitations (
    id          bigint generated always as identity primary key,
    email       text        not null check (length(email) between 3 and 254),
    role        role        not null check (role <> 'none'),
    -- The regions of the account that will be; sorted, each once.
    region_ids  bigint[]    not null default '{}' check (array_position(region_ids, null) is null),
    -- SHA-256 of the token in the link, which is known to its holder alone.
    token_hash  bytea       not null check (octet_length(token_hash) = 32),
    -- Nobody invited the first administrator.
    invited_by  bigint references users,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    accepted_at timestamptz
);
create unique index invitations_token_hash on invitations (token_hash);
-- One invitation waits per address: inviting again replaces it.
create unique index invitations_waiting on invitations (lower(email)) where accepted_at is null;
create index invitations_list on invitations ((accepted_at is not null), id desc);
