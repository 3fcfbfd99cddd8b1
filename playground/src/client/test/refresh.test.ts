import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthClient, memoryStorage, type Fetch } from '@authgraph/client';
import { expireTokens } from './support/clock.js';
import { counted, startLossyProxy } from './support/network.js';
import { heardBy, loggedIn, newcomer, registered, rename, revokeOthers, timesOf } from './support/people.js';
import { startServer, type Server } from './support/server.js';

let server: Server;
// Without the window for races, every second use of a refresh token with another key ends the session.
before(async () => void (server = await startServer({ REFRESH_RACE_WINDOW: '0s' })));
after(() => server.remove());

const many = <Result>(send: () => Promise<Result>) => Promise.all(Array.from({ length: 50 }, send));

test('fifty requests at the moment of expiry share one refresh', async () => {
  const network = counted();
  const client = await registered({ ...server, fetch: network.fetch });
  expireTokens();

  const users = await many(() => client.me());

  assert.equal(new Set(users.map(({ id }) => id)).size, 1);
  assert.equal(network.of('Refresh'), 1);
  assert.equal(await timesOf(client, 'SESSION_REFRESHED'), 1);
});

test('fifty requests that are refused share one refresh, and are repeated', async () => {
  // The server does not know the first access token, as if it had expired while the device slept.
  const forgetful: Fetch = async (url, init) => {
    const text = await (await fetch(url, init)).text();
    return { status: 200, json: async () => JSON.parse(init.body.includes('mutation Register') ? text.replace('"accessToken":"', '"accessToken":"x') : text) };
  };
  const network = counted(forgetful);
  const client = await registered({ ...server, fetch: network.fetch });

  await many(() => client.me());

  assert.equal(network.of('Me'), 100);
  assert.equal(network.of('Refresh'), 1);
  assert.equal(await timesOf(client, 'SESSION_REFRESHED'), 1);
});

test('fifty requests that ask to replace the same token share one refresh', async () => {
  const network = counted();
  const client = await registered({ ...server, fetch: network.fetch });
  const refused = await client.accessToken();
  assert.ok(refused);

  const tokens = await many(() => client.accessToken({ replace: refused.value }));

  const values = new Set(tokens.map((token) => token?.value));
  assert.equal(values.size, 1);
  assert.ok(!values.has(refused.value));
  assert.equal(network.of('Refresh'), 1);
  assert.deepEqual(await client.accessToken({ replace: refused.value }).then((token) => token?.value), [...values][0]);
  assert.equal(network.of('Refresh'), 1);
});

test('a lost answer is asked for again, and is the same', async () => {
  const proxy = await startLossyProxy(server.url, (body) => body.includes('mutation Refresh') && proxy.lost.length === 0);
  const storage = memoryStorage();
  const client = await registered({ url: proxy.url, storage });
  expireTokens();

  await client.me();

  const [lost = ''] = proxy.lost;
  assert.equal(JSON.parse(lost).data.refresh.refreshToken, (await storage.load())?.refreshToken);
  assert.equal(await timesOf(client, 'SESSION_REFRESHED'), 1);
  proxy.close();
});

test('after a lost answer and a restart, the stored key gets the same answer', async () => {
  const proxy = await startLossyProxy(server.url, (body) => body.includes('mutation Refresh'));
  const storage = memoryStorage();
  const client = await registered({ url: proxy.url, storage });
  expireTokens();
  await assert.rejects(client.me(), { code: 'NETWORK_ERROR' });
  assert.notEqual(client.session, null);

  const restarted = createAuthClient({ ...server, storage });

  assert.deepEqual(await restarted.restore(), client.session);
  const [lost = ''] = proxy.lost;
  assert.equal(JSON.parse(lost).data.refresh.refreshToken, (await storage.load())?.refreshToken);
  assert.equal(await timesOf(restarted, 'REFRESH_TOKEN_REUSED'), 0);
  proxy.close();
});

test('nothing but an ended session signs the user out', async () => {
  const refusal = (code: string, more = {}) => ({ data: { refresh: null }, errors: [{ message: 'No.', extensions: { code, ...more } }] });
  const answers: readonly (object | string)[] = [
    refusal('RATE_LIMITED', { retryAfter: 1 }),
    refusal('RATE_LIMITED', { retryAfter: 3600 }),
    refusal('OVERLOADED', { retryAfter: 1 }),
    refusal('UNAVAILABLE'),
    refusal('INTERNAL'),
    refusal('VALIDATION_FAILED'),
    '<h1>502</h1>',
  ];
  await Promise.all(
    answers.map(async (answer) => {
      let broken = true;
      const refusing: Fetch = (url, init) =>
        broken && init.body.includes('mutation Refresh')
          ? Promise.resolve({ status: 200, json: async () => answer })
          : fetch(url, init);
      const client = await registered({ ...server, fetch: refusing });
      const heard = heardBy(client);
      expireTokens();
      await assert.rejects(client.me());
      assert.notEqual(client.session, null, JSON.stringify(answer));

      broken = false;
      await client.me();

      assert.deepEqual(heard, []);
    }),
  );
});

test('a session that was revoked elsewhere signs out once', async () => {
  const ann = newcomer();
  const phone = await registered({ ...server }, ann);
  const laptop = await loggedIn({ ...server }, ann);
  const heard = heardBy(phone);

  await revokeOthers(laptop);
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => phone.me()));

  assert.ok(results.every((result) => result.status === 'rejected' && result.reason.code === 'SESSION_ENDED'));
  assert.deepEqual(heard, [{ session: null, code: 'SESSION_ENDED', why: 'REVOKED_BY_USER' }]);
  assert.equal(phone.session, null);
});

test('a stolen and used refresh token signs out', async () => {
  const storage = memoryStorage();
  const client = await registered({ ...server, storage });
  const heard = heardBy(client);
  const { refreshToken = null } = (await storage.load()) ?? {};
  const thief = createAuthClient({ ...server, storage: { ...memoryStorage(), load: () => ({ refreshToken, idempotencyKey: 'of the thief' }) } });
  await thief.restore();
  expireTokens();

  await assert.rejects(client.me(), { code: 'REFRESH_TOKEN_REUSED' });

  assert.deepEqual(heard, [{ session: null, code: 'REFRESH_TOKEN_REUSED', why: null }]);
  assert.equal(await storage.load(), null);
});

test('a request is never repeated as the user who signed in meanwhile', async () => {
  const bob = newcomer('bob');
  await registered({ ...server }, bob);
  let refuse = () => {};
  const refused = new Promise<void>((resolve) => (refuse = resolve));
  let renamings = 0;
  const slow: Fetch = async (url, init) => {
    // The server would accept it the second time.
    if (!init.body.includes('mutation Rename') || ++renamings > 1) return fetch(url, init);
    await refused;
    return { status: 401, json: async () => ({ data: null, errors: [{ message: 'No.', extensions: { code: 'UNAUTHENTICATED' } }] }) };
  };
  const client = await registered({ ...server, fetch: slow });

  const renaming = rename(client, 'Ann');
  await client.login(bob);
  refuse();

  await assert.rejects(renaming, { code: 'UNAUTHENTICATED' });
  assert.equal(renamings, 1);
  assert.equal((await client.me()).email, bob.email);
  assert.equal((await client.me()).name, null);
});

test('a mutation of which a part has run is not repeated', async () => {
  let sent = 0;
  const half: Fetch = async (url, init) => {
    if (!init.body.includes('mutation Rename')) return fetch(url, init);
    sent += 1;
    const errors = [{ message: 'No.', extensions: { code: 'UNAUTHENTICATED' } }];
    return { status: 200, json: async () => ({ data: { first: { id: '1' }, second: null }, errors }) };
  };
  const client = await registered({ ...server, fetch: half });

  await assert.rejects(rename(client, 'Ann'), { code: 'UNAUTHENTICATED', data: { first: { id: '1' }, second: null } });

  assert.equal(sent, 1);
});
