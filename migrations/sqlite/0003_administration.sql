-- Who locked: 'ADMIN' or 'FAILED_ATTEMPTS'. A lock without an end lasts until the end of the year 9999.
alter table users add column locked_by text check (locked_by in ('FAILED_ATTEMPTS', 'ADMIN'));
alter table users add column erased_at text;

-- The name as it is searched: lower case, by the application, because lower() knows ASCII only here.
alter table users add column name_key text;
update users set name_key = lower(name) where name is not null;

-- Kept by triggers on mfa, so that a list needs no second table.
alter table users add column mfa_enabled integer not null default 0;
update users set mfa_enabled = 1 where id in (select user_id from mfa);

-- What lists are filtered by, as one number: each filter is a few of sixteen, and each of them is sorted in an index.
alter table users add column facets integer generated always as (
    case when role = 'ADMIN' then 8 else 0 end
    + case when deleted_at is not null then 4 else 0 end
    + case when email_verified_at is not null then 2 else 0 end
    + case when mfa_enabled then 1 else 0 end
) virtual;
-- Who never signed in stands before everybody who did.
alter table users add column login_order text generated always as (
    coalesce(last_login_at, '1970-01-01T00:00:00+00:00')
) virtual;

create index users_created on users (created_at, id);
create index users_login on users (login_order, id);
create index users_facets_created on users (facets, created_at, id);
create index users_facets_login on users (facets, login_order, id);
create index users_facets_email on users (facets, email);
create index users_name on users (name_key) where name_key is not null;
create index users_locked on users (locked_until) where locked_until is not null;
create index users_to_erase on users (deleted_at) where deleted_at is not null and erased_at is null;

create trigger mfa_noted_on after insert on mfa begin
    update users set mfa_enabled = 1 where id = new.user_id;
end;
create trigger mfa_noted_off after delete on mfa begin
    update users set mfa_enabled = 0 where id = old.user_id;
end;

-- What is searched for substrings. A table of its own, because the numbers of rows in users do not survive a vacuum.
create table user_search_texts (
    number integer primary key,
    user_id blob not null unique references users (id) on delete cascade,
    text text not null
) strict;
create virtual table user_search_trigrams using fts5 (
    text, content = 'user_search_texts', content_rowid = 'number', tokenize = 'trigram', detail = 'none'
);
create view user_search (user_id, text) as
    select t.user_id, g.text from user_search_trigrams g cross join user_search_texts t on t.number = g.rowid;

create trigger user_search_added after insert on user_search_texts begin
    insert into user_search_trigrams (rowid, text) values (new.number, new.text);
end;
create trigger user_search_removed after delete on user_search_texts begin
    insert into user_search_trigrams (user_search_trigrams, rowid, text) values ('delete', old.number, old.text);
end;
create trigger user_search_changed after update of text on user_search_texts begin
    insert into user_search_trigrams (user_search_trigrams, rowid, text) values ('delete', old.number, old.text);
    insert into user_search_trigrams (rowid, text) values (new.number, new.text);
end;

insert into user_search_texts (user_id, text) select id, email || char(10) || coalesce(name_key, '') from users;

create trigger users_searchable after insert on users begin
    insert into user_search_texts (user_id, text)
    values (new.id, new.email || char(10) || coalesce(new.name_key, lower(new.name), ''));
end;
create trigger users_searchable_anew after update of email, name, name_key on users begin
    update user_search_texts set text = new.email || char(10) || coalesce(new.name_key, lower(new.name), '')
    where user_id = new.id;
end;

-- Ways to sign in with a provider.
create table oauth_accounts (
    id blob primary key,
    user_id blob not null references users (id) on delete cascade,
    provider text not null,
    subject text not null,
    email text,
    linked_at text not null,
    last_used_at text,
    constraint oauth_accounts_subject unique (provider, subject)
) strict;
create index oauth_accounts_of_user on oauth_accounts (user_id, linked_at, id);
create index oauth_accounts_of_provider on oauth_accounts (provider, user_id);

-- Whoever takes an administrator away updates this row first, so that of two at once the second sees what the first did.
create table admin_roster (
    only_row integer primary key check (only_row = 1),
    changes integer not null
) strict;
insert into admin_roster (only_row, changes) values (1, 0);
