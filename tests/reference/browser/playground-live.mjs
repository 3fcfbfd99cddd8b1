// The playground when things break: the live audit over sockets that are cut, and a session while the server is away.
// The server needs ACCESS_TOKEN_LIFETIME=8s and no rate limits, and its administrator no second factor.
// Usage: ADMIN_PASSWORD=… node playground-live.mjs http://127.0.0.1:8080 [folder for pictures]
import assert from 'node:assert/strict';
import { ask, launch, runAxe, watchedContext } from './page.mjs';
import { ADMIN, LIFETIME_MS, TIMEOUT, eventually, guessWrong, isSignedOut, open, register, signedInAs, sleep, typePassword } from './playground-page.mjs';
import { USER_PASSWORD, watchRefreshes } from './playground-page.mjs';

const PASSWORD = process.env.ADMIN_PASSWORD;
const [base, pictures] = process.argv.slice(2);
if (!base || !PASSWORD) {
  console.error('usage: ADMIN_PASSWORD=… node playground-live.mjs <base url of the server> [folder for pictures]');
  process.exit(2);
}

// ---- the server, out of reach

/** Cuts the sockets of a page, and refuses new ones while the server is away. */
async function breakable(page) {
  const sockets = new Set();
  let isAway = false;
  let opened = 0;
  await page.routeWebSocket(/\/graphql$/, (socket) => {
    if (isAway) return void socket.close({ code: 1001 });
    opened += 1;
    const server = socket.connectToServer();
    sockets.add({ socket, server });
  });
  const cut = async () => {
    for (const { socket, server } of sockets) await Promise.allSettled([server.close(), socket.close({ code: 1001 })]);
    sockets.clear();
  };
  return {
    cut,
    leave: () => ((isAway = true), cut()),
    comeBack: () => (isAway = false),
    opened: () => opened,
  };
}

/** The newest access token of the pages of a context. */
function watchToken(context) {
  let token = '';
  context.on('response', async (response) => {
    const body = response.request().postData() ?? '';
    if (!/mutation (Login|Refresh)/.test(body)) return;
    const { data } = await response.json().catch(() => ({}));
    token = (data?.refresh ?? data?.login)?.accessToken ?? token;
  });
  return () => token;
}

// ---- the live audit

const events = (page) => page.locator('.ag-events li');
const idsOf = (page) => events(page).evaluateAll((rows) => rows.map((row) => row.dataset.id));
/** The client waits up to 30 s before it tries again. */
const isConnected = (page) => page.locator('.ag-connection').getByText('Connected.', { exact: true }).waitFor({ timeout: 35_000 });

const TRAIL = '{ auditEvents(first: 100) { nodes { id } } }';

/** The page shows the whole trail, each event once. Events stand in the order in which they came, and not in that of their times. */
async function showsTheTrail(page, token, least) {
  return eventually(async () => {
    const { data, errors } = await ask(base, TRAIL, {}, token());
    assert.ok(data, JSON.stringify(errors));
    const trail = data.auditEvents.nodes.map(({ id }) => id);
    assert.ok(trail.length >= least && trail.length < 100, `${trail.length} events`);
    assert.deepEqual((await idsOf(page)).sort(), trail.sort());
    return trail.length;
  });
}

async function theTailShowsEveryEventOnce() {
  const { context, assertClean } = await watchedContext(browser, base);
  const token = watchToken(context);
  let server;
  const page = await open(context, base, async (page) => (server = await breakable(page)));
  await typePassword(page, ADMIN, PASSWORD);
  await signedInAs(page, ADMIN);
  await page.getByRole('button', { name: 'Show Live audit' }).click();
  await isConnected(page);
  await events(page).first().waitFor(TIMEOUT);
  const begun = await showsTheTrail(page, token, 1);
  assert.ok(begun < 20, 'the server has just begun: the page shows the whole trail');

  await guessWrong(base, 'nobody1@example.com');
  await server.cut();
  await guessWrong(base, 'nobody2@example.com');
  await isConnected(page);
  await server.leave();
  await page.locator('.ag-connection').getByText('Not connected').waitFor(TIMEOUT);
  await Promise.all([3, 4, 5].map((number) => guessWrong(base, `nobody${number}@example.com`)));
  server.comeBack();
  await isConnected(page);
  const opened = server.opened();
  // Meanwhile the server closes the connection, because its token expires.
  for (const end = Date.now() + 2 * LIFETIME_MS; Date.now() < end; await sleep(1_000)) await guessWrong(base, 'nobody6@example.com');
  assert.ok(server.opened() > opened, 'the socket outlived its token');
  // Another panel in front: the tail goes on.
  await page.getByRole('button', { name: 'Show Account' }).click();
  await guessWrong(base, 'nobody7@example.com');
  await page.getByRole('button', { name: 'Show Live audit' }).click();

  const count = await showsTheTrail(page, token, begun + 10);
  console.log(`The live audit showed ${count} events, each once, over ${server.opened()} sockets.`);
  await aPauseCounts(page, token);
  if (pictures) await takePictures(page);
  await aFilterChooses(page);
  await assertClean();
  await page.getByRole('button', { name: 'Show Account' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await isSignedOut(page);
  await page.getByRole('button', { name: 'Show Live audit' }).click();
  await page.getByText('Administrators see here what happens').waitFor(TIMEOUT);
  assert.equal(await events(page).count(), 0, 'nothing of it is left for whoever comes next');
  await context.close();
}

async function aPauseCounts(page, token) {
  await page.getByRole('button', { name: 'Pause' }).click();
  const before = await idsOf(page);
  for (const number of [8, 9]) await guessWrong(base, `nobody${number}@example.com`);
  await eventually(async () => assert.ok(Number(await page.locator('[data-waiting]').getAttribute('data-waiting')) >= 2));
  assert.deepEqual(await idsOf(page), before, 'a pause changes nothing that is shown');
  await page.getByRole('button', { name: 'Go on' }).click();
  await showsTheTrail(page, token, before.length + 2);
  await page.getByRole('button', { name: 'Clear' }).click();
  assert.equal(await events(page).count(), 0);
  await guessWrong(base, 'nobody10@example.com');
  await events(page).first().waitFor(TIMEOUT);
}

async function aFilterChooses(page) {
  await page.locator('.ag-filter summary').click();
  await page.getByLabel('USER_REGISTERED').check();
  await page.getByLabel('Outcome').selectOption('SUCCESS');
  await page.getByRole('button', { name: 'Apply the filter' }).click();
  await isConnected(page);
  await guessWrong(base, 'nobody11@example.com');
  await register(base, 'tail1@example.com');
  await events(page).filter({ hasText: 'tail1@example.com' }).waitFor(TIMEOUT);
  await page.getByLabel('USER_REGISTERED').uncheck();
  await page.getByLabel('User (email address or id)').fill('nobody-at-all@example.com');
  await page.getByRole('button', { name: 'Apply the filter' }).click();
  await page.getByRole('alert').getByText('No user has this email address.').waitFor(TIMEOUT);
  const shown = await events(page).locator('strong').allInnerTexts();
  assert.deepEqual([...new Set(shown)], ['USER_REGISTERED']);
  await page.getByLabel('User (email address or id)').fill('Tail1@example.com');
  await page.getByLabel('Outcome').selectOption('');
  await page.getByRole('button', { name: 'Apply the filter' }).click();
  await register(base, 'tail2@example.com');
  await guessWrong(base, 'tail1@example.com');
  await events(page).filter({ hasText: 'FAILURE' }).first().waitFor(TIMEOUT);
  for (const row of await events(page).allInnerTexts()) assert.ok(row.includes('tail1@example.com'), row);
}

// ---- the session while the server is away

async function aServerThatIsAwaySignsNobodyOut() {
  const { context, assertClean } = await watchedContext(browser, base, { expected: /net::ERR_(FAILED|CONNECTION_REFUSED)/ });
  const refreshes = watchRefreshes(context);
  await register(base, 'away@example.com');
  const page = await open(context, base);
  await typePassword(page, 'away@example.com', USER_PASSWORD);
  await signedInAs(page, 'away@example.com');

  await context.route('**/graphql', (route) => route.abort());
  await page.getByRole('alert').getByText('cannot be reached').waitFor({ timeout: LIFETIME_MS + 15_000 });
  await signedInAs(page, 'away@example.com');
  await context.unroute('**/graphql');
  await page.getByRole('alert').getByText('cannot be reached').waitFor({ state: 'detached', ...TIMEOUT });

  await context.route('**/graphql', (route) => route.abort());
  await page.reload();
  await page.getByRole('alert').getByText('cannot be reached').waitFor(TIMEOUT);
  assert.equal(await page.getByLabel('Password').count(), 0, 'nobody knows whether somebody is signed in');
  await context.unroute('**/graphql');
  await signedInAs(page, 'away@example.com');
  const aborted = refreshes.length - new Set(refreshes).size;
  console.log(`The server was away twice, and nobody was signed out. ${aborted} refreshes were sent again.`);
  await assertClean();
  await context.close();
}

// ---- for everybody

/** The panels of this project. What GraphiQL shows around them is not its own. */
const OWN = { include: [['.ag-panel'], ['.ag-who'], ['.ag-cost']] };

async function thePanelsAreAccessible() {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ reducedMotion: 'reduce', colorScheme });
    const page = await open(context, base);
    const check = async (what) => {
      const { grave, passes } = await runAxe(page, OWN);
      assert.ok(passes.length > 5, `${what}: nothing was checked`);
      const found = grave.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
      assert.deepEqual(found, [], `${what}, ${colorScheme}`);
    };
    await page.getByLabel('Password').waitFor(TIMEOUT);
    await check('signing in');
    await typePassword(page, ADMIN, PASSWORD);
    await signedInAs(page, ADMIN);
    await page.getByText('this one').waitFor(TIMEOUT);
    await check('the account');
    for (const panel of ['Operations', 'Live audit']) {
      await page.getByRole('button', { name: `Show ${panel}` }).click();
      await page.locator('.ag-panel li').first().waitFor(TIMEOUT);
      if (panel === 'Live audit') await page.locator('.ag-filter summary').click();
      await check(panel);
    }
    await context.close();
  }
  console.log('axe-core finds nothing serious in the panels, light and dark.');
}

async function takePictures(page) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const [name, width] of [['wide', 1280], ['narrow', 390]]) {
      await page.setViewportSize({ width, height: 800 });
      await page.screenshot({ path: `${pictures}/playground-audit-${colorScheme}-${name}.png` });
    }
  }
  await page.setViewportSize({ width: 1280, height: 720 });
}

const browser = await launch();
const deadline = setTimeout(() => {
  console.error('It took too long.');
  process.exit(1);
}, 480_000);
try {
  await theTailShowsEveryEventOnce();
  await aServerThatIsAwaySignsNobodyOut();
  await thePanelsAreAccessible();
} catch (error) {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    // Seen on the machine of a developer.
    if (pictures) await page.screenshot({ path: `${pictures}/failure-${Date.now()}.png` });
  }
  throw error;
} finally {
  await browser.close();
  clearTimeout(deadline);
}
