// A load scenario for k6: users register, log in, read themselves, refresh, are robbed of a refresh token, and log out.
//
//   k6 run -e BASE_URL=https://auth.example.com -e VUS=50 -e DURATION=5m session-lifecycle.js
//
// The server must not limit the one address that all requests come from: see README.md in this folder.
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080';
/** How often each session is refreshed before its first token is used again. */
const REFRESHES = Number(__ENV.REFRESHES || 5);
/** Seconds that a user thinks between two steps. */
const THINK = Number(__ENV.THINK || 0);
/** In milliseconds: what 95 of 100 requests must not exceed. Those that hash a password have a bound of their own. */
const P95_MS = Number(__ENV.P95_MS || 250);
const P95_HASH_MS = Number(__ENV.P95_HASH_MS || 2000);

const lifecycle = new Trend('session_lifecycle', true);
const sessions = new Counter('sessions');
/** Refreshes that brought another token. Within REFRESH_RACE_WINDOW a device gets the same one again. */
const rotations = new Counter('rotations');
const thefts = new Counter('thefts_found');

export const options = {
  vus: Number(__ENV.VUS || 10),
  duration: __ENV.DURATION || '30s',
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    'http_req_duration{name:me}': [`p(95)<${P95_MS}`],
    'http_req_duration{name:refresh}': [`p(95)<${P95_MS}`],
    'http_req_duration{name:logout}': [`p(95)<${P95_MS}`],
    'http_req_duration{name:login}': [`p(95)<${P95_HASH_MS}`],
    'http_req_duration{name:register}': [`p(95)<${P95_HASH_MS}`],
    // A run in which nothing happened is no success.
    sessions: ['count>0'],
    rotations: ['count>0'],
    thefts_found: ['count>0'],
  },
};

const OWNER = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
const THIEF = 'curl/8.19.0';

const TOKENS = '{ __typename ... on SignedIn { accessToken refreshToken } }';
const REGISTER = `mutation Register($input: RegisterInput!) { register(input: $input) ${TOKENS} }`;
const LOGIN = `mutation Login($input: LoginInput!) { login(input: $input) ${TOKENS} }`;
const REFRESH = 'mutation Refresh($input: RefreshInput!) { refresh(input: $input) { accessToken refreshToken } }';
const LOGOUT = 'mutation Logout { logout { __typename } }';
const ME = 'query Me { me { email } }';

/**
 * Sends an operation. A GraphQL server answers 200 also when it refuses: `code` says why.
 *
 * @param {string} name
 * @param {string} query
 * @param {Record<string, unknown> | null} input
 * @param {{ accessToken?: string, userAgent?: string }} [by]
 * @returns {{ data: any, code: string | undefined }}
 */
function ask(name, query, input, { accessToken, userAgent = OWNER } = {}) {
  /** @type {Record<string, string>} */
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'User-Agent': userAgent };
  if (accessToken) headers.Authorization = `Bearer ${accessToken}`;
  const body = JSON.stringify({ query, variables: input ? { input } : {} });
  const response = http.post(`${BASE_URL}/graphql`, body, { headers, tags: { name } });
  if (response.status !== 200) return { data: null, code: `HTTP_${response.status}` };
  const answer = /** @type {any} */ (response.json());
  return { data: answer.data, code: answer.errors?.[0]?.extensions?.code };
}

/**
 * @param {string} name
 * @param {{ code: string | undefined }} answer
 */
const isDone = (name, answer) => check(answer, { [`${name} is done`]: ({ code }) => code === undefined });

/**
 * @param {string} name
 * @param {{ code: string | undefined }} answer
 * @param {string} expected
 */
const isRefused = (name, answer, expected) =>
  check(answer, { [`${name} is refused with ${expected}`]: ({ code }) => code === expected });

export default function () {
  const began = Date.now();
  const email = `load-${began.toString(36)}-${__VU}-${__ITER}@example.com`;
  const password = 'Correct-Horse-7';

  const isRegistered = group('register', () => isDone('register', ask('register', REGISTER, { email, password })));
  sleep(THINK);
  if (!isRegistered) return;

  const tokens = group('login', () => {
    const answer = ask('login', LOGIN, { email, password });
    return isDone('login', answer) ? answer.data.login : null;
  });
  sleep(THINK);
  if (!tokens) return;
  sessions.add(1);

  group('me', () => {
    const answer = ask('me', ME, null, tokens);
    check(answer, { 'me is the user who logged in': ({ data }) => data?.me?.email === email });
  });
  sleep(THINK);

  const newest = group('refresh', () => {
    let current = tokens;
    for (let number = 0; number < REFRESHES; number++) {
      const input = { refreshToken: current.refreshToken, idempotencyKey: `${email}-${number}` };
      const answer = ask('refresh', REFRESH, input);
      if (!isDone('refresh', answer)) return null;
      if (answer.data.refresh.refreshToken !== current.refreshToken) rotations.add(1);
      current = answer.data.refresh;
      sleep(THINK);
    }
    return current;
  });
  if (!newest) return;

  group('an old refresh token is used again', () => {
    // On another device: on the same one it may be a second tab, for as long as REFRESH_RACE_WINDOW.
    const replayed = ask('replay', REFRESH, { refreshToken: tokens.refreshToken }, { userAgent: THIEF });
    if (isRefused('the old refresh token', replayed, 'REFRESH_TOKEN_REUSED')) thefts.add(1);
    // The session is over for the thief and for its owner.
    isRefused('the newest access token', ask('me', ME, null, newest), 'UNAUTHENTICATED');
    isRefused('the newest refresh token', ask('refresh', REFRESH, { refreshToken: newest.refreshToken }), 'SESSION_ENDED');
  });
  sleep(THINK);

  group('logout', () => {
    const again = ask('login', LOGIN, { email, password });
    if (!isDone('login', again)) return;
    isDone('logout', ask('logout', LOGOUT, null, again.data.login));
    isRefused('the access token after the logout', ask('me', ME, null, again.data.login), 'UNAUTHENTICATED');
  });
  lifecycle.add(Date.now() - began);
}
