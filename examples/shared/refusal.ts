// Reads `errors[].extensions` into the type that the generator makes of the fragment `Refusal`.
import { graphql } from '../generated/gql.js';
import { ErrorCode, ErrorReason, FieldErrorCode, SessionEndReason, type RefusalFragment } from '../generated/graphql.js';

// No operation uses this fragment. It makes the generator emit the type and its enums.
graphql(`
  fragment Refusal on ErrorExtensions {
    code
    reason
    retryAfter
    attemptsLeft
    sessionEndReason
    fields {
      path
      code
      message
    }
  }
`);

/** The error of an operation that the server refused. */
export class Refused extends Error {
  /** Undefined if the code is one of a newer server: show `message`. */
  readonly refusal: RefusalFragment | undefined;

  constructor(error: { readonly message: string; readonly extensions?: unknown }) {
    super(error.message);
    this.refusal = readRefusal(error.extensions);
  }
}

/** The refusal behind an error that was thrown, if there is one. */
export const refusalOf = (error: unknown): RefusalFragment | undefined => (error instanceof Refused ? error.refusal : undefined);

/** Keys that do not apply to a code are missing in `extensions`, and null in the result. */
export const readRefusal = (extensions: unknown): RefusalFragment | undefined => {
  if (!isObject(extensions)) return undefined;
  const code = wordOf(ErrorCode, extensions['code']);
  if (code === null) return undefined;
  const { fields } = extensions;
  return {
    code,
    reason: wordOf(ErrorReason, extensions['reason']),
    retryAfter: numberOf(extensions['retryAfter']),
    attemptsLeft: numberOf(extensions['attemptsLeft']),
    sessionEndReason: wordOf(SessionEndReason, extensions['sessionEndReason']),
    fields: Array.isArray(fields) ? fields.map(readField) : null,
  };
};

const readField = (field: unknown): NonNullable<RefusalFragment['fields']>[number] => {
  const { path, code, message } = isObject(field) ? field : {};
  return { path: String(path), code: wordOf(FieldErrorCode, code) ?? FieldErrorCode.Invalid, message: String(message) };
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** The value as a value of the enum. Null if it is missing, or a value of a newer server. */
const wordOf = <Word extends string>(words: Readonly<Record<string, Word>>, value: unknown): Word | null =>
  Object.values(words).find((word) => word === value) ?? null;
