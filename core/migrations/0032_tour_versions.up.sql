-- What the stops of tours were: a row for each change of which buildings in use a tour goes along, or in which order.
create table tour_versions (
    tour_id       bigint      not null references tours,
    number        integer     not null check (number >= 1),
    building_ids  bigint[]    not null,
    -- Why there is this version; kept is what was found, and not made by anybody that is known.
    cause         text        not null check (cause in ('kept', 'created', 'stops_changed', 'restored', 'building_archived',
                                                        'building_unarchived', 'tour_changed')),
    -- The version that was brought back.
    restored_from integer check ((restored_from is not null) = (cause = 'restored')),
    changed_at    timestamptz not null,
    -- Names an account of the auth service; 0 is nobody.
    changed_by    bigint      not null,
    primary key (tour_id, number)
);
insert into tour_versions (tour_id, number, building_ids, cause, changed_at, changed_by)
select t.id, 1, coalesce((
    select array_agg(s.building_id order by s.position)
    from stops s join buildings b on b.id = s.building_id
    where s.tour_id = t.id and b.archived_at is null), '{}'), 'kept', now(), 0
from tours t;

alter table runs
    -- With which version of its tour's stops a run was planned for its worker, and which of them the worker has seen since.
    add column planned_version integer,
    add column seen_version    integer,
    -- When the worker said so; null where the versions are those of the planning.
    add column stops_seen_at   timestamptz,
    -- For whom planned_version counts: whoever gets the run is told of it as it is then.
    add column version_for     bigint;
update runs set planned_version = 1, seen_version = 1, version_for = worker_id where status = 'planned';

-- Whoever plans a run, also the program from before, plans it with the stops that the tour has then.
create function keep_planned_version() returns trigger language plpgsql as $$
begin
    -- Runs that are set aside for a moment belong to nobody (SetRunsAside).
    if new.worker_id > 0 and new.status = 'planned' and (
        tg_op = 'INSERT' or new.tour_id <> old.tour_id or new.version_for is distinct from new.worker_id
    ) then
        new.planned_version := (select max(v.number) from tour_versions v where v.tour_id = new.tour_id);
        new.seen_version := new.planned_version;
        new.stops_seen_at := null;
        new.version_for := new.worker_id;
    end if;
    return new;
end
$$;
create trigger runs_planned_version before insert or update of tour_id, worker_id on runs
    for each row execute function keep_planned_version();

-- Whether a tour has other stops than in a version that somebody knows.
create function stops_changed(tour bigint, known integer) returns boolean stable language sql as $$
    select coalesce((
        select v.building_ids <> (
            select n.building_ids from tour_versions n where n.tour_id = tour order by n.number desc limit 1)
        from tour_versions v where v.tour_id = tour and v.number = known), false)
$$;

-- What the office has corrected about a visit, and why: the time of a step, or how it ended.
create table visit_corrections (
    id             uuid        not null primary key,
    run_id         bigint      not null,
    building_id    bigint      not null,
    what           text        not null check (what in ('arrival', 'inside', 'departure', 'outcome')),
    -- Of a step.
    time_before    timestamptz,
    time_after     timestamptz,
    -- Of an outcome.
    outcome_before text check (outcome_before in ('done', 'skipped', 'failed')),
    outcome_after  text check (outcome_after in ('done', 'skipped', 'failed')),
    reason_before  text        not null default '' check (length(reason_before) <= 1000),
    reason_after   text        not null default '' check (length(reason_after) <= 1000),
    -- Why the office did so.
    reason         text        not null check (length(reason) between 1 and 1000),
    corrected_at   timestamptz not null,
    corrected_by   bigint      not null,
    foreign key (run_id, building_id) references visits (run_id, building_id),
    constraint visit_corrections_of check (
        (what = 'outcome') = (outcome_before is not null) and (what = 'outcome') = (outcome_after is not null)
        and (what = 'outcome') = (time_before is null) and (what = 'outcome') = (time_after is null)
    )
);
create index visit_corrections_of_run on visit_corrections (run_id, corrected_at, id);
