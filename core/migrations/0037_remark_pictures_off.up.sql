-- A picture that was taken off its remark. The row stays, so that a phone that sends it again does not bring it back.
alter table pictures
    add column taken_off_at timestamptz,
    add column taken_off_by bigint,
    add constraint pictures_taken_off check ((taken_off_at is null) = (taken_off_by is null) and (taken_off_at is null or remark_id is not null));
