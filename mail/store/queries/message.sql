-- name: InsertMessage :execrows
insert into messages (
    source, kind, user_id, thing_id, building_id, names_user_ids, given_address, facts, next_try_at, expires_at, message_id,
    actor_id, occurred_at, created_at
) values (
    @source, @kind, @user_id, @thing_id, @building_id, @names_user_ids, @given_address, @facts, @due_at, @expires_at, @message_id,
    @actor_id, @occurred_at, @now
) on conflict on constraint messages_source do nothing;

-- name: LockRate :exec
-- One process at a time looks at the rate and takes a message.
select pg_advisory_xact_lock(hashtext('mail rate'));

-- name: TriesSince :one
-- How many messages were sent since a moment, and when the first of them was.
select count(*)::bigint as count, coalesce(min(started_at), @since)::timestamptz as first
from tries where started_at > @since;

-- name: NextMessage :one
-- The message that is due first. One that is being sent is due when its process has not been heard of in time.
select * from messages
where status = 'waiting' and next_try_at <= @now::timestamptz and expires_at > @now::timestamptz
    or status = 'sending' and leased_until < @now::timestamptz
order by next_try_at, id limit 1 for update skip locked;

-- name: ExpireMessages :execrows
-- What has waited too long to be worth reading.
with expired as (
    update messages set status = 'failed', ended_at = @now::timestamptz
    where status = 'waiting' and expires_at <= @now::timestamptz returning id
)
insert into tries (message_id, started_at, ended_at, outcome, answer)
select id, @now::timestamptz, @now::timestamptz, 'permanent', 'it could not be sent in time' from expired;

-- name: ClaimMessage :one
update messages set status = 'sending', leased_until = @leased_until::timestamptz, tries = tries + 1
where id = @id returning *;

-- name: BeginTry :one
insert into tries (message_id, started_at) values (@message_id, @now) returning id;

-- name: EndLostTry :execrows
-- The process that made the last try was killed: nobody knows how it ended.
update tries set outcome = 'unknown', ended_at = @now::timestamptz, answer = 'the program ended before the answer'
where message_id = @message_id and outcome is null;

-- name: UnknownTries :one
select count(*)::bigint from tries where message_id = @message_id and outcome = 'unknown';

-- name: EndTry :exec
-- What a server says may hold the address: it is not kept when the receiver was forgotten meanwhile.
update tries set outcome = @outcome::try_outcome, ended_at = @now::timestamptz, code = @code,
    answer = case when exists (select from messages where messages.id = tries.message_id and messages.status = 'sending')
        then @answer::text else '' end
where tries.id = @id;

-- name: DropTry :exec
-- A try that came to nothing before any server was asked.
delete from tries where id = @id;

-- name: SetContent :execrows
-- 0 when the message was withdrawn meanwhile.
update messages set subject = @subject, body = @body, address = @address, names_user_ids = @names_user_ids
where id = @id and status = 'sending';

-- name: EndMessage :exec
update messages set status = @status, ended_at = @now::timestamptz, leased_until = null
where id = @id and status = 'sending';

-- name: DelayMessage :exec
update messages set status = 'waiting', leased_until = null, next_try_at = @next_try_at
where id = @id and status = 'sending';

-- name: Queue :one
-- What waits, since when it could have been sent, and what failed lately.
select count(*) filter (where status <> 'failed')::bigint as waiting,
    coalesce(min(created_at) filter (where status <> 'failed' and (tries > 0 or next_try_at <= @now::timestamptz)),
        @now::timestamptz)::timestamptz as oldest,
    count(*) filter (where status = 'failed')::bigint as failed
from messages
where status in ('waiting', 'sending') or status = 'failed' and ended_at > @failed_since::timestamptz;

-- name: LastSent :many
-- When the last message was taken by the server; none when none was.
select ended_at from messages where status = 'sent' and ended_at is not null order by ended_at desc limit 1;

-- name: MessageByID :one
select * from messages where id = @id;

-- name: MessageForUpdate :one
select * from messages where id = @id for update;

-- name: MessageTries :many
select * from tries where message_id = @message_id order by id;

-- name: ListMessages :many
-- The messages of a page, the latest first. An empty filter does not count.
select * from messages
where (sqlc.narg(before_id)::bigint is null or id < sqlc.narg(before_id))
    and (sqlc.narg(status)::message_status is null or status = sqlc.narg(status))
    and (sqlc.narg(kind)::text is null or kind = sqlc.narg(kind))
    and (sqlc.narg(user_id)::bigint is null or user_id = sqlc.narg(user_id))
    and (sqlc.narg(building_id)::bigint is null or building_id = sqlc.narg(building_id)
        or building_ids @> array[sqlc.narg(building_id)::bigint])
    and (sqlc.narg(sending_id)::bigint is null or thing_id = sqlc.narg(sending_id) and kind = @message_kind)
    and (@patterns::text[] = '{}' or searchable(address || ' ' || subject) like all (select searchable(pattern) from unnest(@patterns::text[]) pattern))
order by id desc limit @row_limit;

-- name: WaitingResend :one
-- The message that goes again already.
select * from messages where resent_from = @id::bigint and status in ('waiting', 'sending') limit 1;

-- name: ResendMessage :one
-- A message that ended goes again, as a new one. It is found by where the one before went until it is known where it goes.
insert into messages (
    source, kind, user_id, thing_id, building_id, building_ids, names_user_ids, given_address, address, facts, next_try_at, expires_at,
    message_id, resent_from, actor_id, occurred_at, created_at
) select @source::text, kind, user_id, thing_id, building_id, building_ids, names_user_ids, given_address, address, facts, @now, @expires_at::timestamptz,
    @message_id::text, id, @actor_id::bigint, occurred_at, @now::timestamptz
from messages where messages.id = @id
returning *;

-- name: EraseMessages :exec
-- What was sent to somebody who is forgotten, and what servers said of it. What waits is not sent any more.
with erased as (
    update messages set address = '', given_address = '', subject = '', body = '', facts = '{}', leased_until = null,
        status = case when status in ('waiting', 'sending') then 'withdrawn' else status end,
        ended_at = coalesce(ended_at, @now::timestamptz)
    where user_id = @user_id::bigint
    returning id
)
update tries set answer = '' from erased where tries.message_id = erased.id;

-- name: TypedAddresses :many
-- The addresses that are kept without an account, some of them after one that was read.
select address from (
    select lower(given_address) as address from messages where user_id = 0 and given_address <> ''
    union select lower(address) from messages where user_id = 0 and address <> ''
    union select lower(unnest(cc_addresses)) from sendings
) as typed
where typed.address > @after::text order by typed.address limit @row_limit;

-- name: AddressesSentTo :many
-- The addresses at which somebody got mail about their account. One that was only to be theirs is not among them.
select lower(sent.address) as address from messages as sent
where sent.user_id = @user_id and sent.address <> '' and sent.kind <> 'email-change'
union
select lower(former.given_address) from messages as former
where former.user_id = @user_id and former.kind = 'email-changed' and former.given_address <> '';

-- name: EraseAddresses :exec
-- What was sent to addresses of somebody who is forgotten, before they were.
with emptied as (
    update messages set address = '', given_address = '', subject = '', body = '', facts = '{}', leased_until = null,
        status = case when status in ('waiting', 'sending') then 'withdrawn' else status end,
        ended_at = coalesce(ended_at, @now::timestamptz)
    where user_id = 0 and created_at <= @before::timestamptz
        and (lower(messages.given_address) = any (@addresses::text[]) or lower(messages.address) = any (@addresses::text[]))
    returning id, kind, thing_id
), silent as (
    update tries set answer = '' from emptied where message_id = emptied.id and answer <> ''
), uncopied as (
    update sendings set cc_addresses = (
        select coalesce(array_agg(copy), '{}') from unnest(cc_addresses) as copy where lower(copy) <> all (@addresses::text[]))
    where sendings.created_at <= @before::timestamptz
        and exists (select from unnest(cc_addresses) as copy where lower(copy) = any (@addresses::text[]))
        and not exists (select from emptied where emptied.kind = @sending_kind and emptied.thing_id = sendings.id)
)
-- What was written to nobody else. A statement changes a row once: here the copies go too.
update sendings set
    cc_addresses = (select coalesce(array_agg(copy), '{}') from unnest(cc_addresses) as copy where lower(copy) <> all (@addresses::text[])),
    subject = case when others.exist then subject else '' end, body = case when others.exist then body else '' end
from (
    select emptied.thing_id, exists (
        select from messages where messages.kind = @sending_kind and messages.thing_id = emptied.thing_id
            and messages.id not in (select id from emptied)) as exist
    from emptied where emptied.kind = @sending_kind group by emptied.thing_id
) as others
where sendings.id = others.thing_id;

-- name: EraseAnswers :exec
-- What servers said of mail of which somebody who is forgotten got a copy: they repeat the addresses that they refuse.
update tries set answer = ''
from messages join sendings on messages.kind = @sending_kind and messages.thing_id = sendings.id
where tries.message_id = messages.id and tries.answer <> '' and (
    sendings.cc_user_ids @> array[@user_id::bigint]
    or exists (select from unnest(sendings.cc_addresses) as copy where lower(copy) = any (@addresses::text[])));

-- name: EraseNames :exec
-- The texts that name somebody who is forgotten. What waits is written anew before it is sent, without the name.
update messages set subject = '', body = '' where names_user_ids @> array[@user_id::bigint];

-- name: DeleteOldMessages :execrows
delete from messages where ended_at < @before::timestamptz;

-- name: EraseInvitations :exec
-- The mail to who was invited and has become an account that is forgotten, and what servers said of it.
with erased as (
    update messages set address = '', given_address = '', subject = '', body = '', facts = '{}', leased_until = null,
        status = case when status in ('waiting', 'sending') then 'withdrawn' else status end,
        ended_at = coalesce(ended_at, @now::timestamptz)
    where kind = 'invitation' and thing_id = any (@invitation_ids::bigint[])
    returning id
)
update tries set answer = '' from erased where tries.message_id = erased.id;

-- name: EraseReporter :exec
-- What was sent to who reported an incident, and what servers said of it. What waits is not sent any more.
with erased as (
    update messages set address = '', given_address = '', subject = '', body = '', facts = '{}', leased_until = null,
        status = case when status in ('waiting', 'sending') then 'withdrawn' else status end,
        ended_at = coalesce(ended_at, @now::timestamptz)
    where kind = any (@kinds::text[]) and thing_id = @thing_id and thing_id <> 0
    returning id
)
update tries set answer = '' from erased where tries.message_id = erased.id;

-- name: MessageBySource :one
select * from messages where source = @source;

-- name: ForgetActor :exec
-- From where somebody who is forgotten did what was told already, and is kept for the curious.
delete from outbox
where published_at is not null and topic = 'audit-events'
    and payload->'actor'->>'user_id' = sqlc.arg(user_id)::bigint::text;
