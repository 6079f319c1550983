-- name: ForgetActor :exec
-- From where somebody who is forgotten did what was told already, and is kept for the curious.
delete from outbox
where published_at is not null and topic = 'audit-events'
    and payload->'actor'->>'user_id' = sqlc.arg(user_id)::bigint::text;
