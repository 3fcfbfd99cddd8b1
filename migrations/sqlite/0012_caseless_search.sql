-- The address as a person reads it, folded, where that is not the address itself: a domain in its own letters.
alter table users add column address_key text;
create index users_address_key on users (address_key) where address_key is not null;

drop trigger users_searchable;
create trigger users_searchable after insert on users begin
    insert into user_search_texts (user_id, text)
    values (new.id, new.email || char(10) || coalesce(new.name_key, lower(new.name), '')
        || coalesce(char(10) || new.address_key, ''));
end;
drop trigger users_searchable_anew;
create trigger users_searchable_anew after update of email, name, name_key, address_key on users begin
    update user_search_texts set text = new.email || char(10) || coalesce(new.name_key, lower(new.name), '')
        || coalesce(char(10) || new.address_key, '')
    where user_id = new.id;
end;

-- A row here: names and addresses are to be folded anew, which the application does at its next start.
create table search_refill (
    only_row integer primary key check (only_row = 1)
) strict;
insert into search_refill (only_row) values (1);
