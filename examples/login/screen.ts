// The login screen: what it shows, and what it shows next.
import type { EntryFragment } from '../generated/graphql.js';
import { explain } from '../shared/messages.js';
import { refusalOf } from '../shared/refusal.js';

export interface Screen {
  /** What `login`, `register` or `verifyMfa` returned last. Undefined: nothing yet, or the login begins anew. */
  readonly result: EntryFragment | undefined;
  /** What to tell the user. */
  readonly note: string;
}

/** What the screen asks for. */
export const contentOf = ({ result }: Screen) => {
  switch (result?.__typename) {
    case 'SignedIn':
      return 'in';
    case 'MfaRequired':
      return 'code';
    case 'EmailVerificationRequired':
      return 'check mailbox';
    default:
      // A step of a newer server: the note, which is its message, says what to do.
      return result ? 'stopped' : 'form';
  }
};

/** Sends what the user entered, and returns the next screen: the same one after an error, unless its challenge is used up. */
export const submit = async (screen: Screen, send: () => Promise<EntryFragment>): Promise<Screen> => {
  try {
    const result = await send();
    return { result, note: 'message' in result ? result.message : '' };
  } catch (error) {
    const refusal = refusalOf(error);
    const isOver = refusal?.code === 'INVALID_TOKEN' || refusal?.attemptsLeft === 0;
    return { result: isOver ? undefined : screen.result, note: explain(error) };
  }
};
