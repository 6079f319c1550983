-- Whose a run was before it was given to somebody else, and since when it is not theirs: what their phones still send is refused with
-- that. worker_id names an account of the auth service. A run that comes back to somebody keeps the line; whose it is counts.
create table former_workers (
    run_id    bigint      not null references runs on delete cascade,
    worker_id bigint      not null,
    since     timestamptz not null,
    primary key (run_id, worker_id)
);
insert into former_workers (run_id, worker_id, since)
select s.run_id, s.asked_by, max(s.ended_at)
from swaps s
join runs r on r.id = s.run_id
where s.state = 'approved' and r.worker_id <> s.asked_by
group by s.run_id, s.asked_by;
