-- name: UserByID :one
select * from users where id = $1;

-- name: UserForUpdate :one
select * from users where id = $1 for update;

-- name: UsersForUpdate :many
-- In the order of their ids, so that two who act on each other do not wait for each other.
select * from users where id = any (sqlc.arg(ids)::bigint[]) order by id for update;

-- name: UserForShare :one
-- Keeps the account as it is until the transaction ends.
select * from users where id = $1 for share;

-- name: UserByEmail :one
-- By the first of several ways to write one address that somebody has.
select * from users where lower(email) = any (sqlc.arg(lower_emails)::text[])
order by array_position(sqlc.arg(lower_emails)::text[], lower(email)) limit 1;

-- name: UsersByID :many
select * from users where id = any (sqlc.arg(ids)::bigint[]) order by id;

-- name: UsersByEmail :many
select * from users where lower(email) = any (sqlc.arg(lower_emails)::text[]) order by id;

-- name: ListUsers :many
-- One page, after the given sort key (rule 14). Every pattern is matched against names and address, the main one by the index.
select * from users
where (sqlc.narg(role)::role is null or role = sqlc.narg(role))
  and (sqlc.narg(active)::boolean is null or active = sqlc.narg(active))
  and (sqlc.narg(region_id)::bigint is null or region_ids @> array [sqlc.narg(region_id)::bigint])
  and (sqlc.narg(main_pattern)::text is null
    or searchable(first_name || ' ' || last_name || ' ' || email) like searchable(sqlc.narg(main_pattern)))
  and not exists (
    select 1 from unnest(sqlc.arg(patterns)::text[]) as word (pattern)
    where searchable(first_name || ' ' || last_name || ' ' || email) not like searchable(word.pattern))
  and (sqlc.arg(from_start)::boolean
    or (last_name collate people, first_name collate people, id) >
       (sqlc.arg(after_last_name)::text, sqlc.arg(after_first_name)::text, sqlc.arg(after_id)::bigint))
order by last_name collate people, first_name collate people, id
limit sqlc.arg(row_limit);

-- name: InsertUser :one
-- Nothing is returned when the address is taken.
insert into users (email, first_name, last_name, phone, language, role, region_ids, password_hash, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, sqlc.arg(now), sqlc.arg(now))
on conflict (lower(email)) do nothing
returning *;

-- name: SetRole :exec
update users set role = $2, updated_at = sqlc.arg(now) where id = $1;

-- name: SetRegions :exec
update users set region_ids = $2, updated_at = sqlc.arg(now) where id = $1;

-- name: SetPassword :exec
update users set password_hash = $2, updated_at = sqlc.arg(now) where id = $1;

-- name: SetProfile :one
update users set first_name = $2, last_name = $3, phone = $4, language = $5, updated_at = sqlc.arg(now) where id = $1
returning *;

-- name: SetEmail :one
update users set email = $2, updated_at = sqlc.arg(now) where id = $1 returning *;

-- name: SetSecondFactor :one
update users set second_factor = $2, updated_at = sqlc.arg(now) where id = $1 returning *;

-- name: Workers :many
-- Those who may be given runs, of these regions unless there are none, and those of ids whoever they are, as people sort (rule 14).
select * from users
where active and role in ('admin', 'superstudent', 'student')
    and (cardinality(sqlc.arg(region_ids)::bigint[]) = 0 or region_ids && sqlc.arg(region_ids))
  or id = any (sqlc.arg(ids)::bigint[])
order by last_name collate people, first_name collate people, id
limit sqlc.arg(row_limit);

-- name: OfficeUsers :many
select * from users where active and role in ('admin', 'superstudent') order by id;
