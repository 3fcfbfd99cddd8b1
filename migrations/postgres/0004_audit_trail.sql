-- Every event is a link of one chain, whose hashes follow each other without a gap. A transaction takes the head of any
-- free chain, so that writers do not queue. Without a place: written by the version before, and chained afterwards.
alter table audit_events
    add column shard integer,
    add column sequence bigint,
    add column hash bytea,
    add constraint audit_events_placed check (num_nonnulls(shard, sequence, hash) in (0, 3));
create unique index audit_events_chain on audit_events (shard, sequence);
create index audit_events_unchained on audit_events (at, id) where shard is null;
create index audit_events_of_actor on audit_events (actor_id, at desc, id desc);
create index audit_events_of_session on audit_events (session_id, at desc, id desc);
create index audit_events_of_address on audit_events (address, at desc, id desc);
create index audit_events_of_action on audit_events (action, at desc, id desc);
create index audit_events_of_outcome on audit_events (outcome, at desc, id desc);

-- The last link of each chain, and the last one that retention has removed.
create table audit_chains (
    shard integer primary key,
    sequence bigint not null,
    hash bytea not null,
    anchor_sequence bigint not null,
    anchor_hash bytea not null
) with (fillfactor = 20);
insert into audit_chains
    select shard, 0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex') from generate_series(0, 63) shard;

-- Events before the cutoff may be removed. Set by the retention job, for the length of its transaction. Whatever was
-- removed was older than removed_before, so days from then on can be counted again from the events.
create table audit_retention (
    id integer primary key check (id = 1),
    cutoff timestamptz,
    removed_before timestamptz
);
insert into audit_retention (id) values (1);

-- What happened on a day (UTC), by chain: whoever holds the head of the chain is the only one to count there.
create table daily_statistics (
    day date not null,
    shard integer not null,
    registrations bigint not null default 0,
    logins bigint not null default 0,
    failed_logins bigint not null default 0,
    active_users bigint not null default 0,
    primary key (day, shard)
) with (fillfactor = 50);

-- Who did something on a day, once; the chain is that of the statistics the user is counted in.
create table daily_active_users (
    day date not null,
    user_id uuid not null,
    shard integer not null,
    primary key (day, user_id)
);
create index daily_active_users_of_shard on daily_active_users (shard, day);

create function audit_events_extend() returns trigger language plpgsql as $$
begin
    update audit_chains set sequence = new.sequence, hash = new.hash
        where shard = new.shard and sequence = new.sequence - 1;
    if not found then
        raise exception 'event % is not the next link of chain %', new.sequence, new.shard;
    end if;
    if new.action in ('USER_REGISTERED', 'LOGIN') then
        insert into daily_statistics as d (day, shard, registrations, logins, failed_logins)
            values (
                (new.at at time zone 'UTC')::date,
                new.shard,
                (new.action = 'USER_REGISTERED' and new.outcome = 'SUCCESS')::integer,
                (new.action = 'LOGIN' and new.outcome = 'SUCCESS')::integer,
                (new.action = 'LOGIN' and new.outcome = 'FAILURE')::integer
            )
            on conflict (day, shard) do update set
                registrations = d.registrations + excluded.registrations,
                logins = d.logins + excluded.logins,
                failed_logins = d.failed_logins + excluded.failed_logins;
    end if;
    return null;
end $$;
create trigger audit_events_extend after insert on audit_events
    for each row when (new.shard is not null) execute function audit_events_extend();
create trigger audit_events_adopt after update on audit_events
    for each row execute function audit_events_extend();

-- Two deeds of one user can meet here, and one waits for the other. At the end of the transaction, and with one user in
-- each, neither then waits for anything the other holds.
create function audit_events_note_active() returns trigger language plpgsql as $$
begin
    insert into daily_active_users (day, user_id, shard)
        values ((new.at at time zone 'UTC')::date, new.actor_id, new.shard) on conflict (day, user_id) do nothing;
    if found then
        insert into daily_statistics as d (day, shard, active_users)
            values ((new.at at time zone 'UTC')::date, new.shard, 1)
            on conflict (day, shard) do update set active_users = d.active_users + 1;
    end if;
    return null;
end $$;
create constraint trigger audit_events_note_active after insert or update on audit_events
    deferrable initially deferred for each row
    when (new.shard is not null and new.actor_id is not null and new.outcome = 'SUCCESS')
    execute function audit_events_note_active();

create function audit_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is append-only: no % of %', lower(tg_op), tg_table_name;
end $$;
create trigger audit_events_no_update before update on audit_events
    for each row when (
        old.shard is not null or new.shard is null
        or (old.id, old.at, old.action, old.outcome, old.actor_id, old.subject_id, old.session_id, old.address,
            old.user_agent, old.correlation_id, old.metadata)
        is distinct from (new.id, new.at, new.action, new.outcome, new.actor_id, new.subject_id, new.session_id,
            new.address, new.user_agent, new.correlation_id, new.metadata)
    ) execute function audit_refuse();
create trigger audit_events_no_truncate before truncate on audit_events execute function audit_refuse();
create trigger audit_chains_no_delete before delete on audit_chains for each row execute function audit_refuse();
create trigger audit_chains_no_truncate before truncate on audit_chains execute function audit_refuse();

create function audit_events_remove() returns trigger language plpgsql as $$
begin
    if exists (select 1 from removed r where (r.at < (select cutoff from audit_retention)) is not true) then
        raise exception 'the audit trail is append-only: no delete of audit_events outside retention';
    end if;
    return null;
end $$;
create trigger audit_events_remove after delete on audit_events
    referencing old table as removed for each statement execute function audit_events_remove();

-- How many there are of what, as of the last folding; the changes since are beside it, so that nobody queues on one row.
create table totals (
    id integer primary key check (id = 1),
    users bigint not null,
    verified bigint not null,
    with_mfa bigint not null,
    open_sessions bigint not null
);
create table total_changes (
    id bigint generated always as identity primary key,
    users integer not null default 0,
    verified integer not null default 0,
    with_mfa integer not null default 0,
    open_sessions integer not null default 0
);
-- Read without the rows, for the dashboard counts them.
create index users_locked_now on users (locked_until) where locked_until is not null and deleted_at is null;
create index sessions_open on sessions (expires_at) where ended_at is null;

create function total_changes_of_users() returns trigger language plpgsql as $$
declare
    was_there boolean := tg_op <> 'INSERT' and old.deleted_at is null;
    is_there boolean := tg_op <> 'DELETE' and new.deleted_at is null;
    was_verified boolean := was_there and old.email_verified_at is not null;
    is_verified boolean := is_there and new.email_verified_at is not null;
    has_mfa boolean := false;
begin
    if was_there <> is_there and tg_op <> 'INSERT' then
        has_mfa := exists (select 1 from mfa where user_id = old.id);
    end if;
    if was_there <> is_there or was_verified <> is_verified then
        insert into total_changes (users, verified, with_mfa) values (
            is_there::integer - was_there::integer,
            is_verified::integer - was_verified::integer,
            case when has_mfa then is_there::integer - was_there::integer else 0 end
        );
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger total_changes_of_users after insert or update of deleted_at, email_verified_at on users
    for each row execute function total_changes_of_users();
-- Before, because the rows of mfa go with their user.
create trigger total_changes_of_removed_users before delete on users
    for each row execute function total_changes_of_users();

create function total_changes_of_mfa() returns trigger language plpgsql as $$
begin
    -- Whoever deletes or restores the user at this moment is waited for.
    perform 1 from users
        where id = case when tg_op = 'DELETE' then old.user_id else new.user_id end and deleted_at is null
        for no key update;
    if found then
        insert into total_changes (with_mfa) values (case when tg_op = 'DELETE' then -1 else 1 end);
    end if;
    return null;
end $$;
create trigger total_changes_of_mfa after insert or delete on mfa
    for each row execute function total_changes_of_mfa();

create function total_changes_of_sessions() returns trigger language plpgsql as $$
declare
    was_open integer := (tg_op <> 'INSERT' and old.ended_at is null)::integer;
    is_open integer := (tg_op <> 'DELETE' and new.ended_at is null)::integer;
begin
    if was_open <> is_open then
        insert into total_changes (open_sessions) values (is_open - was_open);
    end if;
    return null;
end $$;
create trigger total_changes_of_sessions after insert or update of ended_at or delete on sessions
    for each row execute function total_changes_of_sessions();

-- Behind the triggers, which keep writers out until this is committed: what they do not count is counted here.
insert into totals select 1,
    (select count(*) from users where deleted_at is null),
    (select count(*) from users where deleted_at is null and email_verified_at is not null),
    (select count(*) from mfa join users on users.id = mfa.user_id where users.deleted_at is null),
    (select count(*) from sessions where ended_at is null);
