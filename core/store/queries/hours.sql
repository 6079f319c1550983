-- name: HoursOfWorker :many
select r.id, r.date, r.status, r.started_at, r.completed_at, t.id as tour_id, t.name as tour_name, s.stops, s.agreed_minutes
from runs r
join tours t on t.id = r.tour_id
cross join lateral (
    select count(*)::integer as stops, coalesce(sum(o.agreed_minutes), 0)::integer as agreed_minutes
    from stops_of_runs o where o.run_id = r.id
) s
where r.worker_id = @worker_id and r.status <> 'cancelled' and r.date between @from_day::date and @to_day::date
order by r.date, r.started_at nulls last, r.id
limit @row_limit;
