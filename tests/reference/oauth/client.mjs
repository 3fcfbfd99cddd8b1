// A server under test, and a client that signs in at it as docs/oauth.md says.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Authgraph } from '../drills/authgraph.mjs';
import { Browser } from './browser.mjs';

/** On the list of the server's settings, and registered at the providers. */
export const REDIRECT_URI = 'https://app.example.com/oauth/callback';
export const PASSWORD = 'Blue-Kettle-42-Harbour';

const [binary] = process.argv.slice(2);
if (!binary) {
  console.error('usage: node <script> <binary of the server>');
  process.exit(2);
}

// A script that is told to stop takes its server with it.
process.on('SIGTERM', () => process.exit(143));

export const freePort = () =>
  new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });

/** Starts a server with a database of its own. `settings` gets its address. */
export async function startServer(settings) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'authgraph-oauth-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const base = `http://127.0.0.1:${port}`;
  const server = new Authgraph(resolve(binary), folder, port, { PUBLIC_URL: base, OAUTH_REDIRECT_URIS: REDIRECT_URI, ...settings(base) });
  try {
    await server.start();
  } catch (error) {
    throw new Error(readFileSync(server.log, 'utf8'), { cause: error });
  }
  return server;
}

const SIGNED_IN = '__typename ... on SignedIn { accessToken user { id email emailVerified name hasPassword } }';
const QUERIES = {
  authConfig: '{ authConfig { oauthProviders { name displayName kind } } }',
  register: `mutation($input: RegisterInput!) { register(input: $input) { ${SIGNED_IN} } }`,
  startOAuth: 'mutation($input: StartOAuthInput!) { startOAuth(input: $input) { url flowToken expiresAt } }',
  completeOAuth: `mutation($input: CompleteOAuthInput!) { completeOAuth(input: $input) { ${SIGNED_IN} } }`,
  startIdTokenLogin: 'mutation($input: StartIdTokenLoginInput!) { startIdTokenLogin(input: $input) { nonce flowToken } }',
  loginWithIdToken: `mutation($input: LoginWithIdTokenInput!) { loginWithIdToken(input: $input) { ${SIGNED_IN} } }`,
  linkOAuthAccount:
    'mutation($input: LinkOAuthAccountInput!) { linkOAuthAccount(input: $input) { oauthAccount { id provider { name } } user { id } } }',
  unlinkOAuthAccount: 'mutation($input: UnlinkOAuthAccountInput!) { unlinkOAuthAccount(input: $input) { oauthAccountId } }',
  reauthenticate: 'mutation($input: ReauthenticateInput!) { reauthenticate(input: $input) { session { recentAuthUntil } } }',
  me: '{ me { id email emailVerified name hasPassword oauthAccounts { id email provider { name kind } } } }',
};

export class Client {
  browser = new Browser();

  constructor(server) {
    this.server = server;
  }

  /** What a field returns. A refusal is a text: `OAUTH_FAILED STATE_MISMATCH`. */
  async ask(field, input) {
    const headers = { 'content-type': 'application/json', ...(this.token && { authorization: `Bearer ${this.token}` }) };
    const body = JSON.stringify({ query: QUERIES[field], variables: { input } });
    const answer = await (await fetch(`${this.server.base}/graphql`, { method: 'POST', headers, body })).json();
    if (!answer.errors) return answer.data[field];
    const [{ message, extensions }] = answer.errors;
    return extensions?.code ? [extensions.code, extensions.reason].filter(Boolean).join(' ') : message;
  }

  async register(email) {
    return this.#keep(await this.ask('register', { email, password: PASSWORD }));
  }

  /** Goes to the provider and comes back: the parameters of the redirect, with the token of the flow. */
  async go(provider, act, purpose = 'LOGIN') {
    const started = await this.ask('startOAuth', { provider, redirectUri: REDIRECT_URI, purpose });
    if (typeof started === 'string') throw new Error(`startOAuth: ${started}`);
    const { code, state, iss, user, error } = await this.browser.visit(started.url, REDIRECT_URI, act);
    return { flowToken: started.flowToken, code, state, iss, user, error };
  }

  async complete(answer) {
    return this.#keep(await this.ask('completeOAuth', answer));
  }

  /** Signs in, or says why not. */
  async signIn(provider, act) {
    return this.complete(await this.go(provider, act));
  }

  async link(provider, act) {
    return this.ask('linkOAuthAccount', { oauth: await this.go(provider, act, 'LINK') });
  }

  me() {
    return this.ask('me');
  }

  #keep(result) {
    if (result.accessToken) this.token = result.accessToken;
    return result;
  }
}
