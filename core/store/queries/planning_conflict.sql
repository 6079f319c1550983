-- name: PlannedDuringAbsences :many
-- The runs that are planned on days from first to last on which their worker is absent. An absence lasts a year and a day at most, so
-- those before that have ended.
select r.id, a.first_day, a.last_day
from runs r
join absences a on a.worker_id = r.worker_id and r.date between a.first_day and a.last_day
where r.status = 'planned' and r.date between sqlc.arg(first_day)::date and sqlc.arg(last_day)::date
    and a.first_day between sqlc.arg(first_day)::date - 366 and sqlc.arg(last_day)::date
order by r.date, r.id
limit @row_limit;
