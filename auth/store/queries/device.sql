-- name: DeviceUsers :many
-- Who has signed in on the device of a token, and until when it is not asked for their second factor.
select user_id, trusted_until from devices where token_hash = $1;

-- name: RenameDevice :exec
-- The device of a token has another one from now on.
update devices set token_hash = sqlc.arg(new_token_hash) where token_hash = $1;

-- name: PutDevice :exec
-- Notes that an account has signed in on the device of a token. A trust of before stays when there is no new one.
insert into devices (token_hash, user_id, created_at, last_used_at, trusted_until)
values ($1, $2, sqlc.arg(now), sqlc.arg(now), sqlc.narg(trusted_until))
on conflict (token_hash, user_id) do update set last_used_at = excluded.last_used_at,
    trusted_until = coalesce(excluded.trusted_until, devices.trusted_until);

-- name: DeleteOldDevices :exec
-- Keeps the devices that an account has used last.
delete from devices where devices.id in (
    select old.id from devices as old where old.user_id = $1 order by old.last_used_at desc offset sqlc.arg(keep)
);

-- name: DeleteForgottenDevices :exec
-- Devices whose cookies are gone by themselves.
delete from devices where last_used_at <= sqlc.arg(before);

-- name: DeleteDevicesOfUser :exec
-- All but the one of a token.
delete from devices where user_id = $1 and token_hash is distinct from sqlc.narg(spared)::bytea;

-- name: DistrustDevices :exec
-- Every device of an account is asked for the second factor again.
update devices set trusted_until = null where user_id = $1 and trusted_until is not null;
