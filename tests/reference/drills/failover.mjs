// Takes the database away in the ways that databases and networks go away, under load, and says how long it takes until
// everybody is served again. Usage: node failover.mjs BINARY
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authgraph, Person } from './authgraph.mjs';
import { Postgres, freePort } from './postgres.mjs';

const PEOPLE = 12;
// Seconds from the moment at which a working database can be reached until everybody has had a good answer.
const BOUNDS = { cut: 3, silence: 8, rest: 3, 'read-only': 4, promote: 4 };

// Stands between the server and its database.
class Line {
  pairs = new Set();

  constructor(port) {
    this.to = port;
    this.listener = createServer((client) => {
      const server = connect(this.to, '127.0.0.1');
      const pair = { client, server, silent: false };
      this.pairs.add(pair);
      for (const [one, other] of [[client, server], [server, client]]) {
        one.on('data', (bytes) => pair.silent || other.write(bytes));
        one.on('close', () => pair.silent || other.destroy());
        one.on('error', () => {});
      }
      client.on('close', () => pair.silent || this.pairs.delete(pair));
    });
  }

  async open() {
    this.port = await freePort();
    await new Promise((open) => this.listener.listen(this.port, '127.0.0.1', open));
  }

  // Ends all connections with RST.
  cut() {
    for (const { client, server, silent } of this.pairs) if (!silent) [client, server].forEach((end) => end.resetAndDestroy());
  }

  // Swallows what goes over the connections there are; new ones work.
  silence() {
    for (const pair of this.pairs) pair.silent = true;
  }
}

let working = true;
let resting = false;
const codes = new Map();
const lastGood = Array(PEOPLE).fill(0);

async function live(server, number) {
  let person;
  for (let round = 0; working; round += 1) {
    while (resting && working) await sleep(20);
    let answer;
    if (!person?.tokens) {
      person = new Person(server, `person-${number}-${round}`);
      answer = await person.signUp();
    } else if (round % 7 === 0) answer = await person.signUp('login');
    else answer = await (round % 2 ? person.me() : person.refresh());
    if (answer.code) {
      codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
      // A standby may not have heard of the last sessions.
      if (!['UNAVAILABLE', 'NO_ANSWER'].includes(answer.code)) person = undefined;
      await sleep(50);
    } else lastGood[number] = performance.now();
    await sleep(5);
  }
}

const failures = [];
function must(holds, what) {
  if (!holds) failures.push(what);
}

// Waits until everybody has had a good answer since `since`.
async function measure(name, since) {
  while (lastGood.some((at) => at < since) && performance.now() < since + 30_000) await sleep(10);
  const seconds = (Math.max(...lastGood.map((at) => (at < since ? Infinity : at))) - since) / 1000;
  const first = (Math.min(...lastGood.filter((at) => at >= since)) - since) / 1000;
  report(name, first, seconds);
}

function report(name, first, all) {
  const told = [...codes].map(([code, count]) => `${count} ${code}`).join(', ') || 'no request refused';
  console.log(`${new Date().toISOString()} ${name.padEnd(10)} first answer ${first.toFixed(2)} s, everybody ${all.toFixed(2)} s (${told})`);
  must(all <= BOUNDS[name], `${name}: ${all.toFixed(2)} s are more than ${BOUNDS[name]} s`);
  const wrong = [...codes.keys()].filter((code) => !['UNAVAILABLE', 'UNAUTHENTICATED', 'SESSION_ENDED', 'INVALID_TOKEN'].includes(code));
  must(wrong.length === 0, `${name}: answered ${wrong}`);
  codes.clear();
}

async function until(server, status) {
  const began = performance.now();
  while ((await server.ready()) !== status) {
    if (performance.now() > began + 10_000) return must(false, `/ready was not ${status} within 10 s`);
    await sleep(50);
  }
}

async function drill(server, line, primary) {
  await measure('cut', (line.cut(), performance.now()));
  await sleep(1_500);

  await measure('silence', (line.silence(), performance.now()));
  await sleep(1_500);

  resting = true;
  await sleep(2_000);
  line.silence();
  codes.clear();
  const rested = performance.now();
  resting = false;
  await measure('rest', rested);
  await sleep(1_500);

  primary.ask('alter database authgraph set default_transaction_read_only = on');
  primary.ask("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'authgraph'");
  await until(server, 503);
  primary.ask('alter database authgraph set default_transaction_read_only = off');
  await measure('read-only', performance.now());
  await until(server, 200);
  await sleep(1_500);

  // The server meets the standby before it is promoted, and must not stay with what it saw then.
  const standby = await primary.standby();
  try {
    await sleep(500);
    primary.stop();
    line.to = standby.port;
    await until(server, 503);
    standby.promote();
    await measure('promote', performance.now());
    await until(server, 200);
    await sleep(1_500);
    must(codes.size === 0, `after the drills requests were refused: ${[...codes.keys()]}`);
  } finally {
    standby.remove();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'authgraph-failover-'));
const primary = await Postgres.start();
const line = new Line(primary.port);
let server;
try {
  primary.ask('create database authgraph');
  await line.open();
  const database = `postgres://postgres@127.0.0.1:${line.port}/authgraph?sslmode=disable`;
  server = new Authgraph(process.argv[2], folder, await freePort(), { DATABASE_URL: database });
  await server.start();
  const people = Array.from({ length: PEOPLE }, (_, number) => live(server, number));
  await sleep(1_000);
  codes.clear();
  await drill(server, line, primary);
  working = false;
  await Promise.all(people);
  await server.kill('SIGTERM');
} catch (error) {
  failures.push(error.stack);
} finally {
  server?.process?.kill('SIGKILL');
  primary.remove();
}
if (failures.length) {
  const log = readFileSync(join(folder, 'log'), 'utf8').split('\n').filter((entry) => !entry.includes('sqlx::postgres::notice'));
  console.error(`${log.slice(-60).join('\n')}\n${failures.join('\n')}`);
}
rmSync(folder, { recursive: true, force: true });
process.exit(failures.length ? 1 : 0);
