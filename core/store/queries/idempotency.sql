-- name: TakeIdempotencyKey :execrows
-- Waits for who has the key in an open transaction; 0 rows when the key is taken.
insert into idempotency_keys (user_id, key, endpoint, request_hash, created_at)
values (@user_id, @key, @endpoint, @request_hash, @created_at)
on conflict (user_id, key) do nothing;

-- name: IdempotencyKey :one
select * from idempotency_keys where user_id = @user_id and key = @key;

-- name: SetIdempotencyResult :exec
-- The thing that was made or changed, or the whole answer.
update idempotency_keys set thing_id = sqlc.narg(thing_id), answer = sqlc.narg(answer) where user_id = @user_id and key = @key;

-- name: RemoveIdempotencyKeys :exec
delete from idempotency_keys where created_at < @before;
