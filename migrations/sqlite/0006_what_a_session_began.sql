-- The session in which an enrolment was started: it ends with it.
alter table mfa_enrollments add column session_id blob;
-- Codes of the second factor that were wrong since a moment, so that their owner is told of many in a day.
alter table mfa add column failed_codes integer not null default 0;
alter table mfa add column failed_since text;
-- For the removal of accounts whose address was never verified.
create index users_unverified on users (created_at) where email_verified_at is null and deleted_at is null;
