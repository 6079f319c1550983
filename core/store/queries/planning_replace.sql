-- name: RunsToGive :many
-- What a worker has to do on the days from first to last and has not done yet; tour_id is off when 0.
select r.id, r.tour_id, r.date, r.status, t.region_id, coalesce(work.minutes, 0)::integer as minutes
from runs r
join tours t on t.id = r.tour_id
left join lateral (
    select sum(b.agreed_minutes) as minutes
    from stops s
    join buildings b on b.id = s.building_id
    where s.tour_id = t.id and b.archived_at is null
) work on true
where r.worker_id = @worker_id and r.status in ('planned', 'started') and r.date between @first_day::date and @last_day::date
    and (@tour_id::bigint = 0 or r.tour_id = @tour_id)
order by r.date, r.id
limit @row_limit;
