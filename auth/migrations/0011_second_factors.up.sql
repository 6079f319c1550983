-- The second step of signing in: codes of an app (TOTP, RFC 6238). users.second_factor tells that it is asked for.
create table second_factors (
    user_id      bigint primary key references users on delete cascade,
    -- Encrypted with a key of the installation (AES-256-GCM, the nonce first).
    secret       bytea       not null,
    created_at   timestamptz not null,
    -- Null while it is being set up.
    confirmed_at timestamptz,
    -- The period of the last code that was taken: each is good once, and none before it.
    last_step    bigint      not null default 0
);

-- What lets somebody in who has lost the app, each once.
create table recovery_codes (
    id        bigint generated always as identity primary key,
    user_id   bigint not null references users on delete cascade,
    -- SHA-256 of the code, which is random and long enough for that.
    code_hash bytea  not null check (octet_length(code_hash) = 32),
    unique (user_id, code_hash)
);

-- Until then a device is not asked for the second factor.
alter table devices add column trusted_until timestamptz;

-- What scripts/account does for an administrator who has lost the app and the recovery codes: nobody has a higher rank.
create function forget_second_factor(account_email text, out account_id bigint, out account_role role, out sessions_ended bigint)
language plpgsql as $$
declare
    had boolean;
    facts jsonb;
begin
    select id, role, second_factor, jsonb_build_object('role', role, 'region_ids', region_ids, 'language', language, 'active', active)
    into account_id, account_role, had, facts
    from users where lower(email) = lower(trim(account_email)) for update;
    if account_id is null then
        raise exception 'no account has the e-mail address %', account_email using errcode = 'no_data_found';
    end if;
    if not had then
        raise exception 'the account % has no second factor', account_email using errcode = 'no_data_found';
    end if;
    update users set second_factor = false, updated_at = now() where id = account_id;
    delete from second_factors where user_id = account_id;
    delete from recovery_codes where user_id = account_id;
    update devices set trusted_until = null where user_id = account_id;
    insert into outbox (topic, payload) values
        ('audit-events', jsonb_build_object(
            'kind', 'second_factor.reset', 'thing_kind', 'account', 'thing_id', account_id::text,
            'actor', jsonb_build_object('user_id', 0, 'session_id', 0, 'address', ''),
            'before', facts || jsonb_build_object('second_factor', true), 'after', facts || jsonb_build_object('second_factor', false),
            'occurred_at', now())),
        ('mail-requests', jsonb_build_object(
            'kind', 'second-factor-changed', 'user_id', account_id, 'thing_id', 0, 'address', '',
            'data', jsonb_build_object('change', 'reset'), 'occurred_at', now()));
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
end
$$;
