-- The device that a token was issued to: agent and network, hashed. For a moment it gets the same token again instead of the next.
alter table refresh_tokens add column issued_to bytea;
