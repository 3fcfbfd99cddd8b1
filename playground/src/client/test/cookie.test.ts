import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthClient, memoryStorage } from '@authgraph/client';
import { expireTokens } from './support/clock.js';
import { browserFetch, browserLocks, counted } from './support/network.js';
import { newcomer, registered, timesOf, turnMfaOn } from './support/people.js';
import { startServer, until, type Server } from './support/server.js';

// Only pages have tabs with one cookie, and only pages have a document.
Object.defineProperty(globalThis, 'document', { value: {} });

let server: Server;
before(async () => void (server = await startServer({ REFRESH_RACE_WINDOW: '0s' })));
after(() => server.remove());

const tokenDelivery = 'COOKIE';

test('the refresh token is in a cookie alone', async () => {
  const browser = browserFetch();
  const storage = memoryStorage();
  const client = await registered({ ...server, fetch: browser.fetch, tokenDelivery, storage });
  expireTokens();
  await client.me();

  assert.match(browser.cookie(), /authgraph_refresh=agr_/);
  assert.ok(browser.answers.every((answer) => !answer.includes('agr_')));
  assert.equal((await storage.load())?.refreshToken, null);
  assert.equal(await timesOf(client, 'SESSION_REFRESHED'), 1);

  // The page is loaded again.
  client.close();
  const reloaded = createAuthClient({ ...server, fetch: browser.fetch, tokenDelivery });
  assert.deepEqual(await reloaded.restore(), client.session);
  await reloaded.logout();
  assert.equal(await reloaded.restore(), null);
  reloaded.close();
});

test('a second factor keeps the cookie', async () => {
  const { fetch } = browserFetch();
  const ann = newcomer();
  const [backupCode = ''] = await turnMfaOn(await registered({ ...server }, ann));
  const client = createAuthClient({ ...server, fetch, tokenDelivery });
  const challenge = await client.login(ann);
  assert.ok(challenge.__typename === 'MfaRequired');
  await client.verifyMfa({ challengeToken: challenge.challengeToken, code: backupCode });
  expireTokens();

  assert.equal((await client.me()).email, ann.email);
  client.close();
});

test('all tabs of a browser refresh once', async () => {
  const network = counted(browserFetch().fetch);
  const options = { ...server, fetch: network.fetch, tokenDelivery, locks: browserLocks() } as const;
  const tabs = Array.from({ length: 5 }, () => createAuthClient(options));
  const [first] = tabs;
  assert.ok(first);
  await first.register(newcomer());
  await until(() => tabs.every(({ session }) => session !== null));

  for (let round = 1; round <= 2; round++) {
    expireTokens();
    await Promise.all(tabs.flatMap((tab) => [tab.me(), tab.me()]));
    assert.equal(network.of('Refresh'), round);
  }

  assert.equal(await timesOf(first, 'REFRESH_TOKEN_REUSED'), 0);
  for (const tab of tabs) tab.close();
});

test('nobody is signed in without a cookie', async () => {
  const client = createAuthClient({ ...server, tokenDelivery });

  assert.equal(await client.restore(), null);
  client.close();
});
