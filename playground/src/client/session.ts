// The session of a client: its tokens, and when they are refreshed.
import { asData } from './document.js';
import { AuthError, isObject, signedOutError, stringOf, type ErrorSource } from './errors.js';
import { Refresh, type SessionUserFragment, type TokensFragment } from './generated/graphql.js';
import type { Send } from './http.js';
import type { StoredTokens, TokenStorage } from './storage.js';
import { Tabs, type Locks } from './tabs.js';

/** Who is signed in. */
export interface Session {
  /** Id of the session: `session_…`. */
  readonly id: string;
  readonly user: SessionUserFragment;
}

/** Hears of every login and every end of a session. `cause` says why it ended; it is null after a logout. */
export type SessionListener = (session: Session | null, cause: AuthError | null) => void;

/** An access token, and how long it is good, on the clock of `performance.now()`. */
export interface Grant {
  readonly session: Session;
  readonly accessToken: string;
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** What one tab tells the others. */
type Message = { readonly grant: SentGrant } | { readonly grant: null; readonly cause: ErrorSource | null };

interface SentGrant {
  readonly session: Session;
  readonly accessToken: string;
  readonly seconds: number;
  readonly idempotencyKey: string;
}

interface Parts {
  readonly send: Send;
  readonly storage: TokenStorage;
  readonly inCookie: boolean;
  /** Name of the lock and the channel of all clients with this session. Null if there is only this one. */
  readonly tabs: string | null;
  readonly locks: Locks | undefined;
}

const ATTEMPTS = 3;
/** A longer pause is left to the caller: nobody wants to look at a request for a minute. */
const LONGEST_PAUSE_S = 10;

// A monotonic clock: the device's time of day may be wrong, or change.
const now = () => performance.now();

export class SessionKeeper {
  readonly #parts: Parts;
  readonly #tabs: Tabs;
  readonly #listeners = new Set<SessionListener>();
  #grant: Grant | null = null;
  #cause: AuthError | null = null;
  #renewal: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#tabs = new Tabs(parts.tabs, parts.locks, (message) => void this.#receive(message));
  }

  get grant(): Grant | null {
    return this.#grant;
  }

  /** Why nobody is signed in. */
  get signedOut(): AuthError {
    return this.#cause ?? signedOutError();
  }

  listen(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** An access token that has not expired. Null if nobody is signed in. */
  async current(): Promise<Grant | null> {
    const grant = this.#grant;
    if (!grant || now() < grant.renewAt) return grant;
    try {
      await this.renew(grant);
    } catch (error) {
      // The last tenth of its lifetime is left.
      if (this.#grant === grant && now() < grant.expiresAt) return grant;
      throw error;
    }
    return this.#grant;
  }

  /**
   * Replaces an access token that has expired or was refused. A refresh token works once: all that need a new access
   * token at the same time wait for the same refresh.
   */
  renew(stale: Grant | null): Promise<void> {
    if (this.#grant !== stale) return Promise.resolve();
    this.#renewal ??= this.#tabs.inTurn(() => this.#refresh(stale)).finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  /** Opens a session with what a way in returned, if it returned tokens. */
  async enter<Result>(way: () => Promise<readonly [Result, TokensFragment | null]>): Promise<Result> {
    let result: { readonly of: Result } | undefined;
    // In turn: a refresh of the session before must not overwrite what this one stores.
    await this.#tabs.inTurn(async () => {
      const askedAt = now();
      const [of, tokens] = await way();
      if (tokens) await this.#keep(tokens, askedAt);
      result = { of };
    });
    if (!result) throw new Error('The turn is over without a result.');
    return result.of;
  }

  /** Forgets the session, here and in all tabs. */
  async end(cause: AuthError | null): Promise<void> {
    if (!this.#grant) return;
    this.#set(null, cause);
    await this.#parts.storage.save(null);
    this.#post({ grant: null, cause: cause && { message: cause.message, extensions: cause.extensions } });
  }

  close(): void {
    this.#tabs.close();
    this.#listeners.clear();
  }

  // ---- refreshing

  async #refresh(stale: Grant | null): Promise<void> {
    // Another tab did it, or the user logged out meanwhile.
    if (this.#grant !== stale) return;
    const tokens = await this.#load();
    // Another tab logged out, and this one has not heard of it.
    if (!tokens) return this.end(null);
    try {
      const [renewed, askedAt] = await this.#askForTokens(tokens);
      if (this.#grant === stale) await this.#keep(renewed, askedAt);
    } catch (error) {
      const isOver = error instanceof AuthError && error.endsSession && this.#grant === stale;
      if (isOver) await this.end(error);
      // The stored token is of no use to the next start either.
      if (isOver && !stale) await this.#parts.storage.save(null);
      throw error;
    }
  }

  async #load(): Promise<StoredTokens | null> {
    const { storage, inCookie } = this.#parts;
    const tokens = await storage.load();
    if (tokens || !inCookie) return tokens;
    const first: StoredTokens = { refreshToken: null, idempotencyKey: crypto.randomUUID() };
    await storage.save(first);
    return first;
  }

  async #askForTokens({ refreshToken, idempotencyKey }: StoredTokens): Promise<readonly [TokensFragment, number]> {
    // The same in each attempt: if the answer is lost, the server gives it again.
    const input = refreshToken === null ? { idempotencyKey } : { refreshToken, idempotencyKey };
    for (let attempt = 1; ; attempt++) {
      const askedAt = now();
      try {
        return [(await this.#parts.send(Refresh, { input })).refresh, askedAt];
      } catch (error) {
        const pause = error instanceof AuthError && error.isTransient ? (error.retryAfter ?? attempt) : Infinity;
        if (attempt === ATTEMPTS || pause > LONGEST_PAUSE_S) throw error;
        await new Promise((wake) => setTimeout(wake, pause * 1000));
      }
    }
  }

  // ---- what is kept and told

  async #keep(tokens: TokensFragment, askedAt: number): Promise<void> {
    const { accessToken, accessTokenExpiresIn: seconds, refreshToken, session, user } = tokens;
    const idempotencyKey = crypto.randomUUID();
    const opened: Session = { id: session.id, user };
    this.#set(grantOf({ session: opened, accessToken, seconds, idempotencyKey }, askedAt), null);
    await this.#parts.storage.save({ refreshToken, idempotencyKey });
    this.#post({ grant: { session: opened, accessToken, seconds, idempotencyKey } });
  }

  #post(message: Message): void {
    this.#tabs.post(message);
  }

  async #receive(message: unknown): Promise<void> {
    const read = readMessage(message);
    if (!read) return;
    if (read.grant === null) {
      if (this.#grant) this.#set(null, read.cause && new AuthError(read.cause));
      return;
    }
    this.#set(grantOf(read.grant, now()), null);
    // The tab that sent it has saved it, unless each tab has a storage of its own beside the one cookie.
    const { storage, inCookie } = this.#parts;
    if (inCookie && storage.sharedAs === null) await storage.save({ refreshToken: null, idempotencyKey: read.grant.idempotencyKey });
  }

  /** Listeners hear of a session once, however often its tokens are refreshed. */
  #set(grant: Grant | null, cause: AuthError | null): void {
    const before = this.#grant?.session ?? null;
    this.#grant = grant;
    this.#cause = cause;
    const session = grant?.session ?? null;
    if (JSON.stringify(before) === JSON.stringify(session)) return;
    for (const listener of this.#listeners) {
      try {
        listener(session, cause);
      } catch (error) {
        // It is reported as if nobody had called the listener: the tokens must not be lost with it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** The last tenth of the lifetime is kept for requests on their way. */
const grantOf = ({ session, accessToken, seconds }: SentGrant, from: number): Grant => ({
  session,
  accessToken,
  renewAt: from + seconds * 900,
  expiresAt: from + seconds * 1000,
});

/** Messages come from pages of the same origin, so only those of another version of this client could be different. */
const readMessage = (message: unknown): Message | null => {
  if (!isObject(message)) return null;
  const { grant, cause } = message;
  if (grant === null) return { grant, cause: isObject(cause) ? { message: String(cause['message']), extensions: cause['extensions'] } : null };
  return isObject(grant) && stringOf(grant['accessToken']) !== null ? { grant: asData<SentGrant>(grant) } : null;
};
