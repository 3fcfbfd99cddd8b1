// PgBouncer of a drill. Transaction mode needs 1.21; where the machine has none, Debian 13's package is unpacked into a folder of
// its own together with the libraries it is linked to.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './postgres.mjs';

const packages = 'pgbouncer libevent-2.1-7t64 libcares2 libc6 libssl3t64 libsystemd0 libpam0g libaudit1 libcap2 libcap-ng0 libzstd1 libgcc-s1'.split(' ');
const unpacked = join(tmpdir(), 'authgraph-pgbouncer');
const libraries = join(unpacked, 'root/usr/lib/x86_64-linux-gnu');

function fetchPackage() {
  for (const made of ['lists/partial', 'cache/archives/partial', 'deb']) mkdirSync(join(unpacked, made), { recursive: true });
  const config = join(unpacked, 'apt.conf');
  const sources = join(unpacked, 'sources.list');
  writeFileSync(sources, 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main\n');
  const folders = { 'Dir::Etc::sourcelist': sources, 'Dir::Etc::sourceparts': '/dev/null', 'Dir::State::lists': join(unpacked, 'lists'), 'Dir::Cache': join(unpacked, 'cache'), 'APT::Sandbox::User': 'root' };
  writeFileSync(config, Object.entries(folders).map(([name, value]) => `${name} "${value}";\n`).join(''));
  const settings = { cwd: join(unpacked, 'deb'), env: { ...process.env, APT_CONFIG: config }, stdio: 'ignore', timeout: 300_000 };
  execFileSync('apt-get', ['update'], settings);
  execFileSync('apt-get', ['download', ...packages], settings);
  for (const file of readdirSync(settings.cwd)) execFileSync('dpkg-deb', ['-x', file, join(unpacked, 'root')], settings);
}

const own = [join(libraries, 'ld-linux-x86-64.so.2'), '--library-path', libraries, join(unpacked, 'root/usr/sbin/pgbouncer')];

// The command line of a PgBouncer that is new enough; undefined where there is none.
export function command() {
  const isNew = ([first, ...rest]) => {
    const said = spawnSync(first, [...rest, '--version'], { encoding: 'utf8' }).stdout?.match(/PgBouncer (\d+)\.(\d+)/);
    return said && (Number(said[1]) > 1 || Number(said[2]) >= 21);
  };
  if (isNew(['pgbouncer'])) return ['pgbouncer'];
  try {
    if (!existsSync(own[0])) fetchPackage();
  } catch {
    return undefined;
  }
  return isNew(own) ? own : undefined;
}

export class PgBouncer {
  static async start(program, postgres, settings) {
    const [folder, port] = [mkdtempSync(join(tmpdir(), 'authgraph-pgbouncer-')), await freePort()];
    const given = { listen_addr: '127.0.0.1', listen_port: port, unix_socket_dir: '', auth_type: 'any', ...settings };
    const lines = Object.entries(given).map(([name, value]) => `${name} = ${value}`);
    const database = `* = host=127.0.0.1 port=${postgres.port} user=postgres`;
    const ini = join(folder, 'pgbouncer.ini');
    execFileSync('chmod', ['755', folder]);
    writeFileSync(ini, ['[databases]', database, '[pgbouncer]', ...lines, ''].join('\n'));
    // Like PostgreSQL it does not run as root.
    const asUser = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
    const [first, ...rest] = [...asUser, ...program, '-q', ini];
    const running = new PgBouncer();
    Object.assign(running, { folder, port, process: spawn(first, rest, { stdio: ['ignore', 'pipe', 'pipe'] }), said: '' });
    for (const output of [running.process.stdout, running.process.stderr]) output.on('data', (text) => (running.said += text));
    process.on('exit', () => running.stop());
    for (let tries = 0; !(await running.answers()); tries += 1) {
      if (tries > 200 || running.process.exitCode !== null) throw new Error(`PgBouncer does not start: ${running.said}`);
      await sleep(50);
    }
    return running;
  }

  async answers() {
    const { connect } = await import('node:net');
    return new Promise((told) => {
      const socket = connect(this.port, '127.0.0.1', () => told(true) || socket.destroy());
      socket.on('error', () => told(false));
    });
  }

  stop() {
    if (this.process.exitCode === null) this.process.kill('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
