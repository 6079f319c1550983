-- name: LockTemplates :exec
-- One process at a time counts and makes templates.
select pg_advisory_xact_lock(hashtext('mail templates'));

-- name: CountTemplates :one
select count(*)::bigint from templates;

-- name: ListTemplates :many
select * from templates order by lower(name collate "und-x-icu"), id;

-- name: TemplateByID :one
select * from templates where id = @id;

-- name: TemplateForUpdate :one
select * from templates where id = @id for update;

-- name: InsertTemplate :one
insert into templates (name, subject, body, changed_by, changed_at)
values (@name, @subject, @body, @changed_by, @changed_at) returning *;

-- name: UpdateTemplate :one
update templates set name = @name, subject = @subject, body = @body, changed_by = @changed_by, changed_at = @changed_at,
    version = version + 1
where id = @id returning *;

-- name: DeleteTemplate :exec
delete from templates where id = @id;

-- name: SendingByKey :one
select * from sendings where actor_id = @actor_id and idempotency_key = @idempotency_key::text;

-- name: SendingByID :one
select * from sendings where id = @id;

-- name: InsertSending :many
-- Nothing is inserted, and returned, when the key was used.
insert into sendings (
    actor_id, idempotency_key, request_hash, subject, body, cc_user_ids, cc_addresses, picture_ids, attachments,
    skipped, created_at
) values (
    @actor_id, sqlc.narg(idempotency_key), @request_hash, @subject, @body, @cc_user_ids, @cc_addresses, @picture_ids,
    @attachments, @skipped, @created_at
) on conflict on constraint sendings_once do nothing returning *;

-- name: InsertMessagesOfSending :batchexec
-- One message for each receiver.
insert into messages (
    source, kind, user_id, thing_id, building_id, building_ids, given_address, facts, next_try_at, expires_at, message_id, actor_id,
    occurred_at, created_at
) values (
    @source, @kind, @user_id, @thing_id, @building_id, @building_ids, @given_address, @facts, @due_at, @expires_at, @message_id,
    @actor_id, @now, @now
);

-- name: MessagesOfSending :many
select * from messages where kind = @kind and thing_id = @sending_id and resent_from is null order by id;

-- name: DeleteOldSendings :exec
-- What was written long ago, once none of its messages is kept.
delete from sendings
where created_at < @before::timestamptz
    and not exists (select 1 from messages where kind = @kind and thing_id = sendings.id);

-- name: EraseSendings :exec
-- What was written to nobody else than somebody who is forgotten.
update sendings set subject = '', body = '', cc_addresses = '{}'
where id in (select thing_id from messages where messages.kind = @kind and messages.user_id = @user_id)
    and not exists (
        select 1 from messages where messages.kind = @kind and messages.thing_id = sendings.id and messages.user_id <> @user_id);
