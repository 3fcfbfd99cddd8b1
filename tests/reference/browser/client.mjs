// The package @authgraph/client in the tabs of a real browser, with its locks, its channel and its sockets.
// The server needs ACCESS_TOKEN_LIFETIME=5s and REFRESH_RACE_WINDOW=0s.
// Usage: node client.mjs http://127.0.0.1:8080 client.js
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const TABS = 5;
const ROUNDS = 3;
const LIFETIME_MS = 5_000;
const FRONTEND = 'http://localhost:3000';

const [base, bundle] = process.argv.slice(2);
if (!base || !bundle) {
  console.error('usage: node client.mjs <base url of the server> <bundle of the client>');
  process.exit(2);
}
// One site with the frontend, as a cookie needs it.
const url = `http://localhost:${new URL(base).port}`;
const PAGE = `<!doctype html><script type="module">
  import { createAuthClient, DocumentText } from './client.js';
  window.auth = createAuthClient({ url: '${url}', tokenDelivery: 'COOKIE' });
  window.heard = [];
  auth.onSession((session, cause) => heard.push([session?.user.email ?? null, cause?.code ?? null]));
  window.Rename = new DocumentText('mutation Rename { updateProfile(input: { name: "Ann" }) { user { id } } }');
  window.Events = new DocumentText('subscription Events($after: ID) { securityEvents(after: $after) { id action } }');
  window.ready = true;
</script>`;

const frontend = createServer(({ url: path }, response) => {
  const isScript = path === '/client.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html').end(isScript ? readFileSync(bundle) : PAGE);
});
await new Promise((ready, failed) => frontend.once('error', failed).listen(3000, '127.0.0.1', ready));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

async function run() {
  const context = await browser.newContext();
  let refreshes = 0;
  context.on('request', (request) => {
    if (request.postData()?.includes('mutation Refresh')) refreshes += 1;
  });
  const open = async () => {
    const tab = await context.newPage();
    tab.on('pageerror', (error) => assert.fail(error));
    await tab.goto(FRONTEND);
    await tab.waitForFunction(() => window.ready);
    return tab;
  };
  const first = await open();
  const email = `tabs-${crypto.randomUUID()}@example.com`;
  await first.evaluate((email) => auth.register({ email, password: 'Correct-Horse-7' }), email);
  const others = [];
  while (others.length < TABS - 1) others.push(await open());
  const tabs = [first, ...others];

  // Tabs that start together sign in with the cookie, and with one refresh.
  const restored = await Promise.all(others.map((tab) => tab.evaluate(() => auth.restore())));
  assert.deepEqual(restored.map((session) => session?.user.email), others.map(() => email));
  assert.equal(refreshes, 1, 'tabs that start together');
  for (let round = 1; round <= ROUNDS; round++) {
    await new Promise((wake) => setTimeout(wake, LIFETIME_MS));
    const users = await Promise.all(tabs.map((tab) => tab.evaluate(() => Promise.all([auth.me(), auth.me(), auth.me()]))));
    assert.ok(users.flat().every((user) => user.email === email));
    assert.equal(refreshes, 1 + round, `round ${round}`);
  }

  const [second] = others;
  await second.evaluate(() => {
    window.events = [];
    (async () => {
      for await (const { securityEvents } of auth.subscribe(Events, {})) events.push(securityEvents.action);
    })().catch((error) => events.push(error.code));
  });
  await second.waitForTimeout(1_000);
  await first.evaluate(() => auth.request(Rename, {}));
  await second.waitForFunction(() => events.includes('PROFILE_UPDATED'));

  await first.evaluate(() => auth.logout());
  for (const tab of tabs) {
    await tab.waitForFunction(() => auth.session === null);
    assert.deepEqual(await tab.evaluate(() => heard), [[email, null], [null, null]]);
  }
  assert.equal(await second.evaluate(() => auth.restore()), null);
  console.log(`@authgraph/client in ${TABS} tabs: one refresh at the start, one in each of ${ROUNDS} rounds, events over a socket, one logout.`);
}

const deadline = setTimeout(() => {
  console.error('It took too long.');
  process.exit(1);
}, 120_000);
try {
  await run();
} finally {
  await browser.close();
  frontend.close();
  clearTimeout(deadline);
}
