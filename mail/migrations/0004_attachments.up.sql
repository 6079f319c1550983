-- What goes with a mail of the office, as the log shows it: name and size of each file.
alter table sendings add column attachments jsonb not null default '[]';
