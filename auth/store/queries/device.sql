-- name: DeviceUsers :many
-- Who has signed in on the device of a token.
select user_id from devices where token_hash = $1;

-- name: PutDevice :exec
-- Notes that an account has signed in on the device of a token.
insert into devices (token_hash, user_id, created_at, last_used_at)
values ($1, $2, sqlc.arg(now), sqlc.arg(now))
on conflict (token_hash, user_id) do update set last_used_at = excluded.last_used_at;

-- name: DeleteOldDevices :exec
-- Keeps the devices that an account has used last.
delete from devices where devices.id in (
    select old.id from devices as old where old.user_id = $1 order by old.last_used_at desc offset sqlc.arg(keep)
);

-- name: DeleteForgottenDevices :exec
-- Devices whose cookies are gone by themselves.
delete from devices where last_used_at <= sqlc.arg(before);
