-- name: RunStop :one
select s.building_id,
    array(select y.user_id from building_syndics y where y.building_id = s.building_id order by y.user_id)::bigint[] as syndic_ids
from run_stops s
where s.run_id = @run_id and s.building_id = @building_id;

-- name: EnsureVisit :exec
insert into visits (run_id, building_id) values (@run_id, @building_id)
on conflict (run_id, building_id) do nothing;

-- name: FindVisit :one
select * from visits where run_id = @run_id and building_id = @building_id;

-- name: FindVisitByOutcomeID :one
select * from visits where outcome_id = @outcome_id;

-- name: VisitsOfRun :many
select * from visits where run_id = @run_id and (@building_id::bigint = 0 or building_id = @building_id);

-- name: StepsOfRun :many
select * from visit_steps
where run_id = @run_id and (@building_id::bigint = 0 or building_id = @building_id)
order by building_id, case step when 'arrival' then 1 when 'inside' then 2 else 3 end;

-- name: FindStep :one
select * from visit_steps where id = @id;

-- name: InsertStep :exec
insert into visit_steps (id, run_id, building_id, step, claimed_at, occurred_at, received_at, corrected)
values (@id, @run_id, @building_id, @step, @claimed_at, @occurred_at, @received_at, @corrected);

-- name: SetOutcome :exec
update visits
set outcome = @outcome::text, reason = @reason, outcome_id = sqlc.narg(outcome_id),
    outcome_claimed_at = sqlc.narg(claimed_at), outcome_at = @occurred_at::timestamptz,
    outcome_received_at = @received_at::timestamptz, outcome_corrected = @corrected, outcome_assumed = false
where run_id = @run_id and building_id = @building_id;

-- name: NameOutcome :exec
-- Gives an outcome that a departure made the id under which the phone sends it.
update visits set outcome_id = @outcome_id, outcome_claimed_at = @claimed_at where run_id = @run_id and building_id = @building_id;

-- name: SkipOpenStops :many
-- Completion by hand: every stop without an outcome becomes skipped, with the reason (rule 2).
insert into visits (run_id, building_id, outcome, reason, outcome_at, outcome_received_at, outcome_assumed)
select s.run_id, s.building_id, 'skipped', @reason::text, @occurred_at::timestamptz, @received_at::timestamptz, true
from run_stops s
where s.run_id = @run_id
on conflict (run_id, building_id) do update
set outcome = excluded.outcome, reason = excluded.reason, outcome_at = excluded.outcome_at,
    outcome_received_at = excluded.outcome_received_at, outcome_assumed = true
where visits.outcome is null
returning building_id;

-- name: SyndicsOfRun :many
select y.building_id, y.user_id
from run_stops s
join building_syndics y on y.building_id = s.building_id
where s.run_id = @run_id
order by y.building_id, y.user_id;

-- name: VisitsOfBuilding :many
-- A page of a building's visits, the latest run first. Pictures that came before anything else make a visit too. Who may see
-- the building is decided before.
select r.id as run_id, r.date, r.worker_id, t.id as tour_id, t.name as tour_name, v.outcome, coalesce(v.reason, '')::text as reason
from run_stops s
join runs r on r.id = s.run_id
join tours t on t.id = r.tour_id
left join visits v on v.run_id = s.run_id and v.building_id = s.building_id
where s.building_id = @building_id
    and r.date between @from_day::date and @to_day::date
    and (v.run_id is not null
        or exists (select 1 from pictures p where p.run_id = s.run_id and p.building_id = s.building_id))
    and (not @resumed::boolean or (r.date, r.id) < (@before_date::date, @before_run_id::bigint))
order by r.date desc, r.id desc
limit @row_limit;

-- name: StepsOfBuilding :many
select * from visit_steps
where run_id = any(@run_ids::bigint[]) and building_id = @building_id
order by run_id, case step when 'arrival' then 1 when 'inside' then 2 else 3 end;

-- name: PicturesOfBuilding :many
-- Those of steps.
select * from pictures
where run_id = any(@run_ids::bigint[]) and building_id = @building_id and remark_id is null
order by run_id, taken_at, id;

-- name: PlannedVisitsOfBuilding :many
-- The runs from a day on that will come to a building or are on their way to it: first those that may, then those of them that have it
-- as a stop.
select r.id as run_id, r.date, r.worker_id, t.id as tour_id, t.name as tour_name
from (
    select p.id from runs p
    where p.tour_id = any (array(select o.tour_id from stops o where o.building_id = @building_id))
        and p.status = 'planned' and p.date between @from_day::date and @to_day::date
    union all
    select g.id from runs g
    where g.status = 'started' and g.date between @from_day and @to_day
        and exists (select from run_stops o where o.run_id = g.id and o.building_id = @building_id)
) maybe
join runs r on r.id = maybe.id
join tours t on t.id = r.tour_id
where exists (select from stops_of_runs s where s.run_id = maybe.id and s.building_id = @building_id offset 0)
    and not exists (
        select 1 from visits v where v.run_id = r.id and v.building_id = @building_id and v.outcome is not null)
order by r.date, r.id
limit @row_limit;

-- name: CorrectStep :exec
-- What the phone said stays in claimed_at.
update visit_steps set occurred_at = @occurred_at, corrected = true
where run_id = @run_id and building_id = @building_id and step = @step;

-- name: CorrectDepartureOutcome :exec
-- What a departure has made done is done when it was.
update visits set outcome_at = @occurred_at::timestamptz
where run_id = @run_id and building_id = @building_id and outcome = 'done' and outcome_id is null;

-- name: CorrectOutcome :exec
-- It stands from now on, whatever the phone still sends.
update visits set outcome = @outcome::text, reason = @reason, outcome_assumed = false
where run_id = @run_id and building_id = @building_id;

-- name: CorrectCompletion :exec
-- A run that its last outcome completed is over when that was; one that was completed by hand, when it was.
update runs r
set completed_at = greatest(r.started_at, (select max(v.outcome_at) from visits v where v.run_id = r.id))
where r.id = @id and r.status = 'completed' and r.complete_id is null;

-- name: InsertCorrection :exec
insert into visit_corrections (id, run_id, building_id, what, time_before, time_after, outcome_before, outcome_after,
    reason_before, reason_after, reason, corrected_at, corrected_by)
values (@id, @run_id, @building_id, @what, @time_before, @time_after, @outcome_before, @outcome_after,
    @reason_before, @reason_after, @reason, @corrected_at, @corrected_by);

-- name: FindCorrection :one
select * from visit_corrections where id = @id;

-- name: CountCorrections :one
select count(*) from visit_corrections where run_id = @run_id and building_id = @building_id;

-- name: CorrectionsOfRun :many
select * from visit_corrections where run_id = @run_id order by corrected_at, id;

-- name: FirstOutcomeCorrection :one
-- Tells how the visit ended before the office corrected it.
select * from visit_corrections where run_id = @run_id and building_id = @building_id and what = 'outcome'
order by corrected_at, id limit 1;
