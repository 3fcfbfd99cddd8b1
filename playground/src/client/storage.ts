// Where the refresh token is kept.
import { isObject, stringOf } from './errors.js';

/** What a client needs to refresh a session. */
export interface StoredTokens {
  /** Null if the token is in a cookie. */
  readonly refreshToken: string | null;
  /**
   * Identifies the one refresh with this token, whoever sends it and however often: if the answer is lost, and even if the
   * page is closed, the same key gets the same answer again.
   */
  readonly idempotencyKey: string;
}

type Eventually<T> = T | Promise<T>;

/** Keeps the tokens of one session. */
export interface TokenStorage {
  /** What clients in other tabs that have the same storage call it, too. Null if this client is the only one that has it. */
  readonly sharedAs: string | null;
  load(): Eventually<StoredTokens | null>;
  save(tokens: StoredTokens | null): Eventually<void>;
}

/** Keeps the tokens until the page is closed, out of reach of other code. */
export const memoryStorage = (): TokenStorage => {
  let kept: StoredTokens | null = null;
  return {
    sharedAs: null,
    load: () => kept,
    save: (tokens) => {
      kept = tokens;
    },
  };
};

/** What a client needs of `localStorage`. */
export interface ItemStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Keeps the tokens in `localStorage`: for all tabs, and after they are closed. Every script of the origin can read them. */
export const webStorage = (storage: ItemStorage, key = 'authgraph'): TokenStorage => ({
  sharedAs: key,
  load: () => readTokens(storage.getItem(key)),
  save: (tokens) => (tokens ? storage.setItem(key, JSON.stringify(tokens)) : storage.removeItem(key)),
});

const readTokens = (text: string | null): StoredTokens | null => {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (!isObject(value)) return null;
    const idempotencyKey = stringOf(value['idempotencyKey']);
    return idempotencyKey === null ? null : { refreshToken: stringOf(value['refreshToken']), idempotencyKey };
  } catch {
    // Not what this client wrote.
    return null;
  }
};
