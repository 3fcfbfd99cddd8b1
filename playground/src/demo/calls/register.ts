import type { AuthClient, RegisterInput } from '../../client/index.ts';

/**
 * Make the `idempotencyKey` once for the form:
 * `crypto.randomUUID()`. If the answer is lost, the same call
 * with the same key signs the user in. With another key, the
 * address would be taken.
 */
export const register = (
  auth: AuthClient,
  input: RegisterInput,
) => auth.register(input);
