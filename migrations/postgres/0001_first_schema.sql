-- The tables of authgraph on PostgreSQL. migrations/sqlite has the same ones; the statements in src/records run on both.
--
-- An id is a UUIDv7. Tables are made in the first schema of the connection's search path.
-- A migration that has been released is never changed: a change of the schema is a new file with the next number.
-- While instances are updated one by one, the version before runs on the tables of the new one; so a migration only adds.

-- ----------------------------------------------------------------------------------------------------------------------
-- Users
-- ----------------------------------------------------------------------------------------------------------------------

-- One row for each account. Written by registration, invitation, `users create-admin` and every change of an account.
-- A deleted account keeps its row, marked, until retention empties it; the emptied row stays, because the audit trail
-- refers to its id. Only accounts whose address was never verified are removed as rows (src/records/unverified_users.rs).
create table users (
    id uuid primary key,
    -- Normalized: trimmed, lower case, the domain in Punycode. An emptied row holds <random>@erased.invalid. It sorts by
    -- its bytes (collate "C"), as on SQLite, so that a search for a beginning is a range of the index.
    email text collate "C" not null constraint users_email_key unique,
    email_verified_at timestamptz,
    name text,
    -- The name as it is searched for: case folded by the application, so that both engines use the same Unicode.
    name_key text collate "C",
    -- The address as a person reads it, case folded; null where that is the address itself. It differs for
    -- international domains: `ann@bücher.example` beside `ann@xn--bcher-kva.example`.
    address_key text collate "C",
    locale text,
    role text not null check (role in ('USER', 'ADMIN')),
    -- Argon2id in PHC format. Null: the user has no password, because of an invitation or because it was revoked.
    password_hash text,
    -- Wrong passwords since the last right one.
    failed_attempts integer not null default 0,
    -- A lock by an administrator without an end lasts until the end of the year 9999.
    locked_until timestamptz,
    locked_by text check (locked_by in ('FAILED_ATTEMPTS', 'ADMIN')),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    last_login_at timestamptz,
    deleted_at timestamptz,
    -- When retention emptied the row of a deleted account.
    erased_at timestamptz,
    -- A copy of "has a row in mfa", kept by a trigger, so that lists of users need no second table.
    mfa_enabled boolean not null default false,
    -- The four yes-or-no filters of a list of users as one number from 0 to 15. A list reads the indexes of the numbers
    -- that fit. src/records/user_facets.rs has the names of the bits.
    facets integer not null generated always as (
        case when role = 'ADMIN' then 8 else 0 end
        + case when deleted_at is not null then 4 else 0 end
        + case when email_verified_at is not null then 2 else 0 end
        + case when mfa_enabled then 1 else 0 end
    ) stored,
    -- The last sign-in as lists sort by it: users who never signed in come first.
    login_order timestamptz not null generated always as (
        coalesce(last_login_at, '1970-01-01 00:00:00+00'::timestamptz)
    ) stored
);
-- The orders of a list without a filter, and with one.
create index users_created on users (created_at, id);
create index users_login on users (login_order, id);
create index users_facets_created on users (facets, created_at, id);
create index users_facets_login on users (facets, login_order, id);
create index users_facets_email on users (facets, email);
-- Searches for a beginning.
create index users_name on users (name_key) where name_key is not null;
create index users_address_key on users (address_key) where address_key is not null;
-- Lists locked users, and counts them for the dashboard without reading rows. Deleted users do not count as locked.
create index users_locked_now on users (locked_until) where locked_until is not null and deleted_at is null;
-- What the maintenance looks for: accounts to empty, and accounts that were never verified.
create index users_to_erase on users (deleted_at) where deleted_at is not null and erased_at is null;
create index users_unverified on users (created_at) where email_verified_at is null and deleted_at is null;

-- The text of each user that a search looks into: address, name key and address key, one on each line. Written by the
-- trigger on users alone. It is a table of its own because a sign-in, which updates users, must not touch the trigrams.
create table user_search (
    user_id uuid primary key references users (id) on delete cascade,
    text text not null
);
create function users_update_search() returns trigger language plpgsql as $$
begin
    insert into user_search (user_id, text)
    values (new.id, concat_ws(chr(10), new.email, new.name_key, new.address_key))
    on conflict (user_id) do update set text = excluded.text;
    return null;
end $$;
create trigger users_update_search after insert or update of email, name_key, address_key on users
    for each row execute function users_update_search();

-- The index of three-character pieces over it needs the extension pg_trgm. That is a trusted one: a user who may create
-- in this database may create it. It is made in the schema public, and stays where it is if it exists already; the index
-- names that schema, so the search path need not hold it.
do $$
declare
    extension_schema text;
begin
    if not exists (select from pg_extension where extname = 'pg_trgm') then
        create extension pg_trgm with schema public;
    end if;
    select n.nspname into extension_schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'pg_trgm';
    execute format('create index user_search_text on user_search using gin (text %I.gin_trgm_ops)', extension_schema);
end $$;

-- Addresses that a user changed away from. No other account gets one while its former owner can still undo the change.
-- Written with the change; deleted with the undo, the erasure, or by the maintenance after held_until.
create table email_holds (
    email text primary key,
    user_id uuid not null references users (id) on delete cascade,
    held_until timestamptz not null
);
create index email_holds_until on email_holds (held_until);

-- Accounts at OAuth providers with which a user signs in.
create table oauth_accounts (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    provider text not null,
    -- The provider's name for the user, which lasts where an address changes.
    subject text not null,
    email text,
    linked_at timestamptz not null,
    last_used_at timestamptz,
    constraint oauth_accounts_subject unique (provider, subject)
);
create index oauth_accounts_of_user on oauth_accounts (user_id, linked_at, id);
create index oauth_accounts_of_provider on oauth_accounts (provider, user_id);

-- One row that is a lock. A transaction that takes an administrator away updates it first. Of two at the same time the
-- second one waits, sees what the first one did, and so the last administrator stays.
create table admin_lock (
    only_row integer primary key check (only_row = 1),
    changes bigint not null
);
insert into admin_lock (only_row, changes) values (1, 0);

-- ----------------------------------------------------------------------------------------------------------------------
-- Sessions
-- ----------------------------------------------------------------------------------------------------------------------

-- One row for each sign-in. Ended sessions stay for a while, so that a client learns why its session ended; the
-- maintenance deletes them.
create table sessions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    device_name text,
    browser text,
    os text,
    user_agent text not null,
    address text not null,
    -- An array: how the user proved their identity at this sign-in.
    auth_methods jsonb not null,
    -- Mixed into the refresh tokens of this session, so that a lost answer can be given again without storing a token.
    refresh_salt bytea not null,
    opened_at timestamptz not null,
    last_seen_at timestamptz not null,
    -- The last proof of identity. Sensitive fields demand a recent one.
    authenticated_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text
);
create index sessions_of_user on sessions (user_id, opened_at desc, id desc);
create index sessions_expiry on sessions (expires_at);
-- Counts the active sessions for the dashboard without reading rows.
create index sessions_open on sessions (expires_at) where ended_at is null;

-- The refresh tokens of a session, as SHA-256 only. Each is used once, and its use makes the next one. Used tokens stay
-- until they expire: a second use shows that someone has a copy.
create table refresh_tokens (
    hash bytea primary key,
    -- The `jti` of the access token that was issued together with it.
    id uuid not null,
    session_id uuid not null references sessions (id) on delete cascade,
    issued_at timestamptz not null,
    -- The fingerprint of the device whose refresh made this token; null for the first one of a session. For a moment
    -- that device gets the same token again instead of the next one.
    issued_to bytea,
    expires_at timestamptz not null,
    used_at timestamptz,
    -- The fingerprint of the device that used it. For a moment the token may come once more from there.
    used_by bytea,
    -- The hash of the client's idempotency key. The same key gets the same answer again.
    used_key bytea
);
create index refresh_tokens_of_session on refresh_tokens (session_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at);

-- Devices from which a user has signed in. A sign-in from another one sends an email. The maintenance deletes devices
-- that were not seen for long.
create table known_devices (
    user_id uuid not null references users (id) on delete cascade,
    -- SHA-256 over browser, system and network (src/values/device_fingerprint.rs).
    device_fingerprint bytea not null,
    last_seen_at timestamptz not null,
    primary key (user_id, device_fingerprint)
);
create index known_devices_age on known_devices (last_seen_at);

-- ----------------------------------------------------------------------------------------------------------------------
-- Tokens by email, and the emails themselves
-- ----------------------------------------------------------------------------------------------------------------------

-- Tokens that emails carry, as SHA-256 only: each for one purpose, one address and one use. Written when the email is
-- delivered; the maintenance deletes them after they expired.
create table one_time_tokens (
    hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade,
    purpose text not null,
    email text not null,
    -- The session that the token ends, or in which it was asked for.
    session_id uuid,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index one_time_tokens_of_user on one_time_tokens (user_id, purpose);
create index one_time_tokens_to_address on one_time_tokens (email, purpose);
create index one_time_tokens_expiry on one_time_tokens (expires_at);

-- Emails to send, written in the transaction of the flow that causes them, so that neither exists without the other.
-- A row holds no token: the token is made when the email is delivered. The maintenance deletes settled rows.
create table outbox (
    id uuid primary key,
    kind text not null,
    recipient text not null,
    -- Null where a stranger asked for the email and no account is involved.
    user_id uuid references users (id) on delete cascade,
    -- What the template needs, for example the time and the device of a sign-in.
    details jsonb not null,
    posted_at timestamptz not null,
    -- The next attempt; while a process delivers the email, the end of its lease.
    due_at timestamptz not null,
    attempts integer not null default 0,
    settled_at timestamptz,
    state text not null check (state in ('WAITING', 'DELIVERED', 'DROPPED', 'DEAD')),
    last_error text,
    -- What the mail server said when it accepted the email, mostly the number in its queue.
    receipt text
);
create index outbox_due on outbox (due_at) where state = 'WAITING';
create index outbox_settled on outbox (settled_at);
create index outbox_of_user on outbox (user_id);
create index outbox_to_recipient on outbox (recipient) where state = 'WAITING';
-- Metrics count the dead emails all the time; there are few among many that were delivered.
create index outbox_dead on outbox (posted_at) where state = 'DEAD';

-- ----------------------------------------------------------------------------------------------------------------------
-- The second factor
-- ----------------------------------------------------------------------------------------------------------------------

-- One row for each user who has an authenticator app; deleted when it is turned off.
create table mfa (
    user_id uuid primary key references users (id) on delete cascade,
    -- The TOTP secret, encrypted under a key that is not in the database.
    sealed_secret bytea not null,
    -- The time step of the last code that was accepted. No step is accepted twice (RFC 6238, 5.2).
    last_step bigint not null,
    enabled_at timestamptz not null,
    -- Wrong codes since failed_since. Many in a day send an email to the user.
    failed_codes integer not null default 0,
    failed_since timestamptz
);
-- Keeps users.mfa_enabled.
create function mfa_set_enabled() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        update users set mfa_enabled = true where id = new.user_id;
    else
        update users set mfa_enabled = false where id = old.user_id;
    end if;
    return null;
end $$;
create trigger mfa_set_enabled after insert or delete on mfa for each row execute function mfa_set_enabled();

-- Enrolments that were started and not confirmed yet; one for each user.
create table mfa_enrollments (
    user_id uuid primary key references users (id) on delete cascade,
    sealed_secret bytea not null,
    expires_at timestamptz not null,
    -- The session in which it was started. The enrolment ends with that session.
    session_id uuid
);
create index mfa_enrollments_expiry on mfa_enrollments (expires_at);

-- Backup codes, hashed; each is good for one use. A new set replaces the old one.
create table backup_codes (
    user_id uuid not null references users (id) on delete cascade,
    hash bytea not null,
    used_at timestamptz,
    primary key (user_id, hash)
);

-- Sign-ins whose first factor was right and whose second factor is awaited; the token that goes with one is stored as
-- SHA-256. The maintenance deletes them after they expired.
create table mfa_challenges (
    hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade,
    first_factor text not null,
    device_name text,
    address text not null,
    user_agent text not null,
    attempts integer not null default 0,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index mfa_challenges_of_user on mfa_challenges (user_id);
create index mfa_challenges_expiry on mfa_challenges (expires_at);

-- ----------------------------------------------------------------------------------------------------------------------
-- The audit trail
-- ----------------------------------------------------------------------------------------------------------------------

-- What happened: append-only, written in the transaction of the action, deleted by retention alone. The ids refer to rows
-- that may be gone, so there are no foreign keys.
create table audit_events (
    id uuid primary key,
    at timestamptz not null,
    action text not null,
    outcome text not null,
    actor_id uuid,
    subject_id uuid,
    session_id uuid,
    address text,
    user_agent text,
    correlation_id text not null,
    metadata jsonb not null,
    -- The chain of the event and its number there, from 1 and without a gap; and a hash over the event and the hash before
    -- it (src/values/audit_chain.rs). All three are null in an event of a version that knows no chains; the maintenance
    -- chains it later ("backfill").
    shard integer,
    sequence bigint,
    hash bytea,
    constraint audit_events_placed check (num_nonnulls(shard, sequence, hash) in (0, 3))
);
create unique index audit_events_chain on audit_events (shard, sequence);
create index audit_events_unchained on audit_events (at, id) where shard is null;
-- One index for each filter of a search, each in the order of a page.
create index audit_events_at on audit_events (at desc, id desc);
create index audit_events_of_subject on audit_events (subject_id, at desc, id desc);
create index audit_events_of_actor on audit_events (actor_id, at desc, id desc);
create index audit_events_of_session on audit_events (session_id, at desc, id desc);
create index audit_events_of_address on audit_events (address, at desc, id desc);
create index audit_events_of_action on audit_events (action, at desc, id desc);
create index audit_events_of_outcome on audit_events (outcome, at desc, id desc);

-- Each chain: its last event, and the last event that retention removed, from which the rest of the chain follows.
-- A transaction locks the row of any chain that is free and appends there, so that writers do not wait for each other.
-- The low fill factor leaves room in the pages: the rows change with every event, and such an update touches no index.
create table audit_chains (
    shard integer primary key,
    sequence bigint not null,
    hash bytea not null,
    removed_sequence bigint not null,
    removed_hash bytea not null
) with (fillfactor = 20);
insert into audit_chains (shard, sequence, hash, removed_sequence, removed_hash)
    select shard, 0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex') from generate_series(0, 63) shard;

-- One row for retention. While cutoff is set, events before it may be deleted; retention sets it for the length of its
-- transaction. Every event that was ever removed is older than removed_before, so the statistics of later days can be
-- counted again from the events.
create table audit_retention (
    id integer primary key check (id = 1),
    cutoff timestamptz,
    removed_before timestamptz
);
insert into audit_retention (id) values (1);

-- What happened on each day (UTC), separately for each chain: a transaction that holds a chain is the only one that
-- counts there. Written by the triggers of the trail.
create table daily_statistics (
    day date not null,
    shard integer not null,
    registrations bigint not null default 0,
    logins bigint not null default 0,
    failed_logins bigint not null default 0,
    active_users bigint not null default 0,
    primary key (day, shard)
) with (fillfactor = 50);

-- The users who did something on a day, each once, so that active_users counts each once. The shard is that of the row
-- of daily_statistics in which the user is counted. The maintenance deletes old days; the counts stay.
create table daily_active_users (
    day date not null,
    user_id uuid not null,
    shard integer not null,
    primary key (day, user_id)
);
create index daily_active_users_of_shard on daily_active_users (shard, day);

-- A new event moves the end of its chain, and is counted. An event that does not follow the end is refused. The same
-- holds for an event that is chained later.
create function audit_events_append() returns trigger language plpgsql as $$
begin
    update audit_chains set sequence = new.sequence, hash = new.hash
        where shard = new.shard and sequence = new.sequence - 1;
    if not found then
        raise exception 'event % does not follow the last one of chain %', new.sequence, new.shard;
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
create trigger audit_events_append after insert on audit_events
    for each row when (new.shard is not null) execute function audit_events_append();
create trigger audit_events_backfill after update on audit_events
    for each row execute function audit_events_append();

-- Two transactions of one user can meet in daily_active_users, and one waits for the other. The trigger runs at the end of
-- the transaction, and each transaction is about one user, so neither of them then waits for a row that the other holds.
create function audit_events_count_active() returns trigger language plpgsql as $$
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
create constraint trigger audit_events_count_active after insert or update on audit_events
    deferrable initially deferred for each row
    when (new.shard is not null and new.actor_id is not null and new.outcome = 'SUCCESS')
    execute function audit_events_count_active();

-- The trail refuses every other change.
create function audit_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is append-only: no % of %', lower(tg_op), tg_table_name;
end $$;
-- The only update that is allowed gives an event its place in a chain, and changes nothing else.
create trigger audit_events_no_update before update on audit_events
    for each row when (
        old.shard is not null or new.shard is null
        or (old.id, old.at, old.action, old.outcome, old.actor_id, old.subject_id, old.session_id, old.address,
            old.user_agent, old.correlation_id, old.metadata)
        is distinct from (new.id, new.at, new.action, new.outcome, new.actor_id, new.subject_id, new.session_id,
            new.address, new.user_agent, new.correlation_id, new.metadata)
    ) execute function audit_refuse_change();
create trigger audit_events_no_truncate before truncate on audit_events execute function audit_refuse_change();
create trigger audit_chains_no_delete before delete on audit_chains for each row execute function audit_refuse_change();
create trigger audit_chains_no_truncate before truncate on audit_chains execute function audit_refuse_change();

-- One check for each statement and not for each row: retention deletes thousands at once.
create function audit_events_check_delete() returns trigger language plpgsql as $$
begin
    if exists (select 1 from removed r where (r.at < (select cutoff from audit_retention)) is not true) then
        raise exception 'the audit trail is append-only: no delete of audit_events outside retention';
    end if;
    return null;
end $$;
create trigger audit_events_check_delete after delete on audit_events
    referencing old table as removed for each statement execute function audit_events_check_delete();

-- ----------------------------------------------------------------------------------------------------------------------
-- Totals for the dashboard
-- ----------------------------------------------------------------------------------------------------------------------

-- How many users and open sessions there are. One row; the maintenance adds the rows of total_changes to it. Flows write
-- only to total_changes, so that they do not wait for each other at this row.
create table totals (
    id integer primary key check (id = 1),
    users bigint not null,
    verified bigint not null,
    with_mfa bigint not null,
    open_sessions bigint not null
);
insert into totals (id, users, verified, with_mfa, open_sessions) values (1, 0, 0, 0, 0);
-- The changes that are not added yet, written by the triggers below: differences, mostly 1 or -1.
create table total_changes (
    id bigint generated always as identity primary key,
    users integer not null default 0,
    verified integer not null default 0,
    with_mfa integer not null default 0,
    open_sessions integer not null default 0
);

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
-- Before the delete, because afterwards the user's row of mfa is gone, too.
create trigger total_changes_of_removed_users before delete on users
    for each row execute function total_changes_of_users();

create function total_changes_of_mfa() returns trigger language plpgsql as $$
begin
    -- The lock waits for a transaction that deletes or restores the user at this moment.
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
