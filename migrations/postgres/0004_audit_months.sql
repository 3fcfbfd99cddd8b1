-- The audit trail in months: a partition for each, so that retention drops a table instead of deleting row by row.
--
-- Months are those of UTC. The maintenance makes them ahead, and retention drops them. Both call functions below that run
-- with the rights of the role that migrates, so the role of the server needs no right to make or drop tables.

-- The table there is becomes the first partition as it stands: nothing is copied. It takes all events up to the end of
-- this month, or of the month of its last event.
alter table audit_events rename to audit_events_first;
alter table audit_events_first rename constraint audit_events_pkey to audit_events_first_pkey;
alter index audit_events_chain rename to audit_events_first_chain;
alter index audit_events_unchained rename to audit_events_first_unchained;
alter index audit_events_at rename to audit_events_first_at;
alter index audit_events_of_subject rename to audit_events_first_of_subject;
alter index audit_events_of_actor rename to audit_events_first_of_actor;
alter index audit_events_of_session rename to audit_events_first_of_session;
alter index audit_events_of_address rename to audit_events_first_of_address;
alter index audit_events_of_action rename to audit_events_first_of_action;
alter index audit_events_of_outcome rename to audit_events_first_of_outcome;
-- A partition gets the triggers for rows from the table above it. Those for statements stay: the ones of the table above
-- do not fire for a statement that names the partition.
drop trigger audit_events_append on audit_events_first;
drop trigger audit_events_backfill on audit_events_first;
drop trigger audit_events_count_active on audit_events_first;
drop trigger audit_events_no_update on audit_events_first;

create table audit_events (like audit_events_first including constraints) partition by range (at);
-- A unique index would have to hold the time as well. Each partition has its own two, over the id, and over the place in a
-- chain; across partitions audit_events_append refuses an event that does not follow the last one of its chain.
create index audit_events_unchained on audit_events (at, id) where shard is null;
create index audit_events_at on audit_events (at desc, id desc);
create index audit_events_of_subject on audit_events (subject_id, at desc, id desc);
create index audit_events_of_actor on audit_events (actor_id, at desc, id desc);
create index audit_events_of_session on audit_events (session_id, at desc, id desc);
create index audit_events_of_address on audit_events (address, at desc, id desc);
create index audit_events_of_action on audit_events (action, at desc, id desc);
create index audit_events_of_outcome on audit_events (outcome, at desc, id desc);

create trigger audit_events_append after insert on audit_events
    for each row when (new.shard is not null) execute function audit_events_append();
create trigger audit_events_backfill after update on audit_events
    for each row execute function audit_events_append();
create constraint trigger audit_events_count_active after insert or update on audit_events
    deferrable initially deferred for each row
    when (new.shard is not null and new.actor_id is not null and new.outcome = 'SUCCESS')
    execute function audit_events_count_active();
create trigger audit_events_no_update before update on audit_events
    for each row when (
        old.shard is not null or new.shard is null
        or (old.id, old.at, old.action, old.outcome, old.actor_id, old.subject_id, old.session_id, old.address,
            old.user_agent, old.correlation_id, old.metadata)
        is distinct from (new.id, new.at, new.action, new.outcome, new.actor_id, new.subject_id, new.session_id,
            new.address, new.user_agent, new.correlation_id, new.metadata)
    ) execute function audit_refuse_change();
create trigger audit_events_no_truncate before truncate on audit_events execute function audit_refuse_change();
create trigger audit_events_check_delete after delete on audit_events
    referencing old table as removed for each statement execute function audit_events_check_delete();

-- The partitions and the times they hold, as the catalog has them. The default partition is not among them.
create view audit_months as
    select c.oid::regclass as partition,
        substring(bound from 'FROM \(''([^'']+)''\)')::timestamptz as since,
        substring(bound from 'TO \(''([^'']+)''\)')::timestamptz as before
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
        cross join lateral pg_get_expr(c.relpartbound, c.oid) bound
    where i.inhparent = to_regclass('audit_events') and bound <> 'DEFAULT';

-- Makes an empty partition and guards it. `bounds` continues the statement that attaches it.
create function audit_events_add_partition(name text, bounds text) returns void language plpgsql as $$
begin
    execute format('create table %I (like audit_events including constraints, primary key (id), unique (shard, sequence))', name);
    execute format('create trigger audit_events_no_truncate before truncate on %I execute function audit_refuse_change()', name);
    execute format(
        'create trigger audit_events_check_delete after delete on %I '
        'referencing old table as removed for each statement execute function audit_events_check_delete()', name
    );
    -- Attaching locks neither readers nor writers of the other partitions; making it as a partition would.
    execute format('alter table audit_events attach partition %I %s', name, bounds);
end $$;

-- Whoever waits for such a lock makes others wait behind. Where it is not free soon, because a backup reads the trail, the
-- server tries again later.

-- Makes the partitions of the month of `now` and of the months after it, as far as they are missing. A month of which the
-- default partition has events already stays there: their clock was ahead.
create function audit_events_add_months(now timestamptz, ahead integer) returns void language plpgsql security definer
set timezone = 'UTC' set lock_timeout = '500ms' as $$
declare
    first timestamptz;
    next timestamptz;
begin
    for month in 0..ahead loop
        first := date_trunc('month', now) + make_interval(months => month);
        next := first + interval '1 month';
        continue when exists (select from audit_months where before >= next and (since is null or since <= first))
            or exists (select from audit_events_default where at >= first and at < next);
        -- One instance does it; the others need not wait.
        exit when not pg_try_advisory_xact_lock(hashtextextended('audit_months ' || current_schema(), 0));
        continue when exists (select from audit_months where since = first);
        perform audit_events_add_partition(
            'audit_events_' || to_char(first, 'YYYY_MM'), format('for values from (%L) to (%L)', first, next)
        );
    end loop;
end $$;

-- Drops every partition whose events are all older than this time, and notes in the chains what is gone. Answers how many
-- events that were. It leaves a partition alone that has an event without a chain, or one that follows an event outside of
-- it, because two clocks were apart: retention then deletes rows from the beginnings of the chains.
create function audit_events_drop_months(older_than timestamptz) returns bigint language plpgsql security definer
set timezone = 'UTC' set lock_timeout = '500ms' as $$
declare
    month record;
    -- Of each chain: what it has lost already, and its last event in the partition.
    links text;
    is_beginning boolean;
    dropped bigint;
    total bigint := 0;
begin
    if not exists (select from audit_months where before <= older_than) then
        return 0;
    end if;
    -- One instance does it; the others need not wait.
    if not pg_try_advisory_xact_lock(hashtextextended('audit_months ' || current_schema(), 0)) then
        return 0;
    end if;
    -- Writers wait from here on. They hold a chain before they touch the events, so this does too.
    perform from audit_chains order by shard for update;
    for month in select * from audit_months where before <= older_than order by before loop
        links := format(
            '(select c.shard, c.removed_sequence, e.sequence, e.hash from audit_chains c cross join lateral '
            '(select sequence, hash from %s where shard = c.shard order by sequence desc limit 1) e) l', month.partition
        );
        execute format(
            'select not exists (select from %1$s where shard is null) '
            'and not exists (select from %2$s join %1$s e on e.shard = l.shard and e.sequence <= l.removed_sequence) '
            -- The bounds as constants let the planner leave the partition itself out.
            'and not exists (select from %2$s join audit_events e on e.shard = l.shard and e.sequence <= l.sequence '
            'where e.at < %3$L) '
            'and not exists (select from %2$s join audit_events e on e.shard = l.shard and e.sequence <= l.sequence '
            'where e.at >= %4$L), (select coalesce(sum(sequence - removed_sequence), 0) from %2$s)',
            month.partition, links, coalesce(month.since, '-infinity'), month.before
        ) into is_beginning, dropped;
        exit when not is_beginning;
        execute 'update audit_chains c set removed_sequence = l.sequence, removed_hash = l.hash from ' || links
            || ' where l.shard = c.shard';
        update audit_retention set removed_before = greatest(removed_before, month.before);
        execute format('drop table %s', month.partition);
        total := total + dropped;
    end loop;
    return total;
end $$;

do $$
declare
    bound timestamptz;
begin
    -- A function with the rights of another role must find its tables wherever the caller looks for tables.
    execute format('alter function audit_events_add_months(timestamptz, integer) set search_path = %I, pg_temp', current_schema());
    execute format('alter function audit_events_drop_months(timestamptz) set search_path = %I, pg_temp', current_schema());
    select (date_trunc('month', greatest(now(), max(at)) at time zone 'UTC') + interval '1 month') at time zone 'UTC'
        into bound from audit_events_first;
    -- The server reads every row once, to see that none is later.
    execute format('alter table audit_events attach partition audit_events_first for values from (minvalue) to (%L)', bound);
    -- For events whose clock is far ahead, and for a server that could make no partition.
    perform audit_events_add_partition('audit_events_default', 'default');
end $$;
revoke execute on function audit_events_add_partition(text, text) from public;
revoke execute on function audit_events_add_months(timestamptz, integer) from public;
revoke execute on function audit_events_drop_months(timestamptz) from public;
