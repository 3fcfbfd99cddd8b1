import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AuthError, createAuthClient } from '@authgraph/client';
import { heardBy, newcomer, registered, turnMfaOn } from './support/people.js';
import { startServer, type Server } from './support/server.js';

let server: Server;
before(async () => void (server = await startServer()));
after(() => server.remove());

test('a user logs in with a second factor', async () => {
  const { url } = server;
  const ann = newcomer();
  const [, backupCode = ''] = await turnMfaOn(await registered({ url }, ann));
  const client = createAuthClient({ url, deviceName: 'Laptop' });
  const heard = heardBy(client);

  const challenge = await client.login(ann);
  assert.ok(challenge.__typename === 'MfaRequired');
  assert.deepEqual(challenge.methods, ['TOTP', 'BACKUP_CODE']);
  assert.equal(client.session, null);
  const { challengeToken } = challenge;
  const wrong = await client.verifyMfa({ challengeToken, code: '000000' }).catch((error: unknown) => error);
  assert.ok(wrong instanceof AuthError);
  assert.deepEqual([wrong.code, wrong.attemptsLeft], ['INVALID_MFA_CODE', 4]);
  const done = await client.verifyMfa({ challengeToken, code: backupCode });

  assert.ok(done.__typename === 'SignedIn');
  assert.equal(done.session.user.email, ann.email);
  assert.deepEqual(heard, [{ session: done.session, code: null, why: null }]);
  assert.deepEqual((await client.me()).mfa, { enabled: true, backupCodesRemaining: 7 });
});

test('errors say what the server said', async () => {
  const client = createAuthClient(server);
  const weak = await client.register({ ...newcomer(), password: 'short' }).catch((error: unknown) => error);
  assert.ok(weak instanceof AuthError);
  assert.equal(weak.code, 'VALIDATION_FAILED');
  assert.deepEqual(weak.fields.map(({ path, code }) => [path, code])[0], ['input.password', 'TOO_SHORT']);
  assert.match(weak.correlationId ?? '', /./);
  assert.equal(client.session, null);

  const nobody = await client.me().catch((error: unknown) => error);
  assert.ok(nobody instanceof AuthError);
  assert.deepEqual([nobody.code, nobody.endsSession, nobody.isTransient], ['UNAUTHENTICATED', true, false]);
});

test('a registration is repeated with the same key after a lost answer', async () => {
  const ann = { ...newcomer(), idempotencyKey: crypto.randomUUID() };
  await createAuthClient(server).register(ann);

  assert.equal((await createAuthClient(server).register(ann)).__typename, 'SignedIn');
  const other = await createAuthClient(server).register({ ...ann, idempotencyKey: crypto.randomUUID() }).catch((error: unknown) => error);
  assert.ok(other instanceof AuthError && other.code === 'EMAIL_TAKEN');
});

test('a step, a code and a reason of a newer server are shown, not understood', async () => {
  const answering = (answer: object) => createAuthClient({ ...server, fetch: async () => ({ status: 200, json: async () => answer }) });
  const step = { __typename: 'TermsRequired', message: 'Accept the terms on our website.' };

  assert.deepEqual(await answering({ data: { login: step } }).login(newcomer()), { ...step, __typename: 'LoginStep' });
  const extensions = { code: 'PASSWORD_BREACHED', reason: 'NEWER', statusCode: 400 };
  const newer = await answering({ errors: [{ message: 'From the server.', extensions }] }).me().catch((error: unknown) => error);
  assert.ok(newer instanceof AuthError);
  assert.deepEqual([newer.code, newer.reason, newer.message], ['UNKNOWN_CODE', null, 'From the server.']);
  assert.deepEqual(newer.extensions, extensions);
});

test('what a proxy wrote is a network error', async () => {
  for (const answer of [undefined, null, '<h1>502</h1>', {}, { data: null }, { errors: [{ message: 'No.' }] }]) {
    const client = createAuthClient({ ...server, fetch: async () => ({ status: 502, json: async () => answer }) });
    const error = await client.me().catch((error: unknown) => error);
    assert.ok(error instanceof AuthError);
    assert.deepEqual([error.code, error.isTransient, error.endsSession], ['NETWORK_ERROR', true, false]);
  }
});

test('a logout ends the session on the server, and not if the server cannot be told', async () => {
  let away = false;
  const client = await registered({ ...server, fetch: (url, init) => (away ? Promise.reject(new TypeError('away')) : fetch(url, init)) });
  const heard = heardBy(client);
  away = true;
  await assert.rejects(client.logout(), { code: 'NETWORK_ERROR' });
  assert.notEqual(client.session, null);
  away = false;

  await client.logout();

  assert.deepEqual(heard, [{ session: null, code: null, why: null }]);
  await assert.rejects(client.me(), { code: 'UNAUTHENTICATED' });
});
