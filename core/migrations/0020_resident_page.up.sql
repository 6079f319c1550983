-- Whether the residents' page of a building shows the photos of the last departure there: the office says so.
alter table buildings add column public_photos boolean not null default false;

-- The last departure at a building, for that page.
create index visit_steps_departures on visit_steps (building_id, occurred_at desc) where step = 'departure';
