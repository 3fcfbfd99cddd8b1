-- What the mail server said when it accepted an email, mostly the number in its queue.
alter table outbox add column receipt text;
-- Few emails are dead among many that have left, and they are counted all the time.
create index outbox_dead on outbox (posted_at) where state = 'DEAD';
