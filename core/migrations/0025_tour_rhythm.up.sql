-- On which days a tour is walked: an RRULE as collection rules have, counted from a first day, and a pause without such days.
alter table tours
    add column rrule        text check (length(rrule) between 1 and 300),
    add column rhythm_start date,
    add column held_from    date,
    add column held_until   date check (held_until >= held_from),
    add constraint tours_rhythm check (
        (rrule is null) = (rhythm_start is null) and (held_from is null or rrule is not null)
        and (held_from is not null or held_until is null)
    );
create index tours_with_rhythm on tours (region_id, id) where rrule is not null and archived_at is null;

-- Who usually walks a tour, those first who are asked first. worker_id names an account of the auth service.
create table usual_walkers (
    tour_id   bigint  not null references tours,
    position  integer not null check (position >= 1),
    worker_id bigint  not null,
    primary key (tour_id, position),
    constraint usual_walkers_once unique (tour_id, worker_id)
);
create index usual_walkers_of_worker on usual_walkers (worker_id);
