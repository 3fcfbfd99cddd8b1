// The login screen: what it shows, and what it shows next.
import type { EntryFragment } from '../generated/graphql.js';
import { explain } from '../shared/messages.js';
import { refusalOf } from '../shared/refusal.js';

type Result<Name extends EntryFragment['__typename']> = Extract<EntryFragment, { __typename: Name }>;

export type Screen =
  | { at: 'form'; note: string }
  | { at: 'code'; note: string; step: Result<'MfaRequired'> }
  | { at: 'check mailbox'; note: string; step: Result<'EmailVerificationRequired'> }
  | { at: 'in'; note: string; signedIn: Result<'SignedIn'> }
  | { at: 'stopped'; note: string };

/** The screen after `login`, `register` and `verifyMfa`. */
export const afterEntry = (result: EntryFragment): Screen => {
  const note = 'message' in result ? result.message : '';
  switch (result.__typename) {
    case 'SignedIn':
      return { at: 'in', note, signedIn: result };
    case 'MfaRequired':
      return { at: 'code', note, step: result };
    case 'EmailVerificationRequired':
      return { at: 'check mailbox', note, step: result };
    default:
      // A step of a newer server. Its message says what to do.
      return { at: 'stopped', note };
  }
};

/** The screen after an error: the same one with a note, unless it leads nowhere. */
export const afterError = (screen: Screen, error: unknown): Screen => {
  const note = explain(error);
  const refusal = refusalOf(error);
  switch (refusal?.code) {
    case 'INVALID_TOKEN':
      return { at: 'form', note };
    case 'INVALID_MFA_CODE':
      return refusal.attemptsLeft === 0 ? { at: 'form', note } : { ...screen, note };
    case 'FORBIDDEN':
    case 'ACCOUNT_LOCKED':
      return { at: 'stopped', note };
    default:
      return { ...screen, note };
  }
};

/** Sends what the user entered, and returns the next screen. */
export const submit = async (screen: Screen, send: () => Promise<EntryFragment>): Promise<Screen> => {
  try {
    return afterEntry(await send());
  } catch (error) {
    return afterError(screen, error);
  }
};
