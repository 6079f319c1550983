-- Photos that arrive in parts. What has arrived lies in the bucket; a day after the last part it is given up.
create table partial_uploads (
    -- That of the picture.
    id           uuid        not null primary key,
    user_id      bigint      not null,
    run_id       bigint      not null references runs,
    building_id  bigint      not null,
    step         text        not null,
    remark_id    uuid,
    claimed_at   timestamptz not null,
    claimed_from text        not null,
    sha256       bytea       not null check (length(sha256) = 32),
    size         bigint      not null check (size between 1 and 20971520),
    -- How many have arrived, in order and without gaps.
    parts        integer     not null default 0 check (parts >= 0),
    touched_at   timestamptz not null
);
create index partial_uploads_person on partial_uploads (user_id, touched_at);
create index partial_uploads_touched on partial_uploads (touched_at);
