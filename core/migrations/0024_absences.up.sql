-- When workers can work. worker_id, changed_by and entered_by name accounts of the auth service.
create table availabilities (
    worker_id      bigint      not null primary key,
    -- The days of the week, 1 is Monday. Whoever has no row can work every day.
    weekdays       smallint[]  not null check (weekdays <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[]),
    -- What was agreed, in minutes a week; 0 when nothing was.
    weekly_minutes integer     not null check (weekly_minutes between 0 and 10080),
    version        bigint      not null default 1,
    changed_at     timestamptz not null,
    changed_by     bigint      not null
);

-- Days on which a worker cannot work.
create table absences (
    id         bigint      generated always as identity primary key,
    worker_id  bigint      not null,
    first_day  date        not null,
    last_day   date        not null,
    reason     text        not null check (reason in ('holiday', 'exams', 'ill', 'other')),
    note       text        not null check (length(note) <= 200),
    version    bigint      not null default 1,
    entered_at timestamptz not null,
    entered_by bigint      not null,
    constraint absences_period check (last_day between first_day and first_day + 366)
);
create index absences_by_worker on absences (worker_id, first_day, id);
create index absences_by_day on absences (first_day, id);
