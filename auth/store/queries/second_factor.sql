-- name: BeginSecondFactor :exec
-- Keeps the secret of one that is being set up; another one that was begun before is forgotten.
insert into second_factors (user_id, secret, created_at) values ($1, $2, sqlc.arg(now))
on conflict (user_id) do update set secret = excluded.secret, created_at = excluded.created_at
where second_factors.confirmed_at is null;

-- name: SecondFactorOf :one
select * from second_factors where user_id = $1;

-- name: ConfirmSecondFactor :execrows
update second_factors set confirmed_at = sqlc.arg(now), last_step = sqlc.arg(step)
where user_id = $1 and confirmed_at is null;

-- name: TakeStep :execrows
-- Takes the code of a period, once, and none of a period before it any more.
update second_factors set last_step = sqlc.arg(step)
where user_id = $1 and confirmed_at is not null and last_step < sqlc.arg(step);

-- name: TakeRecoveryCode :execrows
delete from recovery_codes where user_id = $1 and code_hash = $2;

-- name: CountRecoveryCodes :one
select count(*) from recovery_codes where user_id = $1;

-- name: InsertRecoveryCodes :exec
insert into recovery_codes (user_id, code_hash) select $1, unnest(sqlc.arg(code_hashes)::bytea[]);

-- name: DeleteRecoveryCodes :exec
delete from recovery_codes where user_id = $1;

-- name: DeleteSecondFactor :exec
delete from second_factors where user_id = $1;
