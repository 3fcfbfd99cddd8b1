-- What a login remembers for its second step, and for a client that repeats it.

-- How the client of a challenge wants its refresh token: the second step answers as the first one was asked.
alter table mfa_challenges add column token_delivery text not null default 'BODY'
    check (token_delivery in ('BODY', 'COOKIE'));

-- A keyed hash of the idempotency key under which the account was created. For a day, a repeat of the call with the same
-- key is answered with the same account.
alter table users add column creation_key blob;
