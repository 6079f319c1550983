-- name: InsertSession :one
insert into sessions (token_hash, user_id, created_at, last_used_at, expires_at, ip, user_agent)
values ($1, $2, sqlc.arg(now), sqlc.arg(now), $3, $4, $5)
returning *;

-- name: UseSession :one
-- The session of a token with its user, while both are good. Its use is noted, and its end put off, only when the last
-- note is older than stale_before: reads stay reads.
with good as (
    select sessions.id, users.id as user_id, users.role, users.region_ids, users.language
    from sessions join users on users.id = sessions.user_id
    where sessions.token_hash = sqlc.arg(token_hash)
      and sessions.expires_at > sqlc.arg(now)
      and users.active
), noted as (
    update sessions set last_used_at = sqlc.arg(now), expires_at = sqlc.arg(new_expires_at)
    where sessions.id = (select good.id from good) and sessions.last_used_at < sqlc.arg(stale_before)
)
select * from good;

-- name: SessionState :one
-- The user of a session while both are good.
select users.id as user_id, users.role
from sessions join users on users.id = sessions.user_id
where sessions.id = $1 and sessions.expires_at > sqlc.arg(now) and users.active;

-- name: DeleteSession :many
-- The user whose session it was; nothing when it had ended already.
delete from sessions where id = $1 returning user_id;

-- name: DeleteExpiredSessions :many
delete from sessions
where sessions.id in (
    select expired.id from sessions as expired
    where expired.expires_at <= sqlc.arg(now)
    order by expired.id limit 500 for update skip locked
)
returning id, user_id;
