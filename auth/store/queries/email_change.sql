-- name: InsertEmailChange :one
insert into email_changes (user_id, email, token_hash, nonce, created_at, expires_at)
values ($1, $2, $3, $4, sqlc.arg(now), $5)
returning *;

-- name: SetEmailChangeToken :exec
update email_changes set token_hash = $2 where id = $1;

-- name: EmailChangeByID :one
select * from email_changes where id = $1;

-- name: EmailChangeByToken :one
select * from email_changes where token_hash = $1;

-- name: WaitingEmail :one
-- The address that an account will have once it is confirmed.
select email from email_changes where user_id = $1 and used_at is null and expires_at > sqlc.arg(now);

-- name: UseEmailChanges :execrows
-- Makes the change that waits void.
update email_changes set used_at = sqlc.arg(now) where user_id = $1 and used_at is null;

-- name: DeleteOldEmailChanges :exec
delete from email_changes where expires_at <= sqlc.arg(before);
