-- Every event is a link of one chain, whose hashes follow each other without a gap. A transaction takes the head of any
-- free chain, so that writers do not queue. Without a place: written by the version before, and chained afterwards.
alter table audit_events
    add column shard integer,
    add column sequence bigint,
    add column hash bytea,
    add constraint audit_events_placed check (num_nonnulls(shard, sequence, hash) in (0, 3));
create unique index audit_events_chain on audit_events (shard, sequence);
create index audit_events_unchained on audit_events (at, id) where shard is null;

-- The last link of each chain, and the last one that retention has removed.
create table audit_chains (
    shard integer primary key,
    sequence bigint not null,
    hash bytea not null,
    anchor_sequence bigint not null,
    anchor_hash bytea not null
) with (fillfactor = 20);
insert into audit_chains
    select shard, 0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex') from generate_series(0, 63) shard;

-- Events before the cutoff may be removed. Set by the retention job, for the length of its transaction.
create table audit_retention (
    id integer primary key check (id = 1),
    cutoff timestamptz
);
insert into audit_retention (id, cutoff) values (1, null);

create function audit_events_extend() returns trigger language plpgsql as $$
begin
    update audit_chains set sequence = new.sequence, hash = new.hash
        where shard = new.shard and sequence = new.sequence - 1;
    if not found then
        raise exception 'event % is not the next link of chain %', new.sequence, new.shard;
    end if;
    return null;
end $$;
create trigger audit_events_extend after insert on audit_events
    for each row when (new.shard is not null) execute function audit_events_extend();
create trigger audit_events_adopt after update on audit_events
    for each row execute function audit_events_extend();

create function audit_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is append-only: no % of %', lower(tg_op), tg_table_name;
end $$;
create trigger audit_events_no_update before update on audit_events
    for each row when (
        old.shard is not null or new.shard is null
        or (old.id, old.at, old.action, old.outcome, old.actor_id, old.subject_id, old.session_id, old.address,
            old.user_agent, old.correlation_id, old.metadata)
        is distinct from (new.id, new.at, new.action, new.outcome, new.actor_id, new.subject_id, new.session_id,
            new.address, new.user_agent, new.correlation_id, new.metadata)
    ) execute function audit_refuse();
create trigger audit_events_no_truncate before truncate on audit_events execute function audit_refuse();
create trigger audit_chains_no_delete before delete on audit_chains for each row execute function audit_refuse();
create trigger audit_chains_no_truncate before truncate on audit_chains execute function audit_refuse();

create function audit_events_remove() returns trigger language plpgsql as $$
begin
    if exists (select 1 from removed r where (r.at < (select cutoff from audit_retention)) is not true) then
        raise exception 'the audit trail is append-only: no delete of audit_events outside retention';
    end if;
    return null;
end $$;
create trigger audit_events_remove after delete on audit_events
    referencing old table as removed for each statement execute function audit_events_remove();
