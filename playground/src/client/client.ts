// The client: every way in, requests with a fresh token, and subscriptions.
import { accessTokenOf, type AccessToken, type AccessTokenOptions } from './access-token.js';
import { textOf, type Print, type TypedDocument } from './document.js';
import { AuthError, isObject } from './errors.js';
import {
  CompleteOAuth,
  Login,
  Logout,
  Me,
  Register,
  StartOAuth,
  VerifyMfa,
  type ClientInput,
  type CompleteOAuthInput,
  type EntryFragment,
  type LoginInput,
  type MeQuery,
  type RegisterInput,
  type StartOAuthInput,
  type StartOAuthMutation,
  type TokenDelivery,
  type VerifyMfaInput,
} from './generated/graphql.js';
import { sender, type Fetch, type Send } from './http.js';
import { SessionKeeper, type Session, type SessionListener } from './session.js';
import { memoryStorage, type TokenStorage } from './storage.js';
import type { Followed, SubscribeOptions, Subscriptions } from './subscriptions.js';
import type { Locks } from './tabs.js';

export interface AuthClientOptions extends Partial<Print> {
  /** Address of the server, such as `https://auth.example.com`. */
  readonly url: string;
  /** Where the refresh token is kept. Default: in memory, until the page is closed. */
  readonly storage?: TokenStorage;
  /** How the refresh token travels: `COOKIE` in browsers, `BODY` elsewhere. Default: `BODY`. */
  readonly tokenDelivery?: TokenDelivery;
  /** Name of this device in the user's list of sessions, 1 to 80 characters. */
  readonly deviceName?: string;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** The class of WebSockets where there is no global one, as in Node.js before version 22. */
  readonly webSocket?: unknown;
  /** Default: `navigator.locks`. */
  readonly locks?: Locks;
}

/** What a login leads to. */
export type LoginResult =
  | { readonly __typename: 'SignedIn'; readonly session: Session }
  | Extract<EntryFragment, { readonly __typename: 'MfaRequired' | 'EmailVerificationRequired' }>
  /** A step that only a newer server knows. Show the message. */
  | { readonly __typename: 'LoginStep'; readonly message: string };

export interface RequestOptions {
  /** Ends the request early. */
  readonly signal?: AbortSignal;
}

export interface AuthClient {
  /** Who is signed in. */
  readonly session: Session | null;
  /** Hears of every login and every end of a session, also in other tabs. Returns what ends the listening. */
  onSession(listener: SessionListener): () => void;
  /** Signs in with what the storage or the cookie has kept. Null if that is nothing, or no longer valid. */
  restore(): Promise<Session | null>;
  login(input: Omit<LoginInput, 'client'>): Promise<LoginResult>;
  /** Completes a login with a code of the authenticator app, or a backup code. */
  verifyMfa(input: VerifyMfaInput): Promise<LoginResult>;
  /** Make the `idempotencyKey` when the user fills in the form: if the answer is lost, the same call may be repeated. */
  register(input: Omit<RegisterInput, 'client'>): Promise<LoginResult>;
  /**
   * Begins a login with a provider. Send the browser to `url`, and keep `flowToken` for the page of the redirect URI, where
   * only this client can read it.
   */
  startOAuth(input: StartOAuthInput): Promise<StartOAuthMutation['startOAuth']>;
  /** Completes a login with a provider: `completeOAuth({ flowToken, ...readOAuthAnswer(location.search) })`. */
  completeOAuth(input: Omit<CompleteOAuthInput, 'client'>): Promise<LoginResult>;
  /** Ends the session. Throws if the server cannot be told: then the user is still signed in. */
  logout(): Promise<void>;
  /** The signed-in user, as the server knows them now. */
  me(): Promise<MeQuery['me']>;
  /**
   * An access token that has not expired, for requests to other servers that accept it. Null if nobody is signed in. Ask
   * for each request anew: the token is refreshed when it is needed.
   */
  accessToken(options?: AccessTokenOptions): Promise<AccessToken | null>;
  /** Sends an operation, as the user if somebody is signed in. Throws an `AuthError` if there is any error in the answer. */
  request<Data, Variables>(document: TypedDocument<Data, Variables>, variables: Variables, options?: RequestOptions): Promise<Data>;
  /**
   * Follows a subscription until the loop ends or the signal says so. If the document has a variable `$after` and selects
   * the `id` of its events, every event arrives exactly once, whatever happens to the socket.
   */
  subscribe<Data, Variables extends object>(
    document: TypedDocument<Data, Variables>,
    variables: Variables,
    options?: SubscribeOptions,
  ): AsyncIterableIterator<Data>;
  /** Stops listening to other tabs and closes the socket. The session goes on. */
  close(): void;
}

export const createAuthClient = (options: AuthClientOptions): AuthClient => {
  const { storage = memoryStorage(), tokenDelivery = 'BODY', deviceName, print } = options;
  const endpoint = `${options.url.replace(/\/$/, '')}/graphql`;
  const inCookie = tokenDelivery === 'COOKIE';
  const send = sender({
    url: endpoint,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    credentials: inCookie ? 'include' : 'same-origin',
    ...(print && { print }),
  });
  // All tabs of a browser have one cookie. Elsewhere, a process may have many clients, and they are not tabs.
  const sharedAs = storage.sharedAs ?? (inCookie && typeof document !== 'undefined' ? 'cookie' : null);
  const tabs = sharedAs === null ? null : `authgraph 1 ${endpoint} ${sharedAs}`;
  const keeper = new SessionKeeper({ send, storage, inCookie, tabs, locks: options.locks });
  let opened: Promise<Subscriptions> | undefined;
  // Loaded with the first subscription: most pages have none.
  const subscriptions = () =>
    (opened ??= import('./subscriptions.js').then((module) => new module.Subscriptions(socketUrl(endpoint), keeper, options.webSocket)));
  const client: ClientInput = { tokenDelivery, ...(deviceName !== undefined && { deviceName }) };
  const enter = (way: () => Promise<EntryFragment>) => enterWith(keeper, way);
  const request: AuthClient['request'] = (document, variables, more) => requestWith(send, keeper, document, variables, more);

  return {
    get session() {
      return keeper.grant?.session ?? null;
    },
    onSession: (listener) => keeper.listen(listener),
    restore: () => restoreWith(keeper),
    login: (input) => enter(async () => (await send(Login, { input: { ...input, client } })).login),
    verifyMfa: (input) => enter(async () => (await send(VerifyMfa, { input })).verifyMfa),
    register: ({ idempotencyKey = crypto.randomUUID(), ...input }) =>
      enter(async () => (await send(Register, { input: { ...input, idempotencyKey, client } })).register),
    startOAuth: async (input) => (await request(StartOAuth, { input })).startOAuth,
    completeOAuth: (input) => enter(async () => (await send(CompleteOAuth, { input: { ...input, client } })).completeOAuth),
    logout: async () => {
      if (!keeper.grant) return;
      try {
        await request(Logout, {});
      } catch (error) {
        if (!(error instanceof AuthError && error.endsSession)) throw error;
      }
      await keeper.end(null);
    },
    me: async () => (await request(Me, {})).me,
    accessToken: async ({ replace } = {}) => {
      const { grant: stale } = keeper;
      if (stale && stale.accessToken === replace) await keeper.renew(stale);
      const grant = await keeper.current();
      return grant && accessTokenOf(grant);
    },
    request,
    subscribe: (document, variables, more) => subscribeWith(subscriptions, textOf(document, print), variables, more),
    close: () => {
      void opened?.then((open) => open.close());
      keeper.close();
    },
  };
};

const socketUrl = (endpoint: string): string =>
  (typeof location === 'undefined' ? endpoint : new URL(endpoint, location.href).href).replace(/^http/, 'ws');

const enterWith = async (keeper: SessionKeeper, way: () => Promise<EntryFragment>): Promise<LoginResult> => {
  const result = await keeper.enter(async () => {
    const entry = await way();
    return [entry, entry.__typename === 'SignedIn' ? entry : null];
  });
  switch (result.__typename) {
    case 'SignedIn':
      return { __typename: 'SignedIn', session: { id: result.session.id, user: result.user } };
    case 'MfaRequired':
    case 'EmailVerificationRequired':
      return result;
    default:
      return { __typename: 'LoginStep', message: messageOf(result) };
  }
};

/** The compiler believes that there is no other step, so it does not let us read its message. */
const messageOf = (step: unknown): string => (isObject(step) ? String(step['message'] ?? '') : '');

const restoreWith = async (keeper: SessionKeeper): Promise<Session | null> => {
  try {
    await keeper.renew(null);
  } catch (error) {
    if (!(error instanceof AuthError && error.endsSession)) throw error;
  }
  return keeper.grant?.session ?? null;
};

const requestWith = async <Data, Variables>(
  send: Send,
  keeper: SessionKeeper,
  document: TypedDocument<Data, Variables>,
  variables: Variables,
  { signal }: RequestOptions = {},
): Promise<Data> => {
  const grant = await keeper.current();
  try {
    return await send(document, variables, { accessToken: grant?.accessToken, signal });
  } catch (error) {
    // The device may have slept while its clock stood still, or an administrator has ended the session.
    if (!grant || !(error instanceof AuthError) || error.code !== 'UNAUTHENTICATED' || hasDone(error.data)) throw error;
    await keeper.renew(grant);
    const renewed = keeper.grant;
    if (!renewed) throw keeper.signedOut;
    // Never as the user who signed in meanwhile.
    if (renewed.session.id !== grant.session.id) throw error;
    return send(document, variables, { accessToken: renewed.accessToken, signal });
  }
};

/** Whether a field has run, so that it would run a second time. */
const hasDone = (data: unknown): boolean => isObject(data) && Object.values(data).some((value) => value !== null);

async function* follow<Data>(subscriptions: () => Promise<Subscriptions>, followed: Followed): AsyncGenerator<Data, void, undefined> {
  yield* (await subscriptions()).follow<Data>(followed);
}

const subscribeWith = <Data>(
  subscriptions: () => Promise<Subscriptions>,
  query: string,
  variables: object,
  { signal, onConnection }: SubscribeOptions = {},
): AsyncIterableIterator<Data> => {
  const stop = new AbortController();
  if (signal?.aborted) stop.abort();
  signal?.addEventListener('abort', () => stop.abort(), { once: true });
  const events = follow<Data>(subscriptions, { query, variables, signal: stop.signal, onConnection });
  return {
    next: () => events.next(),
    // A generator that waits for an event would not hear of it otherwise.
    return: () => {
      stop.abort();
      return events.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
};
