-- Run on the database `mail` after an older state of it was restored, before a backend starts: what waited then has been sent
-- since, or is not true any more. It stands in the log as withdrawn; the office sends again what is still to be told.
begin;
update tries set outcome = 'unknown', ended_at = now(), answer = 'a backup was restored that was made meanwhile'
where outcome is null;
with held as (
    update messages set status = 'withdrawn', leased_until = null, ended_at = now()
    where status in ('waiting', 'sending') returning id, created_at
)
insert into tries (message_id, started_at, ended_at, outcome, answer)
select id, created_at, now(), 'permanent', 'a backup was restored in which this mail waited: send it again if it is still to be told'
from held;
-- What was kept for the mail of the day, or of the next minutes.
update gathered set told_at = now() where told_at is null;
delete from digests;
commit;
