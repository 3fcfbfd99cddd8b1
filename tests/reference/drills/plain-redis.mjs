// A Redis server of a drill.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './postgres.mjs';

const listens = (port) =>
  new Promise((found) => {
    const socket = connect(port, '127.0.0.1', () => found(true)).once('error', () => found(false));
    socket.once('connect', () => socket.destroy());
  });

export class Redis {
  static async start() {
    const port = await freePort();
    const given = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()];
    const server = new Redis(port, spawn('redis-server', given.map(String), { stdio: 'ignore' }));
    for (let tries = 0; !(await listens(port)); tries += 1) {
      if (tries > 500) throw new Error('Redis does not start.');
      await sleep(20);
    }
    return server;
  }

  constructor(port, child) {
    Object.assign(this, { url: `redis://127.0.0.1:${port}`, child });
    process.on('exit', () => this.remove());
  }

  remove() {
    this.child.kill('SIGKILL');
  }
}
