-- What a login remembers for its second step, and for a client that repeats it.

-- How the client of a challenge wants its refresh token: the second step answers as the first one was asked.
alter table mfa_challenges add column token_delivery text not null default 'BODY'
    check (token_delivery in ('BODY', 'COOKIE'));
