-- The buildings that the office has not put on the map yet.
create index buildings_without_coordinates on buildings (sort_key, id) where latitude is null and archived_at is null;

-- A tour may leave out the stops that have nothing to do on the day of a run.
alter table tours add column hide_idle_stops boolean not null default false;
-- How many were left out when the run started.
alter table runs add column idle_stop_count integer not null default 0;

-- Whether there is something to do at a building on a day: bins to put out for a collection of that day or the next one, or to
-- bring in after one of that day.
create function has_work(building bigint, day date) returns boolean stable language sql as $$
    select exists (
        select 1 from collections c
        where c.building_id = building and c.deleted_at is null
            and (c.date = day and (c.put_out or c.bring_in) or c.date = day + 1 and c.put_out))
$$;

create or replace view stops_of_runs as
select s.run_id, s.position, s.building_id, s.agreed_minutes
from run_stops s
union all
select r.id, s.position, s.building_id, b.agreed_minutes
from runs r
join tours t on t.id = r.tour_id
join stops s on s.tour_id = r.tour_id
join buildings b on b.id = s.building_id
where r.started_at is null and b.archived_at is null and (not t.hide_idle_stops or has_work(b.id, r.date));
