-- The address as a person reads it, folded, where that is not the address itself: a domain in its own letters.
alter table users add column address_key text collate "C";
create index users_address_key on users (address_key) where address_key is not null;

create or replace function note_search() returns trigger language plpgsql as $$
begin
    insert into user_search (user_id, text)
    values (new.id, concat_ws(chr(10), new.email, coalesce(new.name_key, lower(new.name)), new.address_key))
    on conflict (user_id) do update set text = excluded.text;
    return null;
end $$;
drop trigger users_searchable on users;
create trigger users_searchable after insert or update of email, name, name_key, address_key on users
    for each row execute function note_search();

-- A row here: names and addresses are to be folded anew, which the application does at its next start.
create table search_refill (
    only_row integer primary key check (only_row = 1)
);
insert into search_refill (only_row) values (1);
