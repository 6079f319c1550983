-- However it is written, an address stands once: also where 0006 found two that differ in accents only, and left them. Of two,
-- the later gets its id behind its bus, and the audit log says so, as a change of the system: the office finds which is right.
do $$
declare
    building record;
    suffix   text;
    number   integer;
    changed  text;
begin
    drop index buildings_address;
    for building in
        select id, street, house_number, bus, postal_code from buildings b
        where b.archived_at is null and exists (
            select 1 from buildings o
            where o.archived_at is null and o.id < b.id
                and o.street = b.street collate people and o.house_number = b.house_number collate people
                and o.bus = b.bus collate people and o.postal_code = b.postal_code collate people)
        order by id
    loop
        suffix := '(' || building.id || ')';
        number := 1;
        loop
            changed := ltrim(left(building.bus, 19 - length(suffix)) || ' ' || suffix);
            exit when not exists (
                select 1 from buildings o
                where o.archived_at is null and o.id <> building.id
                    and o.street = building.street collate people and o.house_number = building.house_number collate people
                    and o.bus = changed collate people and o.postal_code = building.postal_code collate people);
            number := number + 1;
            suffix := '(' || building.id || '.' || number || ')';
        end loop;
        update buildings set bus = changed, version = version + 1 where id = building.id;
        insert into outbox (topic, payload) values ('audit-events', jsonb_build_object(
            'kind', 'building.changed', 'thing_kind', 'building', 'thing_id', building.id::text,
            'actor', jsonb_build_object('user_id', 0, 'session_id', 0, 'address', ''),
            'before', jsonb_build_object('bus', building.bus), 'after', jsonb_build_object('bus', changed),
            'occurred_at', now()));
    end loop;
    create unique index buildings_address
        on buildings (street collate people, house_number collate people, bus collate people, postal_code collate people)
        where archived_at is null;
end $$;
