-- The version of what is said of a person, by which two who edit it at once see each other. It grows by itself, whoever writes.
alter table users add column version bigint not null default 1;

create function grow_user_version() returns trigger language plpgsql as $$
begin
    new.version := old.version + 1;
    return new;
end
$$;
create trigger users_version before update on users for each row
when ((old.first_name, old.last_name, old.phone, old.language) is distinct from (new.first_name, new.last_name, new.phone, new.language))
execute function grow_user_version();
