-- name: InsertSession :one
insert into sessions (token_hash, user_id, state, created_at, last_used_at, expires_at, ends_at, ip, user_agent)
values ($1, $2, $3, sqlc.arg(now), sqlc.arg(now), $4, $5, $6, $7)
returning *;

-- name: UseCredential :one
-- The session or the token of a hash with its user, while all are good; of these two, the id of what it is not is 0. Its
-- use is noted, and the end of a session put off, only when the last note is older than stale_before: reads stay reads.
with good as (
    select sessions.id as session_id, 0::bigint as token_id, 'write'::token_scope as scope,
        users.id as user_id, users.role, users.region_ids, users.language, users.second_factor
    from sessions join users on users.id = sessions.user_id
    where sessions.token_hash = sqlc.arg(token_hash)
      and sessions.state = 'active'
      and sessions.expires_at > sqlc.arg(now) and sessions.ends_at > sqlc.arg(now)
      and users.active
    union all
    select 0::bigint, tokens.id, tokens.scope, users.id, users.role, users.region_ids, users.language,
        users.second_factor
    from tokens join users on users.id = tokens.user_id
    where tokens.token_hash = sqlc.arg(token_hash)
      and tokens.expires_at > sqlc.arg(now)
      and users.active
), noted_session as (
    update sessions set last_used_at = sqlc.arg(now), expires_at = least(sqlc.arg(new_expires_at), ends_at)
    where sessions.id = (select good.session_id from good) and sessions.last_used_at < sqlc.arg(stale_before)
), noted_token as (
    update tokens set last_used_at = sqlc.arg(now)
    where tokens.id = (select good.token_id from good)
      and (tokens.last_used_at is null or tokens.last_used_at < sqlc.arg(stale_before))
)
select * from good;

-- name: SessionState :one
-- The user of a session while both are good.
select users.id as user_id, users.role, users.second_factor
from sessions join users on users.id = sessions.user_id
where sessions.id = $1 and sessions.state = 'active'
  and sessions.expires_at > sqlc.arg(now) and sessions.ends_at > sqlc.arg(now) and users.active;

-- name: DeleteSession :many
-- The session as it was; nothing when it had ended already.
delete from sessions where id = $1 returning *;

-- name: DeleteExpiredSessions :many
delete from sessions
where sessions.id in (
    select expired.id from sessions as expired
    where expired.expires_at <= sqlc.arg(now) or expired.ends_at <= sqlc.arg(now)
    order by expired.id limit 500 for update skip locked
)
returning *;

-- name: DeleteSessionsOfUser :many
-- All but one; 0 spares none.
delete from sessions where user_id = $1 and id <> sqlc.arg(spared) returning *;

-- name: SessionStands :one
select exists (
    select from sessions
    where sessions.id = $1 and sessions.user_id = $2
      and sessions.expires_at > sqlc.arg(now) and sessions.ends_at > sqlc.arg(now)
);

-- name: ListSessions :many
-- Those of a user that let somebody in, the one used last first.
select * from sessions
where user_id = $1 and state = 'active' and expires_at > sqlc.arg(now) and ends_at > sqlc.arg(now)
order by last_used_at desc, id desc
limit sqlc.arg(row_limit);

-- name: DeleteSessionOfUser :one
delete from sessions where id = $1 and user_id = $2 returning *;

-- name: SessionBeforeSecondFactor :one
-- The session of a token that waits for the second factor, and whose it is.
select sqlc.embed(sessions), sqlc.embed(users)
from sessions join users on users.id = sessions.user_id
where sessions.token_hash = $1 and sessions.state = 'second_factor'
  and sessions.expires_at > sqlc.arg(now) and sessions.ends_at > sqlc.arg(now) and users.active;

-- name: ActivateSession :one
-- Lets somebody in who has given the second factor, under another token. Nothing is returned when another request did, or
-- the session has ended.
update sessions
set state = 'active', token_hash = sqlc.arg(new_token_hash), last_used_at = sqlc.arg(now),
    expires_at = sqlc.arg(expires_at), ends_at = sqlc.arg(ends_at)
where sessions.id = $1 and sessions.state = 'second_factor'
  and sessions.expires_at > sqlc.arg(now) and sessions.ends_at > sqlc.arg(now)
returning *;
