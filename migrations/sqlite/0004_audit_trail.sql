-- Every event is a link of one chain, whose hashes follow each other without a gap. Without a place: written by the
-- version before, and chained afterwards.
alter table audit_events add column shard integer;
alter table audit_events add column sequence integer;
alter table audit_events add column hash blob
    check ((shard is null) = (sequence is null) and (shard is null) = (hash is null));
create unique index audit_events_chain on audit_events (shard, sequence);
create index audit_events_unchained on audit_events (at, id) where shard is null;

-- The last link of each chain, and the last one that retention has removed. With one writer one chain is enough.
create table audit_chains (
    shard integer primary key,
    sequence integer not null,
    hash blob not null,
    anchor_sequence integer not null,
    anchor_hash blob not null
) strict;
insert into audit_chains values (0, 0, zeroblob(32), 0, zeroblob(32));

-- Events before the cutoff may be removed. Set by the retention job, for the length of its transaction.
create table audit_retention (
    id integer primary key check (id = 1),
    cutoff text
) strict;
insert into audit_retention (id, cutoff) values (1, null);

create trigger audit_events_extend after insert on audit_events when new.shard is not null begin
    select raise(abort, 'an event is not the next link of its chain')
        where not exists (select 1 from audit_chains where shard = new.shard and sequence = new.sequence - 1);
    update audit_chains set sequence = new.sequence, hash = new.hash where shard = new.shard;
end;
create trigger audit_events_adopt after update on audit_events begin
    select raise(abort, 'an event is not the next link of its chain')
        where not exists (select 1 from audit_chains where shard = new.shard and sequence = new.sequence - 1);
    update audit_chains set sequence = new.sequence, hash = new.hash where shard = new.shard;
end;

-- "insert or replace" removes a row without asking the triggers of a delete.
create trigger audit_events_no_replace before insert on audit_events
    when exists (select 1 from audit_events where id = new.id)
        or exists (select 1 from audit_events where shard = new.shard and sequence = new.sequence)
begin
    select raise(abort, 'the audit trail is append-only: no update of audit_events');
end;
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
