-- name: DaySummaryByRequest :one
select * from day_summaries where actor_id = @actor_id and request_id = @request_id;

-- name: DaySummaryByID :one
select * from day_summaries where id = @id;

-- name: InsertDaySummary :many
-- Nothing is inserted, and returned, when the request came before.
insert into day_summaries (actor_id, request_id, request_hash, date, region_id, created_at)
values (@actor_id, @request_id, @request_hash, @date, @region_id, @created_at)
on conflict on constraint day_summaries_once do nothing returning *;

-- name: DeleteOldDaySummaries :exec
-- What was sent long ago, once none of its messages is kept.
delete from day_summaries
where created_at < @before::timestamptz
    and not exists (select 1 from messages where kind = @kind and thing_id = day_summaries.id);
