-- name: ListInvitations :many
-- One page: those that wait before those that are accepted, the latest first. Nobody invited the first administrator.
select sqlc.embed(invitations), coalesce(users.first_name || ' ' || users.last_name, '')::text as invited_by_name
from invitations left join users on users.id = invitations.invited_by
where (sqlc.narg(accepted)::boolean is null or (accepted_at is not null) = sqlc.narg(accepted))
  and (sqlc.arg(from_start)::boolean
    or ((accepted_at is not null), -invitations.id) > (sqlc.arg(after_accepted)::boolean, -sqlc.arg(after_id)::bigint))
order by (accepted_at is not null), invitations.id desc
limit sqlc.arg(row_limit);

-- name: PutInvitation :one
-- Invites an address, or replaces the invitation that waits for it. Nothing is returned when that one is for a role that
-- may not be replaced.
insert into invitations (email, role, region_ids, token_hash, nonce, invited_by, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, sqlc.arg(now), $7)
on conflict (lower(email)) where accepted_at is null do update
set email = excluded.email, role = excluded.role, region_ids = excluded.region_ids, token_hash = excluded.token_hash,
    nonce = excluded.nonce, invited_by = excluded.invited_by, created_at = excluded.created_at, expires_at = excluded.expires_at
where invitations.role::text = any (sqlc.arg(replaceable_roles)::text[])
returning *;

-- name: WaitingInvitation :one
-- The invitation that waits for an address.
select * from invitations where lower(email) = lower(sqlc.arg(email)::text) and accepted_at is null for update;

-- name: SetInvitationToken :exec
update invitations set token_hash = $2 where id = $1;

-- name: InvitationByID :one
select * from invitations where id = $1;

-- name: InvitationByToken :one
select * from invitations where token_hash = $1;

-- name: InvitationByTokenForUpdate :one
select * from invitations where token_hash = $1 for update;

-- name: InvitationForUpdate :one
select * from invitations where id = $1 for update;

-- name: AcceptInvitation :exec
update invitations set accepted_at = sqlc.arg(now), user_id = sqlc.arg(user_id)::bigint where id = $1;

-- name: DeleteInvitation :exec
delete from invitations where id = $1;

-- name: DeleteInvitationsBeyond :many
-- Invitations of somebody that wait and are for other roles than these.
delete from invitations
where invited_by = sqlc.arg(invited_by)::bigint and accepted_at is null and not role::text = any (sqlc.arg(roles)::text[])
returning *;

-- name: LockFirstStart :exec
-- One process at a time looks whether the first administrator is to be invited. The number stands for that alone.
select pg_advisory_xact_lock(7301185);

-- name: AnyUser :one
select exists (select from users);

-- name: FirstInvitationSince :one
-- When the first administrator was invited last, at this address and not before.
select created_at from invitations
where invited_by is null and accepted_at is null and lower(email) = lower(sqlc.arg(email)::text)
  and created_at > sqlc.arg(since);

-- name: DeleteFirstInvitation :many
-- Whatever link of a first start is still open leads nowhere afterwards.
delete from invitations where invited_by is null and accepted_at is null returning *;

-- name: RegionInUse :one
-- Who works in a region, and who will once they have registered; the time of their invitation may be up.
select
    exists (select from users where users.region_ids @> array [sqlc.arg(region_id)::bigint]) as by_users,
    exists (
        select from invitations
        where invitations.region_ids @> array [sqlc.arg(region_id)::bigint] and accepted_at is null
    ) as by_invitations;
