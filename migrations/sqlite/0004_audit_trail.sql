-- Every event is a link of one chain, whose hashes follow each other without a gap. Without a place: written by the
-- version before, and chained afterwards.
alter table audit_events add column shard integer;
alter table audit_events add column sequence integer;
alter table audit_events add column hash blob
    check ((shard is null) = (sequence is null) and (shard is null) = (hash is null));
create unique index audit_events_chain on audit_events (shard, sequence);
create index audit_events_unchained on audit_events (at, id) where shard is null;
create index audit_events_of_actor on audit_events (actor_id, at desc, id desc);
create index audit_events_of_session on audit_events (session_id, at desc, id desc);
create index audit_events_of_address on audit_events (address, at desc, id desc);
create index audit_events_of_action on audit_events (action, at desc, id desc);
create index audit_events_of_outcome on audit_events (outcome, at desc, id desc);

-- The last link of each chain, and the last one that retention has removed. With one writer one chain is enough.
create table audit_chains (
    shard integer primary key,
    sequence integer not null,
    hash blob not null,
    anchor_sequence integer not null,
    anchor_hash blob not null
) strict;
insert into audit_chains values (0, 0, zeroblob(32), 0, zeroblob(32));

-- Events before the cutoff may be removed. Set by the retention job, for the length of its transaction. Whatever was
-- removed was older than removed_before, so days from then on can be counted again from the events.
create table audit_retention (
    id integer primary key check (id = 1),
    cutoff text,
    removed_before text
) strict;
insert into audit_retention (id) values (1);

-- What happened on a day (UTC), by chain.
create table daily_statistics (
    day text not null,
    shard integer not null,
    registrations integer not null default 0,
    logins integer not null default 0,
    failed_logins integer not null default 0,
    active_users integer not null default 0,
    primary key (day, shard)
) strict;

-- Who did something on a day, once; the chain is that of the statistics the user is counted in.
create table daily_active_users (
    day text not null,
    user_id blob not null,
    shard integer not null,
    primary key (day, user_id)
) strict, without rowid;
create index daily_active_users_of_shard on daily_active_users (shard, day);

create trigger audit_events_extend after insert on audit_events when new.shard is not null begin
    select raise(abort, 'an event is not the next link of its chain')
        where not exists (select 1 from audit_chains where shard = new.shard and sequence = new.sequence - 1);
    update audit_chains set sequence = new.sequence, hash = new.hash where shard = new.shard;
    insert into daily_statistics (day, shard, registrations, logins, failed_logins)
        select substr(new.at, 1, 10), new.shard,
            new.action = 'USER_REGISTERED' and new.outcome = 'SUCCESS',
            new.action = 'LOGIN' and new.outcome = 'SUCCESS',
            new.action = 'LOGIN' and new.outcome = 'FAILURE'
        where new.action in ('USER_REGISTERED', 'LOGIN')
        on conflict (day, shard) do update set
            registrations = registrations + excluded.registrations,
            logins = logins + excluded.logins,
            failed_logins = failed_logins + excluded.failed_logins;
    insert into daily_statistics (day, shard, active_users)
        select substr(new.at, 1, 10), new.shard, 1
        where new.actor_id is not null and new.outcome = 'SUCCESS' and not exists (
            select 1 from daily_active_users where day = substr(new.at, 1, 10) and user_id = new.actor_id)
        on conflict (day, shard) do update set active_users = active_users + 1;
    insert into daily_active_users (day, user_id, shard)
        select substr(new.at, 1, 10), new.actor_id, new.shard
        where new.actor_id is not null and new.outcome = 'SUCCESS'
        on conflict (day, user_id) do nothing;
end;
create trigger audit_events_adopt after update on audit_events begin
    select raise(abort, 'an event is not the next link of its chain')
        where not exists (select 1 from audit_chains where shard = new.shard and sequence = new.sequence - 1);
    update audit_chains set sequence = new.sequence, hash = new.hash where shard = new.shard;
    insert into daily_statistics (day, shard, registrations, logins, failed_logins)
        select substr(new.at, 1, 10), new.shard,
            new.action = 'USER_REGISTERED' and new.outcome = 'SUCCESS',
            new.action = 'LOGIN' and new.outcome = 'SUCCESS',
            new.action = 'LOGIN' and new.outcome = 'FAILURE'
        where new.action in ('USER_REGISTERED', 'LOGIN')
        on conflict (day, shard) do update set
            registrations = registrations + excluded.registrations,
            logins = logins + excluded.logins,
            failed_logins = failed_logins + excluded.failed_logins;
    insert into daily_statistics (day, shard, active_users)
        select substr(new.at, 1, 10), new.shard, 1
        where new.actor_id is not null and new.outcome = 'SUCCESS' and not exists (
            select 1 from daily_active_users where day = substr(new.at, 1, 10) and user_id = new.actor_id)
        on conflict (day, shard) do update set active_users = active_users + 1;
    insert into daily_active_users (day, user_id, shard)
        select substr(new.at, 1, 10), new.actor_id, new.shard
        where new.actor_id is not null and new.outcome = 'SUCCESS'
        on conflict (day, user_id) do nothing;
end;

-- "insert or replace" removes a row without asking the triggers of a delete.
create trigger audit_events_no_replace before insert on audit_events
    when exists (select 1 from audit_events where id = new.id)
        or exists (select 1 from audit_events where shard = new.shard and sequence = new.sequence)
begin
    select raise(abort, 'the audit trail is append-only: no update of audit_events');
end;
create trigger audit_events_no_update before update on audit_events
    when old.shard is not null or new.shard is null
        or new.id is not old.id or new.at is not old.at or new.action is not old.action
        or new.outcome is not old.outcome or new.actor_id is not old.actor_id or new.subject_id is not old.subject_id
        or new.session_id is not old.session_id or new.address is not old.address
        or new.user_agent is not old.user_agent or new.correlation_id is not old.correlation_id
        or new.metadata is not old.metadata
begin
    select raise(abort, 'the audit trail is append-only: no update of audit_events');
end;
create trigger audit_events_no_delete before delete on audit_events
    when not exists (select 1 from audit_retention where old.at < cutoff)
begin
    select raise(abort, 'the audit trail is append-only: no delete of audit_events outside retention');
end;
create trigger audit_chains_no_delete before delete on audit_chains begin
    select raise(abort, 'the audit trail is append-only: no delete of audit_chains');
end;

-- How many there are of what, as of the last folding; the changes since are beside it.
create table totals (
    id integer primary key check (id = 1),
    users integer not null,
    verified integer not null,
    with_mfa integer not null,
    open_sessions integer not null
) strict;
create table total_changes (
    id integer primary key,
    users integer not null default 0,
    verified integer not null default 0,
    with_mfa integer not null default 0,
    open_sessions integer not null default 0
) strict;
-- Read without the rows, for the dashboard counts them.
create index users_locked_now on users (locked_until) where locked_until is not null and deleted_at is null;
create index sessions_open on sessions (expires_at) where ended_at is null;

create trigger total_changes_of_new_users after insert on users when new.deleted_at is null begin
    insert into total_changes (users, verified) values (1, new.email_verified_at is not null);
end;
create trigger total_changes_of_users after update of deleted_at, email_verified_at on users
    when (old.deleted_at is null) <> (new.deleted_at is null)
        or (old.email_verified_at is null) <> (new.email_verified_at is null)
begin
    insert into total_changes (users, verified, with_mfa) values (
        (new.deleted_at is null) - (old.deleted_at is null),
        (new.deleted_at is null and new.email_verified_at is not null)
            - (old.deleted_at is null and old.email_verified_at is not null),
        ((new.deleted_at is null) - (old.deleted_at is null)) * exists (select 1 from mfa where user_id = new.id)
    );
end;
-- Before, because the rows of mfa go with their user.
create trigger total_changes_of_removed_users before delete on users when old.deleted_at is null begin
    insert into total_changes (users, verified, with_mfa) values (
        -1, -(old.email_verified_at is not null), -exists (select 1 from mfa where user_id = old.id)
    );
end;

create trigger total_changes_of_new_mfa after insert on mfa
    when exists (select 1 from users where id = new.user_id and deleted_at is null)
begin
    insert into total_changes (with_mfa) values (1);
end;
create trigger total_changes_of_removed_mfa after delete on mfa
    when exists (select 1 from users where id = old.user_id and deleted_at is null)
begin
    insert into total_changes (with_mfa) values (-1);
end;

create trigger total_changes_of_new_sessions after insert on sessions when new.ended_at is null begin
    insert into total_changes (open_sessions) values (1);
end;
create trigger total_changes_of_sessions after update of ended_at on sessions
    when (old.ended_at is null) <> (new.ended_at is null)
begin
    insert into total_changes (open_sessions) values ((new.ended_at is null) - (old.ended_at is null));
end;
create trigger total_changes_of_removed_sessions after delete on sessions when old.ended_at is null begin
    insert into total_changes (open_sessions) values (-1);
end;

insert into totals select 1,
    (select count(*) from users where deleted_at is null),
    (select count(*) from users where deleted_at is null and email_verified_at is not null),
    (select count(*) from mfa join users on users.id = mfa.user_id where users.deleted_at is null),
    (select count(*) from sessions where ended_at is null);
