// Subscriptions over a WebSocket that opens again, with a new access token, and goes on where it was.
import type { Client } from 'graphql-ws/client';
import { asData } from './document.js';
import { AuthError, isObject, networkError, signedOutError, stringOf } from './errors.js';
import type { Grant, SessionKeeper } from './session.js';

export interface SubscribeOptions {
  /** Ends the subscription early. */
  readonly signal?: AbortSignal;
  /** Hears whether events can arrive: false while the socket opens again. */
  readonly onConnection?: (isConnected: boolean) => void;
}

/** An operation to follow. */
export interface Followed {
  readonly query: string;
  readonly variables: object;
  readonly signal: AbortSignal;
  readonly onConnection: SubscribeOptions['onConnection'];
}

/** Close codes after which the same would happen again: the client and the server do not understand each other. */
const FATAL: readonly unknown[] = [1002, 1003, 1009, 4004, 4400, 4401, 4406, 4409, 4429];
/** The access token has expired, its session has ended, or the role of its user has changed. */
const FORBIDDEN = 4403;
/** A socket that lasted so long did not fail from the beginning. */
const SETTLED_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const PING_MS = 20_000;
const PONG_MS = 10_000;
/** After `after`, the server may repeat recent events. */
const REMEMBERED = 1_000;

export class Subscriptions {
  readonly #url: string;
  readonly #keeper: SessionKeeper;
  readonly #webSocket: unknown;
  /** One socket for all subscriptions of a session, and never for those of the next one. */
  #socket: { readonly sessionId: string; readonly client: Client } | undefined;
  /** Of the next socket to open, and of the last one that the server closed because of it. */
  #granted: Grant | undefined;
  #refused: Grant | undefined;
  #acknowledgedAt = Infinity;
  #isConnected = false;
  readonly #watchers = new Set<(isConnected: boolean) => void>();

  constructor(url: string, keeper: SessionKeeper, webSocket: unknown) {
    this.#url = url;
    this.#keeper = keeper;
    this.#webSocket = webSocket;
  }

  /** Yields the data of each event once. Ends when the signal says so, and throws when the server refuses. */
  async *follow<Data>({ onConnection, ...followed }: Followed): AsyncGenerator<Data, void, undefined> {
    // An own function: two subscriptions may have given the same one.
    const watcher = (isConnected: boolean) => onConnection?.(isConnected);
    watcher(this.#isConnected);
    this.#watchers.add(watcher);
    try {
      yield* this.#follow<Data>(followed);
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  close(): void {
    void this.#socket?.client.dispose();
    this.#socket = undefined;
    this.#setConnected(false);
  }

  async *#follow<Data>({ query, variables, signal }: Omit<Followed, 'onConnection'>): AsyncGenerator<Data, void, undefined> {
    const events = new SeenEvents();
    const resumes = /\$after\b/.test(query);
    let sessionId: string | undefined;
    for (let failures = 0; !signal.aborted; failures++) {
      const began = performance.now();
      try {
        const grant = await this.#grantOf(sessionId);
        sessionId = grant.session.id;
        const client = await this.#clientOf(grant);
        if (signal.aborted) return;
        const from = resumes && events.last !== null ? { after: events.last } : {};
        const answers = client.iterate({ query, variables: { ...variables, ...from } });
        const stop = () => void answers.return?.();
        signal.addEventListener('abort', stop, { once: true });
        try {
          for await (const { data, errors } of answers) {
            if (!isObject(data)) throw new AuthError(errors?.[0] ?? { message: 'An event without data.' });
            if (events.isNew(data)) yield asData<Data>(data);
          }
        } finally {
          signal.removeEventListener('abort', stop);
        }
        if (signal.aborted) return;
        // The server has nothing more to say, or the socket was closed for the user who signed in after this one.
        if (this.#keeper.grant?.session.id === sessionId) return;
      } catch (error) {
        if (signal.aborted) return;
        if (performance.now() - Math.max(began, this.#acknowledgedAt) > SETTLED_MS) failures = 0;
        await this.#recover(error, failures, signal);
      }
    }
  }

  #setConnected(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    for (const watcher of this.#watchers) watcher(isConnected);
  }

  /** An access token of the session that the subscription began in. */
  async #grantOf(sessionId: string | undefined): Promise<Grant> {
    const grant = await this.#keeper.current();
    if (!grant) throw this.#keeper.signedOut;
    if (sessionId !== undefined && grant.session.id !== sessionId) throw signedOutError();
    return grant;
  }

  async #clientOf(grant: Grant): Promise<Client> {
    const { createClient } = await import('graphql-ws/client').catch((cause: unknown) => {
      throw new Error('Subscriptions need the package graphql-ws.', { cause });
    });
    // From here on nothing waits: of two subscriptions that begin together, the second finds the socket of the first.
    this.#granted = grant;
    if (this.#socket?.sessionId === grant.session.id) return this.#socket.client;
    this.close();
    let silence: ReturnType<typeof setTimeout> | undefined;
    let shown: Grant | undefined;
    const client = createClient({
      url: this.#url,
      webSocketImpl: this.#webSocket,
      connectionParams: () => {
        shown = this.#granted;
        return { authorization: `Bearer ${shown?.accessToken}` };
      },
      connectionAckWaitTimeout: PONG_MS,
      // `follow` opens it again.
      retryAttempts: 0,
      keepAlive: PING_MS,
      on: {
        connecting: () => (this.#acknowledgedAt = Infinity),
        connected: () => {
          this.#acknowledgedAt = performance.now();
          this.#setConnected(true);
        },
        // A socket whose other end has gone without a word is closed here.
        ping: (received) => {
          if (!received) silence = setTimeout(() => client.terminate(), PONG_MS);
        },
        pong: () => clearTimeout(silence),
        closed: (event) => {
          clearTimeout(silence);
          if (this.#socket?.client === client) this.#setConnected(false);
          if (closeCodeOf(event) === FORBIDDEN) this.#refused = shown;
        },
      },
    });
    this.#socket = { sessionId: grant.session.id, client };
    return client;
  }

  /** Waits until it is worth trying again. Throws if it is not. */
  async #recover(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
    if (closeCodeOf(error) === FORBIDDEN && this.#refused) {
      // If the refresh fails for a while, the next attempt waits for it.
      await this.#keeper.renew(this.#refused).catch((failed: unknown) => {
        if (!isTransient(failed)) throw failed;
      });
      if (failures === 0) return;
    }
    const refused = errorOf(error);
    if (!isTransient(refused)) throw refused;
    const most = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures);
    // All clients lose a server at the same moment, and should not come back at the same moment.
    await pause(Math.max((refused.retryAfter ?? 0) * 1000, most * (0.5 + Math.random() / 2)), signal);
  }
}

/** The events that were received, by their ids. */
class SeenEvents {
  last: string | null = null;
  readonly #ids = new Set<string>();

  isNew(data: Readonly<Record<string, unknown>>): boolean {
    const [event] = Object.values(data);
    const id = isObject(event) ? stringOf(event['id']) : null;
    if (id === null) return true;
    if (this.#ids.has(id)) return false;
    this.last = id;
    this.#ids.add(id);
    if (this.#ids.size > REMEMBERED) for (const oldest of this.#ids) return this.#ids.delete(oldest);
    return true;
  }
}

const isTransient = (error: unknown): error is AuthError => error instanceof AuthError && error.isTransient;

const closeCodeOf = (error: unknown): unknown => (isObject(error) && !Array.isArray(error) ? error['code'] : undefined);

/** What graphql-ws throws: the errors of an operation, or how the socket closed. */
const errorOf = (error: unknown): Error => {
  if (error instanceof AuthError) return error;
  const first: unknown = Array.isArray(error) ? error[0] : undefined;
  if (isObject(first)) return new AuthError({ message: String(first['message']), extensions: first['extensions'] });
  const code = closeCodeOf(error);
  if (typeof code !== 'number') return error instanceof Error ? error : networkError('The socket failed.', error);
  const message = `The server closed the socket with ${code}.`;
  return FATAL.includes(code) ? new AuthError({ message, extensions: { code: 'BAD_REQUEST' } }) : networkError(message, error);
};

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((wake) => {
    if (signal.aborted) return wake();
    const timer = setTimeout(wake, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), wake()), { once: true });
  });
