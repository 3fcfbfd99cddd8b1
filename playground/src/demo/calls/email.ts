import type { AuthClient } from '../../client/index.ts';
import { ResendVerificationEmail } from '../generated.ts';

/** Three emails of a kind to one recipient in an hour. */
export const resendEmail = (auth: AuthClient, email: string) =>
  auth.request(ResendVerificationEmail, { input: { email } });
