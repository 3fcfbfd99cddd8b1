-- Invitations as a fact, and the statuses of a list of users.

-- When an administrator invited the user. Null: nobody invited them, or they have accepted; see flows/reset_password.
alter table users add column invited_at timestamptz;
update users set invited_at = created_at
    where password_hash is null and last_login_at is null and email_verified_at is null and erased_at is null
    and not exists (select 1 from oauth_accounts o where o.user_id = users.id);

-- A fifth bit tells invited from other present accounts, and erased from other deleted ones. The numbers of the version
-- before keep their meaning, so that it still works: it only misses invited and erased users in a list with a filter.
-- Its index goes with the column.
alter table users drop column facets;
alter table users add column facets integer not null generated always as (
    case when deleted_at is null then case when invited_at is not null then 16 else 0 end
         when erased_at is not null then 16 else 0 end
    + case when role = 'ADMIN' then 8 else 0 end
    + case when deleted_at is not null then 4 else 0 end
    + case when email_verified_at is not null then 2 else 0 end
    + case when mfa_enabled then 1 else 0 end
) stored;
create index users_facets_created on users (facets, created_at, id);
create index users_facets_login on users (facets, login_order, id);
create index users_facets_email on users (facets, email);

-- What a login remembers for its second step, and for a client that repeats it.

-- How the client of a challenge wants its refresh token: the second step answers as the first one was asked.
alter table mfa_challenges add column token_delivery text not null default 'BODY'
    check (token_delivery in ('BODY', 'COOKIE'));

-- A keyed hash of the idempotency key under which the account was created. For a day, a repeat of the call with the same
-- key is answered with the same account.
alter table users add column creation_key bytea;

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
