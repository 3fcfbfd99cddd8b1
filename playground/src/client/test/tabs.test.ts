import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthClient, webStorage, type AuthClientOptions } from '@authgraph/client';
import { expireTokens } from './support/clock.js';
import { browserLocks, browserStorage, counted } from './support/network.js';
import { heardBy, loggedIn, newcomer, registered, revokeOthers, timesOf } from './support/people.js';
import { sleep, startServer, until, type Server } from './support/server.js';

let server: Server;
// Without the window for races, two tabs that use one refresh token with two keys end the session.
before(async () => void (server = await startServer({ REFRESH_RACE_WINDOW: '0s' })));
after(() => server.remove());

/** A browser whose tabs have one `localStorage`. The key keeps the browsers of the tests apart. */
const browser = (more: Partial<AuthClientOptions> = {}) => {
  const network = counted();
  const items = browserStorage();
  const key = crypto.randomUUID();
  const options: AuthClientOptions = { ...server, fetch: network.fetch, storage: webStorage(items, key), ...more };
  return { network, items, options };
};

type Client = ReturnType<typeof createAuthClient>;
const fromAll = (clients: readonly Client[]) => Promise.all(clients.flatMap((client) => Array.from({ length: 10 }, () => client.me())));

/** Five tabs of a user. The first logs in, and the others hear of it. */
const openTabs = async (options: AuthClientOptions) => {
  const others = Array.from({ length: 4 }, () => createAuthClient(options));
  const first = await registered(options);
  await until(() => others.every(({ session }) => session !== null));
  const tabs = [first, ...others];
  return { first, others, tabs, close: () => tabs.forEach((tab) => tab.close()) };
};

test('five tabs with locks refresh once', async () => {
  const { network, options } = browser({ locks: browserLocks() });
  const { first, tabs, close } = await openTabs(options);
  expireTokens();

  await fromAll(tabs);

  assert.equal(network.of('Refresh'), 1);
  assert.equal(await timesOf(first, 'SESSION_REFRESHED'), 1);
  close();
});

test('five tabs without locks share a key, so no refresh is a reuse', async () => {
  const { network, options } = browser();
  const { first, tabs, close } = await openTabs(options);
  expireTokens();

  await fromAll(tabs);

  assert.ok(network.of('Refresh') > 1, 'all tabs refreshed one after the other: nothing was tried');
  assert.equal(await timesOf(first, 'SESSION_REFRESHED'), 1);
  assert.equal(await timesOf(first, 'REFRESH_TOKEN_REUSED'), 0);
  close();
});

test('a tab that opens later signs in with what is stored', async () => {
  const { options } = browser({ locks: browserLocks() });
  const first = await registered(options);
  const later = createAuthClient(options);

  assert.deepEqual(await later.restore(), first.session);

  await fromAll([first, later]);
  first.close();
  later.close();
});

test('a logout, and a login as another user, reach all tabs', async () => {
  const { options, items } = browser({ locks: browserLocks() });
  const bob = newcomer('bob');
  await registered({ ...server }, bob);
  const { first, others, close } = await openTabs(options);
  const heard = others.map(heardBy);

  await first.logout();
  await until(() => others.every(({ session }) => session === null));
  assert.equal(items.items.size, 0);
  assert.equal(await createAuthClient(options).restore(), null);
  await first.login(bob);
  await until(() => others.every(({ session }) => session?.user.email === bob.email));

  for (const one of heard) assert.deepEqual(one.map(({ session }) => session?.user.email), [undefined, bob.email]);
  close();
});

test('a session that ends in one tab ends in all, once', async () => {
  const { options } = browser({ locks: browserLocks() });
  const ann = newcomer();
  const first = await registered(options, ann);
  const second = createAuthClient(options);
  await second.restore();
  const heard = [first, second].map(heardBy);
  const elsewhere = await loggedIn({ ...server }, ann);
  await revokeOthers(elsewhere);

  await Promise.allSettled([first, second].flatMap((client) => [client.me(), client.me()]));
  await until(() => heard.every(({ length }) => length > 0));
  await sleep(100);

  for (const one of heard) assert.deepEqual(one, [{ session: null, code: 'SESSION_ENDED', why: 'REVOKED_BY_USER' }]);
  first.close();
  second.close();
});

test('clients that share nothing do not hear of each other', async () => {
  const ann = newcomer();
  const first = await registered({ ...server }, ann);
  const second = createAuthClient({ ...server });
  const inCookies = createAuthClient({ ...server, tokenDelivery: 'COOKIE' });
  const third = await loggedIn({ ...server, tokenDelivery: 'COOKIE' }, ann);
  await sleep(200);
  assert.deepEqual([second.session, inCookies.session], [null, null]);

  await first.logout();
  await sleep(200);
  assert.notEqual(third.session, null);
});
