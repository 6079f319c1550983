-- Workers who ask that somebody else does a planned run of theirs. asked_by, taken_by and decided_by name accounts of the auth
-- service. A run that gets another tour, day or worker has no live swap any more, so date stays the run's while it is live.
create table swaps (
    id         uuid        not null primary key,
    run_id     bigint      not null references runs,
    date       date        not null,
    asked_by   bigint      not null,
    -- What the client sent: an id that comes again with something else is refused.
    message    text        not null check (length(message) <= 500),
    asked_at   timestamptz not null,
    state      text        not null default 'open'
               check (state in ('open', 'taken', 'approved', 'refused', 'withdrawn', 'lapsed')),
    taken_by   bigint,
    taken_at   timestamptz,
    decided_by bigint,
    reason     text        not null default '' check (length(reason) <= 1000),
    ended_at   timestamptz,
    constraint swaps_taker check (case state when 'open' then taken_by is null when 'taken' then taken_by is not null
        when 'approved' then taken_by is not null else true end and (taken_by is null) = (taken_at is null) and taken_by <> asked_by),
    constraint swaps_end check ((state in ('open', 'taken')) = (ended_at is null)),
    constraint swaps_decision check ((state in ('approved', 'refused')) = (decided_by is not null))
);
create unique index swaps_live on swaps (run_id) where state in ('open', 'taken');
create index swaps_of_run on swaps (run_id);
-- Those that want a decision first.
create index swaps_to_decide on swaps ((state = 'open'), date, id) where state in ('open', 'taken');
create index swaps_ended on swaps (date, id) where state not in ('open', 'taken');
create index swaps_asked_by on swaps (asked_by, date, id);
create index swaps_taken_by on swaps (taken_by, date, id) where taken_by is not null;
