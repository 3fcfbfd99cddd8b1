// What a person reads of an error.
import { AuthError } from '../client/index.ts';

export const messageOf = (error: unknown): string => {
  if (!(error instanceof AuthError)) return error instanceof Error ? error.message : String(error);
  const left = error.attemptsLeft === null ? '' : ` Attempts left: ${error.attemptsLeft}.`;
  const later = error.retryAfter === null ? '' : ` Try again in ${error.retryAfter} s.`;
  const fields = error.fields.length > 1 ? ` ${error.fields.map(({ message }) => message).join(' ')}` : '';
  return `${error.message}${fields}${left}${later}`;
};
