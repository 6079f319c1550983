-- The e-mail addresses of people who were anonymised, as HMACs: services that hear of it late find by them where they keep one.
create table forgotten_addresses (
    user_id       bigint      not null references users on delete cascade,
    mac           bytea       not null check (octet_length(mac) = 32),
    anonymised_at timestamptz not null,
    primary key (user_id, mac)
);
create index forgotten_addresses_time on forgotten_addresses (anonymised_at);
