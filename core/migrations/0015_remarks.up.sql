-- What the worker of a run has to say about a stop. written_by, edited_by and deleted_by name accounts of the auth service.
create table remarks (
    id          uuid        not null primary key,
    run_id      bigint      not null,
    building_id bigint      not null,
    -- Empty once it is deleted: the row stays, so that a phone that sends it again does not bring it back.
    text        text        not null check (length(text) <= 2000),
    -- Of the text as it was sent: tells a repetition from another remark under the same id.
    sha256      bytea       not null check (length(sha256) = 32),
    written_by  bigint      not null,
    -- What the phone said. It differs from occurred_at when that was corrected.
    claimed_at  timestamptz not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    corrected   boolean     not null,
    edited_at   timestamptz,
    edited_by   bigint,
    deleted_at  timestamptz,
    deleted_by  bigint,
    foreign key (run_id, building_id) references run_stops (run_id, building_id),
    constraint remarks_of_run unique (run_id, building_id, id),
    constraint remarks_corrected check (corrected or claimed_at = occurred_at),
    constraint remarks_edited check ((edited_at is null) = (edited_by is null)),
    constraint remarks_deleted check ((deleted_at is null) = (deleted_by is null) and (deleted_at is null) = (text <> ''))
);
create index remarks_list on remarks (run_id, occurred_at, id) where deleted_at is null;

-- The changes of remarks by the ids that clients gave them: one that is sent again changes nothing.
create table remark_changes (
    id         uuid        not null primary key,
    remark_id  uuid        not null references remarks,
    sha256     bytea       not null check (length(sha256) = 32),
    changed_at timestamptz not null
);
create index remark_changes_of on remark_changes (remark_id);

-- A picture is of a step or of a remark, whose step is empty then.
alter table pictures
    add column remark_id uuid,
    drop constraint pictures_step_check,
    add constraint pictures_step_check check (step in ('arrival', 'inside', 'departure', '')),
    add constraint pictures_remark foreign key (run_id, building_id, remark_id) references remarks (run_id, building_id, id),
    add constraint pictures_step_or_remark check ((step = '') = (remark_id is not null));
create index pictures_of_remark on pictures (remark_id) where remark_id is not null;
