// What the user reads, by code. tsc reports a code that is missing here when the schema gets a new one.
import type { ErrorCode, ErrorReason, FieldErrorCode } from '../generated/graphql.js';
import { Refused } from './refusal.js';

const OUR_FAULT = 'Something went wrong. Please try again later.';

const MESSAGES: Record<ErrorCode, string> = {
  UNAUTHENTICATED: 'Please log in again.',
  INVALID_CREDENTIALS: 'The email address or the password is wrong.',
  INVALID_MFA_CODE: 'This code is wrong or was used before.',
  INVALID_TOKEN: 'This link or login is no longer valid.',
  OAUTH_FAILED: 'The provider did not confirm the login.',
  SESSION_ENDED: 'You were logged out.',
  REFRESH_TOKEN_REUSED: 'You were logged out to protect your account.',
  FORBIDDEN: 'You may not do this.',
  REAUTHENTICATION_REQUIRED: 'Please confirm that it is you.',
  ACCOUNT_LOCKED: 'This account is locked.',
  EMAIL_TAKEN: 'There is an account with this email address already.',
  VALIDATION_FAILED: 'Please check what you entered.',
  BAD_USER_INPUT: OUR_FAULT,
  GRAPHQL_PARSE_FAILED: OUR_FAULT,
  GRAPHQL_VALIDATION_FAILED: OUR_FAULT,
  PERSISTED_QUERY_NOT_FOUND: OUR_FAULT,
  QUERY_TOO_COMPLEX: OUR_FAULT,
  BAD_REQUEST: OUR_FAULT,
  NOT_FOUND: 'This does not exist any more.',
  CONFLICT: 'This is not possible now.',
  RATE_LIMITED: 'Too many attempts.',
  OVERLOADED: 'The server is busy.',
  UNAVAILABLE: OUR_FAULT,
  INTERNAL: OUR_FAULT,
};

/** Reasons with a message that says more than the message of their code. */
const REASONS: Partial<Record<ErrorReason, string>> = {
  REGISTRATION_CLOSED: 'Nobody can register at the moment.',
  LAST_ADMIN: 'This is the last administrator.',
  OWN_ACCOUNT: 'You cannot do this to your own account.',
  DELETED: 'This account is deleted.',
  EXPIRED: 'This link or login has expired.',
  USED: 'This link was used before.',
  ACCESS_DENIED: 'You cancelled the login at the provider.',
  PROVIDER_UNAVAILABLE: 'The provider does not answer. Please log in another way.',
};

const FIELDS: Record<FieldErrorCode, string> = {
  INVALID: 'is not valid',
  REQUIRED: 'is required',
  MISMATCH: 'does not match',
  OUT_OF_RANGE: 'is out of range',
  TOO_SHORT: 'is too short',
  TOO_LONG: 'is too long',
  NO_UPPERCASE: 'needs an upper-case letter',
  NO_LOWERCASE: 'needs a lower-case letter',
  NO_DIGIT: 'needs a digit',
  NO_SYMBOL: 'needs a symbol',
  TOO_COMMON: 'is too common',
  CONTAINS_IDENTITY: 'contains the name or the email address',
  UNKNOWN_EVENT: 'is not known',
};

/** The sentence for an error. */
export const explain = (error: unknown): string => {
  if (!(error instanceof Refused)) return 'The server cannot be reached. Please try again.';
  const { refusal, message } = error;
  // A code of a newer server: its own sentence is better than none.
  if (!refusal) return message;
  const { code, reason, retryAfter, attemptsLeft, fields } = refusal;
  return [
    (reason && REASONS[reason]) ?? MESSAGES[code],
    ...(fields ?? []).map((field) => `${field.path.replace(/^input\./, '')} ${FIELDS[field.code]}.`),
    ...(retryAfter === null ? [] : [`Try again in ${retryAfter} s.`]),
    ...(attemptsLeft === null ? [] : [`Attempts left: ${attemptsLeft}.`]),
  ].join(' ');
};
