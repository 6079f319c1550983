-- name: InsertPasswordReset :one
insert into password_resets (user_id, token_hash, nonce, created_at, expires_at)
values (sqlc.narg(user_id), sqlc.arg(token_hash), sqlc.arg(nonce), sqlc.arg(now), sqlc.arg(expires_at))
returning *;

-- name: SetPasswordResetToken :exec
update password_resets set token_hash = $2 where id = $1;

-- name: PasswordResetByID :one
-- With whose it is: none without an account.
select sqlc.embed(password_resets), sqlc.embed(users)
from password_resets join users on users.id = password_resets.user_id
where password_resets.id = $1;

-- name: PasswordResetByToken :one
select sqlc.embed(password_resets), sqlc.embed(users)
from password_resets join users on users.id = password_resets.user_id
where password_resets.token_hash = $1;

-- name: UsePasswordResets :exec
-- Makes all links of an account void.
update password_resets set used_at = sqlc.arg(now) where user_id = sqlc.arg(user_id)::bigint and used_at is null;

-- name: DeleteOldPasswordResets :exec
delete from password_resets where expires_at <= sqlc.arg(before);
