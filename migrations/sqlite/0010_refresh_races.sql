-- The device that spent a token: agent and network, hashed. From it the token may come once more, for a moment.
alter table refresh_tokens add column spent_by blob;
