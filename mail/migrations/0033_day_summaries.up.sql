-- Summaries of a day that somebody from the office sent: the messages of kind day-summary name one as their thing, but for those
-- that people get by themselves at the end of a day.
create table day_summaries (
    id           bigint generated always as identity primary key,
    actor_id     bigint      not null,
    -- The client's, so that the same request, sent again, sends nothing.
    request_id   text        not null check (length(request_id) = 36),
    request_hash bytea       not null,
    date         date        not null,
    -- The region that it is about; 0 for all.
    region_id    bigint      not null default 0,
    created_at   timestamptz not null,
    constraint day_summaries_once unique (actor_id, request_id)
);
create index day_summaries_created on day_summaries (created_at);
