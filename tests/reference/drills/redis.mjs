// Two instances share one Redis: a single server, a cluster, and a master that sentinels watch, each with TLS and a user of
// few rights. Slots move, scripts are forgotten and masters die, while clients use up a limit: exactly as many attempts pass
// as it allows, and events go on reaching the other instance. Usage: node redis.mjs BINARY
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authgraph, Person } from './authgraph.mjs';
import { Postgres, freePort } from './postgres.mjs';
import { Cluster, Redises, Watched, credentials, sentinelPassword, user } from './tls-redis.mjs';

const LIMIT = 90;
// Seconds until both instances count in Redis again after the master has died. Cluster and sentinels notice after one.
const BOUND = 10;

const failures = [];
function must(holds, what) {
  if (!holds) failures.push(what);
}

function report(name, text) {
  console.log(`${new Date().toISOString()} ${name.padEnd(8)} ${text}`);
}

const folder = mkdtempSync(join(tmpdir(), 'authgraph-redis-'));
const token = 'a-token-of-the-metrics';
let started = 0;

// One more instance over the same database.
async function instance(settings) {
  started += 1;
  const own = join(folder, `${started}`);
  mkdirSync(own);
  const shared = {
    DATABASE_URL: `postgres://postgres@127.0.0.1:${postgres.port}/authgraph?sslmode=disable`,
    DATABASE_MAX_CONNECTIONS: '8',
    MFA_ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64'),
    JWT_KEYS_DIR: join(folder, 'keys'),
    METRICS_AUTH_TOKEN: token,
    TRUSTED_PROXIES: '1',
    // Two windows in each attempt, so that a slot that moves has one key here and one there.
    RATE_LIMIT_REQUESTS: `${LIMIT}/1h`,
    RATE_LIMIT_BUDGET: '100000/1h',
    // A slot that moves makes commands wait.
    REDIS_TIMEOUT: '2s',
    REDIS_CA_FILE: redises.ca,
  };
  const server = new Authgraph(process.argv[2], own, await freePort(), { ...shared, ...settings });
  await server.start();
  return server;
}

// One attempt of a client at this address.
async function attempt(server, address) {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
  const signal = AbortSignal.timeout(20_000);
  const sent = fetch(`${server.base}/graphql`, { method: 'POST', headers, body: '{"query":"{ __typename }"}', signal });
  const answer = await sent.then((it) => it.json(), (error) => ({ errors: [{ extensions: { code: `${error}` } }] }));
  return answer.errors ? answer.errors[0].extensions.code : 'granted';
}

// Clients at one address use both instances, `each` attempts at each; what they were told, counted.
async function hammer(servers, address, each, pause = 0) {
  const told = {};
  const client = async (server, attempts) => {
    for (let made = 0; made < attempts; made += 1) {
      const answer = await attempt(server, address);
      told[answer] = (told[answer] ?? 0) + 1;
      if (pause) await sleep(pause);
    }
  };
  await Promise.all(servers.flatMap((server) => Array.from({ length: 5 }, () => client(server, each / 5))));
  return told;
}

async function mustPass(name, told, expected) {
  const codes = await told;
  const granted = codes.granted ?? 0;
  const others = Object.keys(codes).filter((code) => !['granted', 'RATE_LIMITED'].includes(code));
  must(granted === expected && others.length === 0, `${name}: ${JSON.stringify(codes)}, not ${expected} granted`);
}

async function fallbacks(servers) {
  const read = async (server) => {
    const metrics = await (await fetch(`${server.base}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
    return Number(metrics.match(/^auth_redis_fallback_total (\d+)/m)[1]);
  };
  return (await Promise.all(servers.map(read))).reduce((sum, one) => sum + one, 0);
}

async function redisOf(server) {
  const ready = await fetch(`${server.base}/ready`).then((it) => it.json(), () => undefined);
  return ready?.checks.redis;
}

// Seconds until both instances count in Redis again.
async function untilUp(name, servers) {
  const began = performance.now();
  let address = 0;
  for (;;) {
    // An instance notices with an attempt; each is answered meanwhile.
    const told = await Promise.all(servers.map((server) => attempt(server, `198.18.9.${(address += 1) % 250}`)));
    must(told.every((answer) => answer === 'granted'), `${name}: without Redis an attempt was answered with ${told}`);
    const states = await Promise.all(servers.map(redisOf));
    const seconds = (performance.now() - began) / 1_000;
    // An answer of /ready may be a second old, from before the master died.
    if (seconds > 1.2 && states.every((state) => state === 'up') && (await fallbacks(servers)) > 0) return seconds;
    if (seconds > 30) throw new Error(`${name}: Redis did not come back: ${states}`);
    await sleep(50);
  }
}

// How many instances listen on the channel, over all nodes.
async function listeners(nodes) {
  const told = await Promise.all(nodes.map((node) => node.ask('PUBSUB', 'NUMSUB', 'authgraph:audit')));
  return told.reduce((sum, pair) => sum + Number(pair[1]), 0);
}

async function mustListen(name, nodes) {
  const began = performance.now();
  while ((await listeners(nodes)) !== 2) {
    if (performance.now() > began + 10_000) return must(false, `${name}: ${await listeners(nodes)} instances listen, not 2`);
    await sleep(50);
  }
}

// A user who watches the own account at each of two instances.
class Watcher {
  static async at(servers, name) {
    const watcher = Object.assign(new Watcher(), { person: new Person(servers[0], name), name, seen: [0, 0] });
    await watcher.person.signUp();
    await Promise.all(servers.map((server, number) => watcher.follow(server, number)));
    return watcher;
  }

  async follow(server, number) {
    const accessToken = this.person.tokens?.accessToken;
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${accessToken}` };
    const body = JSON.stringify({ query: 'subscription { securityEvents { action } }' });
    const { body: stream } = await fetch(`${server.base}/graphql`, { method: 'POST', headers, body });
    const read = async () => {
      for await (const bytes of stream) this.seen[number] += Buffer.from(bytes).toString().split('LOGIN').length - 1;
    };
    read().catch(() => {});
  }

  // A sign-in at the first instance reaches the second. Says how long that takes.
  async mustSee(what) {
    const [before, began] = [this.seen[1], performance.now()];
    await this.person.signUp('login');
    while (this.seen[1] === before) {
      if (performance.now() > began + 10_000) return must(false, `${what}: no event reached the other instance`);
      await sleep(5);
    }
    return `an event reached the other instance after ${(performance.now() - began).toFixed(0)} ms`;
  }
}

// No more connections than `settings check` counts, and nothing that the user of the handbook may not do.
async function mustBeModest(name, nodes, instances) {
  const counts = [];
  for (const node of nodes) {
    const clients = (await node.ask('CLIENT', 'LIST')).split('\n');
    counts.push(clients.filter((line) => line.includes(`user=${user.name} `)).length);
    // What tells single servers from clusters is not among the rights, and not needed.
    const denied = (await node.ask('ACL', 'LOG')).filter((entry) => entry.includes(user.name) && !entry.includes('info'));
    must(denied.length === 0, `${name}: not allowed: ${JSON.stringify(denied)}`);
  }
  const fits = counts.some((count) => count > 0) && counts.every((count) => count <= 2 * instances);
  must(fits, `${name}: ${counts} connections of ${instances} instances`);
  return counts;
}

async function single() {
  const redis = await redises.data();
  const settings = { REDIS_URL: `rediss://${credentials}@${redis.address}` };
  const servers = await Promise.all([instance(settings), instance(settings)]);
  await mustPass('single', hammer(servers, '198.18.1.1', LIMIT), LIMIT);
  const watcher = await Watcher.at(servers, 'single');
  await mustListen('single', [redis]);
  must((await fallbacks(servers)) === 0, 'single: an instance counted for itself');
  report('single', `${LIMIT} of ${2 * LIMIT} attempts passed; ${await watcher.mustSee('single')}`);
  await mustBeModest('single', [redis], 2);
  for (const server of servers) await server.kill('SIGTERM');
  redis.kill();
}

async function cluster() {
  const nodes = await Cluster.start(redises, '{authgraph:}');
  const { first, second, replica } = nodes;
  // The second, so that the first connection leads to a node without our slot.
  const url = `rediss://${credentials}@${[second, first, nodes.third, replica].map((node) => node.address).join(',')}`;
  // With more patience, so that on a busy machine no timeout is told in place of the cause.
  const lost = await instance({ REDIS_URL: `rediss://${credentials}@${second.address}`, REDIS_TIMEOUT: '2s' });
  await attempt(lost, '198.18.2.9');
  must((await redisOf(lost)) === 'fallback', 'cluster: a single server was taken for one that counts for all');
  const told = readFileSync(lost.log, 'utf8');
  must(told.includes('REDIS_MODE=cluster'), 'cluster: the log does not say what to set');
  must(!told.includes(user.password) && !told.includes(credentials), 'cluster: the log has the password');
  await lost.kill('SIGTERM');

  const settings = { REDIS_URL: url, REDIS_MODE: 'cluster' };
  const servers = await Promise.all([instance(settings), instance(settings)]);
  const watcher = await Watcher.at(servers, 'cluster');
  await mustListen('cluster', nodes.alive);

  // The slot moves to the second node and back while clients use up the limit.
  for (let filler = 0; filler < 10; filler += 1) await first.ask('SET', `{authgraph:}filler:${filler}`, 'x');
  let moving = true;
  let moves = 0;
  const hammering = hammer(servers, '198.18.2.1', LIMIT, 40).finally(() => (moving = false));
  await sleep(50);
  for (; moving; moves += 1) await nodes.move(...(moves % 2 ? [second, first] : [first, second]), 15);
  await mustPass('a slot that moves', hammering, LIMIT);
  if (moves % 2 === 0) await nodes.move(first, second, 0);
  must((await fallbacks(servers)) === 0, `a slot that moves: ${await fallbacks(servers)} times an instance counted for itself`);
  report('cluster', `${LIMIT} of ${2 * LIMIT} attempts passed while the slot moved ${moves} times`);

  const flushing = hammer(servers, '198.18.2.2', LIMIT);
  for (let flushes = 0; flushes < 5; flushes += 1, await sleep(30)) await nodes.everywhere('SCRIPT', 'FLUSH');
  await mustPass('forgotten scripts', flushing, LIMIT);
  must((await fallbacks(servers)) === 0, 'forgotten scripts: an instance counted for itself');
  const event = await watcher.mustSee('cluster');
  report('cluster', `${event}; connections to each node: ${await mustBeModest('cluster', nodes.alive, 2)}`);

  // The master of the slot dies. What its replica has is counted on.
  await mustPass('before the failover', hammer(servers, '198.18.2.3', LIMIT / 3), (2 * LIMIT) / 3);
  await second.ask('WAIT', 1, 1_000);
  await sleep(200);
  second.kill();
  const seconds = await untilUp('cluster', servers);
  must(seconds < BOUND, `cluster: ${seconds} s until it was back`);
  must((await fallbacks(servers)) > 0, 'cluster: no instance says that it counted for itself');
  await mustPass('after the failover', hammer(servers, '198.18.2.3', LIMIT), LIMIT / 3);
  await mustListen('after the failover', nodes.alive);
  await watcher.mustSee('after the failover');
  report('cluster', `its master died: back after ${seconds.toFixed(1)} s, ${await fallbacks(servers)} fallbacks`);
  for (const server of servers) await server.kill('SIGTERM');
  for (const node of nodes.alive) node.kill();
}

async function sentinel() {
  const watched = await Watched.start(redises);
  const { master, replica } = watched;
  const settings = {
    REDIS_URL: `rediss://${credentials}@${watched.sentinels.map((it) => it.address).join(',')}`,
    REDIS_MODE: 'sentinel',
    REDIS_SENTINEL_MASTER: 'counts',
    REDIS_SENTINEL_PASSWORD: sentinelPassword,
  };
  const servers = await Promise.all([instance(settings), instance(settings)]);
  const watcher = await Watcher.at(servers, 'sentinel');
  await mustListen('sentinel', [master]);
  await mustPass('sentinel', hammer(servers, '198.18.3.1', LIMIT / 3), (2 * LIMIT) / 3);
  const event = await watcher.mustSee('sentinel');
  report('sentinel', `${event}; connections to the master: ${await mustBeModest('sentinel', [master], 2)}`);
  must((await fallbacks(servers)) === 0, 'sentinel: an instance counted for itself');
  await master.ask('WAIT', 1, 1_000);
  master.kill();
  const seconds = await untilUp('sentinel', servers);
  must(seconds < BOUND, `sentinel: ${seconds} s until it was back`);
  must((await fallbacks(servers)) > 0, 'sentinel: no instance says that it counted for itself');
  await mustPass('after the sentinels chose', hammer(servers, '198.18.3.1', LIMIT), LIMIT / 3);
  await mustListen('after the sentinels chose', [replica]);
  await watcher.mustSee('after the sentinels chose');
  report('sentinel', `its master died: back after ${seconds.toFixed(1)} s, ${await fallbacks(servers)} fallbacks`);
  for (const server of servers) await server.kill('SIGTERM');
}

process.setMaxListeners(30);
const redises = new Redises();
const postgres = await Postgres.start();
try {
  postgres.ask('create database authgraph');
  // Makes the tables and the keys, alone.
  await (await instance({ REDIS_CA_FILE: '' })).kill('SIGTERM');
  await single();
  await cluster();
  await sentinel();
} catch (error) {
  failures.push(error.stack);
} finally {
  postgres.remove();
  redises.remove();
}
if (failures.length) {
  for (let number = 1; number <= started; number += 1) {
    const log = readFileSync(join(folder, `${number}`, 'log'), 'utf8').split('\n');
    console.error(`instance ${number}\n${log.filter((line) => !/sqlx::postgres::notice| redis::/.test(line)).slice(-30).join('\n')}`);
  }
  console.error(failures.join('\n'));
}
rmSync(folder, { recursive: true, force: true });
process.exit(failures.length ? 1 : 0);
