import type { AuthClient } from '../../client/index.ts';
import { VerifyEmail } from '../generated.ts';

/**
 * For the page that the link leads to: `token` is a parameter
 * of its address. It works without a session, too.
 */
export const verifyEmail = (auth: AuthClient, token: string) =>
  auth.request(VerifyEmail, { input: { token } });
