-- What a search looks through and for: without case and accents.
create function searchable(words text) returns text
    language sql immutable strict parallel safe
    as $$ select regexp_replace(normalize(lower(words collate "und-x-icu"), nfd), '[\u0300-\u036f]', '', 'g') $$;

-- Finds a part of a word anywhere.
create extension if not exists pg_trgm;
create index users_search on users using gin (searchable(first_name || ' ' || last_name || ' ' || email) gin_trgm_ops);
