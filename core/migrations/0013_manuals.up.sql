-- Manuals of buildings: PDF files, in versions 1, 2, 3 … A version that was deleted stays known, so that no number comes twice.
create table manuals (
    id          bigint generated always as identity primary key,
    building_id bigint      not null references buildings,
    version     integer     not null check (version >= 1),
    status      text        not null default 'up_to_date' check (status in ('up_to_date', 'needs_update')),
    -- Of the file, which has its name from it: the same file is stored once.
    sha256      bytea       not null check (length(sha256) = 32),
    size        integer     not null check (size between 1 and 20971520),
    uploaded_at timestamptz not null,
    uploaded_by bigint      not null,
    deleted_at  timestamptz,
    constraint manuals_version unique (building_id, version)
);
create unique index manuals_content on manuals (building_id, sha256) where deleted_at is null;
create index manuals_file on manuals (sha256) where deleted_at is null;

-- The files that are stored, or were about to be when the program ended: a day later those of no manual are removed.
create table manual_files (
    sha256   bytea       not null primary key check (length(sha256) = 32),
    noted_at timestamptz not null
);
create index manual_files_noted on manual_files (noted_at);
