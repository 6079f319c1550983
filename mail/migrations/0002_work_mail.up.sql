-- What people want to hear of; without a row, the default of the kind.
create table preferences (
    user_id    bigint      not null,
    kind       text        not null check (length(kind) between 1 and 50),
    choice     text        not null check (choice in ('on', 'off', 'digest')),
    changed_at timestamptz not null,
    primary key (user_id, kind)
);

-- What happened and somebody is to be told in one mail with what else happens in the same minutes, or on the same day.
create table gathered (
    id         bigint      generated always as identity primary key,
    -- The event, and for whom: a repeated delivery is gathered once.
    source     text        not null constraint gathered_source unique check (length(source) between 1 and 200),
    user_id    bigint      not null,
    kind       text        not null check (length(kind) between 1 and 50),
    facts      jsonb       not null,
    created_at timestamptz not null,
    -- When it went into a mail.
    told_at    timestamptz
);
create index gathered_untold on gathered (user_id, kind, id) where told_at is null;
create index gathered_told on gathered (told_at) where told_at is not null;

-- When the mail with what was gathered is due.
create table digests (
    user_id  bigint      not null,
    kind     text        not null,
    first_at timestamptz not null,
    due_at   timestamptz not null,
    primary key (user_id, kind)
);
create index digests_due on digests (due_at);

-- What is done once a day, and was.
create table days (
    job     text        not null,
    date    date        not null,
    done_at timestamptz not null,
    primary key (job, date)
);

create index messages_thing on messages (kind, thing_id) where thing_id <> 0;
