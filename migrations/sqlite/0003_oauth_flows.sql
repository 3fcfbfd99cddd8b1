-- Sign-ins at providers that have begun. A row is used up before the provider is asked anything; the maintenance deletes rows
-- that expired.
create table oauth_flows (
    -- Of the token that only the client holds.
    hash blob primary key,
    provider text not null,
    purpose text not null check (purpose in ('LOGIN', 'LINK', 'REAUTHENTICATE')),
    -- Where the provider sends the browser back to. Null: an app gets an ID token without a browser.
    redirect_uri text,
    -- Of the parameter `state`, which the provider gives back. Null: as above.
    state_hash blob,
    -- The nonce and the PKCE verifier, sealed for the hash above.
    sealed_secrets blob not null,
    -- What the client called its device.
    device_name text,
    -- The session that began a linking or a confirmation, and that has to end it. Null: a login.
    session_id blob,
    expires_at text not null,
    used_at text
) strict;
create unique index oauth_flows_state on oauth_flows (state_hash);
create index oauth_flows_expiry on oauth_flows (expires_at);
