-- An event that no further try would publish is set aside, so that it holds up no other one.
alter table outbox add column failed_at timestamptz, add column error text;
create index outbox_failed on outbox (id) where published_at is null and failed_at is not null;
