-- What the office hears of a day, the latest first: remarks, and stops that were not done.
create index remarks_by_time on remarks (occurred_at desc) where deleted_at is null;
create index visits_not_done on visits (outcome_at desc) where outcome in ('skipped', 'failed');
