-- Whether the syndics of a building hear by mail of stops there that were skipped or failed: the office says so.
alter table buildings add column tell_syndic boolean not null default false;
