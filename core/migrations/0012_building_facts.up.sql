-- A building may have several syndics. buildings.syndic_id stays for the program from before, which reads and writes it while
-- this one is being installed: it is the first of them, and what is written there is taken over. A later migration removes it.
create table building_syndics (
    building_id bigint not null references buildings,
    -- An account of the auth service, which has its own database.
    user_id     bigint not null,
    primary key (building_id, user_id)
);
create index building_syndics_of_user on building_syndics (user_id, building_id);
insert into building_syndics (building_id, user_id) select id, syndic_id from buildings where syndic_id is not null;

create function take_over_syndic() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        delete from building_syndics where building_id = new.id and user_id = old.syndic_id;
    end if;
    if new.syndic_id is not null then
        insert into building_syndics (building_id, user_id) values (new.id, new.syndic_id) on conflict do nothing;
    end if;
    return null;
end $$;
create trigger buildings_syndic_inserted after insert on buildings
    for each row execute function take_over_syndic();
create trigger buildings_syndic_changed after update on buildings
    for each row when (old.syndic_id is distinct from new.syndic_id) execute function take_over_syndic();

alter table buildings
    -- At the waste company.
    add column customer_number text not null default '' check (length(customer_number) <= 40),
    -- Degrees (WGS 84); both or none.
    add column latitude        double precision check (latitude between -90 and 90),
    add column longitude       double precision check (longitude between -180 and 180),
    add constraint buildings_coordinates check ((latitude is null) = (longitude is null));
