-- Invitations as a fact, and the statuses of a list of users.

-- When an administrator invited the user. Null: nobody invited them, or they have accepted; see flows/reset_password.
alter table users add column invited_at text;
update users set invited_at = created_at
    where password_hash is null and last_login_at is null and email_verified_at is null and erased_at is null
    and not exists (select 1 from oauth_accounts o where o.user_id = users.id);

-- A fifth bit tells invited from other present accounts, and erased from other deleted ones. The numbers of the version
-- before keep their meaning, so that it still works: it only misses invited and erased users in a list with a filter.
drop index users_facets_created;
drop index users_facets_login;
drop index users_facets_email;
alter table users drop column facets;
alter table users add column facets integer generated always as (
    case when deleted_at is null then case when invited_at is not null then 16 else 0 end
         when erased_at is not null then 16 else 0 end
    + case when role = 'ADMIN' then 8 else 0 end
    + case when deleted_at is not null then 4 else 0 end
    + case when email_verified_at is not null then 2 else 0 end
    + case when mfa_enabled then 1 else 0 end
) virtual;
create index users_facets_created on users (facets, created_at, id);
create index users_facets_login on users (facets, login_order, id);
create index users_facets_email on users (facets, email);
