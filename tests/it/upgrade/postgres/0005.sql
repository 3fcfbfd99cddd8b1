-- Rows of the schema with the audit trail in months: at least one in every table. Bob is invited, and Ann waits for a new address and links a provider. Ann has the password of the tests, Bob a second factor, and
-- Carol is deleted. The hashes of the audit events are those of src/values/audit_chain.rs.
insert into users (id, email, email_verified_at, name, name_key, role, password_hash, created_at, updated_at, last_login_at, deleted_at)
values
    ('019a0000-0000-7000-8000-000000000001', 'ann@example.com', '2030-01-01T12:00:00+00:00', 'Ann', 'ann', 'USER',
        '$argon2id$v=19$m=256,t=2,p=1$dXBncmFkZSBmaXh0dXJlIQ$GSPkiF+kIAnRHacVDjhuqSqxbih2yeLTNHJG+Cqcids',
        '2030-01-01T12:00:00+00:00', '2030-01-01T12:00:00+00:00', '2030-01-01T13:00:00+00:00', null),
    ('019a0000-0000-7000-8000-000000000003', 'bob@xn--bcher-kva.example', null, null, null, 'ADMIN', null,
        '2030-01-02T12:00:00+00:00', '2030-01-02T12:00:00+00:00', null, null),
    ('019a0000-0000-7000-8000-000000000004', 'carol@example.com', null, null, null, 'USER', null,
        '2030-01-03T12:00:00+00:00', '2030-01-04T12:00:00+00:00', null, '2030-01-04T12:00:00+00:00');
update users set address_key = 'bob@bücher.example' where email like 'bob@%';
insert into email_holds (email, user_id, held_until) values ('ann@old.example', '019a0000-0000-7000-8000-000000000001', '2030-04-01T12:00:00+00:00');
insert into oauth_accounts (id, user_id, provider, subject, linked_at)
values ('019a0000-0000-7000-8000-000000000005', '019a0000-0000-7000-8000-000000000001', 'example', 'ann-1', '2030-01-01T12:00:00+00:00');

insert into sessions (id, user_id, device_name, user_agent, address, auth_methods, refresh_salt, opened_at, last_seen_at,
    authenticated_at, expires_at)
values ('019a0000-0000-7000-8000-000000000002', '019a0000-0000-7000-8000-000000000001', 'Laptop', 'fixture', '192.0.2.1', '["PASSWORD"]', '\xaa', '2030-01-01T13:00:00+00:00',
    '2030-01-01T13:00:00+00:00', '2030-01-01T13:00:00+00:00', '2030-12-01T13:00:00+00:00');
insert into refresh_tokens (hash, id, session_id, issued_at, expires_at, used_at, used_by, used_key)
values
    ('\xb1', '019a0000-0000-7000-8000-000000000006', '019a0000-0000-7000-8000-000000000002', '2030-01-01T13:00:00+00:00', '2030-12-01T13:00:00+00:00', '2030-01-01T13:10:00+00:00', '\xc1', '\xc2'),
    ('\xb2', '019a0000-0000-7000-8000-000000000007', '019a0000-0000-7000-8000-000000000002', '2030-01-01T13:10:00+00:00', '2030-12-01T13:00:00+00:00', null, null, null);
insert into known_devices (user_id, device_fingerprint, last_seen_at) values ('019a0000-0000-7000-8000-000000000001', '\xc1', '2030-01-01T13:00:00+00:00');

insert into one_time_tokens (hash, user_id, purpose, email, session_id, issued_at, expires_at)
values ('\xd1', '019a0000-0000-7000-8000-000000000001', 'DISOWN_SESSION', 'ann@example.com', '019a0000-0000-7000-8000-000000000002', '2030-01-01T13:00:00+00:00', '2030-04-01T13:00:00+00:00');
insert into outbox (id, kind, recipient, user_id, details, posted_at, due_at, attempts, settled_at, state, receipt)
values ('019a0000-0000-7000-8000-000000000008', 'NEW_DEVICE', 'ann@example.com', '019a0000-0000-7000-8000-000000000001', '{"device": "Laptop"}', '2030-01-01T13:00:00+00:00',
    '2030-01-01T13:00:00+00:00', 1, '2030-01-01T13:00:01+00:00', 'DELIVERED', '250 queued');

insert into mfa (user_id, sealed_secret, last_step, enabled_at) values ('019a0000-0000-7000-8000-000000000003', '\xe1', 7, '2030-01-02T13:00:00+00:00');
insert into mfa_enrollments (user_id, sealed_secret, expires_at, session_id)
values ('019a0000-0000-7000-8000-000000000001', '\xe2', '2030-03-01T12:10:00+00:00', '019a0000-0000-7000-8000-000000000002');
insert into backup_codes (user_id, hash) values ('019a0000-0000-7000-8000-000000000003', '\xe3');
insert into mfa_challenges (hash, user_id, first_factor, address, user_agent, expires_at)
values ('\xe4', '019a0000-0000-7000-8000-000000000003', 'PASSWORD', '192.0.2.1', 'fixture', '2030-03-01T12:05:00+00:00');

insert into audit_events (id, at, action, outcome, actor_id, subject_id, session_id, address, user_agent, correlation_id,
    metadata, shard, sequence, hash)
values ('019a0000-0000-7000-8000-000000000011', '2030-01-01T12:00:00+00:00', 'USER_REGISTERED', 'SUCCESS', '019a0000-0000-7000-8000-000000000001', '019a0000-0000-7000-8000-000000000001', null, '192.0.2.1', 'fixture', 'one',
    '{}', 0, 1, '\x3e07dc186a2688131de9bbaa016f87f4908b2f59b12678bfffc0ad36a9980805');
insert into audit_events (id, at, action, outcome, actor_id, subject_id, session_id, address, user_agent, correlation_id,
    metadata, shard, sequence, hash)
values ('019a0000-0000-7000-8000-000000000012', '2030-01-01T13:00:00+00:00', 'LOGIN', 'SUCCESS', '019a0000-0000-7000-8000-000000000001', '019a0000-0000-7000-8000-000000000001', '019a0000-0000-7000-8000-000000000002', '192.0.2.1', 'fixture', 'two',
    '{}', 0, 2, '\x9dea4ae7d4f494fc1c323042bb2f9e37dddeddf3347c11d8e466ca7b04457d51');
update users set invited_at = '2030-01-02T12:00:00+00:00', creation_key = '\xf1' where email like 'bob@%';
insert into email_changes (user_id, email, session_id, expires_at)
values ('019a0000-0000-7000-8000-000000000001', 'ann@new.example', '019a0000-0000-7000-8000-000000000002', '2030-03-02T12:00:00+00:00');
update mfa_challenges set token_delivery = 'COOKIE';
insert into oauth_flows (hash, provider, purpose, redirect_uri, state_hash, sealed_secrets, session_id, expires_at)
values ('\xf2', 'google', 'LINK', 'https://app.example.com/callback', '\xf3', '\xf4', '019a0000-0000-7000-8000-000000000002', '2030-03-01T12:10:00+00:00');
