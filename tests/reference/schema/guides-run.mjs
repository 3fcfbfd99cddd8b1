// Runs the guides of docs/clients, and docs/services.md, against a server: a burst of requests with an expired access token, a
// burst whose token is refused, a subscription over several access tokens, and the end of the session.
// The server needs ACCESS_TOKEN_LIFETIME=6s, REFRESH_RACE_WINDOW=0s (or two refreshes within ten seconds give one token), quick
// hashes (ARGON2_MEMORY_KIB=1024), and no limits. The files are those that check.mjs has written and compiled.
// Usage: node guides-run.mjs http://127.0.0.1:8080
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import WebSocket from 'ws';
import { modules } from './documents.mjs';
import { emptyFolder, here } from './files.mjs';

const BURST = 5;
const LIFETIME_MS = 6_000;
const RENAMES = 12;
const GUIDES = ['apollo', 'urql', 'request', 'relay'];
const ME = 'query Me { me { email } }';
const PASSWORD = 'Correct-Horse-7';

const [base, guide] = process.argv.slice(2);
if (!base) {
  console.error('usage: node guides-run.mjs <base url of the server>');
  process.exit(2);
}
const folder = join(here, 'out/guides');
const load = (file) => import(pathToFileURL(join(folder, `${file}.js`)).href);
const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

// ---- the files of the guides, as JavaScript

/** Node.js wants names of files where bundlers do not. */
const toNode = (code) => code.replace(/from '\.\/(\w+)'/g, (_, name) => `from './${name === 'generated' ? 'generated/index' : name}.js'`);

function writeGuides() {
  emptyFolder('guides');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const toJavaScript = (code) => ts.transpileModule(code, { compilerOptions: options }).outputText;
  cpSync(join(here, 'out/documents/generated'), join(folder, 'generated'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of readdirSync(join(folder, 'generated'))) {
    const code = readFileSync(join(folder, 'generated', name), 'utf8');
    writeFileSync(join(folder, 'generated', name.replace(/ts$/, 'js')), toJavaScript(code));
  }
  for (const [name, code] of modules()) {
    // The blocks without a name log in and subscribe: they belong to the library that they import.
    const library = GUIDES.find((known) => code.includes(`from './${known}'`)) ?? (code.includes('RequestSecurityEvents') ? 'request' : undefined);
    const kind = code.includes('export const login') ? 'login' : code.includes('export const follow') ? 'follow' : undefined;
    const file = library && kind ? `${library}-${kind}` : name.replace(/\.ts$/, '');
    const here = toNode(toJavaScript(code)).replaceAll('https://auth.example.com', base).replaceAll('wss://auth.example.com', base.replace(/^http/, 'ws'));
    writeFileSync(join(folder, `${file}.js`), here);
  }
}

// ---- a browser, as far as the guides need one

const browser = { cookie: '', refreshes: 0, refused: undefined };
const plainFetch = globalThis.fetch;

/** Keeps the cookie, counts refreshes, and refuses one token as a server does that has lost its key. */
async function fetchAsBrowser(input, init = {}) {
  const request = new Request(input, init);
  if (browser.cookie) request.headers.set('cookie', browser.cookie);
  const body = await request.clone().text();
  if (/refresh\(input/.test(body)) browser.refreshes += 1;
  else if (browser.refused && request.headers.get('authorization') === `Bearer ${browser.refused}`) {
    const errors = [{ message: 'Please sign in.', path: ['me'], extensions: { code: 'UNAUTHENTICATED' } }];
    return Response.json({ data: { me: null }, errors });
  }
  const response = await plainFetch(request);
  const [set] = response.headers.getSetCookie();
  if (set) browser.cookie = set.split(';')[0];
  return response;
}

function becomeBrowser() {
  let turn = Promise.resolve();
  const request = (_, callback) => (turn = turn.catch(() => {}).then(callback));
  Object.defineProperty(globalThis, 'navigator', { value: { locks: { request } }, configurable: true });
  globalThis.WebSocket = WebSocket;
  globalThis.fetch = fetchAsBrowser;
}

// ---- what happens elsewhere

async function ask(query, variables, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await plainFetch(`${base}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** The same user on another device. */
async function elsewhere(email) {
  const TOKENS = '{ ... on SignedIn { accessToken refreshToken } }';
  const input = { email, password: PASSWORD };
  let tokens = (await ask(`mutation($input: RegisterInput!) { register(input: $input) ${TOKENS} }`, { input })).register;
  const refreshed = async () => {
    const { refreshToken } = tokens;
    tokens = (await ask(`mutation($input: RefreshInput!) { refresh(input: $input) ${TOKENS} }`, { input: { refreshToken } })).refresh;
    return tokens.accessToken;
  };
  return {
    rename: async (name) => ask('mutation($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id } } }', { input: { name } }, await refreshed()),
    newestEvent: async () => (await ask('{ me { auditEvents(first: 1) { edges { node { id } } } } }', {}, await refreshed())).me.auditEvents.edges[0].node.id,
    endAll: async () => ask('mutation { revokeOtherSessions { endedSessionIds } }', {}, await refreshed()),
  };
}

// ---- the libraries

const LIBRARIES = {
  apollo: async () => {
    const { client } = await load('apollo');
    const { gql } = await import('@apollo/client');
    const { login } = await load('apollo-login');
    const { follow } = await load('apollo-follow');
    const me = async () => (await client.query({ query: gql(ME), fetchPolicy: 'no-cache' })).data.me;
    return { login, me, follow: (after, onEvent) => follow(after, onEvent) };
  },
  urql: async () => {
    const { client } = await load('urql');
    const { login } = await load('urql-login');
    const { follow } = await load('urql-follow');
    const me = async () => {
      const { data, error } = await client.query(ME, { number: Math.random() }, { requestPolicy: 'network-only' }).toPromise();
      if (error) throw error;
      return data.me;
    };
    return { login, me, follow };
  },
  request: async () => {
    const { request } = await load('request');
    const { parse } = await import('graphql');
    const { login } = await load('request-login');
    const { follow } = await load('request-follow');
    const fail = (error) => console.error('the subscription ended', error);
    return { login, me: async () => (await request(parse(ME), {})).me, follow: (after, onEvent) => follow(after, onEvent, fail) };
  },
  relay: async () => {
    const network = (await load('relay')).newEnvironment().getNetwork();
    const { keep } = await load('session');
    const execute = (text, variables, operationKind) => network.execute({ name: 'Guide', operationKind, text, metadata: {} }, variables, {});
    const login = async (email, password) => {
      const text = 'mutation Login($input: LoginInput!) { login(input: $input) { ... on SignedIn { __typename accessToken accessTokenExpiresIn } } }';
      const variables = { input: { email, password, client: { tokenDelivery: 'COOKIE' } } };
      const { data } = await execute(text, variables, 'mutation').toPromise();
      keep(data.login);
      return data.login;
    };
    const me = async () => {
      const { data, errors } = await execute(ME, {}, 'query').toPromise();
      if (errors) throw new Error(JSON.stringify(errors));
      return data.me;
    };
    const followed = 'subscription Followed($after: ID) { securityEvents(after: $after) { id action } }';
    const follow = (after, onEvent) =>
      execute(followed, { after }, 'subscription').subscribe({ next: ({ data }) => onEvent(data.securityEvents.action), error: console.error });
    return { login, me, follow };
  },
};

async function run() {
  becomeBrowser();
  const email = `${guide}-${Date.now()}@example.com`;
  const other = await elsewhere(email);
  const { login, me, follow } = await LIBRARIES[guide]();
  const session = await load('session');

  assert.equal((await login(email, PASSWORD)).__typename, 'SignedIn');
  assert.match(browser.cookie, /^authgraph_refresh=/);
  assert.equal((await me()).email, email);

  const burst = async (when) => {
    const before = browser.refreshes;
    const users = await Promise.all(Array.from({ length: BURST }, me));
    assert.deepEqual(users.map((user) => user.email), Array(BURST).fill(email));
    assert.equal(browser.refreshes - before, 1, `${guide}: refreshes after the token ${when}`);
  };
  await sleep(LIFETIME_MS + 200);
  await burst('has expired');
  browser.refused = await session.currentToken();
  await burst('was refused');

  const after = await other.newestEvent();
  const heard = [];
  follow(after, (action) => heard.push(action));
  for (let number = 1; number <= RENAMES; number += 1) {
    await other.rename(`Ann ${number}`);
    await sleep(1_000);
  }
  const renames = () => heard.filter((action) => action === 'PROFILE_UPDATED').length;
  for (let waited = 0; renames() < RENAMES && waited < 20_000; waited += 100) await sleep(100);
  // What comes twice comes at once.
  await sleep(500);
  assert.equal(renames(), RENAMES, `${guide}: heard ${heard}`);

  await other.endAll();
  await assert.rejects(me, 'the session has ended');
  const before = browser.refreshes;
  assert.equal(await session.refresh(), false);
  assert.equal(browser.refreshes, before + 1);
  assert.equal(await session.currentToken(), undefined);
  console.log(`${guide}: one refresh for ${BURST} requests, each repeated once; ${renames()} of ${RENAMES} events over ${browser.refreshes} access tokens`);
}

async function verifyTokens() {
  const { verifyAccessToken } = await load('verify');
  const input = { email: `service-${Date.now()}@example.com`, password: PASSWORD };
  const { register } = await ask('mutation($input: RegisterInput!) { register(input: $input) { ... on SignedIn { accessToken user { id } } } }', { input });
  const claims = await verifyAccessToken(register.accessToken);
  assert.equal(claims.sub, register.user.id);
  assert.equal(claims.role, 'USER');
  const [head, payload, signature] = register.accessToken.split('.');
  const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url')), role: 'ADMIN' })).toString('base64url');
  await assert.rejects(verifyAccessToken([head, forged, signature].join('.')));
  console.log('services: a token is verified, and a forged one is refused');
}

const own = (name) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), base, name], { stdio: 'inherit' });
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`The guide for ${name} failed.`))));
  });

setTimeout(() => {
  console.error('It took too long.');
  process.exit(1);
}, 300_000).unref();
if (guide) {
  await run();
  // The subscription would go on for ever.
  process.exit(0);
}
writeGuides();
await verifyTokens();
await Promise.all(GUIDES.map(own));
