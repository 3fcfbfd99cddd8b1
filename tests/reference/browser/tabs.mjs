// Refreshes in tabs of a real browser, with the cookie: many tabs at once without a lock, and the code of docs/clients.md against
// every kind of answer.
// The server needs RATE_LIMIT_REQUESTS=0 and RATE_LIMIT_BUDGET=0, and this program port 3000, whose origin CORS_ORIGINS has.
// Usage: node tabs.mjs http://127.0.0.1:8080
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import ts from 'typescript';

const TABS = 5;
const USERS = 5;
const ROUNDS = 2;
/** The tabs of one user begin within so many milliseconds. */
const LATEST_MS = 40;
const FRONTEND = 'http://localhost:3000';
const ENDPOINT_IN_DOCUMENT = 'https://auth.example.com/graphql';

const [base] = process.argv.slice(2);
if (!base) {
  console.error('usage: node tabs.mjs <base url of the server>');
  process.exit(2);
}
// One site with the frontend, as a cookie needs it.
const endpoint = `http://localhost:${new URL(base).port}/graphql`;

// The frontend is one empty page; all that matters happens in its scripts. It is served for real: a browser does not let a
// page of unknown origin talk to this machine.
const frontend = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'));
await new Promise((ready, failed) => frontend.once('error', failed).listen(3000, '127.0.0.1', ready));

const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// ---- a user with tabs

async function newUser() {
  const context = await browser.newContext();
  const open = async () => {
    const page = await context.newPage();
    await page.goto(`${FRONTEND}/`);
    return page;
  };
  const first = await open();
  const input = { email: `tabs-${crypto.randomUUID()}@example.com`, password: 'Correct-Horse-7', client: { tokenDelivery: 'COOKIE' } };
  const query = 'mutation($input: RegisterInput!) { register(input: $input) { ... on SignedIn { accessToken } } }';
  const { data } = await ask(first, { query, variables: { input } });
  return { context, open, first, token: data.register.accessToken };
}

const ask = (page, body, token) =>
  page.evaluate(
    async ([endpoint, body, token]) => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const response = await fetch(endpoint, { method: 'POST', credentials: 'include', headers, body: JSON.stringify(body) });
      return response.json();
    },
    [endpoint, body, token],
  );

const REFRESH = 'mutation($key: String!) { refresh(input: {idempotencyKey: $key}) { accessToken } }';
const refreshWithoutLock = (page) => ask(page, { query: REFRESH, variables: { key: crypto.randomUUID() } });
const HISTORY =
  '{ me { sessions(first: 10) { edges { node { status } } } auditEvents(first: 100) { edges { node { action outcome } } } } }';

/** All tabs at once, or almost: the last ones may send the new cookie already. Answers how many got what another got. */
async function burst(user) {
  const cookies = [];
  const watch = async (response) => cookies.push((await response.allHeaders())['set-cookie']?.split(';')[0]);
  for (const tab of user.tabs) tab.on('response', watch);
  const answers = await Promise.all(user.tabs.map(async (tab) => (await sleep(Math.random() * LATEST_MS), refreshWithoutLock(tab))));
  for (const tab of user.tabs) tab.off('response', watch);

  for (const answer of answers) {
    assert.ok(answer.data?.refresh?.accessToken, JSON.stringify(answer));
    user.token = answer.data.refresh.accessToken;
    const me = await ask(user.first, { query: '{ me { email } }' }, user.token);
    assert.ok(me.data?.me, JSON.stringify(me));
  }
  return cookies.length - new Set(cookies).size;
}

async function tabsWithoutALock() {
  const users = [];
  for (let number = 0; number < USERS; number++) {
    const user = await newUser();
    user.tabs = [user.first];
    while (user.tabs.length < TABS) user.tabs.push(await user.open());
    users.push(user);
  }
  let shared = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const user of users) shared += await burst(user);
    // Longer than REFRESH_RACE_WINDOW: from here on a used token is a reuse, so the cookie must hold the newest.
    await sleep(11_000);
  }
  assert.ok(shared > 0, 'no two tabs ever refreshed with the same token: nothing was tried');

  for (const user of users) {
    const { data } = await refreshWithoutLock(user.first);
    assert.ok(data?.refresh?.accessToken, 'the cookie does not hold the newest token of its chain');
    const { data: after } = await ask(user.first, { query: HISTORY }, data.refresh.accessToken);
    assert.deepEqual(after.me.sessions.edges.map(({ node }) => node.status), ['ACTIVE']);
    assert.ok(after.me.auditEvents.edges.every(({ node }) => node.action !== 'REFRESH_TOKEN_REUSED'));
    await user.context.close();
  }
  console.log(
    `${USERS} users with ${TABS} tabs each, without a lock, ${ROUNDS} times: all signed in, one chain each; ${shared} answers were shared by tabs.`,
  );
}

// ---- the code of docs/clients.md

function codeOfDocument() {
  const text = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8');
  const [, code] = text.match(/<!-- refresh:begin[^>]*-->\s*```ts\n([^]*?)```\s*<!-- refresh:end -->/) ?? assert.fail('no block');
  const host = {
    ...ts.createCompilerHost({}),
    getSourceFile: (name, target) => {
      if (name === 'refresh.ts') return ts.createSourceFile(name, code, target);
      return ts.createCompilerHost({}).getSourceFile(name, target);
    },
  };
  const options = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: [] };
  const faults = ts.getPreEmitDiagnostics(ts.createProgram(['refresh.ts'], options, host));
  assert.deepEqual(faults.map((fault) => ts.flattenDiagnosticMessageText(fault.messageText, ' ')), []);
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } });
  assert.ok(outputText.includes(ENDPOINT_IN_DOCUMENT));
  return outputText.replace(ENDPOINT_IN_DOCUMENT, endpoint).replace('export const refresh', 'globalThis.refresh');
}

const json = (body) => ({ contentType: 'application/json', headers: CORS, body: JSON.stringify(body) });
const CORS = { 'access-control-allow-origin': FRONTEND, 'access-control-allow-credentials': 'true' };
const refusedWith = (code, more) => (route) => route.fulfill(json({ data: { refresh: null }, errors: [{ message: 'No.', extensions: { code, ...more } }] }));
const passed = (route) => route.continue();

/** What happens to the first request, and what the code makes of it; the requests behind it reach the server. */
const FIRST_ANSWERS = [
  ['it arrives', passed, true],
  ['it is lost after the server gave it', async (route) => (await route.fetch(), route.abort()), true],
  ['a proxy answers 502 in HTML', (route) => route.fulfill({ status: 502, headers: CORS, contentType: 'text/html', body: '<h1>502</h1>' }), true],
  ['RATE_LIMITED', refusedWith('RATE_LIMITED', { retryAfter: 1 }), true],
  ['OVERLOADED', refusedWith('OVERLOADED', { retryAfter: 1 }), true],
  ['UNAVAILABLE', refusedWith('UNAVAILABLE'), true],
  ['INTERNAL', refusedWith('INTERNAL'), true],
  ['SESSION_ENDED', refusedWith('SESSION_ENDED', { reason: 'REVOKED' }), false],
  ['REFRESH_TOKEN_REUSED', refusedWith('REFRESH_TOKEN_REUSED'), false],
  ['UNAUTHENTICATED', refusedWith('UNAUTHENTICATED'), false],
];

async function theCodeOfDocument() {
  const code = codeOfDocument();
  const user = await newUser();
  await user.first.addScriptTag({ content: code, type: 'module' });
  for (const [what, answer, expected] of FIRST_ANSWERS) {
    const bodies = [];
    await user.first.route(endpoint, async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      bodies.push(route.request().postData());
      return bodies.length === 1 ? answer(route) : route.continue();
    });
    assert.equal(await user.first.evaluate(() => globalThis.refresh()), expected, what);
    assert.equal(new Set(bodies).size, 1, `${what}: a retry needs the same key`);
    assert.equal(bodies.length, answer === passed || !expected ? 1 : 2, what);
    await user.first.unroute(endpoint);
  }
  console.log(`The refresh of docs/clients.md does right after ${FIRST_ANSWERS.length} kinds of answers, and compiles with strict TypeScript.`);
}

async function theCodeOfDocumentInManyTabs() {
  const code = codeOfDocument();
  const user = await newUser();
  const tabs = [user.first];
  while (tabs.length < TABS) tabs.push(await user.open());
  for (const tab of tabs) await tab.addScriptTag({ content: code, type: 'module' });
  for (let round = 1; round <= 20; round++) {
    const results = await Promise.all(tabs.map((tab) => tab.evaluate(() => globalThis.refresh())));
    assert.deepEqual(results, tabs.map(() => true), `round ${round}`);
  }
  console.log(`The refresh of docs/clients.md in ${TABS} tabs at once, 20 rounds: all signed in.`);
}

const deadline = setTimeout(() => {
  console.error('It took too long.');
  process.exit(1);
}, 120_000);
try {
  await tabsWithoutALock();
  await theCodeOfDocument();
  await theCodeOfDocumentInManyTabs();
} finally {
  await browser.close();
  frontend.close();
  clearTimeout(deadline);
}
