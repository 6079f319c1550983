-- Photos of incidents arrive in parts too. They belong to no stop of a run, and when they were taken does not count: run_id and
-- building_id are 0 then, not null, because the program from before reads these rows as well and knows no null there.
alter table partial_uploads
    -- The client_id of the incident; null for a photo of a step or of a remark.
    add column incident_id uuid references incidents (client_id),
    alter column step set default '',
    alter column claimed_from set default '',
    drop constraint partial_uploads_run_id_fkey,
    add constraint partial_uploads_of check ((incident_id is null) = (run_id > 0) and (incident_id is null) = (building_id > 0));
