// The console in a real browser, as administrators use it; and what it must not do.
// The server needs ACCESS_TOKEN_LIFETIME=8s, REAUTHENTICATION_WINDOW=2s and no rate limits, and is faster with
// ARGON2_MEMORY_KIB=8192. AUTHGRAPH_DATABASE names its SQLite file, to break
// the audit trail in it (needs python3).
// Usage: ADMIN_PASSWORD=… [AUTHGRAPH_DATABASE=…] node console.mjs http://127.0.0.1:8080 [folder for pictures]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { ask as askApi, launch, runAxe, totp, watchedContext } from './page.mjs';

const ADMIN = 'admin@example.com';
const USER = 'ann@example.com';
const USER_PASSWORD = 'Blue-Kettle-42-Harbour';
const PASSWORD = process.env.ADMIN_PASSWORD;
const DATABASE = process.env.AUTHGRAPH_DATABASE;
const [base, pictures] = process.argv.slice(2);
if (!base || !PASSWORD) {
  console.error('usage: ADMIN_PASSWORD=… [AUTHGRAPH_DATABASE=…] node console.mjs <base url of the server> [folder for pictures]');
  process.exit(2);
}
const LIFETIME_MS = 8_000;
const TIMEOUT = { timeout: 15_000 };
/** What must never be in localStorage. Refresh tokens begin with `agr_`, access tokens with `eyJ`. */
const secrets = [PASSWORD, USER_PASSWORD, 'agr_', 'agc_', 'eyJ'];
const FIRST_NAMES = ['Bea', 'Carl', 'Dora', 'Emil', 'Finn', 'Gina', 'Hugo', 'Iris', 'Jan', 'Kim', 'Lea', 'Max', 'Nora', 'Omar', 'Pia', 'Rosa'];

const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

async function until(holds, what) {
  for (const end = Date.now() + TIMEOUT.timeout; Date.now() < end; await sleep(100)) if (await holds()) return;
  assert.fail(`in vain: ${what}`);
}

// ---- the API, to compare with

async function ask(query, variables, token) {
  const { data, errors } = await askApi(base, query, variables, token);
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}
const TOKENS = '... on SignedIn { accessToken refreshToken }';
const REGISTER = `mutation($email: EmailAddress!, $password: String!, $name: String) {
  register(input: {email: $email, password: $password, name: $name}) { ${TOKENS} }
}`;
const register = (email, name) => ask(REGISTER, { email, password: USER_PASSWORD, name });
const guessWrong = () => ask('mutation { login(input: {email: "nobody@example.com", password: "Wrong-Guess-99"}) { __typename } }').catch(() => {});

/** An administrator of the API, who never needs to sign in twice. */
class Api {
  #tokens;
  #at = 0;

  constructor(tokens) {
    this.#tokens = tokens;
  }

  async ask(query, variables) {
    if (Date.now() - this.#at > LIFETIME_MS / 2) {
      const { refresh } = await ask('mutation($t: String!) { refresh(input: {refreshToken: $t}) { accessToken refreshToken } }', { t: this.#tokens.refreshToken });
      this.#tokens = refresh;
      this.#at = Date.now();
    }
    return ask(query, variables, this.#tokens.accessToken);
  }
}

// ---- what a person does

const browser = await launch();
let secret;
/** Each is good for one proof; a code of the app is good for one in 30 seconds. */
let backupCodes = [];

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor(TIMEOUT);
const row = (page, text) => page.getByRole('row').filter({ hasText: text });

async function typePassword(page, email, password) {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function enter(page, path = '', code = undefined) {
  await page.goto(`${base}/console${path}`);
  await typePassword(page, ADMIN, PASSWORD);
  if (secret) {
    await page.getByLabel('Code of the authenticator app').fill(code ?? backupCodes.pop());
    await page.getByRole('button', { name: 'Continue' }).click();
  }
}

/** "Confirm that it is you", in a dialog whose action then goes on by itself. */
async function confirm(page) {
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Please confirm that it is you.').waitFor(TIMEOUT);
  await until(() => page.evaluate(() => document.activeElement?.tagName === 'INPUT'), 'the focus is on the first field');
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByLabel('Code of the authenticator app').fill(backupCodes.pop());
  await dialog.getByRole('button', { name: 'Confirm' }).click();
}

/** For a machine that does nothing else. `VISIBLE_MS` sets another limit. */
const VISIBLE_MS = Number(process.env.VISIBLE_MS ?? 700);

/** The page shows its heading soon after the navigation began: in one of five loads, because other work may keep the machine busy. */
async function isSoonVisible(page, name) {
  const loads = [];
  for (let load = 0; load < 5 && Math.min(...loads) >= VISIBLE_MS; load++) {
    await page.reload();
    await heading(page, name);
    loads.push(await page.evaluate(() => Math.round(performance.getEntriesByName('console-visible')[0].startTime)));
  }
  console.log(`"${name}" was there after ${loads.join(', ')} ms.`);
  assert.ok(Math.min(...loads) < VISIBLE_MS, `"${name}" was there after ${loads.join(', ')} ms`);
}

// ---- the tests

function theChunkIsSmall() {
  const folder = new URL(process.env.DIST ?? '../../../playground/dist/assets/', import.meta.url);
  const chunks = readdirSync(folder).filter((name) => /^console-.*\.js$/.test(name));
  assert.equal(chunks.length, 1, chunks.join());
  const { size } = statSync(new URL(chunks[0], folder));
  assert.ok(size <= 60 * 1024, `${size} bytes`);
  console.log(`The console's own chunk has ${size} bytes.`);
}

async function aUserIsNotLetIn() {
  const { context, assertClean } = await watchedContext(browser, base);
  const page = await context.newPage();
  await page.goto(`${base}/console/users`);
  await heading(page, 'Sign in to the console');
  await isSoonVisible(page, 'Sign in to the console');
  await typePassword(page, USER, USER_PASSWORD);
  await heading(page, 'For administrators');
  await page.getByText(USER).waitFor(TIMEOUT);
  assert.equal(await page.getByRole('table').count(), 0);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await heading(page, 'Sign in to the console');
  await assertClean();
  await context.close();
}

async function theSecondFactorIsSetUp(page) {
  await page.getByRole('link', { name: 'Your account' }).click();
  await heading(page, 'Your account');
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  // Signing in was more than REAUTHENTICATION_WINDOW ago, or was not.
  const password = page.locator('input[type=password]');
  const shown = page.locator('.ag-secret');
  await password.or(shown).first().waitFor(TIMEOUT);
  if (await password.isVisible()) {
    await password.fill(PASSWORD);
    await page.getByRole('button', { name: 'Confirm' }).click();
  }
  await shown.waitFor(TIMEOUT);
  secret = await shown.innerText();
  await page.getByLabel('Six-digit code').fill(totp(secret));
  await page.getByRole('button', { name: 'Turn on' }).click();
  const codes = page.getByRole('list', { name: 'Backup codes' }).locator('code');
  await codes.first().waitFor(TIMEOUT);
  backupCodes = await codes.allInnerTexts();
  secrets.push(secret, ...backupCodes);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('backup codes are left').waitFor(TIMEOUT);
}

async function theOverviewAgreesWithTheApi(page, api) {
  await page.goto(`${base}/console`);
  await heading(page, 'Overview');
  await isSoonVisible(page, 'Overview');
  await page.getByRole('figure').first().waitFor(TIMEOUT);
  await page.getByRole('button', { name: 'Refresh' }).click();
  const read = async () => {
    const { dashboard } = await api.ask('{ dashboard(days: 7) { totals { users verified locked withMfa } days { registrations logins failedLogins } } }');
    const { totals, days } = dashboard;
    const shown = await page.locator('.ag-totals dd').allInnerTexts();
    const wanted = [totals.users, totals.verified, totals.withMfa, totals.locked].map((count) => count.toLocaleString('en-US'));
    const tables = await page.locator('.ag-chart').evaluateAll((charts) =>
      charts.slice(0, 3).map((chart) => [...chart.querySelectorAll('td')].map((cell) => Number(cell.textContent.replaceAll(',', ''))))
    );
    const daily = [days.map((day) => day.registrations), days.map((day) => day.logins), days.map((day) => day.failedLogins)];
    return [[shown.slice(0, 4), tables], [wanted, daily]];
  };
  await until(async () => {
    const [shown, wanted] = await read();
    return JSON.stringify(shown) === JSON.stringify(wanted);
  }, 'the numbers of the overview are those of the API');
  assert.ok((await read())[1][1][0].reduce((sum, count) => sum + count) > 0, 'somebody registered');
}

async function eventsArrive(page) {
  await page.getByText('Live', { exact: true }).waitFor(TIMEOUT);
  await register('live1@example.com');
  await row(page, 'live1@example.com').filter({ hasText: 'User registered' }).waitFor(TIMEOUT);

  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await heading(page, 'Audit');
  await page.getByText('Live', { exact: true }).waitFor(TIMEOUT);
  await page.getByRole('button', { name: 'Pause' }).click();
  await register('live2@example.com');
  await page.getByText(/Paused, \d+ new/).waitFor(TIMEOUT);
  assert.equal(await row(page, 'live2@example.com').count(), 0, 'a paused list does not move');
  await page.getByRole('button', { name: 'Resume' }).click();
  await row(page, 'live2@example.com').first().waitFor(TIMEOUT);

  // While the token is renewed the socket opens again, and nothing is missed.
  await sleep(LIFETIME_MS + 1_000);
  await register('live3@example.com');
  await row(page, 'live3@example.com').first().waitFor(TIMEOUT);
  assert.equal(await row(page, 'live3@example.com').filter({ hasText: 'User registered' }).count(), 1);
}

async function usersAreFoundAndPaged(page) {
  await page.getByRole('link', { name: 'Users', exact: true }).click();
  await heading(page, 'Users');
  const users = page.getByRole('table', { name: 'Users' });
  const emails = () => users.locator('tbody td:first-child a').allInnerTexts();
  await users.waitFor(TIMEOUT);
  const first = await emails();
  assert.equal(first.length, 25);

  await page.getByRole('link', { name: 'Next' }).click();
  await until(async () => (await emails())[0] !== first[0], 'the next page');
  const second = await emails();
  assert.ok(second.every((email) => !first.includes(email)), 'no user is on two pages');
  await page.goBack();
  await until(async () => JSON.stringify(await emails()) === JSON.stringify(first), 'Back shows the page before as it was');
  await page.goForward();
  await until(async () => JSON.stringify(await emails()) === JSON.stringify(second), 'Forward');
  await page.getByRole('link', { name: 'Previous' }).click();
  await until(async () => JSON.stringify(await emails()) === JSON.stringify(first), 'Previous');

  await page.getByLabel('Search by email or name').fill('ann@exam');
  await until(async () => (await emails()).join() === USER, 'the search');
  assert.match(page.url(), /search=ann%40exam/);
  await page.reload();
  await until(async () => (await emails()).join() === USER, 'the search is in the address');
  await page.getByRole('button', { name: 'Clear all filters' }).click();
  await page.getByLabel('Role').selectOption('ADMIN');
  await until(async () => (await emails()).join() === ADMIN, 'the filter by role');
  await page.goBack();
  await until(async () => (await emails()).length === 25, 'Back from a filter');
  await page.getByRole('button', { name: 'Count the matches' }).click();
  await page.getByText(/\d+ users match/).waitFor(TIMEOUT);
}

/** Tab and Enter alone lead from the filters to a user, and through a menu and a dialog. */
async function theKeyboardIsEnough(page) {
  await page.goto(`${base}/console/users?search=ann%40exam`);
  await row(page, USER).waitFor(TIMEOUT);
  await page.getByLabel('Search by email or name').focus();
  const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);
  const tabTo = async (name) => {
    for (let presses = 0; presses < 40; presses++) {
      if ((await focused()) === name) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`the Tab key does not lead to ${name}`);
  };
  await tabTo(`Actions for ${USER}`);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'End sessions' }).waitFor(TIMEOUT);
  await tabTo('End sessions');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor(TIMEOUT);
  await page.keyboard.press('Escape');
  await until(async () => (await page.getByRole('dialog').count()) === 0, 'Escape closes the dialog');
  assert.equal(await focused(), `Actions for ${USER}`, 'the focus comes back');
  await page.getByLabel('Search by email or name').focus();
  await tabTo(USER);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1 }).filter({ hasNotText: 'Users' }).waitFor(TIMEOUT);
  assert.match(page.url(), /users\/user_/);
}

async function aUserIsLockedAndUnlocked(page, api) {
  const lockOf = async () => (await api.ask('query($e: String) { users(filter: {startsWith: $e}) { nodes { lock { cause until } } } }', { e: USER })).users.nodes[0].lock;
  await page.getByRole('button', { name: 'Lock', exact: true }).click();
  await page.getByRole('dialog').getByLabel('How long').selectOption('For an hour');
  await page.getByRole('dialog').getByRole('button', { name: 'Lock' }).click();
  await confirm(page);
  await page.getByRole('status').filter({ hasText: `${USER} is locked until` }).waitFor(TIMEOUT);
  const { cause, until: end } = await lockOf();
  assert.equal(cause, 'ADMINISTRATOR');
  assert.ok(Math.abs(Date.parse(end) - Date.now() - 3_600_000) < 120_000, end);
  await page.getByText('By an administrator').waitFor(TIMEOUT);
  await page.getByRole('table', { name: 'History' }).getByText('User locked').waitFor(TIMEOUT);

  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await sleep(2_500);
  await page.getByRole('dialog').getByRole('button', { name: 'Unlock' }).click();
  await confirm(page);
  await page.getByRole('status').filter({ hasText: `${USER} is unlocked.` }).waitFor(TIMEOUT);
  assert.equal(await lockOf(), null);
}

/** A stolen phone is signed out, and the laptop is not. */
async function oneSessionOfAUserIsEnded(page, api) {
  const login = `mutation($e: EmailAddress!, $p: String!, $d: String) { login(input: {email: $e, password: $p, client: {deviceName: $d}}) { ${TOKENS} } }`;
  for (const d of ['Laptop', 'Stolen phone']) await ask(login, { e: USER, p: USER_PASSWORD, d });
  await page.reload();
  const sessions = page.getByRole('table', { name: 'Sessions' });
  await sessions.getByRole('button', { name: 'End the session on Stolen phone' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
  await page.getByRole('status').filter({ hasText: 'The session on Stolen phone ended.' }).waitFor(TIMEOUT);
  await until(async () => (await sessions.getByText('Stolen phone').count()) === 0, 'the list follows');
  await sessions.getByText('Laptop').waitFor(TIMEOUT);
  const list = 'query($e: String) { users(filter: {startsWith: $e}) { nodes { sessions(first: 2) { nodes { device { name } status } } } } }';
  const states = (await api.ask(list, { e: USER })).users.nodes[0].sessions.nodes.map(({ device, status }) => [device.name, status]);
  assert.deepEqual(states, [['Stolen phone', 'REVOKED'], ['Laptop', 'ACTIVE']]);
}

/** An event whose details are a formula for a spreadsheet. */
async function theTrailIsExported(page, api) {
  const headers = { 'content-type': 'application/json', 'user-agent': '=HYPERLINK("http://evil.example","a, b")' };
  const query = 'mutation { login(input: {email: "ann@example.com", password: "Wrong-Guess-98"}) { __typename } }';
  await fetch(`${base}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  await page.goto(`${base}/console/audit?outcome=FAILURE&action=LOGIN`);
  await page.getByRole('table', { name: 'Events' }).waitFor(TIMEOUT);
  const list = 'query($after: String) { auditEvents(first: 100, after: $after, filter: {actions: [LOGIN], outcomes: [FAILURE]}) { nodes { id at action userAgent } pageInfo { hasNextPage endCursor } } }';
  const wanted = [];
  for (let after = null; ; ) {
    const { auditEvents } = await api.ask(list, { after });
    wanted.push(...auditEvents.nodes);
    if (!auditEvents.pageInfo.hasNextPage) break;
    after = auditEvents.pageInfo.endCursor;
  }
  assert.ok(wanted.length > 100, `${wanted.length} events are one page`);

  const exported = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download', TIMEOUT), page.getByRole('button', { name }).click()]);
    return readFileSync(await download.path(), 'utf8');
  };
  const lines = (await exported('Export as JSON lines')).trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ id }) => id), wanted.map(({ id }) => id));
  assert.deepEqual(lines.map(({ userAgent }) => userAgent), wanted.map(({ userAgent }) => userAgent));
  await page.getByText(`${wanted.length} events exported.`).waitFor(TIMEOUT);

  const csv = await exported('Export as CSV');
  const [titles, ...cells] = csv.trimEnd().split('\r\n');
  assert.ok(titles.startsWith('id,at,action,outcome,reason,'), titles);
  assert.deepEqual(cells.map((line) => line.split(',')[0]), wanted.map(({ id }) => id));
  assert.ok(csv.includes(`"'=HYPERLINK(""http://evil.example"",""a, b"")"`), 'a formula is text');
  assert.ok(!/(^|,)"?[=+@-]/m.test(csv), 'no cell begins as a formula does');
  console.log(`${wanted.length} events were exported twice, as the API lists them.`);
}

async function anEventHasAnAddress(page) {
  await page.goto(`${base}/console/audit?action=USER_LOCKED`);
  await page.getByRole('table').getByRole('link', { name: 'User locked' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Event' });
  await dialog.getByText('USER_LOCKED', { exact: true }).waitFor(TIMEOUT);
  assert.match(page.url(), /event=event_/);
  await page.reload();
  await dialog.getByText('USER_LOCKED', { exact: true }).waitFor(TIMEOUT);
  await page.keyboard.press('Escape');
  await until(() => !page.url().includes('event='), 'the address forgets the event');
}

async function theChainIsVerified(page) {
  await page.goto(`${base}/console/audit`);
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await page.getByText(/Whole: [\d,]+ events/).waitFor(TIMEOUT);
}

/** Somebody who can write into the database, past the triggers. */
async function aBrokenChainIsFound(page) {
  if (!DATABASE) return console.log('SKIPPED: a broken chain. Set AUTHGRAPH_DATABASE to the SQLite file of the server.');
  const program = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
triggers = db.execute("select name, sql from sqlite_master where type = 'trigger' and tbl_name = 'audit_events'").fetchall()
for name, _ in triggers: db.execute(f'drop trigger "{name}"')
db.execute("update audit_events set address = '203.0.113.9' where rowid = (select rowid from audit_events order by rowid limit 1 offset 20)")
for _, sql in triggers: db.execute(sql)
db.commit()`;
  execFileSync('python3', ['-c', program, DATABASE]);
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await page.getByRole('alert').getByText('The audit trail is broken').waitFor(TIMEOUT);
  await page.getByText(/Broken after [\d,]+ events/).waitFor(TIMEOUT);
}

async function theSettingsShowNoSecret(page, api) {
  await page.goto(`${base}/console/settings`);
  await page.getByText(/\d+ settings/).waitFor(TIMEOUT);
  const { settings } = await api.ask('{ settings { name isSecret isDefault value } }');
  assert.ok(settings.length > 50 && settings.some(({ isSecret }) => isSecret));
  const shown = await page.locator('.ag-settings dt code').allInnerTexts();
  assert.deepEqual(shown.sort(), settings.map(({ name }) => name).sort());
  const text = await page.locator('main').innerText();
  const secretNames = settings.filter(({ isSecret }) => isSecret).map(({ name }) => name);
  for (const name of secretNames) {
    const entry = page.locator('.ag-settings > div').filter({ has: page.locator('dt').getByText(name, { exact: true }) });
    assert.match(await entry.innerText(), /never shown/, name);
  }
  for (const one of secrets) assert.ok(!text.includes(one), 'a secret is shown');
  await page.getByLabel('Only what differs from the default').check();
  await page.getByText('ACCESS_TOKEN_LIFETIME', { exact: true }).waitFor(TIMEOUT);
  const differing = settings.filter(({ isDefault }) => !isDefault).length;
  assert.equal(await page.locator('.ag-settings dt').count(), differing);
  assert.equal(await page.locator('.ag-changed').count(), differing);
}

async function aUserIsInvited(page, api) {
  await page.goto(`${base}/console/users`);
  await page.getByRole('button', { name: 'Invite a user' }).click();
  await sleep(2_500);
  await page.getByRole('dialog').getByLabel('Email address').fill('invited@example.com');
  await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
  await confirm(page);
  await page.getByRole('status').filter({ hasText: 'invited@example.com is invited.' }).waitFor(TIMEOUT);
  await row(page, 'invited@example.com').getByText('Invited', { exact: true }).waitFor(TIMEOUT);
  const { users } = await api.ask('{ users(filter: {startsWith: "invited@"}) { nodes { status } } }');
  assert.deepEqual(users.nodes, [{ status: 'INVITED' }]);
}

/** Two tabs of one session. */
async function tabsRefreshOnce(context, page, refreshes) {
  const second = await context.newPage();
  // A new tab has no token of its own: it asks the first one.
  await second.goto(`${base}/console/settings`);
  await heading(second, 'Settings');
  await sleep(1_000);
  const settled = refreshes.length;
  await sleep(3 * LIFETIME_MS);
  const sent = refreshes.slice(settled);
  // The token is renewed when a tenth of its lifetime is left.
  assert.ok(sent.length >= 3 && sent.length <= 4, `${sent.length} refreshes of two tabs in three lifetimes`);
  assert.equal(new Set(sent).size, sent.length, 'a refresh token was sent twice');
  for (const tab of [page, second]) await tab.getByRole('link', { name: 'Overview' }).click();
  for (const tab of [page, second]) await heading(tab, 'Overview');
  console.log(`Two tabs of one session refreshed ${sent.length} times in three lifetimes, each with a token of its own.`);
  await second.close();
}

async function nothingSecretIsKept(page) {
  const kept = await page.evaluate(() => JSON.stringify(Object.entries(localStorage)));
  for (const one of secrets) assert.ok(!kept.includes(one), `localStorage holds a secret: ${kept}`);
}

const VIEWS = ['', '/users', '/audit', '/settings', '/account'];

/** Every view, in light and dark, wide and narrow: axe-core finds nothing serious, and no page scrolls sideways. */
async function everybodyCanUseIt(userPath) {
  let rules = 0;
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const page = await context.newPage();
  const check = async (what, width) => {
    const { grave, passes } = await runAxe(page);
    rules += passes.length;
    const told = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).slice(0, 3).join(' | ')}`);
    assert.deepEqual(told, [], `${what}, ${width} px`);
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(excess <= 0, `${what} is ${excess} px wider than ${width} px`);
  };
  const LOOKS = [['light', 1280], ['dark', 390]];
  const look = async ([colorScheme, width]) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
  };
  await page.goto(`${base}/console`);
  await heading(page, 'Sign in to the console');
  for (const one of LOOKS) {
    await look(one);
    await check(`the sign-in in ${one[0]}`, one[1]);
  }
  await enter(page);
  await heading(page, 'Overview');
  for (const path of [...VIEWS, userPath, '/audit?event', '/nowhere']) {
    const event = path === '/audit?event';
    await page.goto(`${base}/console${event ? '/audit' : path}`);
    await page.locator('h1').waitFor(TIMEOUT);
    await page.waitForFunction(() => !document.body.innerText.includes('Loading …') && !document.querySelector('[aria-busy=true]'));
    if (event) await page.getByRole('table').getByRole('link').first().click();
    if (event) await page.getByRole('dialog').locator('dl').waitFor(TIMEOUT);
    for (const one of LOOKS) {
      await look(one);
      await check(`${path} in ${one[0]}`, one[1]);
    }
  }
  await context.close();
  console.log(`axe-core: nothing serious in 9 views, light and wide, dark and narrow; ${rules} rules passed.`);
}

async function picture(page, name, path) {
  await page.setViewportSize({ width: 1160, height: 660 });
  await page.goto(`${base}/console${path}`);
  await page.locator('h1').waitFor(TIMEOUT);
  await sleep(1_500);
  await page.screenshot({ path: `${pictures}/${name}.png` });
}

async function anAdministratorWorks() {
  const { context, assertClean } = await watchedContext(browser, base);
  const refreshes = [];
  context.on('request', (request) => {
    const body = request.postData() ?? '';
    if (body.includes('mutation Refresh')) refreshes.push(JSON.parse(body).variables.input.refreshToken);
  });
  const page = await context.newPage();
  await enter(page);
  await heading(page, 'Overview');
  await theSecondFactorIsSetUp(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await heading(page, 'Sign in to the console');
  assert.equal(await page.evaluate(() => sessionStorage.length), 0, 'signing out leaves nothing');
  // The code of the present step was used to set it up.
  await enter(page, '/audit', totp(secret, Date.now() + 30_000));
  await heading(page, 'Audit');

  const login = `mutation($p: String!) { login(input: {email: "${ADMIN}", password: $p}) { ... on MfaRequired { challengeToken } } }`;
  const { challengeToken } = (await ask(login, { p: PASSWORD })).login;
  const verify = `mutation($t: String!, $c: String!) { verifyMfa(input: {challengeToken: $t, code: $c}) { ${TOKENS} } }`;
  const api = new Api((await ask(verify, { t: challengeToken, c: backupCodes.pop() })).verifyMfa);

  const steps = [
    () => theOverviewAgreesWithTheApi(page, api),
    () => eventsArrive(page),
    () => usersAreFoundAndPaged(page),
    () => theKeyboardIsEnough(page),
    () => aUserIsLockedAndUnlocked(page, api),
    () => oneSessionOfAUserIsEnded(page, api),
    () => theTrailIsExported(page, api),
    () => anEventHasAnAddress(page),
    () => theChainIsVerified(page),
    () => aBrokenChainIsFound(page),
    () => theSettingsShowNoSecret(page, api),
    () => aUserIsInvited(page, api),
    () => tabsRefreshOnce(context, page, refreshes),
    () => nothingSecretIsKept(page),
  ];
  for (const step of steps) {
    const begun = Date.now();
    await step();
    console.log(`ok ${String(step).slice(6).split('(')[0]} (${Date.now() - begun} ms)`);
  }
  await assertClean();
  const { users } = await api.ask(`{ users(filter: {startsWith: "${USER}"}) { nodes { id } } }`);
  if (pictures) await picture(page, 'console-overview', '');
  if (pictures) await picture(page, 'console-user', `/users/${users.nodes[0].id}`);
  await context.close();
  return `/users/${users.nodes[0].id}`;
}

const deadline = setTimeout(() => {
  console.error('It took too long.');
  process.exit(1);
}, 480_000);
try {
  theChunkIsSmall();
  await register(USER, 'Ann');
  await Promise.all(Array.from({ length: 30 }, (_, number) => register(`user${number}@example.org`, FIRST_NAMES[number % FIRST_NAMES.length])));
  for (let round = 0; round < 7; round++) await Promise.all(Array.from({ length: 15 }, guessWrong));
  await aUserIsNotLetIn();
  const userPath = await anAdministratorWorks();
  await everybodyCanUseIt(userPath);
} catch (error) {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    console.error(`${page.url()} shows: ${(await page.locator('body').innerText()).slice(0, 600)}`);
  }
  throw error;
} finally {
  await browser.close();
  clearTimeout(deadline);
}
