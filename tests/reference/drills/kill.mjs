// Kills the server fifty times under load, on SQLite and on PostgreSQL: what was promised must be there afterwards, and
// every email must leave. Usage: node kill.mjs BINARY
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authgraph, Person } from './authgraph.mjs';
import { Postgres, freePort } from './postgres.mjs';

const KILLS = 50;
const WRITERS = 6;
// Seconds after the last restart within which the last email must have left.
const LAST_EMAIL_SECONDS = 60;

// A mail server that keeps who was written to.
class Sink {
  recipients = new Map();

  async open() {
    this.listener = createServer((socket) => {
      const say = (text) => socket.write(`${text}\r\n`);
      let [to, isText] = [[], false];
      say('220 sink');
      socket.on('error', () => {});
      const lines = createInterface({ input: socket });
      // Whom we kill hangs up in the middle.
      lines.on('error', () => {});
      lines.on('line', (line) => {
        if (isText) {
          if (line !== '.') return;
          isText = false;
          for (const one of to) this.recipients.set(one, (this.recipients.get(one) ?? 0) + 1);
          to = [];
          return say('250 kept');
        }
        const word = line.slice(0, 4).toUpperCase();
        if (word === 'RCPT') to.push(line.match(/<(.*)>/)[1]);
        if (word === 'DATA') isText = true;
        if (word === 'QUIT') return socket.end('221 bye\r\n');
        say(word === 'DATA' ? '354 go on' : '250 ok');
      });
    });
    this.port = await freePort();
    await new Promise((open) => this.listener.listen(this.port, '127.0.0.1', open));
  }
}

// Registers people and refreshes sessions until told to stop; keeps what it was promised.
async function write(server, writer, promised, life) {
  for (let number = 0; !life.isOver; number += 1) {
    const person = new Person(server, `writer-${writer}-${life.number}-${number}`);
    if ((await person.signUp()).code) continue;
    promised.push(person);
    for (let refreshes = 0; refreshes < 3 && !life.isOver; refreshes += 1) await person.refresh();
  }
}

// The sessions of those whose last refresh is still owed are asked for again; the others' must go on.
async function check(server, promised) {
  const lost = [];
  for (const person of promised) {
    const { code } = await person.refresh();
    // The answer to an attempt is repeated for REFRESH_REPLAY_WINDOW, after which a token that was spent ends its session.
    if (code) lost.push(`${person.email}: refresh ${code}`);
    const login = await person.signUp('login');
    if (login.code) lost.push(`${person.email}: login ${login.code}`);
  }
  return lost;
}

async function run(name, binary, database) {
  const folder = mkdtempSync(join(tmpdir(), 'authgraph-kill-'));
  const sink = new Sink();
  await sink.open();
  const settings = { DATABASE_URL: database(folder), SMTP_URL: `smtp://127.0.0.1:${sink.port}`, REFRESH_REPLAY_WINDOW: '10m' };
  const server = new Authgraph(binary, folder, await freePort(), settings);
  const promised = [];
  try {
    for (let number = 0; number < KILLS; number += 1) {
      await server.start();
      const life = { number, isOver: false };
      const writers = Array.from({ length: WRITERS }, (_, writer) => write(server, writer, promised, life));
      // In the middle of the work: a slow machine takes its time to begin.
      const before = promised.length;
      for (let waited = 0; promised.length < before + WRITERS && waited < 10_000; waited += 20) await sleep(20);
      await sleep(Math.random() * 200);
      life.isOver = true;
      await server.kill('SIGKILL');
      await Promise.all(writers);
    }
    await server.start();
    const restarted = performance.now();
    const lost = await check(server, promised);
    const unwritten = () => promised.filter((person) => !sink.recipients.has(person.email));
    while (unwritten().length && performance.now() < restarted + LAST_EMAIL_SECONDS * 1000) await sleep(100);
    const seconds = ((performance.now() - restarted) / 1000).toFixed(1);
    lost.push(...unwritten().map((person) => `${person.email}: no email within ${LAST_EMAIL_SECONDS} s`));
    const twice = [...sink.recipients.values()].filter((times) => times > 1).length;
    console.log(`${name}: ${KILLS} kills, ${promised.length} registrations, ${lost.length} lost, ${twice} emails sent twice, all left after ${seconds} s`);
    if (promised.length < KILLS) lost.push(`there was hardly any load: ${promised.length} registrations`);
    if (lost.length) console.error(lost.slice(0, 20).join('\n'), `\n${readFileSync(server.log, 'utf8').slice(-3_000)}`);
    return lost.length === 0;
  } finally {
    server.process?.kill('SIGKILL');
    sink.listener.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const binary = process.argv[2];
let isWell = await run('SQLite', binary, (folder) => `sqlite://${join(folder, 'authgraph.db')}`);
const postgres = await Postgres.start();
try {
  postgres.ask('create database authgraph');
  const url = `postgres://postgres@127.0.0.1:${postgres.port}/authgraph?sslmode=disable`;
  isWell = (await run('PostgreSQL', binary, () => url)) && isWell;
} finally {
  postgres.remove();
}
process.exit(isWell ? 0 : 1);
