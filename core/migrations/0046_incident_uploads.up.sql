-- Photos of incidents arrive in parts too. They belong to no stop of a run; when they were taken does not count.
alter table partial_uploads
    -- The client_id of the incident; null for a photo of a step or of a remark.
    add column incident_id uuid references incidents (client_id),
    alter column run_id drop not null,
    alter column building_id drop not null,
    alter column step set default '',
    alter column claimed_at drop not null,
    alter column claimed_from set default '',
    add constraint partial_uploads_of check (
        num_nonnulls(run_id, building_id, claimed_at) = case when incident_id is null then 3 else 0 end);
