-- name: NotificationDevices :many
select * from notification_devices where user_id = @user_id order by id;

-- name: LockNotificationDevices :exec
-- So that two browsers of a person at once do not become more than they may have.
select pg_advisory_xact_lock(hashtext('notification-devices'), hashtext(@user_id::text));

-- name: FindNotificationDevice :one
select * from notification_devices where endpoint = @endpoint;

-- name: PutNotificationDevice :one
-- A browser that somebody else used before is the caller's now.
insert into notification_devices (user_id, session_id, endpoint, p256dh, auth, server_key, user_agent, created_at)
values (@user_id, @session_id, @endpoint, @p256dh, @auth, @server_key, @user_agent, @now)
on conflict on constraint notification_devices_endpoint do update
set user_id = excluded.user_id, session_id = excluded.session_id, p256dh = excluded.p256dh, auth = excluded.auth,
    server_key = excluded.server_key, user_agent = excluded.user_agent,
    created_at = case when notification_devices.user_id = excluded.user_id then notification_devices.created_at else excluded.created_at end,
    last_success_at = case when notification_devices.user_id = excluded.user_id then notification_devices.last_success_at end
returning *;

-- name: DeleteDeliveriesOfDevice :exec
delete from notification_deliveries where device_id = @device_id;

-- name: DeleteNotificationDevice :one
delete from notification_devices where id = @id and user_id = @user_id returning *;

-- name: DeleteReplacedDevice :exec
delete from notification_devices where endpoint = @endpoint and user_id = @user_id and session_id = @session_id;

-- name: DeleteDevicesOfSession :exec
delete from notification_devices where session_id = @session_id;

-- name: DeleteGoneDevice :exec
delete from notification_devices where id = @id and endpoint = @endpoint;

-- name: NotificationChoices :many
select * from notification_choices where user_id = @user_id order by kind;

-- name: SetNotificationChoice :exec
insert into notification_choices (user_id, kind, wanted, changed_at) values (@user_id, @kind, @wanted, @now)
on conflict (user_id, kind) do update set wanted = excluded.wanted, changed_at = excluded.changed_at;

-- name: GatherNotification :exec
-- For who has a device and has not turned the kind off. What else comes waits along, but not for ever.
with once as (
    insert into notification_sources (source, gathered_at)
    select @source::text, @now::timestamptz
    where exists (select 1 from notification_devices d where d.user_id = @user_id)
        and not exists (select 1 from notification_choices c where c.user_id = @user_id and c.kind = @kind and not c.wanted)
    on conflict do nothing
    returning source
)
insert into notifications (user_id, kind, events, first_at, due_at)
select @user_id, @kind, jsonb_build_array(@facts::jsonb), @now::timestamptz, @due_at::timestamptz from once
on conflict (user_id, kind) where closed_at is null do update
set events = notifications.events || excluded.events,
    due_at = least(greatest(notifications.due_at, excluded.due_at), notifications.first_at + make_interval(secs => @bound::float8));

-- name: CloseNotification :one
-- The one that is due first, to be written; one whose process was killed comes again.
update notifications set closed_at = coalesce(closed_at, @now::timestamptz), leased_until = @leased_until::timestamptz
where id = (
    select n.id from notifications n
    where n.due_at <= @now::timestamptz and (n.leased_until is null or n.leased_until < @now::timestamptz)
    order by n.due_at limit 1 for update skip locked
)
returning *;

-- name: PostponeNotification :exec
update notifications set due_at = @due_at, leased_until = null where id = @id;

-- name: EndNotification :execrows
delete from notifications where id = @id;

-- name: DeliverNotification :exec
-- To each browser of the person that was given the key which we sign with now.
insert into notification_deliveries (notification_id, device_id, payload, topic, urgency, due_at, expires_at)
select @notification_id, d.id, @payload, @topic, @urgency, @now, @expires_at
from notification_devices d
where d.user_id = @user_id and d.server_key = @server_key and (@device_id::bigint = 0 or d.id = @device_id)
on conflict do nothing;

-- name: ReplaceDeliveries :exec
-- What was not handed in yet and says the same thing as it was before.
delete from notification_deliveries o
using notification_devices d
where d.id = o.device_id and d.user_id = @user_id and o.topic = @topic and o.topic <> '' and o.leased_until is null;

-- name: NextTestNotification :one
select nextval(pg_get_serial_sequence('notifications', 'id'))::bigint;

-- name: ClaimDeliveries :many
update notification_deliveries o
set leased_until = @leased_until::timestamptz, tries = o.tries + 1,
    lost = o.lost + case when o.leased_until is null then 0 else 1 end
from notification_devices d
where d.id = o.device_id and o.id in (
    select n.id from notification_deliveries n
    where n.due_at <= @now::timestamptz and (n.leased_until is null or n.leased_until < @now::timestamptz)
    order by n.due_at limit @row_limit for update skip locked
)
returning o.*, d.endpoint, d.p256dh, d.auth, d.server_key;

-- name: EndDelivery :exec
delete from notification_deliveries where id = @id;

-- name: DeviceReached :exec
update notification_devices set last_success_at = @now::timestamptz where id = @id;

-- name: RetryDelivery :exec
update notification_deliveries set due_at = @due_at, leased_until = null where id = @id;

-- name: NotificationsWaiting :one
select count(*) from notification_deliveries;

-- name: DeleteOldNotificationSources :exec
delete from notification_sources where gathered_at < @before::timestamptz;

-- name: EraseNotifications :exec
with devices as (delete from notification_devices where notification_devices.user_id = @user_id::bigint),
    waiting as (delete from notifications where notifications.user_id = @user_id::bigint)
delete from notification_choices where notification_choices.user_id = @user_id::bigint;

-- name: DeleteDevicesOfPerson :exec
delete from notification_devices where user_id = @user_id;
