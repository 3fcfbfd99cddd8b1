// Accounts and sessions for the programs to work with.
import { graphql } from '../generated/gql.js';
import type { EntryFragment } from '../generated/graphql.js';
import { execute } from '../shared/execute.js';
import { Login, Register, VerifyEmail } from '../login/operations.js';
import { tokenFromEmail } from './mailbox.js';
import { totp } from './totp.js';

type SignedIn = Extract<EntryFragment, { __typename: 'SignedIn' }>;

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

const signedIn = (result: EntryFragment): SignedIn => {
  if (result.__typename !== 'SignedIn') throw new Error(`The login needs another step: ${result.message}`);
  return result;
};

export const logIn = async (url: string, credentials: Credentials, deviceName: string): Promise<SignedIn> =>
  signedIn((await execute({ url }, Login, { input: { ...credentials, client: { deviceName } } })).login);

/** The challenge of an account with a second factor. */
export const challenge = async (url: string, credentials: Credentials): Promise<Extract<EntryFragment, { __typename: 'MfaRequired' }>> => {
  const { login } = await execute({ url }, Login, { input: credentials });
  if (login.__typename !== 'MfaRequired') throw new Error(`The login needs no second factor: ${login.__typename}`);
  return login;
};

/** Registers, and verifies the address if the server requires it. */
export const register = async (url: string, credentials: Credentials, deviceName: string): Promise<SignedIn> => {
  const { register } = await execute({ url }, Register, { input: { ...credentials, client: { deviceName } } });
  if (register.__typename !== 'EmailVerificationRequired') return signedIn(register);
  const token = await tokenFromEmail(url, credentials.email, 'verify-email');
  await execute({ url }, VerifyEmail, { input: { token } });
  return logIn(url, credentials, deviceName);
};

const StartMfaEnrollment = graphql(`
  mutation StartMfaEnrollment {
    startMfaEnrollment {
      secret
    }
  }
`);

const ConfirmMfaEnrollment = graphql(`
  mutation ConfirmMfaEnrollment($input: ConfirmMfaEnrollmentInput!) {
    confirmMfaEnrollment(input: $input) {
      backupCodes
      user {
        id
        mfa {
          enabled
          backupCodesRemaining
        }
      }
    }
  }
`);

/** Turns the second factor of a session's user on, and returns the backup codes. */
export const turnMfaOn = async (url: string, accessToken: string): Promise<readonly string[]> => {
  const api = { url, accessToken: async () => accessToken };
  const { startMfaEnrollment } = await execute(api, StartMfaEnrollment, {});
  const input = { code: totp(startMfaEnrollment.secret) };
  return (await execute(api, ConfirmMfaEnrollment, { input })).confirmMfaEnrollment.backupCodes;
};
