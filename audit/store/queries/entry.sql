-- name: InsertEntry :exec
-- A repeated delivery adds nothing.
insert into entries (event_id, kind, thing_kind, thing_id, actor_id, session_id, address, account_id, before, after, occurred_at)
values (@event_id, @kind, @thing_kind, @thing_id, @actor_id, @session_id, @address, @account_id, @before, @after, @occurred_at)
on conflict (event_id) do nothing;

-- name: ListEntries :many
-- One page, the latest first, before the given sort key.
select * from entries
where (sqlc.narg(person)::bigint is null or actor_id = sqlc.narg(person) or account_id = sqlc.narg(person))
  and (sqlc.narg(thing_kind)::text is null or thing_kind = sqlc.narg(thing_kind))
  and (sqlc.narg(thing_id)::text is null or thing_id = sqlc.narg(thing_id))
  and (sqlc.narg(kind)::text is null or kind = sqlc.narg(kind))
  and occurred_at >= @from_time and occurred_at < @to_time
  and (@from_start::boolean or (occurred_at, id) < (@before_time::timestamptz, @before_id::bigint))
order by occurred_at desc, id desc
limit @row_limit;

-- name: FindEntry :one
select * from entries where id = @id;

-- name: CountEntries :one
-- How many entries a list has, counted up to a bound.
select count(*) from (
    select from entries
    where (sqlc.narg(person)::bigint is null or actor_id = sqlc.narg(person) or account_id = sqlc.narg(person))
      and (sqlc.narg(thing_kind)::text is null or thing_kind = sqlc.narg(thing_kind))
      and (sqlc.narg(thing_id)::text is null or thing_id = sqlc.narg(thing_id))
      and (sqlc.narg(kind)::text is null or kind = sqlc.narg(kind))
      and occurred_at >= @from_time and occurred_at < @to_time
    limit @bound
) as counted;

-- name: InvitedAddresses :many
-- The addresses that invitations were for, some of them after one that was read.
select address::text from (
    select before->>'email' as address from entries where thing_kind = 'invitation' and before->>'email' <> ''
    union select after->>'email' from entries where thing_kind = 'invitation' and after->>'email' <> ''
) as invited
where invited.address > @after_address::text order by invited.address limit @row_limit;

-- name: InvitationsFor :many
-- The invitations that were for these addresses until a moment; the same row of auth has one address only.
select distinct thing_id::bigint from entries
where thing_kind = 'invitation' and occurred_at <= @until::timestamptz
    and (before->>'email' = any (@addresses::text[]) or after->>'email' = any (@addresses::text[]));

-- name: ErasePerson :exec
select erase_person(@person, @invitations::bigint[]);
