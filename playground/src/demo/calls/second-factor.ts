import type { AuthClient } from '../../client/index.ts';
import { ConfirmMfaEnrollment, Reauthenticate, StartMfaEnrollment } from '../generated.ts';

/** The secret, and the address in the QR code. */
export const startEnrollment = async (auth: AuthClient) => {
  const data = await auth.request(StartMfaEnrollment, {});
  return data.startMfaEnrollment;
};

/**
 * A first code proves that the app works. The backup codes
 * are shown only now.
 */
export const confirmEnrollment = async (
  auth: AuthClient,
  code: string,
) => {
  const data = await auth.request(ConfirmMfaEnrollment, {
    input: { code },
  });
  return data.confirmMfaEnrollment.backupCodes;
};

/**
 * After REAUTHENTICATION_REQUIRED: the last proof of identity
 * was more than ten minutes ago.
 */
export const confirmIdentity = (
  auth: AuthClient,
  password: string,
) => auth.request(Reauthenticate, { input: { password } });
