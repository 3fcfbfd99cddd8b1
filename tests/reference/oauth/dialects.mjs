// Signs in at emulate, whose Google, GitHub, Apple and Microsoft have the habits of the real ones.
// What it does not have, and tests/it has: addresses that GitHub or Apple has not verified, xms_edov, the second names of issuers.
// Usage: node dialects.mjs <binary of the server>
import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { createEmulator } from 'emulate';
import { signInAs } from './browser.mjs';
import { Client, REDIRECT_URI, freePort, startServer } from './client.mjs';

const CLIENT = { client_id: 'app', client_secret: 'secret', name: 'App', redirect_uris: [REDIRECT_URI] };
const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad';
const COMPANY = '11111111-2222-4333-8444-555555555555';
const KEY = { team_id: 'TEAM123456', key_id: 'KEY1234567' };
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

// ---- the providers

const emulators = [];
async function emulate(service, seed) {
  const port = await freePort();
  const emulator = await createEmulator({ service, port, baseUrl: `http://127.0.0.1:${port}`, seed: { [service]: seed } });
  emulators.push(emulator);
  return emulator.url;
}

const google = await emulate('google', {
  oauth_clients: [CLIENT],
  users: [
    { email: 'gmail@gmail.com', name: 'Greta Mail', hd: '' },
    { email: 'hosted@company.example.com', name: 'Hosted', hd: 'company.example.com' },
    // Google has seen this address once. Whoever has the mailbox now need not be the same.
    { email: 'foreign@elsewhere.example.com', name: 'Foreign', hd: '' },
    { email: 'unverified@gmail.com', name: 'Unverified', hd: '', email_verified: false },
  ],
});
const github = await emulate('github', { oauth_apps: [CLIENT], users: [{ login: 'octo', name: 'Octo Cat', email: 'octo@example.com' }] });
const microsoft = await emulate('microsoft', {
  oauth_clients: [CLIENT],
  users: [
    { email: 'person@outlook.com', name: 'Person', tenant_id: PERSONAL },
    { email: 'worker@company.example.com', name: 'Worker', tenant_id: COMPANY },
  ],
});
const apples = [{ email: 'apple@icloud.com', given_name: 'Ada', family_name: 'Apple' }, { email: 'hidden@icloud.com', name: 'Hidden', is_private_email: true }];
const appleClient = { client_id: 'com.example.app', name: 'App', ...KEY, redirect_uris: [] };
const apple = await emulate('apple', { oauth_clients: [appleClient], users: apples });

/** Apple's token endpoint, with the check of the secret that emulate leaves out. */
const secrets = [];
const checking = createServer(async (request, response) => {
  const body = (await request.toArray()).join('');
  secrets.push(new URLSearchParams(body).get('client_secret') ?? '');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = isSecret(secrets.at(-1)) ? await fetch(`${apple}/auth/token`, { method: 'POST', headers, body }) : undefined;
  response.writeHead(answer?.status ?? 400, { 'content-type': 'application/json' });
  response.end((await answer?.text()) ?? '{"error":"invalid_client"}');
}).listen(0, '127.0.0.1');

/** Whether it is what Apple's documentation asks for (Creating a client secret). */
function isSecret(secret) {
  const [header, claims, signature] = secret.split('.').map((part) => Buffer.from(part, 'base64url'));
  const signed = Buffer.from(secret.slice(0, secret.lastIndexOf('.')));
  if (!verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)) return false;
  const { alg, kid } = JSON.parse(header);
  const { iss, sub, aud, iat, exp } = JSON.parse(claims);
  const now = Date.now() / 1_000;
  const isFresh = iat <= now + 5 && exp > now && exp - iat <= 15_777_000;
  return isFresh && [alg, kid, iss, sub, aud].join() === ['ES256', KEY.key_id, KEY.team_id, appleClient.client_id, apple].join();
}

// ---- the server

const clientOf = (name) => ({ [`${name}_CLIENT_ID`]: CLIENT.client_id, [`${name}_CLIENT_SECRET`]: CLIENT.client_secret });
const server = await startServer((base) => {
  appleClient.redirect_uris.push(`${base}/oauth/form_post`);
  return {
    ...clientOf('GOOGLE'),
    GOOGLE_ISSUER: google,
    ...clientOf('GITHUB'),
    GITHUB_AUTHORIZATION_ENDPOINT: `${github}/login/oauth/authorize`,
    GITHUB_TOKEN_ENDPOINT: `${github}/login/oauth/access_token`,
    GITHUB_API_URL: github,
    ...clientOf('MICROSOFT'),
    MICROSOFT_ISSUER: `${microsoft}/common/v2.0`,
    APPLE_CLIENT_ID: appleClient.client_id,
    APPLE_TEAM_ID: KEY.team_id,
    APPLE_KEY_ID: KEY.key_id,
    APPLE_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    APPLE_ISSUER: apple,
    APPLE_TOKEN_ENDPOINT: `http://127.0.0.1:${checking.address().port}/token`,
  };
});
after(async () => {
  await server.kill('SIGTERM');
  checking.close();
  checking.closeAllConnections();
  await Promise.all(emulators.map((emulator) => emulator.close()));
});

const newClient = () => new Client(server);
const signIn = (provider, login) => newClient().signIn(provider, signInAs(login));
const known = ({ email, emailVerified, name, hasPassword }) => [email, emailVerified, name, hasPassword];
const who = (result) => (result.user ? known(result.user) : result);

// ---- what must hold

test('Google: an address of Google, or of a company at Google, is verified; any other is not', async () => {
  assert.deepEqual(who(await signIn('google', 'gmail@gmail.com')), ['gmail@gmail.com', true, 'Greta Mail', false]);
  assert.deepEqual(who(await signIn('google', 'hosted@company.example.com')), ['hosted@company.example.com', true, 'Hosted', false]);
  assert.equal(who(await signIn('google', 'foreign@elsewhere.example.com')), 'OAUTH_FAILED EMAIL_UNVERIFIED');
  assert.equal(who(await signIn('google', 'unverified@gmail.com')), 'OAUTH_FAILED EMAIL_UNVERIFIED');
});

test('Google: an address that Google does not vouch for does not reach the account that has it, but a user can link it', async () => {
  const owner = newClient();
  const { user } = await owner.register('foreign@elsewhere.example.com');
  assert.equal(who(await signIn('google', 'foreign@elsewhere.example.com')), 'OAUTH_FAILED EMAIL_UNVERIFIED');
  assert.equal((await owner.link('google', signInAs('foreign@elsewhere.example.com'))).user.id, user.id);
  assert.equal((await signIn('google', 'foreign@elsewhere.example.com')).user.id, user.id);
});

test('GitHub: the primary verified address comes from its API', async () => {
  const first = await signIn('github', 'octo');
  assert.deepEqual(who(first), ['octo@example.com', true, 'Octo Cat', false]);
  assert.equal((await signIn('github', 'octo')).user.id, first.user.id);
});

test('GitHub: a code that was used is refused, although the status is 200', async () => {
  const client = newClient();
  const used = await client.go('github', signInAs('octo'));
  await client.complete(used);
  const answer = await client.go('github', signInAs('octo'));
  assert.equal(await client.complete({ ...answer, code: used.code }), 'OAUTH_FAILED CODE_REFUSED');
});

test('Apple: the form comes back through the server, with the name the first time only', async () => {
  const client = newClient();
  const answer = await client.go('apple', signInAs('apple@icloud.com'));
  assert.deepEqual(JSON.parse(answer.user).name, { firstName: 'Ada', lastName: 'Apple' });
  const first = await client.complete(answer);
  assert.deepEqual(who(first), ['apple@icloud.com', true, 'Ada Apple', false]);

  const again = await client.go('apple', signInAs('apple@icloud.com'));
  assert.equal(again.user, undefined);
  const second = await client.complete(again);
  assert.deepEqual([second.user.id, second.user.name], [first.user.id, 'Ada Apple']);
  // One for each exchange.
  assert.equal(new Set(secrets).size === secrets.length && secrets.every(isSecret), true);
});

test('Apple: a hidden address is an address', async () => {
  assert.match((await signIn('apple', 'hidden@icloud.com')).user.email, /@privaterelay\.appleid\.com$/);
});

test('Apple: a form without a sign-in that waits for it leads nowhere', async () => {
  const post = (fields) =>
    fetch(`${server.base}/oauth/form_post`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  const { status, headers } = await post({ state: 'unknown', code: 'a' });
  assert.deepEqual([status, headers.get('location'), headers.get('set-cookie')], [400, null, null]);
  // The state of another provider's sign-in is not Apple's.
  const { state } = await newClient().go('github', signInAs('octo'));
  assert.equal((await post({ state, code: 'a' })).status, 400);
});

test('Microsoft: nobody vouches for the address, so it opens no account; a user can link the account, of any tenant', async () => {
  for (const [login, registered] of [['person@outlook.com', 'person@outlook.com'], ['worker@company.example.com', 'other@example.com']]) {
    assert.equal(who(await signIn('microsoft', login)), 'OAUTH_FAILED EMAIL_UNVERIFIED');
    const owner = newClient();
    const { user } = await owner.register(registered);
    assert.equal((await owner.link('microsoft', signInAs(login))).oauthAccount?.provider.name, 'microsoft');
    assert.equal((await signIn('microsoft', login)).user.id, user.id);
  }
});

test('the providers are listed as the settings name them', async () => {
  const { oauthProviders } = await newClient().ask('authConfig');
  assert.deepEqual(oauthProviders.map(({ name }) => name), ['google', 'apple', 'microsoft', 'github']);
});
