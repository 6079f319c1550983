-- name: ListWasteKinds :many
select * from waste_kinds order by code;

-- name: WasteKind :one
select * from waste_kinds where code = @code;

-- name: LockWasteKinds :exec
-- So that two requests do not both make the last one that there may be.
select pg_advisory_xact_lock(hashtext('waste kinds'));

-- name: CountWasteKinds :one
select count(*) from waste_kinds;

-- name: LockWasteKind :one
select * from waste_kinds where code = @code for update;

-- name: KeepWasteKind :one
-- Keeps it from being archived until the transaction ends.
select (archived_at is not null)::boolean as archived from waste_kinds where code = @code for share;

-- name: InsertWasteKind :one
insert into waste_kinds (code, name_nl, name_en, name_fr, colour, icon)
values (@code, @name_nl, @name_en, @name_fr, @colour, @icon)
returning *;

-- name: UpdateWasteKind :one
update waste_kinds
set name_nl = @name_nl, name_en = @name_en, name_fr = @name_fr, colour = @colour, icon = @icon, version = version + 1
where code = @code
returning *;

-- name: SetWasteKindArchived :one
-- Null takes it back into use.
update waste_kinds set archived_at = sqlc.narg(archived_at), version = version + 1 where code = @code returning *;
