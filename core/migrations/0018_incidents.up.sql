-- Problems at buildings that workers, residents and the office report: open, acknowledged, resolved, and perhaps open again.
-- reported_by, responsible_id and written_by name accounts of the auth service.
create table incidents (
    id                bigint generated always as identity primary key,
    -- Made by the client, so that a report which is sent again is the same one; by the server for a resident's.
    client_id         uuid        not null unique,
    building_id       bigint      not null references buildings,
    -- The worker's run, and always set for a worker.
    run_id            bigint      references runs,
    kind              text        not null check (kind in (
                          'bins_not_out', 'bins_not_back', 'missed_collection', 'dirty', 'damaged', 'blocked_access', 'other')),
    text              text        not null check (length(text) <= 2000),
    status            text        not null default 'open' check (status in ('open', 'acknowledged', 'resolved')),
    reported_through  text        not null check (reported_through in ('office', 'worker', 'resident')),
    reported_by       bigint,
    -- Where a resident wants the answer, and in what language; removed some time after the incident is resolved.
    reporter_email    text        not null default '' check (length(reporter_email) <= 254),
    reporter_language text        not null default '' check (reporter_language in ('', 'nl', 'en', 'fr')),
    responsible_id    bigint,
    claimed_at        timestamptz not null,
    occurred_at       timestamptz not null,
    opened_at         timestamptz not null,
    acknowledged_at   timestamptz,
    resolved_at       timestamptz,
    -- The latest answer of the office to who reported it.
    answer            text        not null default '' check (length(answer) <= 2000),
    version           bigint      not null default 1,
    constraint incidents_resolved check ((status = 'resolved') = (resolved_at is not null)),
    constraint incidents_reporter check ((reported_through = 'resident') = (reported_by is null)),
    constraint incidents_worker check (reported_through <> 'worker' or run_id is not null)
);
create index incidents_list on incidents (opened_at desc, id desc);
create index incidents_unresolved on incidents (opened_at desc, id desc) where status <> 'resolved';
create index incidents_status on incidents (status, opened_at desc, id desc);
create index incidents_kind on incidents (kind, opened_at desc, id desc);
create index incidents_building on incidents (building_id, opened_at desc, id desc);
create index incidents_responsible on incidents (responsible_id, opened_at desc, id desc) where responsible_id is not null;
create index incidents_run on incidents (run_id) where run_id is not null;
create index incidents_to_forget on incidents (resolved_at) where reporter_email <> '';

-- What became of an incident, in order: comments of the office, answers, and changes of its status, kind and responsible person.
create table incident_entries (
    id             bigint generated always as identity primary key,
    incident_id    bigint      not null references incidents,
    entry          text        not null check (entry in (
                       'comment', 'acknowledged', 'resolved', 'reopened', 'assigned', 'kind_changed')),
    -- A comment; the answer that was given with a status; why it was opened again.
    text           text        not null default '' check (length(text) <= 2000),
    -- The person, or the kind, from then on.
    responsible_id bigint,
    kind           text        not null default '',
    -- Whether the building's syndics read it.
    for_syndics    boolean     not null,
    written_at     timestamptz not null,
    written_by     bigint      not null,
    constraint incident_entries_comment check (entry <> 'comment' or text <> '')
);
create index incident_entries_list on incident_entries (incident_id, id);

create table incident_pictures (
    id          uuid        not null primary key,
    incident_id bigint      not null references incidents,
    added_at    timestamptz not null,
    -- Null for a resident.
    added_by    bigint,
    width       integer     not null check (width > 0),
    height      integer     not null check (height > 0),
    -- Of the file as it was sent: tells a repeated upload from another picture under the same id.
    sha256      bytea       not null check (length(sha256) = 32)
);
create index incident_pictures_list on incident_pictures (incident_id, added_at, id);
