create table mfa (
    user_id blob primary key references users (id) on delete cascade,
    sealed_secret blob not null,
    -- The last time step whose code was accepted; no step is accepted twice.
    last_step integer not null,
    enabled_at text not null
) strict;

create table mfa_enrollments (
    user_id blob primary key references users (id) on delete cascade,
    sealed_secret blob not null,
    expires_at text not null
) strict;
create index mfa_enrollments_expiry on mfa_enrollments (expires_at);

create table backup_codes (
    user_id blob not null references users (id) on delete cascade,
    hash blob not null,
    used_at text,
    primary key (user_id, hash)
) strict;

-- A first factor was right, the second is awaited.
create table mfa_challenges (
    hash blob primary key,
    user_id blob not null references users (id) on delete cascade,
    first_factor text not null,
    device_name text,
    address text not null,
    user_agent text not null,
    attempts integer not null default 0,
    expires_at text not null,
    spent_at text
) strict;
create index mfa_challenges_of_user on mfa_challenges (user_id);
create index mfa_challenges_expiry on mfa_challenges (expires_at);

-- Agents and networks a user has signed in from.
create table known_devices (
    user_id blob not null references users (id) on delete cascade,
    fingerprint blob not null,
    last_seen_at text not null,
    primary key (user_id, fingerprint)
) strict;
create index known_devices_age on known_devices (last_seen_at);

-- For tokens that end one session.
alter table one_time_tokens add column session_id blob;
