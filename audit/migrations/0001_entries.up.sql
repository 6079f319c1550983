-- Every change of every service, once: who, when, what, before and after (rule 12). Entries are only ever added. Two
-- functions below are the ways out: a person who asked for it is erased, and the operator may forget what is old.
create table entries (
    id          bigint generated always as identity primary key,
    event_id    uuid        not null,
    kind        text        not null,
    thing_kind  text        not null,
    thing_id    text        not null,
    -- Who did it; 0 is the system.
    actor_id    bigint      not null,
    session_id  bigint      not null,
    address     text        not null,
    -- Whose account, session or other own thing it is about; 0 for nobody's.
    account_id  bigint      not null,
    before      jsonb,
    after       jsonb,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null default now()
);
create unique index entries_event on entries (event_id);
create index entries_time on entries (occurred_at, id);
create index entries_actor on entries (actor_id, occurred_at, id);
create index entries_account on entries (account_id, occurred_at, id) where account_id <> 0;
create index entries_thing on entries (thing_kind, thing_id, occurred_at, id);
create index entries_kind on entries (kind, occurred_at, id);

-- Who was erased: an event that arrives afterwards must not bring back what is gone.
create table erased (
    thing_kind text        not null check (thing_kind in ('account', 'invitation')),
    thing_id   bigint      not null,
    erased_at  timestamptz not null default now(),
    primary key (thing_kind, thing_id)
);

-- The facts of an account, session or invitation without what says who the person is.
create function without_person(facts jsonb) returns jsonb language sql immutable as $$
    select case when jsonb_typeof(facts) = 'object'
        then facts - array['email', 'new_email', 'old_email', 'first_name', 'last_name', 'phone', 'address', 'user_agent', 'device', 'name']
        else facts end
$$;

create function refuse_change_of_entries() returns trigger language plpgsql as $$
begin
    if coalesce(current_setting('trottoir.audit_erasing', true), '') <> 'on' then
        raise exception 'entries of the audit log are only ever added' using errcode = 'insufficient_privilege';
    end if;
    return coalesce(new, old);
end
$$;
create trigger entries_stay before update or delete on entries for each row execute function refuse_change_of_entries();
create trigger entries_stay_all before truncate on entries for each statement execute function refuse_change_of_entries();

create function erase_on_arrival() returns trigger language plpgsql as $$
begin
    if exists (select from erased where thing_kind = 'account' and thing_id = new.actor_id) then
        new.address := '';
    end if;
    if exists (select from erased where thing_kind = 'account' and thing_id = new.account_id)
        or new.thing_kind = 'invitation'
        and exists (select from erased e where e.thing_kind = 'invitation' and e.thing_id::text = new.thing_id) then
        new.before := without_person(new.before);
        new.after := without_person(new.after);
    end if;
    return new;
end
$$;
create trigger entries_of_erased before insert on entries for each row execute function erase_on_arrival();

-- Takes a person out of the log, and the addresses that the invitations were for: what they and others did stays, by ids.
create function erase_person(person bigint, invitations bigint[]) returns void language plpgsql
set trottoir.audit_erasing = 'on' as $$
begin
    -- Nobody adds an entry meanwhile: the trigger for arrivals does not see what is not committed.
    lock table entries in share row exclusive mode;
    insert into erased (thing_kind, thing_id)
    select 'account', person union all select 'invitation', unnest(invitations)
    on conflict do nothing;
    update entries set address = '' where actor_id = person and address <> '';
    update entries set before = without_person(before), after = without_person(after)
    where account_id = person and person <> 0;
    update entries set before = without_person(before), after = without_person(after)
    where thing_kind = 'invitation' and thing_id = any (select unnest(invitations)::text);
end
$$;

-- For operators who may not keep the log for ever; it returns how many entries are gone. Nothing calls it.
create function forget_entries(older_than timestamptz) returns bigint language plpgsql
set trottoir.audit_erasing = 'on' as $$
declare
    forgotten bigint;
begin
    delete from entries where occurred_at < older_than;
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
