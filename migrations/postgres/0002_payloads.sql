-- Changes of address that wait for the new address to confirm, shown to their user. The tokens that confirm them are in
-- one_time_tokens. The maintenance deletes rows that expired.
create table email_changes (
    user_id uuid primary key references users (id) on delete cascade,
    -- The new address.
    email text not null,
    -- The session that asked for the change. The change ends with it.
    session_id uuid not null,
    expires_at timestamptz not null
);
create index email_changes_expiry on email_changes (expires_at);
