-- Whether stops without work are left out belongs to what a tour's stops were. Nobody knows since when for the versions so far: they have what
-- holds now.
alter table tour_versions add column hide_idle_stops boolean;
update tour_versions v set hide_idle_stops = t.hide_idle_stops from tours t where t.id = v.tour_id;
alter table tour_versions alter column hide_idle_stops set not null;

-- The program from before does not say.
create function fill_version_idle_stops() returns trigger language plpgsql as $$
begin
    select t.hide_idle_stops into new.hide_idle_stops from tours t where t.id = new.tour_id;
    return new;
end
$$;
create trigger tour_versions_idle_stops before insert on tour_versions
    for each row when (new.hide_idle_stops is null) execute function fill_version_idle_stops();

-- The stops of a version that a run on a day has.
create function stops_on(stops bigint[], hide_idle boolean, day date) returns bigint[] stable language sql as $$
    select coalesce(array_agg(s.id order by s.place), '{}')
    from unnest(stops) with ordinality s (id, place)
    where not hide_idle or has_work(s.id, day)
$$;

-- Whether a run on a day has other stops than in a version of its tour that somebody knows.
create function stops_changed(tour bigint, known integer, day date) returns boolean stable language sql as $$
    select coalesce((
        select case
            when n.number = v.number then false
            when n.building_ids = v.building_ids and n.hide_idle_stops = v.hide_idle_stops then false
            else stops_on(v.building_ids, v.hide_idle_stops, day) <> stops_on(n.building_ids, n.hide_idle_stops, day) end
        from tour_versions v
        cross join lateral (
            select * from tour_versions w where w.tour_id = tour order by w.number desc limit 1) n
        where v.tour_id = tour and v.number = known), false)
$$;
