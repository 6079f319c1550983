-- Whose names, address and phone number are gone on request.
alter table users add column anonymised_at timestamptz;
-- Who has registered with an invitation, whatever address they have now. Of the ones from before it is known by the address.
alter table invitations add column user_id bigint references users;
update invitations set user_id = users.id from users
where invitations.accepted_at is not null and lower(invitations.email) = lower(users.email);
create index invitations_user on invitations (user_id) where user_id is not null;
create index users_inactive on users (last_name collate people, first_name collate people, id) where not active;

-- What deactivating and reactivating an account is, whoever does it: the office, or the operator by scripts/account. An account
-- that is not active signs in nowhere: its sessions end at once, with the events that close open connections, its devices and
-- tokens are forgotten, and invitations that it made and that wait are withdrawn, for whoever took the account over may have
-- made them. Doing it twice is doing it once. The actor is {"user_id", "session_id", "address"}; what ended is counted as {"sessions_ended", "invitations_withdrawn"}.
create function change_account_active(account bigint, make_active boolean, actor jsonb, at timestamptz) returns jsonb
language plpgsql as $$
declare
    was boolean;
    gone boolean;
    facts jsonb;
    sessions_ended bigint;
    invitations_withdrawn bigint;
begin
    select active, anonymised_at is not null, jsonb_build_object('role', role, 'region_ids', region_ids, 'language', language)
    into was, gone, facts
    from users where id = account for update;
    if gone and make_active then
        raise exception 'account % was anonymised', account using errcode = 'object_not_in_prerequisite_state';
    end if;
    if was <> make_active then
        update users set active = make_active, updated_at = at where id = account;
        insert into outbox (topic, payload) select 'account-events', jsonb_build_object(
            'type', case when make_active then 'account.reactivated' else 'account.deactivated' end,
            'actor_id', actor->'user_id', 'user_id', account, 'occurred_at', at);
        insert into outbox (topic, payload) select 'audit-events', jsonb_build_object(
            'kind', case when make_active then 'account.reactivated' else 'account.deactivated' end,
            'thing_kind', 'account', 'thing_id', account::text, 'actor', actor,
            'before', facts || jsonb_build_object('active', was), 'after', facts || jsonb_build_object('active', make_active),
            'occurred_at', at);
    end if;
    sessions_ended := 0;
    invitations_withdrawn := 0;
    if not make_active then
        with ended as (
            delete from sessions where user_id = account returning *
        ), told as (
            insert into outbox (topic, payload) select 'account-events', jsonb_build_object(
                'type', 'session.ended', 'actor_id', actor->'user_id', 'user_id', account, 'session_id', ended.id, 'occurred_at', at)
            from ended
        ), logged as (
            insert into outbox (topic, payload) select 'audit-events', jsonb_build_object(
                'kind', 'session.ended', 'thing_kind', 'session', 'thing_id', ended.id::text, 'actor', actor,
                'before', jsonb_build_object('user_id', account, 'state', ended.state, 'address', ended.ip,
                    'user_agent', ended.user_agent, 'ends_at', ended.ends_at),
                'after', null, 'occurred_at', at)
            from ended
        ) select count(*) into sessions_ended from ended;
        with withdrawn as (
            delete from invitations where invited_by = account and accepted_at is null returning *
        ), logged as (
            insert into outbox (topic, payload) select 'audit-events', jsonb_build_object(
                'kind', 'invitation.withdrawn', 'thing_kind', 'invitation', 'thing_id', withdrawn.id::text, 'actor', actor,
                'before', jsonb_build_object('email', withdrawn.email, 'role', withdrawn.role,
                    'region_ids', withdrawn.region_ids, 'expires_at', withdrawn.expires_at, 'accepted_at', null),
                'after', null, 'occurred_at', at)
            from withdrawn
        ) select count(*) into invitations_withdrawn from withdrawn;
        delete from devices where user_id = account;
        delete from tokens where user_id = account;
    end if;
    return jsonb_build_object('sessions_ended', sessions_ended, 'invitations_withdrawn', invitations_withdrawn);
end
$$;

-- What scripts/account does, as the system.
create or replace function set_account_active(account_email text, make_active boolean,
    out account_id bigint, out account_role role, out sessions_ended bigint, out invitations_withdrawn bigint,
    out admins_left bigint)
language plpgsql as $$
declare
    ended jsonb;
begin
    select id, role into account_id, account_role
    from users where lower(email) = lower(trim(account_email)) for update;
    if account_id is null then
        raise exception 'no account has the e-mail address %', account_email using errcode = 'no_data_found';
    end if;
    ended := change_account_active(account_id, make_active, '{"user_id": 0, "session_id": 0, "address": ""}', now());
    sessions_ended := ended->'sessions_ended';
    invitations_withdrawn := ended->'invitations_withdrawn';
    select count(*) into admins_left from users where role = 'admin' and active;
end
$$;
