import type { AuthClient } from '../../client/index.ts';
import { RequestPasswordReset, ResetPassword } from '../generated.ts';

/**
 * The answer is the same for every address, whether it has an
 * account or not.
 */
export const requestReset = (auth: AuthClient, email: string) =>
  auth.request(RequestPasswordReset, { input: { email } });

/** For the page behind the link. It ends all sessions. */
export const resetPassword = (
  auth: AuthClient,
  token: string,
  newPassword: string,
) => {
  const input = { token, newPassword };
  return auth.request(ResetPassword, { input });
};
