-- The front of a building, so that a worker knows it. Replacing it makes a new id; the files of the one before are removed as those of
-- uploads that were not finished (picture_uploads).
create table building_photos (
    building_id bigint      not null primary key references buildings,
    id          uuid        not null unique,
    -- Of the file as it was sent.
    sha256      bytea       not null check (length(sha256) = 32),
    width       integer     not null check (width > 0),
    height      integer     not null check (height > 0),
    uploaded_at timestamptz not null,
    uploaded_by bigint      not null
);
