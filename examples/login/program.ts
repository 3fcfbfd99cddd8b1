// Walks through the login screen as a user would: registers, verifies the address if the server requires it, logs in,
// turns on a second factor, and logs in with it.
import type { ClientInput } from '../generated/graphql.js';
import { execute, type Api } from '../shared/execute.js';
import { turnMfaOn } from '../testing/accounts.js';
import { tokenFromEmail } from '../testing/mailbox.js';
import { newcomer } from '../testing/server.js';
import { Login, Register, VerifyEmail, VerifyMfa } from './operations.js';
import { submit, type Screen } from './screen.js';

/** Returns the screens in their order, each with the step that led to it. */
export const run = async (url: string): Promise<readonly (readonly [string, Screen])[]> => {
  const api: Api = { url };
  const { email, password } = newcomer('ann');
  const client: ClientInput = { deviceName: 'Laptop', tokenDelivery: 'BODY' };
  const history: [string, Screen][] = [];
  let screen: Screen = { result: undefined, note: '' };
  const show = (step: string, next: Screen) => {
    history.push([step, next]);
    screen = next;
    return next;
  };

  const login = (entered: string) =>
    submit(screen, async () => (await execute(api, Login, { input: { email, password: entered, client } })).login);
  const register = (entered: string, idempotencyKey: string) =>
    submit(screen, async () => (await execute(api, Register, { input: { email, password: entered, client, idempotencyKey } })).register);
  const enter = (challengeToken: string, code: string) =>
    submit(screen, async () => (await execute(api, VerifyMfa, { input: { challengeToken, code } })).verifyMfa);

  show('register with a weak password', await register('short', crypto.randomUUID()));
  // One key for each filled-in form. If the answer is lost, the same call says again how it ended.
  const key = crypto.randomUUID();
  show('register', await register(password, key));
  const { result: registered } = show('register again, as after a lost answer', await register(password, key));

  if (registered?.__typename === 'EmailVerificationRequired') {
    show('log in before the address is verified', await login(password));
    const token = await tokenFromEmail(url, registered.email, 'verify-email');
    await execute(api, VerifyEmail, { input: { token } });
  }

  show('open the login page', { result: undefined, note: '' });
  show('log in with a wrong password', await login('Wrong-Kettle-42-Harbour'));
  const { result: first } = show('log in', await login(password));
  if (first?.__typename !== 'SignedIn') return history;

  const [backupCode = ''] = await turnMfaOn(url, first.accessToken);
  const { result: challenge } = show('log in with a second factor', await login(password));
  if (challenge?.__typename !== 'MfaRequired') return history;
  show('enter a wrong code', await enter(challenge.challengeToken, '000000'));
  // A code of the app works once, and the first one confirmed the enrollment.
  show('enter a backup code', await enter(challenge.challengeToken, backupCode));
  return history;
};
