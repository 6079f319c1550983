-- Sorted as people in Belgium sort (rule 14): numbers by value (9, 9A, 10), accents and case aside. In columns of their own,
-- because like does not work with such a collation.
create collation people (provider = icu, locale = 'und-u-kn-true-ks-level1', deterministic = false);

-- What a search looks through and for: without case and accents.
create function searchable(words text) returns text
    language sql immutable strict parallel safe
    as $$ select regexp_replace(normalize(lower(words collate "und-x-icu"), nfd), '[\u0300-\u036f]', '', 'g') $$;

-- Names that differ in case or accents only are the same from now on; of two, the later gets its id behind it.
update regions r set name = left(r.name, 80) || ' (' || r.id || ')'
where exists (select 1 from regions o where o.id < r.id and o.name = r.name collate people);
update tours t set name = left(t.name, 180) || ' (' || t.id || ')'
where t.archived_at is null and exists (
    select 1 from tours o
    where o.region_id = t.region_id and o.archived_at is null and o.id < t.id and o.name = t.name collate people);

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
