-- Grows with every change that the office makes, so that of two edits at once the second is refused.
alter table buildings add column version bigint not null default 1;
alter table tours add column version bigint not null default 1;

-- However it is written, an address stands once.
drop index buildings_address;
create unique index buildings_address on buildings (lower(street), lower(house_number), lower(bus), lower(postal_code))
    where archived_at is null;
