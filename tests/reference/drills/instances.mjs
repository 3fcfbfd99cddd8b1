// Two instances on one PostgreSQL and one Redis: what one does the other knows; one is killed under load, and both are
// restarted under load behind nginx. Run `npm ci` in ../live first. Usage: node instances.mjs BINARY
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authgraph } from './authgraph.mjs';
import { Balancer } from './balancer.mjs';
import { Caller, isLost } from './caller.mjs';
import { Postgres, freePort } from './postgres.mjs';
import { Redis } from './plain-redis.mjs';

const CALLERS = 16;
const KILLS = 4;
// The default of production.
const SHUTDOWN_DELAY_SECONDS = 5;
// Milliseconds. An event of one instance reaches a subscriber of another within a second.
const EVENT_BOUND = 1_000;
// The longest time without any answer from the instance that is left.
const SILENCE_BOUND = 3_000;

const failures = [];
const must = (holds, what) => holds || failures.push(what);
const say = (what) => console.log(`${new Date().toISOString()} ${what}`);
const median = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
const milliseconds = (values) => `median ${median(values).toFixed(0)} ms, longest ${Math.max(...values).toFixed(0)} ms`;

async function until(condition, what, patience = 5_000) {
  for (const end = performance.now() + patience; !condition(); await sleep(2)) {
    if (performance.now() > end) return must(false, `in vain for ${patience} ms: ${what}`);
  }
}

// ---- what one instance does, the other knows

const END = 'mutation { revokeOtherSessions { __typename } }';

async function oneSystem(one, other) {
  const [events, answers, closings] = [[], [], []];
  for (let number = 0; number < 12; number += 1) {
    const person = new Caller(one, `system-${number}`);
    await person.register();
    person.server = other;
    must((await person.me()).email === person.email, 'an access token of A is refused by B');
    await person.follow(other);
    person.server = one;
    // The first event shows that the subscription has begun.
    await person.rename();
    await until(() => person.missed() === 0, 'the first event on B');
    const began = performance.now();
    await person.rename();
    await until(() => person.missed() === 0, 'an event on B');
    events.push(person.heardOf('PROFILE_UPDATED').at(-1)[1] - began);

    const thief = new Caller(one, `system-${number}`);
    await thief.signUp('login');
    must(!(await one.ask(END, undefined, thief.tokens.accessToken)).code, 'A did not end the session');
    const ended = performance.now();
    person.server = other;
    const { code } = await person.me();
    must(code === 'UNAUTHENTICATED', `B answers ${code} to the token of a session that A has just ended`);
    answers.push(performance.now() - ended);
    await until(() => person.closed.length > 0, 'the socket on B closes');
    const [closed, at] = person.closed[0] ?? [];
    must(closed === 4403, `the socket on B closed with ${closed}`);
    closings.push(Math.max(0, at - ended));
    await person.socket.dispose();
  }
  must(Math.max(...events) <= EVENT_BOUND, `an event took ${Math.max(...events)} ms`);
  say(`event of a mutation on A at a subscription on B: ${milliseconds(events)}`);
  say(`session ended on A: B refused the first request after it (${milliseconds(answers)}), socket closed with 4403: ${milliseconds(closings)}`);
}

// ---- load

const answered = { good: 0, bad: new Map(), lastGood: 0, silence: 0 };

function note(server, answer) {
  if (answer.code) {
    const what = `${server.name}: ${answer.code} ${answer.cause ?? ''}`.trim();
    return answered.bad.set(what, (answered.bad.get(what) ?? 0) + 1);
  }
  const now = performance.now();
  answered.silence = Math.max(answered.silence, now - answered.lastGood);
  answered.lastGood = now;
  answered.good += 1;
}

const started = () => Object.assign(answered, { good: 0, bad: new Map(), lastGood: performance.now(), silence: 0 });
const refusals = () => [...answered.bad].map(([what, count]) => `${count} ${what}`).join(', ') || 'none refused';

// Registers users on two instances by turns, and lets each act some times. A caller without an answer asks the other one.
async function callBoth(servers, number, life, callers) {
  for (let user = 0; !life.isOver; user += 1) {
    const caller = new Caller(servers[0], `kill-${life.number}-${number}-${user}`);
    callers.push(caller);
    for (let round = 0; round < 9 && !life.isOver; round += 1) {
      for (const server of [servers[(number + round) % 2], servers[(number + round + 1) % 2]]) {
        caller.server = server;
        const answer = await caller.act(round);
        note(server, answer);
        if (!isLost(answer)) break;
      }
    }
  }
}

// What was acknowledged must be in the database, once, and nothing else than what was asked for; every session must live.
async function audit(postgres, callers, server) {
  const counts = Object.keys(callers[0].acknowledged).map((it) => `count(*) filter (where e.action = '${it}')`);
  const join = "left join audit_events e on e.subject_id = u.id and e.outcome = 'SUCCESS'";
  const rows = postgres.ask(`select u.email, ${counts.join(', ')} from users u ${join} group by u.email`, 'authgraph');
  const found = new Map(rows.split('\n').map((row) => row.split('|')).map(([email, ...numbers]) => [email, numbers.map(Number)]));
  let mutations = 0;
  for (const caller of callers) {
    caller.server = server;
    Object.entries(caller.acknowledged).forEach(([action, acknowledged], which) => {
      const [kept, asked] = [found.get(caller.email)?.[which] ?? 0, caller.asked[action]];
      must(acknowledged <= kept && kept <= asked, `${caller.email}: ${action} asked for ${asked}, acknowledged ${acknowledged}, kept ${kept}`);
      mutations += acknowledged;
    });
    if (!caller.tokens) continue;
    // A lost answer is asked for again with the same key.
    const { code } = await caller.refresh();
    must(!code, `${caller.email}: refresh is answered ${code}`);
    const name = await caller.name();
    must(caller.names.includes(name), `${caller.email}: the name is ${name}, and not one of ${caller.names}`);
  }
  return mutations;
}

async function killings(servers, postgres) {
  const callers = [];
  let longest = 0;
  for (let number = 0; number < KILLS; number += 1) {
    const [killed, left] = number % 2 ? [...servers].reverse() : servers;
    const life = { number, isOver: false };
    started();
    const loads = Array.from({ length: CALLERS }, (_, which) => callBoth(servers, which, life, callers));
    await sleep(1_000 + Math.random() * 300);
    await killed.kill('SIGKILL');
    const before = answered.good;
    answered.silence = 0;
    await sleep(1_000);
    await until(() => answered.good > before + CALLERS, `${left.name} serves after ${killed.name} was killed`, 10_000);
    life.isOver = true;
    await Promise.all(loads);
    longest = Math.max(longest, answered.silence);
    for (const what of answered.bad.keys()) must(what.startsWith(`${killed.name}: NO_ANSWER`), `while ${killed.name} was killed: ${what}`);
    await killed.start();
  }
  must(longest <= SILENCE_BOUND, `for ${longest.toFixed(0)} ms no caller was answered`);
  const mutations = await audit(postgres, callers, servers[0]);
  const again = callers.reduce((sum, caller) => sum + caller.askedAgain, 0);
  say(`${KILLS} kills under load: ${callers.length} users, ${mutations} acknowledged mutations, all kept, and every session lives`);
  say(`${again} registrations and refreshes without an answer were asked for again, with success; longest silence ${longest.toFixed(0)} ms`);
}

// ---- a rolling restart behind a balancer

async function call(caller, number, life) {
  for (let round = number; !life.isOver; round += 1) note(caller.server, await caller.act(round));
}

async function restart(server) {
  const began = performance.now();
  const stopping = server.kill('SIGTERM');
  await sleep(500);
  must((await server.ready()) === 503, `${server.name}: /ready is not 503 while it stops`);
  await stopping;
  const stopped = performance.now();
  must(server.process.exitCode === 0, `${server.name} ended with ${server.process.exitCode}`);
  must(stopped - began >= SHUTDOWN_DELAY_SECONDS * 1_000, `${server.name} did not wait for SHUTDOWN_DELAY`);
  await server.start();
  say(`${server.name} stopped in ${((stopped - began) / 1_000).toFixed(1)} s, and was ready ${((performance.now() - stopped) / 1_000).toFixed(1)} s later`);
}

async function rollingRestart(servers, balancer, postgres) {
  const callers = Array.from({ length: CALLERS }, (_, number) => new Caller(balancer, `roll-${number}`));
  for (const caller of callers) {
    await caller.register();
    await caller.follow(balancer);
  }
  const life = { isOver: false };
  started();
  const loads = callers.map((caller, number) => call(caller, number, life));
  await sleep(1_000);
  for (const server of servers) {
    await restart(server);
    await sleep(1_000);
  }
  life.isOver = true;
  await Promise.all(loads);
  await until(() => callers.every((caller) => caller.missed() <= 0), 'all events of the rolling restart', 10_000);
  const closed = callers.flatMap((caller) => caller.closed.map(([code]) => code));
  must(answered.bad.size === 0, `the rolling restart refused: ${refusals()}`);
  must(answered.good > 100, `there was hardly any load: ${answered.good} requests`);
  must(closed.length >= CALLERS && closed.every((code) => code === 1001), `sockets were closed with ${closed}`);
  for (const caller of callers) must(caller.missed() === 0, `${caller.email} missed ${caller.missed()} events`);
  const heard = callers.reduce((sum, caller) => sum + caller.heardOf('PROFILE_UPDATED').length, 0);
  await Promise.all(callers.map((caller) => caller.socket.dispose()));
  const mutations = await audit(postgres, callers, balancer);
  say(`rolling restart: ${answered.good} requests, ${refusals()}, ${balancer.passedOn()} passed on by nginx; ${mutations} acknowledged mutations, all kept`);
  say(`${closed.length} sockets closed with 1001; ${heard} events heard, none missed`);
}

// ---- the drill

const folder = mkdtempSync(join(tmpdir(), 'authgraph-instances-'));
const postgres = await Postgres.start();
const redis = await Redis.start();
const ports = [await freePort(), await freePort()];
const balancer = Object.assign(new Balancer(folder, await freePort()), { name: 'nginx' });
postgres.ask('create database authgraph');
const shared = {
  DATABASE_URL: `postgres://postgres@127.0.0.1:${postgres.port}/authgraph?sslmode=disable`,
  REDIS_URL: redis.url,
  PUBLIC_URL: balancer.base,
  TRUSTED_PROXIES: '1',
  JWT_KEYS_DIR: join(folder, 'keys'),
  LOG: 'warn',
  MFA_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  SHUTDOWN_DELAY: `${SHUTDOWN_DELAY_SECONDS}s`,
};
const servers = ports.map((port, which) => {
  const own = join(folder, 'AB'[which]);
  mkdirSync(own);
  return Object.assign(new Authgraph(process.argv[2], own, port, shared), { name: 'AB'[which] });
});
try {
  for (const server of servers) await server.start();
  await balancer.start(ports);
  await oneSystem(...servers);
  await killings(servers, postgres);
  await rollingRestart(servers, balancer, postgres);
  // Fails where an event is missing or was written twice.
  const { binary, env, folder: cwd } = servers[0];
  say(execFileSync(binary, ['audit', 'verify'], { cwd, env, encoding: 'utf8' }).trim().split('\n').at(-1));
} catch (error) {
  failures.push(error.stack ?? String(error));
} finally {
  servers.forEach((server) => server.process?.kill('SIGKILL'));
  balancer.remove();
  redis.remove();
  postgres.remove();
}
if (failures.length) {
  console.error(failures.slice(0, 30).join('\n'));
  const logs = [...servers.map((server) => server.log), balancer.errorLog];
  for (const log of logs) console.error(`---- ${log}\n${readFileSync(log, 'utf8').split('\n').slice(-30).join('\n')}`);
}
rmSync(folder, { recursive: true, force: true });
process.exit(failures.length ? 1 : 0);
