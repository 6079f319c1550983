-- Another picture of the same run that is the same file: a photo that stands for two stops or two steps.
alter table pictures add column duplicate_of uuid;

-- Uploads whose files are about to be stored, or were when the program ended: after a day their files belong to nobody.
create table picture_uploads (
    picture_id uuid        not null,
    sha256     bytea       not null check (length(sha256) = 32),
    started_at timestamptz not null,
    primary key (picture_id, sha256)
);
create index picture_uploads_started on picture_uploads (started_at);
