-- Sorted as people in Belgium sort (rule 14): numbers by value (9, 9A, 10), accents and case aside. In columns of their own,
-- because like does not work with such a collation.
create collation people (provider = icu, locale = 'und-u-kn-true-ks-level1', deterministic = false);

-- What a search looks through and for: without case and accents.
create function searchable(words text) returns text
    language sql immutable strict parallel safe
    as $$ select regexp_replace(normalize(lower(words collate "und-x-icu"), nfd), '[\u0300-\u036f]', '', 'g') $$;

-- Names that differ in case or accents only are the same from now on; of two, the later gets its id behind it, and a number
-- when that name is taken too.
do $$
declare
    thing  record;
    suffix text;
    number integer;
begin
    for thing in
        select id, name from regions r
        where exists (select 1 from regions o where o.id < r.id and o.name = r.name collate people)
        order by id
    loop
        suffix := ' (' || thing.id || ')';
        number := 1;
        while exists (
            select 1 from regions o
            where o.id <> thing.id and o.name = (left(thing.name, 80) || suffix) collate people)
        loop
            number := number + 1;
            suffix := ' (' || thing.id || '.' || number || ')';
        end loop;
        update regions set name = left(thing.name, 80) || suffix where id = thing.id;
    end loop;

    for thing in
        select id, region_id, name from tours t
        where t.archived_at is null and exists (
            select 1 from tours o
            where o.region_id = t.region_id and o.archived_at is null and o.id < t.id and o.name = t.name collate people)
        order by id
    loop
        suffix := ' (' || thing.id || ')';
        number := 1;
        while exists (
            select 1 from tours o
            where o.region_id = thing.region_id and o.archived_at is null and o.id <> thing.id
                and o.name = (left(thing.name, 180) || suffix) collate people)
        loop
            number := number + 1;
            suffix := ' (' || thing.id || '.' || number || ')';
        end loop;
        update tours set name = left(thing.name, 180) || suffix where id = thing.id;
    end loop;
end $$;

alter table regions add column sort_key text collate people not null generated always as (name) stored;
alter table regions drop constraint regions_name;
create unique index regions_name on regions (sort_key);

alter table tours add column sort_key text collate people not null generated always as (name) stored;
drop index tours_name, tours_list, tours_region;
create unique index tours_name on tours (region_id, sort_key) where archived_at is null;
create index tours_list on tours (sort_key, id);
create index tours_region on tours (region_id, sort_key, id);

alter table buildings drop column sort_key;
alter table buildings add column sort_key text collate people not null
    generated always as (street || ' ' || house_number || ' ' || bus) stored;
create index buildings_list on buildings (sort_key, id);
create index buildings_region on buildings (region_id, sort_key, id);

-- However it is written, an address stands once; kept as it is where two differ in accents only.
do $$ begin
    drop index buildings_address;
    create unique index buildings_address
        on buildings (street collate people, house_number collate people, bus collate people, postal_code collate people)
        where archived_at is null;
exception when unique_violation then
    null; -- the drop is undone too
end $$;
