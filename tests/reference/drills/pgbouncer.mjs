// Runs the server over PgBouncer in transaction mode: nothing is lost, nothing leaks into the pooled connections, and a PgBouncer
// that is set up wrongly is refused in plain words. Usage: node pgbouncer.mjs BINARY
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authgraph, Person } from './authgraph.mjs';
import { PgBouncer, command } from './pgbouncer_process.mjs';
import { Postgres, freePort } from './postgres.mjs';

const CALLERS = 16;
const REGISTRATIONS = 64;
// As docs/deployment.md has it, with fewer connections.
const RIGHT = {
  pool_mode: 'transaction',
  max_prepared_statements: 500,
  ignore_startup_parameters: 'statement_timeout,idle_in_transaction_session_timeout,max_parallel_workers_per_gather',
  default_pool_size: 5,
};

const failures = [];
function must(holds, what) {
  if (!holds) failures.push(what);
}

const url = (port, database = 'authgraph') => `postgres://postgres@127.0.0.1:${port}/${database}?sslmode=disable`;

function run(binary, folder, given, settings) {
  const env = { AUTHGRAPH_ENV: 'development', LISTEN: '127.0.0.1:0', ...settings };
  const { status, stdout, stderr } = spawnSync(binary, given, { cwd: folder, env, encoding: 'utf8', timeout: 90_000 });
  return { status, said: stdout + stderr };
}

// Registers, logs in and refreshes, all callers at once.
async function live(server) {
  const codes = [];
  let number = 0;
  const caller = async () => {
    while (number < REGISTRATIONS) {
      const person = new Person(server, `person-${(number += 1)}`);
      for (const step of [() => person.signUp(), () => person.signUp('login'), () => person.refresh(), () => person.me()]) {
        const { code } = await step();
        if (code) codes.push(code);
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  must(codes.length === 0, `requests were refused: ${codes}`);
}

// What is set in the pooled sessions of the server, each asked over PgBouncer at the same moment.
async function timeouts(postgres, pool) {
  const psql = (sql) => postgres.asking(pool.port, sql);
  const answers = await Promise.all(Array.from({ length: RIGHT.default_pool_size }, () => psql('select pg_sleep(0.5), pg_backend_pid(), current_setting(\'statement_timeout\')')));
  return new Map(answers.map((answer) => answer.split('|').slice(1)));
}

// A statement of more than two seconds is waited for, although the session that greeted its connection is idle meanwhile or works
// for others. No other request waits: with all sessions at work, a server that asks for the wrong one would be lucky.
async function waitBehindALock(server, postgres) {
  const person = new Person(server, 'patient');
  must(!(await person.signUp()).code, 'the patient person could not register');
  while (postgres.ask("select count(*) from outbox where state = 'WAITING'", 'authgraph') !== '0') await sleep(100);
  const held = postgres.asking(postgres.port, "begin; lock table users in access exclusive mode; select pg_sleep(4); commit");
  await sleep(500);
  const began = performance.now();
  const { code } = await person.signUp('login');
  await held;
  must(!code, `behind a lock a login was refused: ${code}`);
  must(performance.now() - began > 2_500, 'the login did not wait for the lock');
}

async function works(binary, program, postgres, folder) {
  postgres.ask('create database authgraph');
  postgres.ask("alter database authgraph set statement_timeout = '10s'");
  postgres.ask("alter database authgraph set idle_in_transaction_session_timeout = '10s'");
  const pool = await PgBouncer.start(program, postgres, RIGHT);
  const server = new Authgraph(binary, folder, await freePort(), { DATABASE_URL: url(pool.port) });
  try {
    // It migrates over the pool, which is the harder way.
    await server.start();
    await live(server);
    await waitBehindALock(server, postgres);
    const found = await timeouts(postgres, pool);
    must(found.size > 1, `only ${found.size} pooled connection was asked`);
    must([...found.values()].every((timeout) => timeout === '10s'), `statement_timeout of the pooled connections: ${[...found.values()]}`);
    const events = postgres.ask('select count(*) from audit_events', 'authgraph');
    must(Number(events) >= 3 * REGISTRATIONS, `only ${events} audit events`);
    const verified = run(binary, folder, ['audit', 'verify'], { DATABASE_URL: url(pool.port) });
    must(verified.status === 0 && verified.said.includes('intact'), `audit verify: ${verified.said}`);
    await server.kill('SIGTERM');
    console.log(`${REGISTRATIONS} registrations by ${CALLERS} callers over ${found.size} pooled connections: ${events} audit events, ${verified.said.trim()}`);
  } finally {
    server.process?.kill('SIGKILL');
    pool.stop();
    if (failures.length) console.error(readFileSync(server.log, 'utf8').split('\n').filter((line) => !line.includes(' INFO ')).slice(-20).join('\n'));
  }
}

// What an operator is told whose PgBouncer is set up otherwise.
async function refuses(binary, program, postgres, folder) {
  const wrong = [
    [{ ...RIGHT, ignore_startup_parameters: '' }, 'ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout'],
    [{ ...RIGHT, max_prepared_statements: 0 }, 'max_prepared_statements = 500'],
  ];
  postgres.ask('create database refused');
  for (const [settings, words] of wrong) {
    const pool = await PgBouncer.start(program, postgres, settings);
    const { status, said } = run(binary, folder, ['serve'], { DATABASE_URL: url(pool.port, 'refused') });
    pool.stop();
    const lines = said.split('\n').filter((line) => line.includes(words));
    must(status === 1 && lines.length === 1, `expected one line with "${words}", got ${status}: ${said}`);
    console.log(`refused: ${lines[0]}`);
  }
}

// Migrations go past the pool, and never to another database.
async function migratesDirectly(binary, program, postgres, folder) {
  postgres.ask('create database direct');
  const pool = await PgBouncer.start(program, postgres, RIGHT);
  const settings = { DATABASE_URL: url(pool.port, 'direct') };
  const elsewhere = run(binary, folder, ['migrate'], { ...settings, DATABASE_MIGRATION_URL: url(postgres.port, 'postgres') });
  must(elsewhere.status === 1 && elsewhere.said.includes('lead to different places'), `another database was migrated: ${elsewhere.said}`);
  must(postgres.ask("select to_regclass('users') is null") === 't', 'tables were made in the other database');
  const migrated = run(binary, folder, ['migrate'], { ...settings, DATABASE_MIGRATION_URL: url(postgres.port, 'direct') });
  must(migrated.status === 0, `the migration past the pool failed: ${migrated.said}`);
  pool.stop();
  console.log('DATABASE_MIGRATION_URL: migrates the same database, and refuses another one');
}

const program = command();
if (!program) {
  console.log('NOT CHECKED: there is no PgBouncer 1.21 or newer on this machine, and Debian 13\'s package could not be fetched');
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'authgraph-pooled-'));
const postgres = await Postgres.start();
try {
  await works(process.argv[2], program, postgres, folder);
  await refuses(process.argv[2], program, postgres, folder);
  await migratesDirectly(process.argv[2], program, postgres, folder);
} catch (error) {
  failures.push(error.stack);
} finally {
  postgres.remove();
  rmSync(folder, { recursive: true, force: true });
}
if (failures.length) console.error(failures.join('\n'));
process.exit(failures.length ? 1 : 0);
