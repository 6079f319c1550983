-- What scripts/account does. An account that is not active signs in nowhere: its sessions end at once, with the events that
-- close open connections, its devices and tokens are forgotten, and invitations that it made and that wait are withdrawn,
-- for whoever took the account over may have made them. Like every change it tells the audit log; the actor is the system.
create function set_account_active(account_email text, make_active boolean,
    out account_id bigint, out account_role role, out sessions_ended bigint, out invitations_withdrawn bigint,
    out admins_left bigint)
language plpgsql as $$
declare
    was boolean;
    facts jsonb;
begin
    select id, role, active, jsonb_build_object('role', role, 'region_ids', region_ids, 'language', language)
    into account_id, account_role, was, facts
    from users where lower(email) = lower(trim(account_email)) for update;
    if account_id is null then
        raise exception 'no account has the e-mail address %', account_email using errcode = 'no_data_found';
    end if;
    if was <> make_active then
        update users set active = make_active, updated_at = now() where id = account_id;
        insert into outbox (topic, payload) select 'audit-events', jsonb_build_object(
            'kind', case when make_active then 'account.activated' else 'account.deactivated' end,
            'thing_kind', 'account', 'thing_id', account_id::text,
            'actor', jsonb_build_object('user_id', 0, 'session_id', 0, 'address', ''),
            'before', facts || jsonb_build_object('active', was), 'after', facts || jsonb_build_object('active', make_active),
            'occurred_at', now());
    end if;
    sessions_ended := 0;
    invitations_withdrawn := 0;
    if not make_active then
        with ended as (
            delete from sessions where user_id = account_id returning *
        ), told as (
            insert into outbox (topic, payload) select 'account-events', jsonb_build_object(
                'type', 'session.ended', 'actor_id', 0, 'user_id', account_id, 'session_id', ended.id, 'occurred_at', now())
            from ended
        ), logged as (
            insert into outbox (topic, payload) select 'audit-events', jsonb_build_object(
                'kind', 'session.ended', 'thing_kind', 'session', 'thing_id', ended.id::text,
                'actor', jsonb_build_object('user_id', 0, 'session_id', 0, 'address', ''),
                'before', jsonb_build_object('user_id', account_id, 'state', ended.state, 'address', ended.ip,
                    'user_agent', ended.user_agent, 'ends_at', ended.ends_at),
                'after', null, 'occurred_at', now())
            from ended
        ) select count(*) into sessions_ended from ended;
        with withdrawn as (
            delete from invitations where invited_by = account_id and accepted_at is null returning *
        ), logged as (
            insert into outbox (topic, payload) select 'audit-events', jsonb_build_object(
                'kind', 'invitation.withdrawn', 'thing_kind', 'invitation', 'thing_id', withdrawn.id::text,
                'actor', jsonb_build_object('user_id', 0, 'session_id', 0, 'address', ''),
                'before', jsonb_build_object('email', withdrawn.email, 'role', withdrawn.role,
                    'region_ids', withdrawn.region_ids, 'expires_at', withdrawn.expires_at, 'accepted_at', null),
                'after', null, 'occurred_at', now())
            from withdrawn
        ) select count(*) into invitations_withdrawn from withdrawn;
        delete from devices where user_id = account_id;
        delete from tokens where user_id = account_id;
    end if;
    select count(*) into admins_left from users where role = 'admin' and active;
end
$$;
