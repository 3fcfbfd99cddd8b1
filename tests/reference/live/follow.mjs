// Follows one's own security events with graphql-ws while the access token expires twice, and misses none; then runs a
// query, a mutation and a refused mutation over the same socket.
// The server needs ACCESS_TOKEN_LIFETIME=3s.
// Usage: node follow.mjs http://127.0.0.1:8080
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const PATIENCE = 60_000;
const ROUNDS = 2;
const ACTIONS_PER_ROUND = 3;

const [base] = process.argv.slice(2);
if (!base) {
  console.error('usage: node follow.mjs <base url of the server>');
  process.exit(2);
}

async function ask(query, variables, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${base}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

// ---- a user who stays signed in

const TOKENS = '{ ... on SignedIn { accessToken accessTokenExpiresAt refreshToken } }';
const input = { email: `live-${Date.now()}@example.com`, password: 'Correct-Horse-7' };
let tokens = (await ask(`mutation($input: RegisterInput!) { register(input: $input) ${TOKENS} }`, { input })).register;

async function refresh() {
  const { refreshToken } = tokens;
  const query = `mutation($input: RefreshInput!) { refresh(input: $input) ${TOKENS} }`;
  tokens = (await ask(query, { input: { refreshToken } })).refresh;
}

// A refresh token works once, so all that need a new access token meanwhile wait for the same refresh.
let refreshing;
async function accessToken() {
  if (Date.parse(tokens.accessTokenExpiresAt) - Date.now() < 1_000) {
    refreshing ??= refresh().finally(() => {
      refreshing = undefined;
    });
    await refreshing;
  }
  return tokens.accessToken;
}

let renamed = 0;
async function rename() {
  renamed += 1;
  const query = 'mutation($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id } } }';
  await ask(query, { input: { name: `Ann ${renamed}` } }, await accessToken());
}

// ---- what comes over the socket

const heard = new Map();
const closed = [];
let last;

const client = createClient({
  url: `${base.replace(/^http/, 'ws')}/graphql`,
  webSocketImpl: WebSocket,
  connectionParams: async () => ({ authorization: `Bearer ${await accessToken()}` }),
  // Something happens while no socket is open.
  retryWait: async () => rename(),
  on: { closed: (event) => closed.push(event.code) },
});

const failed = new Promise((_, reject) => {
  const payload = {
    query: 'subscription($after: ID) { securityEvents(after: $after) { id action } }',
    // Read again whenever the client comes back.
    get variables() {
      return { after: last };
    },
  };
  client.subscribe(payload, {
    next: ({ data, errors }) => {
      if (errors) reject(new Error(JSON.stringify(errors)));
      last = data.securityEvents.id;
      heard.set(last, data.securityEvents.action);
    },
    error: (error) => reject(new Error(error.message ?? JSON.stringify(error.reason ?? error))),
    complete: () => reject(new Error('the subscription is complete')),
  });
});

const until = (condition) =>
  new Promise((resolve) => {
    const timer = setInterval(() => condition() && resolve(clearInterval(timer)), 20);
  });
const renamesHeard = () => [...heard.values()].filter((action) => action === 'PROFILE_UPDATED').length;

// The result of a query or a mutation over the socket: one answer, and then the end.
async function overSocket(query) {
  const answers = [];
  for await (const answer of client.iterate({ query })) answers.push(answer);
  if (answers.length !== 1) throw new Error(`${query} has ${answers.length} answers`);
  return answers[0];
}

async function runOverSocket() {
  const { data } = await overSocket('{ me { email } }');
  if (data?.me?.email !== input.email) throw new Error(`the query over the socket answers ${JSON.stringify(data)}`);
  const renaming = await overSocket('mutation { updateProfile(input: { name: "Ann Socket" }) { user { name } } }');
  if (renaming.data?.updateProfile?.user?.name !== 'Ann Socket') throw new Error(JSON.stringify(renaming));
  const login = `email: "${input.email}", password: "${input.password}", client: { tokenDelivery: COOKIE }`;
  const refused = await overSocket(`mutation { login(input: { ${login} }) { __typename } }`);
  const code = refused.errors?.[0]?.extensions?.code;
  if (code !== 'VALIDATION_FAILED') throw new Error(`a cookie over a socket is answered ${JSON.stringify(refused)}`);
}

async function run() {
  // A first event, so that there is one to go on from.
  while (renamesHeard() === 0) {
    await rename();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const before = renamed - renamesHeard();
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (let action = 0; action < ACTIONS_PER_ROUND; action += 1) await rename();
    await until(() => closed.length >= round);
  }
  await until(() => renamesHeard() >= renamed - before);
  if (closed.some((code) => code !== 4403)) throw new Error(`closed with ${closed}`);
  await runOverSocket();
  console.log('a query and a mutation ran over the socket');
  console.log(`${renamesHeard()} events heard, over ${closed.length + 1} sockets; none missed`);
}

const late = new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`late: ${renamesHeard()} of ${renamed} heard, closed with ${closed}`)), PATIENCE).unref();
});

try {
  await Promise.race([run(), failed, late]);
  await client.dispose();
  process.exit(0);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
