import type { AuthClient } from '../../client/index.ts';

/**
 * Returns `SignedIn`, `MfaRequired` or
 * `EmailVerificationRequired`, as every way in does.
 */
export const signIn = (
  auth: AuthClient,
  email: string,
  password: string,
) => auth.login({ email, password });

/** After `MfaRequired`: a code of the app, or a backup code. */
export const enterCode = (
  auth: AuthClient,
  challengeToken: string,
  code: string,
) => auth.verifyMfa({ challengeToken, code });

/** Throws if the server cannot be told. */
export const signOut = (auth: AuthClient) => auth.logout();
