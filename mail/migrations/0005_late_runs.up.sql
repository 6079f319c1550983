-- Runs of which the office was told that they are not started: it is told when they are, too.
create table late_runs (
    run_id  bigint      primary key,
    date    date        not null,
    told_at timestamptz not null
);
create index late_runs_date on late_runs (date);
