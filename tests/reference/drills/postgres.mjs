// PostgreSQL servers of a drill, in folders of their own. PostgreSQL does not run as root.
import { execFile, execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const versions = '/usr/lib/postgresql';
const newest = readdirSync(versions).sort((one, other) => other - one)[0];
const isRoot = process.getuid() === 0;
const asPostgres = (program, ...given) => {
  const command = [join(versions, newest, 'bin', program), ...given];
  const [first, ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command;
  return execFileSync(first, rest, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', cwd: '/', timeout: 60_000 });
};

export const freePort = () =>
  new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });

const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'authgraph-drill-'));
  if (isRoot) {
    const [user, group] = ['-u', '-g'].map((which) => Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' })));
    chownSync(made, user, group);
  }
  return made;
};

const running = new Set();
process.on('exit', () => running.forEach((server) => server.remove()));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

export class Postgres {
  static async start() {
    const data = folder();
    asPostgres('initdb', '-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-sync');
    return new Postgres(data, await freePort()).run();
  }

  constructor(data, port) {
    Object.assign(this, { data, port });
  }

  run() {
    running.add(this);
    const options = `-p ${this.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${this.data} -c fsync=off`;
    // Its output goes to a file: pg_ctl would hold ours open.
    asPostgres('pg_ctl', '-D', this.data, '-l', join(this.data, 'log'), '-w', '-o', options, 'start');
    return this;
  }

  // A server that follows this one, and takes no writes until it is promoted.
  async standby() {
    const data = folder();
    const from = ['-h', '127.0.0.1', '-p', this.port, '-U', 'postgres'];
    asPostgres('pg_basebackup', ...from, '-D', data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync');
    return new Postgres(data, await freePort()).run();
  }

  promote() {
    asPostgres('pg_ctl', '-D', this.data, '-w', 'promote');
  }

  ask(sql, database = 'postgres') {
    return asPostgres('psql', '-h', '127.0.0.1', '-p', this.port, '-U', 'postgres', '-d', database, '-Atqc', sql).trim();
  }

  // The same without waiting, over this port: a pooler's, or its own.
  asking(port, sql, database = 'authgraph') {
    const given = ['-h', '127.0.0.1', '-p', port, '-U', 'postgres', '-d', database, '-Atqc', sql];
    return new Promise((told, failed) => {
      execFile(join(versions, newest, 'bin', 'psql'), given, (error, output) => (error ? failed(error) : told(output.trim())));
    });
  }

  stop() {
    try {
      asPostgres('pg_ctl', '-D', this.data, '-m', 'immediate', '-w', 'stop');
    } catch {
      // It was stopped before.
    }
  }

  remove() {
    running.delete(this);
    this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}
