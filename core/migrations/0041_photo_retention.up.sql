-- Where the time of a photo comes from: the photo itself, or the clock of the phone that sent it.
alter table pictures
    add column claimed_from text not null default 'phone' check (claimed_from in ('exif', 'phone')),
    -- Since when the files are gone, because their time was up. The row stays: it says that there was a photo, and answers the
    -- phone that sends it again.
    add column removed_at timestamptz;
create index pictures_to_remove on pictures (received_at, id) where removed_at is null;
create index pictures_sha256 on pictures (sha256);

alter table incident_pictures add column removed_at timestamptz;
create index incident_pictures_to_remove on incident_pictures (added_at, id) where removed_at is null;

-- What was reported first: the office may change the kind. Null where it was reported before this was kept.
alter table incidents add column reported_kind text;
