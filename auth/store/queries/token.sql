-- name: DeleteTokensOfUser :many
delete from tokens where user_id = $1 returning *;

-- name: ListTokens :many
select * from tokens where user_id = $1 order by id desc;

-- name: CountTokens :one
select count(*) from tokens where user_id = $1;

-- name: InsertToken :one
insert into tokens (user_id, name, token_hash, scope, created_at, expires_at)
values ($1, $2, $3, $4, sqlc.arg(now), $5)
returning *;

-- name: DeleteTokenOfUser :one
delete from tokens where id = $1 and user_id = $2 returning *;

-- name: DeleteOldTokens :exec
delete from tokens where expires_at <= sqlc.arg(before);
