-- name: LastSeen :one
-- When a session of somebody that stands was used last.
select last_used_at from sessions where user_id = $1 order by last_used_at desc limit 1;

-- name: SetAccountActive :exec
-- The rule is the database's own: scripts/account keeps it too.
select change_account_active(sqlc.arg(id)::bigint, sqlc.arg(active)::boolean, sqlc.arg(actor)::jsonb, sqlc.arg(now)::timestamptz);

-- name: AnonymisePerson :one
-- Who it was is gone; what hours and reports need stays.
update users set first_name = 'Anonymous', last_name = id::text, email = 'anonymous-' || id || '@anonymous.invalid', phone = '',
    password_hash = '', region_ids = '{}', second_factor = false, anonymised_at = sqlc.arg(now), updated_at = sqlc.arg(now)
where id = $1 returning *;

-- name: WithdrawInvitationsFor :many
-- Invitations of an address that wait; whoever has the address now is somebody else.
delete from invitations where lower(email) = lower(sqlc.arg(email)::text) and accepted_at is null returning *;

-- name: AnonymiseInvitations :many
-- Takes the address out of the invitations with which somebody has registered.
update invitations set email = sqlc.arg(anonymous)::text
where user_id = sqlc.arg(user_id)::bigint or accepted_at is not null and lower(email) = lower(sqlc.arg(email)::text)
returning id;

-- name: AddressesOf :many
-- The addresses that were surely somebody's: theirs, and those that they were invited with.
select users.email from users where users.id = sqlc.arg(user_id)::bigint
union
select invitations.email from invitations where invitations.user_id = sqlc.arg(user_id)::bigint;

-- name: InsertForgottenAddresses :exec
insert into forgotten_addresses (user_id, mac, anonymised_at)
select sqlc.arg(user_id)::bigint, mac, sqlc.arg(now)::timestamptz from unnest(sqlc.arg(macs)::bytea[]) as mac
on conflict do nothing;

-- name: ForgottenAddresses :many
select * from forgotten_addresses where user_id = sqlc.arg(user_id)::bigint;

-- name: DeleteForgottenAddresses :exec
delete from forgotten_addresses where anonymised_at < sqlc.arg(before)::timestamptz;

-- name: DeletePublishedAbout :exec
-- What was told of a person and is kept for the curious, and the mail that they were to get, which may hold addresses.
delete from outbox
where topic = 'mail-requests' and payload->>'user_id' = sqlc.arg(user_id)::bigint::text
  or published_at is not null and topic = 'audit-events'
  and (payload->>'thing_kind' = 'account' and payload->>'thing_id' = sqlc.arg(user_id)::bigint::text
    or payload->'before'->>'user_id' = sqlc.arg(user_id)::bigint::text
    or payload->'after'->>'user_id' = sqlc.arg(user_id)::bigint::text
    or payload->'actor'->>'user_id' = sqlc.arg(user_id)::bigint::text
    or payload->>'thing_kind' = 'invitation' and payload->>'thing_id' = any (sqlc.arg(invitations)::text[]));

-- name: EndAllOf :exec
-- What lets somebody in, or knows from where they came.
with forgotten_devices as (delete from devices where devices.user_id = $1),
forgotten_resets as (delete from password_resets where password_resets.user_id = $1),
forgotten_changes as (delete from email_changes where email_changes.user_id = $1),
forgotten_factors as (delete from second_factors where second_factors.user_id = $1),
forgotten_codes as (delete from recovery_codes where recovery_codes.user_id = $1)
delete from tokens where tokens.user_id = $1;

-- name: SessionsOf :many
select * from sessions where user_id = $1 order by id;

-- name: InvitationsOf :many
-- The invitations that somebody made.
select * from invitations where invited_by = sqlc.arg(user_id)::bigint order by id;
