-- What somebody still has to do: few rows, however many they have done.
create index runs_to_do on runs (worker_id, date, id) where status in ('planned', 'started');
