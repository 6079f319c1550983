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
-- Notifications, too, as far as the state knows of any.
do $$
begin
    if to_regclass('notifications') is not null then
        delete from notifications;
        delete from notification_deliveries;
    end if;
end
$$;
-- What is told once a day, and was by now: the reminder of tomorrow's runs, which of today's were not started, and what became of
-- yesterday and of today. The settings of the installation say when that is. Without scripts/restore they are the defaults, unless
-- they are given: PGOPTIONS='-c trottoir.time_zone=Europe/Brussels -c trottoir.reminder_time=18:00 -c trottoir.late_time=12:00
-- -c trottoir.day_summary_time=22:00'
insert into days (job, date, done_at)
select job, here.clock::date - jobs.ago, now()
from (
    select now() at time zone coalesce(nullif(current_setting('trottoir.time_zone', true), ''), 'Europe/Brussels') as clock
) here, (
    values ('reminder', 0, coalesce(nullif(current_setting('trottoir.reminder_time', true), ''), '18:00')::time),
        ('run-late', 0, coalesce(nullif(current_setting('trottoir.late_time', true), ''), '12:00')::time),
        ('day-summary', 0, coalesce(nullif(current_setting('trottoir.day_summary_time', true), ''), '22:00')::time),
        ('day-summary', 1, '00:00'::time)
) jobs (job, ago, told_at)
where here.clock::time >= told_at
on conflict do nothing;
commit;
