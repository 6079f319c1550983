-- Sorted as people in Belgium sort (rule 14): accents and case aside, numbers by value.
create collation people (provider = icu, locale = 'und-u-kn-true-ks-level1', deterministic = false);
drop index users_list, users_role;
create index users_list on users (last_name collate people, first_name collate people, id);
create index users_role on users (role, last_name collate people, first_name collate people, id);
