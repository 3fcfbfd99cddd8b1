// A server under drill and those who use it.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const limits = ['REQUESTS', 'BUDGET', 'AUTH', 'AUTH_NETWORK', 'AUTH_PAIR', 'AUTH_ACCOUNT', 'EMAIL'];
const quick = { ARGON2_MEMORY_KIB: '64', ARGON2_ITERATIONS: '1', ARGON2_LANES: '1', MAX_CONNECTIONS_PER_ADDRESS: '1000' };
// Without the window every refresh spends its token, however soon it comes.
const strict = { REFRESH_RACE_WINDOW: '0s' };
const password = 'Correct-Horse-7';

// Where GraphQL is asked: an instance, or a balancer in front of several.
export class Endpoint {
  constructor(base) {
    this.base = base;
  }

  async ready() {
    return fetch(`${this.base}/ready`, { signal: AbortSignal.timeout(5_000) }).then((it) => it.status, () => 0);
  }

  // The answer to a field, or the code of its error; NO_ANSWER where the server did not live to give one, and HTTP_502 or
  // the like where a balancer answered instead of it.
  async ask(query, input, token) {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const body = JSON.stringify({ query, variables: { input } });
    try {
      const signal = AbortSignal.timeout(20_000);
      const response = await fetch(`${this.base}/graphql`, { method: 'POST', headers, body, signal });
      if (!response.headers.get('content-type')?.includes('json')) return { code: `HTTP_${response.status}` };
      const answer = await response.json();
      if (answer.errors) return { code: answer.errors[0].extensions.code };
      return Object.values(answer.data)[0];
    } catch (error) {
      return { code: 'NO_ANSWER', cause: error.cause?.code ?? error.message };
    }
  }
}

export class Authgraph extends Endpoint {
  constructor(binary, folder, port, settings) {
    super(`http://127.0.0.1:${port}`);
    const unlimited = Object.fromEntries(limits.map((name) => [`RATE_LIMIT_${name}`, '0']));
    const env = { AUTHGRAPH_ENV: 'development', LOG: 'info,authgraph::api=warn', LISTEN: `127.0.0.1:${port}`, ...quick, ...strict, ...unlimited, ...settings };
    Object.assign(this, { binary, folder, env, log: join(folder, 'log') });
    process.on('exit', () => this.process?.kill('SIGKILL'));
  }

  async start() {
    const log = openSync(this.log, 'a');
    this.process = spawn(this.binary, { cwd: this.folder, env: this.env, stdio: ['ignore', log, log] });
    this.ended = new Promise((ended) => this.process.once('exit', ended));
    for (let tries = 0; (await this.ready()) !== 200; tries += 1) {
      if (tries > 1_500 || this.process.exitCode !== null) throw new Error(`The server does not start: ${this.log}`);
      await sleep(20);
    }
  }

  async kill(signal) {
    this.process.kill(signal);
    await this.ended;
  }
}

const signedIn = '{ ... on SignedIn { accessToken refreshToken } }';

// A user with one account and one session, who does one thing after the other as docs/clients.md tells frontends to.
export class Person {
  constructor(server, name) {
    Object.assign(this, { server, email: `${name}@example.com`, tokens: undefined, attempt: undefined });
  }

  async signUp(field = 'register', more = {}) {
    const query = `mutation($input: ${field === 'register' ? 'Register' : 'Login'}Input!) { ${field}(input: $input) ${signedIn} }`;
    return this.keep(await this.server.ask(query, { email: this.email, password, ...more }));
  }

  async refresh() {
    // A lost answer is asked for again with the same key.
    this.attempt ??= { refreshToken: this.tokens.refreshToken, idempotencyKey: randomUUID() };
    const query = 'mutation($input: RefreshInput!) { refresh(input: $input) { accessToken refreshToken } }';
    const answer = this.keep(await this.server.ask(query, this.attempt));
    if (!/^(UNAVAILABLE|OVERLOADED|NO_ANSWER|HTTP_5..)$/.test(answer.code)) this.attempt = undefined;
    return answer;
  }

  async me() {
    return this.server.ask('{ me { email } }', undefined, this.tokens.accessToken);
  }

  keep(answer) {
    if (answer.refreshToken) this.tokens = answer;
    return answer;
  }
}
