-- What somebody reported and wrote about, for the export of their data: by person, in the order in which it is read.
create index incidents_reporter on incidents (reported_by, id) where reported_by is not null;
create index incident_entries_writer on incident_entries (written_by, incident_id);
