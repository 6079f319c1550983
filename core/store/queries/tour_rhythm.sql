-- name: TourRhythm :one
select rrule, rhythm_start, held_from, held_until from tours where id = @id;

-- name: PutTourRhythm :exec
-- Null takes the rhythm away.
update tours
set rrule = sqlc.narg(rrule), rhythm_start = sqlc.narg(rhythm_start), held_from = sqlc.narg(held_from),
    held_until = sqlc.narg(held_until), version = version + 1
where id = @id;

-- name: UsualWalkers :many
select worker_id from usual_walkers where tour_id = @tour_id order by position;

-- name: UsualWalkersOf :many
select tour_id, worker_id from usual_walkers where tour_id = any (@tour_ids::bigint[]) order by tour_id, position;

-- name: UsualToursOf :many
-- By name (rule 14); as many as there are tours at most.
select t.id, t.name from usual_walkers u join tours t on t.id = u.tour_id where u.worker_id = @worker_id order by t.sort_key, t.id;

-- name: DeleteUsualWalkers :exec
delete from usual_walkers where tour_id = @tour_id;

-- name: InsertUsualWalkers :exec
-- In the order of the workers.
insert into usual_walkers (tour_id, position, worker_id)
select @tour_id, place.position, place.worker_id
from unnest(@worker_ids::bigint[]) with ordinality as place (worker_id, position);

-- name: ForgetUsualWalker :exec
delete from usual_walkers where worker_id = @worker_id;

-- name: ToursWithRhythm :many
-- Those in use that have a rhythm and stops, by name; region_id is off when 0. minutes is the agreed time of all their stops.
select t.id, t.name, t.region_id, r.name as region_name, t.rrule::text as rrule, t.rhythm_start::date as rhythm_start,
    t.held_from, t.held_until, work.minutes::integer as minutes
from tours t
join regions r on r.id = t.region_id
join lateral (
    select sum(b.agreed_minutes) as minutes
    from stops s
    join buildings b on b.id = s.building_id
    where s.tour_id = t.id and b.archived_at is null
) work on work.minutes is not null
where t.rrule is not null and t.archived_at is null and (@region_id::bigint = 0 or t.region_id = @region_id)
order by t.sort_key, t.id;

-- name: ToursTaken :many
-- What was planned on the days from first to last and not cancelled.
select distinct tour_id, date from runs
where tour_id = any (@tour_ids::bigint[]) and date between @first_day::date and @last_day::date and status <> 'cancelled';

-- name: WorkDuring :many
-- What these workers have to do on days from first to last, or did, with the agreed time of all stops of the tours.
select r.worker_id, r.tour_id, r.date, coalesce(work.minutes, 0)::integer as minutes
from runs r
left join (
    select s.tour_id, sum(b.agreed_minutes) as minutes
    from stops s
    join buildings b on b.id = s.building_id
    where b.archived_at is null
    group by s.tour_id
) work on work.tour_id = r.tour_id
where r.worker_id = any (@worker_ids::bigint[]) and r.date between @first_day::date and @last_day::date and r.status <> 'cancelled'
order by r.id;
