// nginx in front of two instances, with deploy/nginx.conf: only its addresses and files are others, and it has no certificate.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint } from './authgraph.mjs';
import { freePort } from './postgres.mjs';

const original = new URL('../../../deploy/nginx.conf', import.meta.url);

export class Balancer extends Endpoint {
  constructor(folder, port) {
    super(`http://127.0.0.1:${port}`);
    Object.assign(this, { folder, port, accessLog: join(folder, 'access.log'), errorLog: join(folder, 'error.log') });
    process.on('exit', () => this.remove());
  }

  async start(ports) {
    const [http, file] = [await freePort(), join(this.folder, 'nginx.conf')];
    const text = readFileSync(original, 'utf8')
      .replace('/var/log/nginx/access.log', this.accessLog)
      .replace('10.0.0.11:8080', `127.0.0.1:${ports[0]}`)
      .replace('10.0.0.12:8080', `127.0.0.1:${ports[1]}`)
      .replace('listen 80;', `listen 127.0.0.1:${http};`)
      .replace('listen 443 ssl http2;', `listen 127.0.0.1:${this.port};`)
      .replace(/^.*(listen \[::\]|ssl_).*\n/gm, '');
    writeFileSync(file, text);
    const global = `daemon off; pid ${join(this.folder, 'nginx.pid')}; error_log ${this.errorLog};`;
    this.child = spawn('nginx', ['-c', file, '-g', global], { stdio: ['ignore', 'ignore', 'inherit'] });
    for (let tries = 0; (await this.ready()) !== 200; tries += 1) {
      if (tries > 500 || this.child.exitCode !== null) throw new Error('nginx does not start.');
      await sleep(20);
    }
  }

  // How many requests were sent to the other instance because the first one refused the connection.
  passedOn() {
    return readFileSync(this.accessLog, 'utf8').split('\n').filter((line) => /up=[^ ]*, /.test(line)).length;
  }

  // The master ends its workers, which a SIGKILL would leave behind.
  remove() {
    this.child?.kill('SIGTERM');
  }
}
