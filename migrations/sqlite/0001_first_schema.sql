-- The tables of authgraph on SQLite. migrations/postgres has the same ones; the statements in src/records run on both.
--
-- Types: an id is a UUIDv7 of 16 bytes, a time is RFC 3339 in UTC as text, so that text order is time order.
-- A migration that has been released is never changed: a change of the schema is a new file with the next number.
-- While instances are updated one by one, the version before runs on the tables of the new one; so a migration only adds.

-- ----------------------------------------------------------------------------------------------------------------------
-- Users
-- ----------------------------------------------------------------------------------------------------------------------

-- One row for each account. Written by registration, invitation, `users create-admin` and every change of an account.
-- A deleted account keeps its row, marked, until retention empties it; the emptied row stays, because the audit trail
-- refers to its id. Only accounts whose address was never verified are removed as rows (src/records/unverified_users.rs).
create table users (
    id blob primary key,
    -- Normalized: trimmed, lower case, the domain in Punycode. An emptied row holds <random>@erased.invalid.
    email text not null constraint users_email_key unique,
    email_verified_at text,
    name text,
    -- The name as it is searched for: case folded by the application, because lower() knows only ASCII here.
    name_key text,
    -- The address as a person reads it, case folded; null where that is the address itself. It differs for
    -- international domains: `ann@bücher.example` beside `ann@xn--bcher-kva.example`.
    address_key text,
    locale text,
    role text not null check (role in ('USER', 'ADMIN')),
    -- Argon2id in PHC format. Null: the user has no password, because of an invitation or because it was revoked.
    password_hash text,
    -- Wrong passwords since the last right one.
    failed_attempts integer not null default 0,
    -- A lock by an administrator without an end lasts until the end of the year 9999.
    locked_until text,
    locked_by text check (locked_by in ('FAILED_ATTEMPTS', 'ADMIN')),
    created_at text not null,
    updated_at text not null,
    last_login_at text,
    deleted_at text,
    -- When retention emptied the row of a deleted account.
    erased_at text,
    -- A copy of "has a row in mfa", kept by triggers, so that lists of users need no second table.
    mfa_enabled integer not null default 0,
    -- The four yes-or-no filters of a list of users as one number from 0 to 15. A list reads the indexes of the numbers
    -- that fit. src/records/user_facets.rs has the names of the bits.
    facets integer generated always as (
        case when role = 'ADMIN' then 8 else 0 end
        + case when deleted_at is not null then 4 else 0 end
        + case when email_verified_at is not null then 2 else 0 end
        + case when mfa_enabled then 1 else 0 end
    ) virtual,
    -- The last sign-in as lists sort by it: users who never signed in come first.
    login_order text generated always as (
        coalesce(last_login_at, '1970-01-01T00:00:00+00:00')
    ) virtual
) strict;
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
-- triggers on users alone. It is a table of its own because row numbers of users do not survive a vacuum, and the index
-- needs numbers that last.
create table user_search_texts (
    number integer primary key,
    user_id blob not null unique references users (id) on delete cascade,
    text text not null
) strict;
-- The index of three-character pieces over it. `detail = none` keeps it small: a hit names the row and not the place.
create virtual table user_search_trigrams using fts5 (
    text, content = 'user_search_texts', content_rowid = 'number', tokenize = 'trigram', detail = 'none'
);
-- What statements read, under the name that the table has on PostgreSQL. The cross join makes SQLite begin with the index.
create view user_search (user_id, text) as
    select t.user_id, g.text from user_search_trigrams g cross join user_search_texts t on t.number = g.rowid;

create trigger user_search_texts_inserted after insert on user_search_texts begin
    insert into user_search_trigrams (rowid, text) values (new.number, new.text);
end;
create trigger user_search_texts_deleted after delete on user_search_texts begin
    insert into user_search_trigrams (user_search_trigrams, rowid, text) values ('delete', old.number, old.text);
end;
create trigger user_search_texts_updated after update of text on user_search_texts begin
    insert into user_search_trigrams (user_search_trigrams, rowid, text) values ('delete', old.number, old.text);
    insert into user_search_trigrams (rowid, text) values (new.number, new.text);
end;
create trigger users_search_inserted after insert on users begin
    insert into user_search_texts (user_id, text)
    values (new.id, new.email || char(10) || coalesce(new.name_key, '') || coalesce(char(10) || new.address_key, ''));
end;
create trigger users_search_updated after update of email, name_key, address_key on users begin
    update user_search_texts
    set text = new.email || char(10) || coalesce(new.name_key, '') || coalesce(char(10) || new.address_key, '')
    where user_id = new.id;
end;

-- Addresses that a user changed away from. No other account gets one while its former owner can still undo the change.
-- Written with the change; deleted with the undo, the erasure, or by the maintenance after held_until.
create table email_holds (
    email text primary key,
    user_id blob not null references users (id) on delete cascade,
    held_until text not null
) strict;
create index email_holds_until on email_holds (held_until);

-- Accounts at OAuth providers with which a user signs in.
create table oauth_accounts (
    id blob primary key,
    user_id blob not null references users (id) on delete cascade,
    provider text not null,
    -- The provider's name for the user, which lasts where an address changes.
    subject text not null,
    email text,
    linked_at text not null,
    last_used_at text,
    constraint oauth_accounts_subject unique (provider, subject)
) strict;
create index oauth_accounts_of_user on oauth_accounts (user_id, linked_at, id);
create index oauth_accounts_of_provider on oauth_accounts (provider, user_id);

-- One row that is a lock. A transaction that takes an administrator away updates it first. Of two at the same time the
-- second one waits, sees what the first one did, and so the last administrator stays.
create table admin_lock (
    only_row integer primary key check (only_row = 1),
    changes integer not null
) strict;
insert into admin_lock (only_row, changes) values (1, 0);

-- ----------------------------------------------------------------------------------------------------------------------
-- Sessions
-- ----------------------------------------------------------------------------------------------------------------------

-- One row for each sign-in. Ended sessions stay for a while, so that a client learns why its session ended; the
-- maintenance deletes them.
create table sessions (
    id blob primary key,
    user_id blob not null references users (id) on delete cascade,
    device_name text,
    browser text,
    os text,
    user_agent text not null,
    address text not null,
    -- A JSON array: how the user proved their identity at this sign-in.
    auth_methods text not null,
    -- Mixed into the refresh tokens of this session, so that a lost answer can be given again without storing a token.
    refresh_salt blob not null,
    opened_at text not null,
    last_seen_at text not null,
    -- The last proof of identity. Sensitive fields demand a recent one.
    authenticated_at text not null,
    expires_at text not null,
    ended_at text,
    end_reason text
) strict;
create index sessions_of_user on sessions (user_id, opened_at desc, id desc);
create index sessions_expiry on sessions (expires_at);
-- Counts the active sessions for the dashboard without reading rows.
create index sessions_open on sessions (expires_at) where ended_at is null;

-- The refresh tokens of a session, as SHA-256 only. Each is used once, and its use makes the next one. Used tokens stay
-- until they expire: a second use shows that someone has a copy.
create table refresh_tokens (
    hash blob primary key,
    -- The `jti` of the access token that was issued together with it.
    id blob not null,
    session_id blob not null references sessions (id) on delete cascade,
    issued_at text not null,
    -- The fingerprint of the device whose refresh made this token; null for the first one of a session. For a moment
    -- that device gets the same token again instead of the next one.
    issued_to blob,
    expires_at text not null,
    used_at text,
    -- The fingerprint of the device that used it. For a moment the token may come once more from there.
    used_by blob,
    -- The hash of the client's idempotency key. The same key gets the same answer again.
    used_key blob
) strict;
create index refresh_tokens_of_session on refresh_tokens (session_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at);

-- Devices from which a user has signed in. A sign-in from another one sends an email. The maintenance deletes devices
-- that were not seen for long.
create table known_devices (
    user_id blob not null references users (id) on delete cascade,
    -- SHA-256 over browser, system and network (src/values/device_fingerprint.rs).
    device_fingerprint blob not null,
    last_seen_at text not null,
    primary key (user_id, device_fingerprint)
) strict;
create index known_devices_age on known_devices (last_seen_at);

-- ----------------------------------------------------------------------------------------------------------------------
-- Tokens by email, and the emails themselves
-- ----------------------------------------------------------------------------------------------------------------------

-- Tokens that emails carry, as SHA-256 only: each for one purpose, one address and one use. Written when the email is
-- delivered; the maintenance deletes them after they expired.
create table one_time_tokens (
    hash blob primary key,
    user_id blob not null references users (id) on delete cascade,
    purpose text not null,
    email text not null,
    -- The session that the token ends, or in which it was asked for.
    session_id blob,
    issued_at text not null,
    expires_at text not null,
    used_at text
) strict;
create index one_time_tokens_of_user on one_time_tokens (user_id, purpose);
create index one_time_tokens_to_address on one_time_tokens (email, purpose);
create index one_time_tokens_expiry on one_time_tokens (expires_at);

-- Emails to send, written in the transaction of the flow that causes them, so that neither exists without the other.
-- A row holds no token: the token is made when the email is delivered. The maintenance deletes settled rows.
create table outbox (
    id blob primary key,
    kind text not null,
    recipient text not null,
    -- Null where a stranger asked for the email and no account is involved.
    user_id blob references users (id) on delete cascade,
    -- JSON: what the template needs, for example the time and the device of a sign-in.
    details text not null,
    posted_at text not null,
    -- The next attempt; while a process delivers the email, the end of its lease.
    due_at text not null,
    attempts integer not null default 0,
    settled_at text,
    state text not null check (state in ('WAITING', 'DELIVERED', 'DROPPED', 'DEAD')),
    last_error text,
    -- What the mail server said when it accepted the email, mostly the number in its queue.
    receipt text
) strict;
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
    user_id blob primary key references users (id) on delete cascade,
    -- The TOTP secret, encrypted under a key that is not in the database.
    sealed_secret blob not null,
    -- The time step of the last code that was accepted. No step is accepted twice (RFC 6238, 5.2).
    last_step integer not null,
    enabled_at text not null,
    -- Wrong codes since failed_since. Many in a day send an email to the user.
    failed_codes integer not null default 0,
    failed_since text
) strict;
-- Keep users.mfa_enabled.
create trigger mfa_enabled_set after insert on mfa begin
    update users set mfa_enabled = 1 where id = new.user_id;
end;
create trigger mfa_enabled_cleared after delete on mfa begin
    update users set mfa_enabled = 0 where id = old.user_id;
end;

-- Enrolments that were started and not confirmed yet; one for each user.
create table mfa_enrollments (
    user_id blob primary key references users (id) on delete cascade,
    sealed_secret blob not null,
    expires_at text not null,
    -- The session in which it was started. The enrolment ends with that session.
    session_id blob
) strict;
create index mfa_enrollments_expiry on mfa_enrollments (expires_at);

-- Backup codes, hashed; each is good for one use. A new set replaces the old one.
create table backup_codes (
    user_id blob not null references users (id) on delete cascade,
    hash blob not null,
    used_at text,
    primary key (user_id, hash)
) strict;

-- Sign-ins whose first factor was right and whose second factor is awaited; the token that goes with one is stored as
-- SHA-256. The maintenance deletes them after they expired.
create table mfa_challenges (
    hash blob primary key,
    user_id blob not null references users (id) on delete cascade,
    first_factor text not null,
    device_name text,
    address text not null,
    user_agent text not null,
    attempts integer not null default 0,
    expires_at text not null,
    used_at text
) strict;
create index mfa_challenges_of_user on mfa_challenges (user_id);
create index mfa_challenges_expiry on mfa_challenges (expires_at);

-- ----------------------------------------------------------------------------------------------------------------------
-- The audit trail
-- ----------------------------------------------------------------------------------------------------------------------

-- What happened: append-only, written in the transaction of the action, deleted by retention alone. The ids refer to rows
-- that may be gone, so there are no foreign keys.
create table audit_events (
    id blob primary key,
    at text not null,
    action text not null,
    outcome text not null,
    actor_id blob,
    subject_id blob,
    session_id blob,
    address text,
    user_agent text,
    correlation_id text not null,
    -- JSON.
    metadata text not null,
    -- The chain of the event and its number there, from 1 and without a gap; and a hash over the event and the hash before
    -- it (src/values/audit_chain.rs). All three are null in an event of a version that knows no chains; the maintenance
    -- chains it later ("backfill").
    shard integer,
    sequence integer,
    hash blob check ((shard is null) = (sequence is null) and (shard is null) = (hash is null))
) strict;
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
-- SQLite has one writer at a time, so one chain is enough; PostgreSQL has 64.
create table audit_chains (
    shard integer primary key,
    sequence integer not null,
    hash blob not null,
    removed_sequence integer not null,
    removed_hash blob not null
) strict;
insert into audit_chains (shard, sequence, hash, removed_sequence, removed_hash)
    values (0, 0, zeroblob(32), 0, zeroblob(32));

-- One row for retention. While cutoff is set, events before it may be deleted; retention sets it for the length of its
-- transaction. Every event that was ever removed is older than removed_before, so the statistics of later days can be
-- counted again from the events.
create table audit_retention (
    id integer primary key check (id = 1),
    cutoff text,
    removed_before text
) strict;
insert into audit_retention (id) values (1);

-- What happened on each day (UTC), separately for each chain. Written by the triggers of the trail.
create table daily_statistics (
    day text not null,
    shard integer not null,
    registrations integer not null default 0,
    logins integer not null default 0,
    failed_logins integer not null default 0,
    active_users integer not null default 0,
    primary key (day, shard)
) strict;

-- The users who did something on a day, each once, so that active_users counts each once. The shard is that of the row
-- of daily_statistics in which the user is counted. The maintenance deletes old days; the counts stay.
create table daily_active_users (
    day text not null,
    user_id blob not null,
    shard integer not null,
    primary key (day, user_id)
) strict, without rowid;
create index daily_active_users_of_shard on daily_active_users (shard, day);

-- A new event moves the end of its chain, and is counted. An event that does not follow the end is refused.
create trigger audit_events_append after insert on audit_events when new.shard is not null begin
    select raise(abort, 'the event does not follow the last one of its chain')
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
-- The same for an event that is chained later. SQLite has no functions that two triggers could share.
create trigger audit_events_backfill after update on audit_events begin
    select raise(abort, 'the event does not follow the last one of its chain')
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

-- The trail refuses every other change. "insert or replace" removes a row without the triggers of a delete, so it is
-- refused here.
create trigger audit_events_no_replace before insert on audit_events
    when exists (select 1 from audit_events where id = new.id)
        or exists (select 1 from audit_events where shard = new.shard and sequence = new.sequence)
begin
    select raise(abort, 'the audit trail is append-only: no update of audit_events');
end;
-- The only update that is allowed gives an event its place in a chain, and changes nothing else.
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

-- ----------------------------------------------------------------------------------------------------------------------
-- Totals for the dashboard
-- ----------------------------------------------------------------------------------------------------------------------

-- How many users and open sessions there are. One row; the maintenance adds the rows of total_changes to it.
create table totals (
    id integer primary key check (id = 1),
    users integer not null,
    verified integer not null,
    with_mfa integer not null,
    open_sessions integer not null
) strict;
insert into totals (id, users, verified, with_mfa, open_sessions) values (1, 0, 0, 0, 0);
-- The changes that are not added yet, written by the triggers below: differences, mostly 1 or -1.
create table total_changes (
    id integer primary key,
    users integer not null default 0,
    verified integer not null default 0,
    with_mfa integer not null default 0,
    open_sessions integer not null default 0
) strict;

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
-- Before the delete, because afterwards the user's row of mfa is gone, too.
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
