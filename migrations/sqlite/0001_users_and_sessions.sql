create table users (
    id blob primary key,
    email text not null constraint users_email_key unique,
    email_verified_at text,
    name text,
    locale text,
    role text not null check (role in ('USER', 'ADMIN')),
    password_hash text,
    failed_attempts integer not null default 0,
    locked_until text,
    created_at text not null,
    updated_at text not null,
    last_login_at text,
    deleted_at text
) strict;

-- Addresses somebody changed away from: nobody else gets one while its owner can still undo the change.
create table held_addresses (
    email text primary key,
    user_id blob not null references users (id) on delete cascade,
    held_until text not null
) strict;
create index held_addresses_until on held_addresses (held_until);

create table sessions (
    id blob primary key,
    user_id blob not null references users (id) on delete cascade,
    device_name text,
    browser text,
    os text,
    user_agent text not null,
    address text not null,
    auth_methods text not null,
    refresh_salt blob not null,
    opened_at text not null,
    last_seen_at text not null,
    authenticated_at text not null,
    expires_at text not null,
    ended_at text,
    end_reason text
) strict;
create index sessions_of_user on sessions (user_id, opened_at desc, id desc);
create index sessions_expiry on sessions (expires_at);

create table refresh_tokens (
    hash blob primary key,
    id blob not null,
    session_id blob not null references sessions (id) on delete cascade,
    issued_at text not null,
    expires_at text not null,
    spent_at text,
    spent_key blob
) strict;
create index refresh_tokens_of_session on refresh_tokens (session_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at);

create table one_time_tokens (
    hash blob primary key,
    user_id blob not null references users (id) on delete cascade,
    purpose text not null,
    email text not null,
    issued_at text not null,
    expires_at text not null,
    spent_at text
) strict;
create index one_time_tokens_of_user on one_time_tokens (user_id, purpose);
create index one_time_tokens_to_address on one_time_tokens (email, purpose);
create index one_time_tokens_expiry on one_time_tokens (expires_at);

-- Letters to send. A row holds no token: its token is made when the letter is delivered.
create table outbox (
    id blob primary key,
    kind text not null,
    recipient text not null,
    user_id blob references users (id) on delete cascade,
    details text not null,
    posted_at text not null,
    due_at text not null,
    attempts integer not null default 0,
    settled_at text,
    state text not null check (state in ('WAITING', 'DELIVERED', 'DROPPED', 'DEAD')),
    last_error text
) strict;
create index outbox_due on outbox (due_at) where state = 'WAITING';
create index outbox_settled on outbox (settled_at);
create index outbox_of_user on outbox (user_id);
create index outbox_to_recipient on outbox (recipient) where state = 'WAITING';

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
    metadata text not null
) strict;
create index audit_events_at on audit_events (at desc, id desc);
create index audit_events_of_subject on audit_events (subject_id, at desc, id desc);
