// Redis servers of a drill, in a folder of their own: with TLS by an authority of their own, and a user who may do only
// what docs/deployment.md says.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { freePort } from './postgres.mjs';

// The rule stands in the handbook; the drill takes it from there, so that what operators copy is what is tested.
const handbook = readFileSync(new URL('../../../docs/deployment.md', import.meta.url), 'utf8');
const rule = handbook.match(/ACL SETUSER authgraph on '>…' ((?:[^\n]*\\\n)*[^\n]*)/)[1].replaceAll(/\\\n\s*/g, '').replaceAll("'", '');
export const user = { name: 'authgraph', password: 'red,p@ss' };
export const credentials = `${user.name}:${encodeURIComponent(user.password)}`;
export const sentinelPassword = 'sentinel-secret';

const running = new Set();
process.on('exit', () => running.forEach((server) => server.process.kill('SIGKILL')));

export class Redises {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'authgraph-redis-'));
    const openssl = (...given) => execFileSync('openssl', given, { cwd: this.folder, stdio: 'ignore' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=drill', '-days', '2');
    openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=redis');
    writeFileSync(join(this.folder, 'names'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', '2'];
    openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem');
    this.ca = join(this.folder, 'ca.pem');
    this.authority = readFileSync(this.ca);
  }

  async start(lines, more = []) {
    const port = await freePort();
    const folder = join(this.folder, `${port}`);
    mkdirSync(folder);
    const file = (name) => join(this.folder, name);
    const tls = ['tls-cert-file server.pem', 'tls-key-file server.key', 'tls-ca-cert-file ca.pem'];
    const config = [
      'bind 127.0.0.1', 'port 0', `tls-port ${port}`, 'tls-auth-clients no', 'tls-replication yes', `dir ${folder}`,
      ...tls.map((line) => line.replace(/ (\S+)$/, (_, name) => ` ${file(name)}`)), ...lines,
    ];
    writeFileSync(join(folder, 'conf'), `${config.join('\n')}\n`);
    const server = new RedisServer(this, port, folder);
    await server.run(more);
    return server;
  }

  data(lines = []) {
    const own = `user ${user.name} on >${user.password} ${rule}`;
    return this.start(['save ""', 'appendonly no', 'repl-diskless-sync-delay 0', own, ...lines]);
  }

  async clusterNode() {
    const bus = await freePort();
    const lines = ['cluster-enabled yes', `cluster-port ${bus}`, 'cluster-node-timeout 1000', 'tls-cluster yes'];
    return Object.assign(await this.data([...lines, 'cluster-replica-validity-factor 0']), { bus });
  }

  sentinel(master) {
    const lines = [
      `sentinel monitor counts 127.0.0.1 ${master.port} 2`, 'sentinel down-after-milliseconds counts 1000',
      'sentinel failover-timeout counts 3000', `requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`,
    ];
    return this.start(lines, ['--sentinel']);
  }

  remove() {
    for (const server of running) server.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// The administrator's connection to one server.
class Administrator {
  constructor(port, ca) {
    Object.assign(this, { waiting: [], read: Buffer.alloc(0) });
    this.socket = connect({ host: '127.0.0.1', port, ca, servername: '' });
    this.socket.on('data', (bytes) => this.receive(Buffer.concat([this.read, bytes])));
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.waiting.forEach(({ fail }) => fail(new Error('Redis has closed the connection'))));
  }

  ask(command) {
    const parts = command.map((part) => `$${Buffer.byteLength(`${part}`)}\r\n${part}\r\n`);
    this.socket.write(`*${parts.length}\r\n${parts.join('')}`);
    return new Promise((done, fail) => {
      if (this.socket.destroyed) fail(new Error('Redis has closed the connection'));
      this.waiting.push({ done, fail });
    });
  }

  receive(bytes) {
    this.read = bytes;
    for (let parsed; this.waiting.length && (parsed = parse(this.read, 0)); ) {
      this.read = this.read.subarray(parsed.end);
      this.waiting.shift().done(parsed.value);
    }
  }
}

// The value of an answer (RESP2) and where it ends, once all of it is there. An error is its text.
function parse(bytes, start) {
  const line = bytes.indexOf('\r\n', start);
  if (line < 0) return undefined;
  const [kind, text, end] = [String.fromCharCode(bytes[start]), bytes.toString('utf8', start + 1, line), line + 2];
  if (kind === '$' && text !== '-1') {
    const last = end + Number(text);
    return bytes.length < last + 2 ? undefined : { value: bytes.toString('utf8', end, last), end: last + 2 };
  }
  if (kind !== '*') return { value: text, end };
  const all = { value: [], end };
  for (let left = Number(text); left > 0; left -= 1) {
    const one = parse(bytes, all.end);
    if (!one) return undefined;
    all.value.push(one.value);
    all.end = one.end;
  }
  return all;
}

class RedisServer {
  constructor(all, port, folder) {
    Object.assign(this, { all, port, folder, address: `127.0.0.1:${port}` });
  }

  async run(more) {
    const log = openSync(join(this.folder, 'log'), 'a');
    this.process = spawn('redis-server', [join(this.folder, 'conf'), ...more], { stdio: ['ignore', log, log] });
    running.add(this);
    this.process.once('exit', () => running.delete(this));
    for (let tries = 0; !(await this.answers()); tries += 1) {
      if (tries > 200) throw new Error(`Redis does not start: ${readFileSync(join(this.folder, 'log'), 'utf8')}`);
      await sleep(20);
    }
  }

  answers() {
    this.administrator = new Administrator(this.port, this.all.authority);
    return this.administrator.ask(['PING']).then(() => true, () => false);
  }

  // Asks as the administrator.
  ask(...command) {
    // Sentinels end all connections to a replica that becomes the master.
    if (this.administrator.socket.destroyed) this.administrator = new Administrator(this.port, this.all.authority);
    return this.administrator.ask(command);
  }

  id() {
    return this.ask('CLUSTER', 'MYID');
  }

  kill() {
    running.delete(this);
    this.process.kill('SIGKILL');
  }
}

// Three masters and a replica of the second. The slot of the key belongs to the first.
export class Cluster {
  static async start(redises, key) {
    const nodes = await Promise.all([1, 2, 3, 4].map(() => redises.clusterNode()));
    const [first, second, third, replica] = nodes;
    const slot = Number(await first.ask('CLUSTER', 'KEYSLOT', key));
    const middle = slot > 8_000 ? 4_000 : 12_000;
    const [low, high] = slot > 8_000 ? [[middle, 16_383], [0, middle - 1]] : [[0, middle], [middle + 1, 16_383]];
    await first.ask('CLUSTER', 'ADDSLOTSRANGE', ...low);
    await second.ask('CLUSTER', 'ADDSLOTSRANGE', high[0], high[0] + 1_000);
    await third.ask('CLUSTER', 'ADDSLOTSRANGE', high[0] + 1_001, high[1]);
    for (const [epoch, node] of nodes.entries()) await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', epoch + 1);
    for (const node of nodes.slice(1)) await node.ask('CLUSTER', 'MEET', '127.0.0.1', first.port, first.bus);
    const cluster = Object.assign(new Cluster(), { redises, nodes, first, second, third, replica, slot });
    // It has to have heard from that master first.
    await cluster.until(async () => (await replica.ask('CLUSTER', 'REPLICATE', await second.id())) === 'OK');
    await cluster.until(async () => (await cluster.everywhere('CLUSTER', 'INFO')).every((info) => info.includes('cluster_state:ok')));
    await cluster.until(async () => (await replica.ask('INFO', 'replication')).includes('master_link_status:up'));
    return cluster;
  }

  get alive() {
    return this.nodes.filter((node) => running.has(node));
  }

  everywhere(...command) {
    return Promise.all(this.alive.map((node) => node.ask(...command)));
  }

  async until(holds) {
    for (let tries = 0; !(await holds()); tries += 1) {
      if (tries > 200) throw new Error(`The cluster does not get ready: ${await this.first.ask('CLUSTER', 'NODES')}`);
      await sleep(50);
    }
  }

  // Moves the slot from one master to another, key by key.
  async move(from, to, pause) {
    await to.ask('CLUSTER', 'SETSLOT', this.slot, 'IMPORTING', await from.id());
    await from.ask('CLUSTER', 'SETSLOT', this.slot, 'MIGRATING', await to.id());
    for (let keys; (keys = await from.ask('CLUSTER', 'GETKEYSINSLOT', this.slot, 1)).length; ) {
      const moved = await from.ask('MIGRATE', '127.0.0.1', to.port, keys[0], 0, 5_000);
      if (!['OK', 'NOKEY'].includes(moved)) throw new Error(moved);
      await sleep(pause);
    }
    for (const node of [to, from, this.third]) await node.ask('CLUSTER', 'SETSLOT', this.slot, 'NODE', await to.id());
  }
}

// One master, one replica, three sentinels.
export class Watched {
  static async start(redises) {
    const master = await redises.data();
    const replica = await redises.data([`replicaof 127.0.0.1 ${master.port}`, 'replica-read-only yes']);
    const sentinels = await Promise.all([1, 2, 3].map(() => redises.sentinel(master)));
    for (const sentinel of sentinels) await sentinel.ask('AUTH', sentinelPassword);
    const watched = Object.assign(new Watched(), { master, replica, sentinels });
    for (let tries = 0; !(await watched.isReady()); tries += 1) {
      if (tries > 200) throw new Error('The sentinels do not find each other');
      await sleep(50);
    }
    return watched;
  }

  async isReady() {
    const told = await Promise.all(this.sentinels.map((sentinel) => sentinel.ask('SENTINEL', 'MASTER', 'counts')));
    const value = (list, name) => list[list.indexOf(name) + 1];
    return told.every((it) => value(it, 'num-slaves') === '1' && value(it, 'num-other-sentinels') === '2');
  }
}
