-- On PostgreSQL the audit trail is kept in months from here on. Here it stays one table, and nothing changes.
select 1;
