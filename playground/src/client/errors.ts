// Errors of operations, as the type `ErrorExtensions` of the schema describes them.
import {
  ErrorCodes,
  ErrorReasons,
  FieldErrorCodes,
  SessionEndReasons,
  type ErrorCode,
  type ErrorReason,
  type RefusalFragment,
  type SessionEndReason,
} from './generated/graphql.js';

/** An invalid input value. */
export type FieldError = NonNullable<RefusalFragment['fields']>[number];

/**
 * The codes of the server, and two of this client: NETWORK_ERROR (no answer, or one that the server did not write) and
 * `UNKNOWN_CODE` (a code of a newer server: show `message`).
 */
export type AuthErrorCode = ErrorCode | 'NETWORK_ERROR' | 'UNKNOWN_CODE';

/** What happened, as the server or a socket said it. */
export interface ErrorSource {
  readonly message: string;
  readonly extensions?: unknown;
}

/** Why an operation failed. Decide by `code` and `reason`; `message` is English. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly code: AuthErrorCode;
  /** Which of several causes it was. Null if there is only one, or if a newer server has another. */
  readonly reason: ErrorReason | null;
  /** Seconds until it is worth trying again. */
  readonly retryAfter: number | null;
  /** Attempts left for this login. If it is 0, the user has to log in again. */
  readonly attemptsLeft: number | null;
  /** Why the session ended, with `SESSION_ENDED`. */
  readonly sessionEndReason: SessionEndReason | null;
  /** All invalid input values, with `VALIDATION_FAILED`. */
  readonly fields: readonly FieldError[];
  /** Identifies the request in the server's log. Null if the server did not answer. */
  readonly correlationId: string | null;
  /** Everything that the error carried, for keys of newer servers. */
  readonly extensions: Readonly<Record<string, unknown>>;
  /** What the other fields of the operation returned, if it was executed at all. */
  readonly data: unknown;

  constructor({ message, extensions }: ErrorSource, more: { readonly data?: unknown; readonly cause?: unknown } = {}) {
    super(message, 'cause' in more ? { cause: more.cause } : {});
    const known = isObject(extensions) ? extensions : {};
    const { code, fields } = known;
    this.code = code === undefined ? 'NETWORK_ERROR' : (wordOf(ErrorCodes, code) ?? 'UNKNOWN_CODE');
    this.reason = wordOf(ErrorReasons, known['reason']);
    this.retryAfter = numberOf(known['retryAfter']);
    this.attemptsLeft = numberOf(known['attemptsLeft']);
    this.sessionEndReason = wordOf(SessionEndReasons, known['sessionEndReason']);
    this.fields = Array.isArray(fields) ? fields.map(readField) : [];
    this.correlationId = stringOf(known['correlationId']);
    this.extensions = known;
    this.data = more.data;
  }

  /** Whether the session is over: the user has to log in again. After every other error it is intact. */
  get endsSession(): boolean {
    return ENDS_SESSION.includes(this.code);
  }

  /** Whether the same may succeed later, after `retryAfter` seconds if it is given. */
  get isTransient(): boolean {
    return TRANSIENT.includes(this.code) || (this.code === 'CONFLICT' && this.reason === 'RACE');
  }
}

const TRANSIENT: readonly AuthErrorCode[] = ['NETWORK_ERROR', 'RATE_LIMITED', 'OVERLOADED', 'UNAVAILABLE', 'INTERNAL'];
const ENDS_SESSION: readonly AuthErrorCode[] = ['UNAUTHENTICATED', 'SESSION_ENDED', 'REFRESH_TOKEN_REUSED'];

/** The error of an answer that did not arrive, or that something between client and server wrote. */
export const networkError = (message: string, cause?: unknown): AuthError => new AuthError({ message }, { cause });

/** The error of a client that is not signed in. */
export const signedOutError = (): AuthError =>
  new AuthError({ message: 'Nobody is signed in.', extensions: { code: 'UNAUTHENTICATED' } });

const readField = (field: unknown): FieldError => {
  const { path, code, message } = isObject(field) ? field : {};
  return { path: String(path), code: wordOf(FieldErrorCodes, code) ?? 'INVALID', message: String(message) };
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

export const stringOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The value as a value of the enum. Null if it is missing, or a value of a newer server. */
const wordOf = <Word extends string>(words: readonly Word[], value: unknown): Word | null => words.find((word) => word === value) ?? null;
