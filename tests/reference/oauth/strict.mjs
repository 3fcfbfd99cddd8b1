// Signs in at oidc-provider, a certified OpenID provider that checks what clients send: the redirect URI, PKCE, the secret of the
// client in both places, and that a code is used once. Its ID tokens have no address, and its answers have `iss` (RFC 9207).
// Usage: node strict.mjs <binary of the server>
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import Provider from 'oidc-provider';
import { cancel, signInAs } from './browser.mjs';
import { Client, REDIRECT_URI, freePort, startServer } from './client.mjs';

// Characters that have another form in a form (RFC 6749, section 2.3.1: the header has them encoded twice).
const SECRET = 'a+b c%2B&d=é?/~"ß'.replace(/[^ -~]/g, '!');
const people = {
  ann: { email: 'ann@example.com', email_verified: true, name: 'Ann' },
  bob: { email: 'bob@example.com', email_verified: false, name: 'Bob' },
  cleo: { email: 'cleo@example.com', email_verified: true, name: 'Cleo' },
};
const complaints = [];

// ---- the provider

// It warns of its own pages and keys, which are for development.
const { warn } = console;
console.warn = () => {};
const issuer = `http://127.0.0.1:${await freePort()}`;
const clientOf = (client_id, token_endpoint_auth_method) => {
  const secret = token_endpoint_auth_method === 'none' ? {} : { client_secret: SECRET };
  return { client_id, ...secret, token_endpoint_auth_method, redirect_uris: [REDIRECT_URI] };
};
const provider = new Provider(issuer, {
  clients: [clientOf('app:one/+%', 'client_secret_basic'), clientOf('app-two', 'client_secret_post'), clientOf('app-three', 'none')],
  claims: { email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: ['a key of this test'] },
  findAccount: (_, accountId) => people[accountId] && { accountId, claims: () => ({ sub: accountId, ...people[accountId] }) },
  pkce: { required: () => true },
  ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
});
for (const event of ['authorization.error', 'grant.error', 'userinfo.error', 'server_error']) {
  provider.on(event, (_, error) => complaints.push(error.error_detail ?? error.error_description ?? error.message));
}
const listening = provider.listen(Number(new URL(issuer).port), '127.0.0.1');
const at = (name, id, settings) => ({ [`OIDC_${name}_ISSUER`]: issuer, [`OIDC_${name}_CLIENT_ID`]: id, ...settings });
const server = await startServer(() => ({
  ...at('BASIC', 'app:one/+%', { OIDC_BASIC_CLIENT_SECRET: SECRET }),
  ...at('POST', 'app-two', { OIDC_POST_CLIENT_SECRET: SECRET, OIDC_POST_CLIENT_AUTHENTICATION: 'client_secret_post' }),
  ...at('PUBLIC', 'app-three', { OIDC_PUBLIC_CLIENT_AUTHENTICATION: 'none' }),
  ...at('WRONG', 'app-two', { OIDC_WRONG_CLIENT_SECRET: `${SECRET}!`, OIDC_WRONG_CLIENT_AUTHENTICATION: 'client_secret_post' }),
}));
console.warn = warn;
after(async () => {
  await server.kill('SIGTERM');
  listening.close();
  listening.closeAllConnections();
});

const newClient = () => new Client(server);

// ---- what must hold

test('a new user signs in, with the address from the userinfo endpoint', async () => {
  const client = newClient();
  const { user } = await client.signIn('basic', signInAs('ann'));
  assert.deepEqual(complaints, []);
  assert.deepEqual(user, { id: user.id, email: 'ann@example.com', emailVerified: true, name: 'Ann', hasPassword: false });

  const { oauthAccounts } = await client.me();
  assert.deepEqual(oauthAccounts.map(({ email, provider: { name, kind } }) => [email, name, kind]), [['ann@example.com', 'basic', 'OIDC']]);
});

test('a returning user is known by the subject, whatever the address is now', async () => {
  const first = await newClient().signIn('basic', signInAs('cleo'));
  people.cleo = { ...people.cleo, email: 'cleo@moved.example.com' };
  const second = await newClient().signIn('basic', signInAs('cleo'));
  assert.equal(second.user.id, first.user.id);
  assert.equal(second.user.email, 'cleo@example.com');
});

test('the secret is also accepted in the body, and a client without a secret has PKCE; a verified address finds the user', async () => {
  const [basic, post, none] = await Promise.all(['basic', 'post', 'public'].map((name) => newClient().signIn(name, signInAs('ann'))));
  assert.deepEqual(complaints, []);
  assert.equal(post.user.id, basic.user.id);
  assert.equal(none.user.id, basic.user.id);
});

test('a wrong secret of the client signs nobody in', async () => {
  assert.equal(await newClient().signIn('wrong', signInAs('ann')), 'OAUTH_FAILED CODE_REFUSED');
  assert.match(complaints.pop(), /invalid secret provided/);
});

test('an address that the provider has not verified opens no account', async () => {
  assert.equal(await newClient().signIn('basic', signInAs('bob')), 'OAUTH_FAILED EMAIL_UNVERIFIED');
});

test('a user who cancels is told so', async () => {
  assert.equal(await newClient().signIn('basic', cancel), 'OAUTH_FAILED ACCESS_DENIED');
  complaints.length = 0;
});

test('an answer works once', async () => {
  const client = newClient();
  const answer = await client.go('basic', signInAs('ann'));
  assert.equal((await client.complete(answer)).user.email, 'ann@example.com');
  assert.equal(await client.complete(answer), 'INVALID_TOKEN USED');
  assert.deepEqual(complaints, []);
});

test('an answer with another state, or with another or no issuer, is refused before the provider is asked', async () => {
  for (const [change, refusal] of [
    [{ state: 'another' }, 'OAUTH_FAILED STATE_MISMATCH'],
    [{ iss: 'https://issuer.example' }, 'OAUTH_FAILED ISSUER_MISMATCH'],
    [{ iss: undefined }, 'OAUTH_FAILED ISSUER_MISMATCH'],
  ]) {
    const client = newClient();
    const answer = await client.go('basic', signInAs('ann'));
    assert.equal(answer.iss, issuer);
    assert.equal(await client.complete({ ...answer, ...change }), refusal);
    // The flow is used up by the wrong answer.
    assert.equal(await client.complete(answer), 'INVALID_TOKEN USED');
  }
  assert.deepEqual(complaints, []);
});

test('a code of another sign-in is refused by PKCE', async () => {
  const mine = newClient();
  const answer = await mine.go('basic', signInAs('ann'));
  const { code } = await newClient().go('basic', signInAs('cleo'));
  assert.equal(await mine.complete({ ...answer, code }), 'OAUTH_FAILED CODE_REFUSED');
  assert.match(complaints.pop(), /code_verifier does not match/);
});

test('a redirect URI that is not on the list of the settings does not reach the provider', async () => {
  for (const redirectUri of [`${REDIRECT_URI}/`, `${REDIRECT_URI}?next=/`, 'https://evil.example/oauth/callback']) {
    assert.equal(await newClient().ask('startOAuth', { provider: 'basic', redirectUri }), 'VALIDATION_FAILED');
  }
});

test('a user with a password links the provider account, and nobody else can then', async () => {
  people.dora = { email: 'dora@provider.example.com', email_verified: false, name: 'Dora' };
  const dora = newClient();
  const { user } = await dora.register('dora@example.com');
  const { oauthAccount } = await dora.link('basic', signInAs('dora'));
  assert.equal(oauthAccount.provider.name, 'basic');
  assert.equal((await newClient().signIn('basic', signInAs('dora'))).user.id, user.id);

  const thief = newClient();
  await thief.register('thief@example.com');
  assert.equal(await thief.link('basic', signInAs('dora')), 'CONFLICT LINKED_ELSEWHERE');

  assert.deepEqual(await dora.ask('unlinkOAuthAccount', { oauthAccountId: oauthAccount.id }), { oauthAccountId: oauthAccount.id });
  assert.equal(await newClient().signIn('basic', signInAs('dora')), 'OAUTH_FAILED EMAIL_UNVERIFIED');
});

test('the only way in cannot be unlinked', async () => {
  people.emil = { email: 'emil@example.com', email_verified: true, name: 'Emil' };
  const emil = newClient();
  await emil.signIn('basic', signInAs('emil'));
  const { oauthAccounts } = await emil.me();
  assert.equal(await emil.ask('unlinkOAuthAccount', { oauthAccountId: oauthAccounts[0].id }), 'CONFLICT LAST_LOGIN_METHOD');
});

test('to confirm an identity the provider asks for the login again, of the same account', async () => {
  const client = newClient();
  await client.signIn('basic', signInAs('ann'));
  const pages = [];
  const watch = (act) => (page) => {
    pages.push(page.html.includes('name="password"') ? 'login' : 'consent');
    return act(page);
  };
  const oauth = await client.go('basic', watch(signInAs('ann')), 'REAUTHENTICATE');
  assert.equal(pages[0], 'login');
  assert.ok((await client.ask('reauthenticate', { oauth })).session.recentAuthUntil);

  const other = await client.go('basic', signInAs('cleo'), 'REAUTHENTICATE');
  assert.equal(await client.ask('reauthenticate', { oauth: other }), 'OAUTH_FAILED WRONG_ACCOUNT');
});
