// Every query of the dashboard and every expression of the alerts, answered by a real Prometheus that has watched a real server
// under the load of tests/load. Needs prometheus, PostgreSQL and Redis. Usage: node dashboard.mjs BINARY
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authgraph } from './drills/authgraph.mjs';
import { Postgres, freePort } from './drills/postgres.mjs';
import { Redis } from './drills/plain-redis.mjs';

const root = new URL('../../', import.meta.url).pathname;
const TOKEN = 'only-for-this-test-0';
const REDIRECT_URI = 'http://localhost:3000/callback';
// What the variables of the dashboard stand for here.
const VARIABLES = { $instance: '.*', $__rate_interval: '1m' };
// Alerts that this load does raise.
const RAISED = new Map([['AuthgraphRefreshTokensReused', 'the scenario uses old refresh tokens']]);

const failures = [];
const must = (holds, what) => holds || failures.push(what);

// ---- Prometheus

// Begins to scrape the server once a second, with the rules of deploy/prometheus.
async function startPrometheus(folder, target) {
  const port = await freePort();
  const config = readFileSync(join(root, 'deploy/prometheus/prometheus.yml'), 'utf8')
    .replaceAll('_interval: 15s', '_interval: 1s')
    .replace('/etc/prometheus/authgraph.token', join(folder, 'token'))
    .replace('127.0.0.1:8080', target);
  writeFileSync(join(folder, 'prometheus.yml'), config);
  writeFileSync(join(folder, 'token'), TOKEN);
  copyFileSync(join(root, 'deploy/prometheus/alerts.yml'), join(folder, 'alerts.yml'));
  const given = ['--config.file', join(folder, 'prometheus.yml'), '--storage.tsdb.path', join(folder, 'data'), '--log.level', 'error'];
  const child = spawn('prometheus', [...given, '--web.listen-address', `127.0.0.1:${port}`], { stdio: ['ignore', 'inherit', 'inherit'] });
  process.on('exit', () => child.kill('SIGKILL'));
  const api = async (path, parameters = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = await response.json();
    if (answer.status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  };
  const isUp = () => api('query', { query: 'up{job="authgraph"} == 1' }).then(({ result }) => result.length === 1, () => false);
  for (let tries = 0; !(await isUp()); tries += 1) {
    if (tries > 200) throw new Error('Prometheus does not scrape the server.');
    await sleep(100);
  }
  return { api, query: async (query) => (await api('query', { query })).result };
}

// ---- what happens meanwhile

// A quantile of nothing is NaN.
const isAnswered = (result) => result.length > 0 && result.some(({ value }) => value[1] !== 'NaN');

// In short, on a machine that does other things meanwhile.
function load(server) {
  const env = { VUS: '5', DURATION: '10s', P95_MS: '2000', P95_HASH_MS: '4000', ...process.env, BASE_URL: server.base };
  const child = spawn('node', ['run.mjs', 'session-lifecycle.js'], { cwd: join(root, 'tests/load'), env, stdio: 'inherit' });
  return new Promise((ended) => child.once('exit', ended));
}

// What the scenario does not do: a sign-in at a provider, which is away.
async function visitProvider(server) {
  const query = 'mutation($input: StartOAuthInput!) { startOAuth(input: $input) { url } }';
  const { code } = await server.ask(query, { provider: 'mock', redirectUri: REDIRECT_URI });
  must(code === 'UNAVAILABLE', `a sign-in at a provider that is away is answered ${code}`);
}

// ---- queries

const panelQueries = () =>
  JSON.parse(readFileSync(join(root, 'deploy/grafana/authgraph.json'), 'utf8'))
    .panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

const filled = (expr) => Object.entries(VARIABLES).reduce((text, [name, value]) => text.replaceAll(name, value), expr);

async function judgePanels({ query, api }) {
  const queries = panelQueries();
  for (const { title, expr } of queries) {
    must(isAnswered(await query(filled(expr))), `${title}: ${expr} has no answer`);
  }
  const instances = await api('label/instance/values', { 'match[]': 'authgraph_build_info' });
  must(instances.length === 1, `the variable of the dashboard has ${instances.length} values`);
  console.log(`dashboard: ${queries.length} queries, all with an answer`);
}

// Without its comparison an expression must have an answer, or the alert could never be raised: each of its selectors.
const selectors = (expr) => expr.match(/\b(up|[a-z]+(_[a-z]+)+)(\{[^}]*\})?(?=[[\s)]|$)/g) ?? [];

async function judgeAlerts({ query, api }) {
  const rules = (await api('rules')).groups.flatMap((group) => group.rules);
  let count = 0;
  for (const { name, query: expr, health, lastError, state } of rules) {
    must(health === 'ok', `${name}: ${health} ${lastError}`);
    must((state === 'firing') === RAISED.has(name), `${name} is ${state}`);
    const found = selectors(expr);
    must(found.length > 0, `${name}: no selector in ${expr}`);
    for (const selector of found) {
      count += 1;
      must((await query(selector)).length > 0, `${name}: there is no ${selector}`);
    }
  }
  console.log(`alerts: ${rules.length} rules with ${count} selectors, all with series; raised: ${[...RAISED.keys()]}`);
}

// ---- the run

const folder = mkdtempSync(join(tmpdir(), 'authgraph-dashboard-'));
const [postgres, redis] = [await Postgres.start(), await Redis.start()];
let server;
try {
  postgres.ask('create database authgraph');
  server = new Authgraph(process.argv[2], folder, await freePort(), {
    DATABASE_URL: `postgres://postgres@127.0.0.1:${postgres.port}/authgraph?sslmode=disable`,
    REDIS_URL: redis.url,
    METRICS_AUTH_TOKEN: TOKEN,
    LOG: 'warn',
    // Redis is asked only where something is counted.
    RATE_LIMIT_REQUESTS: '1000000/1m',
    OIDC_MOCK_ISSUER: `http://127.0.0.1:${await freePort()}`,
    OAUTH_REDIRECT_URIS: REDIRECT_URI,
    OIDC_MOCK_CLIENT_ID: 'authgraph',
    OIDC_MOCK_CLIENT_SECRET: 'secret',
  });
  await server.start();
  const prometheus = await startPrometheus(folder, server.base.replace('http://', ''));
  await visitProvider(server);
  must((await load(server)) === 0, 'the load scenario missed its thresholds');
  // The last scrapes have everything.
  await sleep(2_500);
  await judgePanels(prometheus);
  await judgeAlerts(prometheus);
} catch (error) {
  failures.push(error.stack);
} finally {
  server?.process?.kill('SIGKILL');
  redis.remove();
  postgres.remove();
}
if (failures.length) console.error(`${failures.join('\n')}\n${server ? readFileSync(server.log, 'utf8').slice(-2_000) : ''}`);
rmSync(folder, { recursive: true, force: true });
process.exit(failures.length ? 1 : 0);
