-- Who locked: 'ADMIN' or 'FAILED_ATTEMPTS'. A lock without an end lasts until the end of the year 9999.
alter table users add column locked_by text check (locked_by in ('FAILED_ATTEMPTS', 'ADMIN'));
alter table users add column erased_at timestamptz;

-- Addresses sort by their bytes, as on SQLite, so that a prefix is a range.
alter table users alter column email type text collate "C";
-- The name as it is searched: lower case, by the application, whose Unicode both engines then share.
alter table users add column name_key text collate "C";
update users set name_key = lower(name) where name is not null;

-- Kept by triggers on mfa, so that a list needs no second table.
alter table users add column mfa_enabled boolean not null default false;
update users set mfa_enabled = true where id in (select user_id from mfa);

-- What lists are filtered by, as one number: each filter is a few of sixteen, and each of them is sorted in an index.
alter table users add column facets integer not null generated always as (
    case when role = 'ADMIN' then 8 else 0 end
    + case when deleted_at is not null then 4 else 0 end
    + case when email_verified_at is not null then 2 else 0 end
    + case when mfa_enabled then 1 else 0 end
) stored;
-- Who never signed in stands before everybody who did.
alter table users add column login_order timestamptz not null generated always as (
    coalesce(last_login_at, '1970-01-01 00:00:00+00'::timestamptz)
) stored;

create index users_created on users (created_at, id);
create index users_login on users (login_order, id);
create index users_facets_created on users (facets, created_at, id);
create index users_facets_login on users (facets, login_order, id);
create index users_facets_email on users (facets, email);
create index users_name on users (name_key) where name_key is not null;
create index users_locked on users (locked_until) where locked_until is not null;
create index users_to_erase on users (deleted_at) where deleted_at is not null and erased_at is null;

create function note_mfa() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        update users set mfa_enabled = true where id = new.user_id;
    else
        update users set mfa_enabled = false where id = old.user_id;
    end if;
    return null;
end $$;
create trigger mfa_noted after insert or delete on mfa for each row execute function note_mfa();

-- What is searched for substrings, beside the users: a sign-in must not touch the trigrams.
create table user_search (
    user_id uuid primary key references users (id) on delete cascade,
    text text not null
);
insert into user_search (user_id, text) select id, email || chr(10) || coalesce(name_key, '') from users;

create function note_search() returns trigger language plpgsql as $$
begin
    insert into user_search (user_id, text)
    values (new.id, new.email || chr(10) || coalesce(new.name_key, lower(new.name), ''))
    on conflict (user_id) do update set text = excluded.text;
    return null;
end $$;
create trigger users_searchable after insert or update of email, name, name_key on users
    for each row execute function note_search();

-- A trusted extension: whoever may create in this database may create it. It goes where everybody finds it, and where
-- it is already it stays.
do $$
declare
    home text;
begin
    if not exists (select from pg_extension where extname = 'pg_trgm') then
        create extension pg_trgm with schema public;
    end if;
    select n.nspname into home from pg_extension e join pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'pg_trgm';
    execute format('create index user_search_text on user_search using gin (text %I.gin_trgm_ops)', home);
end $$;

-- Ways to sign in with a provider.
create table oauth_accounts (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    provider text not null,
    subject text not null,
    email text,
    linked_at timestamptz not null,
    last_used_at timestamptz,
    constraint oauth_accounts_subject unique (provider, subject)
);
create index oauth_accounts_of_user on oauth_accounts (user_id, linked_at, id);
create index oauth_accounts_of_provider on oauth_accounts (provider, user_id);

-- Whoever takes an administrator away updates this row first, so that of two at once the second sees what the first did.
create table admin_roster (
    only_row integer primary key check (only_row = 1),
    changes bigint not null
);
insert into admin_roster (only_row, changes) values (1, 0);
