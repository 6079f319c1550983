-- A picture that was taken off its remark. The row stays, so that a phone that sends it again does not bring it back.
alter table pictures
    add column removed_at timestamptz,
    add column removed_by bigint,
    add constraint pictures_removed check ((removed_at is null) = (removed_by is null) and (removed_at is null or remark_id is not null));
