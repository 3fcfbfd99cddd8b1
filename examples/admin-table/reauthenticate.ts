// Asks administrators to confirm their identity before an action that needs it.
import type { ProofQuery, ReauthenticateInput } from '../generated/graphql.js';
import { execute, type Api } from '../shared/execute.js';
import { refusalOf } from '../shared/refusal.js';
import { Proof, Reauthenticate } from './operations.js';

/** Shows a field for each method, and returns what the user entered. Undefined: the user closed the dialog. */
export type Dialog = (methods: ProofQuery['session']['reauthenticationMethods']) => Promise<ReauthenticateInput | undefined>;

/** The action needs a confirmation that the user did not give. */
export class NotConfirmed extends Error {}

const prove = async (api: Api, dialog: Dialog, methods: ProofQuery['session']['reauthenticationMethods']): Promise<void> => {
  const input = methods.length > 0 ? await dialog(methods) : undefined;
  if (!input) throw new NotConfirmed('Please log in again.');
  await execute(api, Reauthenticate, { input });
};

/** Runs an action, with the dialog before it if the server says that it is needed. */
export const withRecentAuth = async <Result>(api: Api, dialog: Dialog, action: () => Promise<Result>): Promise<Result> => {
  const { session } = await execute(api, Proof, {});
  if (session.recentAuthUntil === null) await prove(api, dialog, session.reauthenticationMethods);
  try {
    return await action();
  } catch (error) {
    // The proof expired meanwhile. Nothing was changed, so the action can run again.
    if (refusalOf(error)?.code !== 'REAUTHENTICATION_REQUIRED') throw error;
    await prove(api, dialog, session.reauthenticationMethods);
    return action();
  }
};
