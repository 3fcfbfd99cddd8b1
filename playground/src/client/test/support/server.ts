// A server of its own for each file of tests: the binary with the settings that the tests need.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = process.env['AUTHGRAPH_BIN'] ?? '';

export interface Server {
  readonly url: string;
  stop(): Promise<void>;
  /** Starts it again with the same data at the same address. */
  start(): Promise<void>;
  /** Stops it for good. */
  remove(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('There is no free port.'))));
    });
  });

export const startServer = async (settings: Readonly<Record<string, string>> = {}): Promise<Server> => {
  if (!BINARY) throw new Error('AUTHGRAPH_BIN has to name the server.');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'authgraph-client-'));
  const limits = { RATE_LIMIT_REQUESTS: '0', RATE_LIMIT_BUDGET: '0', RATE_LIMIT_AUTH: '0', RATE_LIMIT_AUTH_NETWORK: '0' };
  const env = { LISTEN: `127.0.0.1:${port}`, PUBLIC_URL: url, ...limits, ...settings };
  let running: ChildProcess | undefined;

  const start = async () => {
    running = spawn(BINARY, { cwd: folder, env, stdio: 'ignore' });
    await until(() => fetch(`${url}/ready`).then(({ ok }) => ok, () => false));
  };
  const stop = async () => {
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running?.once('exit', resolve));
    running.kill();
    await ended;
  };
  await start();
  return { url, start, stop, remove: async () => (await stop(), rm(folder, { recursive: true })) };
};

export const sleep = (milliseconds: number) => new Promise<void>((wake) => setTimeout(wake, milliseconds));

/** Waits until something holds, 20 seconds at most. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error(`In vain: ${holds}`);
};
